import type { ReplayProgress, ReplayRequest } from "./api.ts";
import type { ConsoleState } from "./console-state.ts";
import { BadRequest, wholeIn } from "./request.ts";

const CALL_MAX_MS = 15_000;
const TELL_EVERY_MS = 250;
const BATCH_MAX = 500;
const OFFSET_MAX = Number.MAX_SAFE_INTEGER;
const PARTITION_MAX = 2 ** 31 - 1;

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Copies the records of a range to the end of another topic (which is made, with as many partitions, when it
 * is not there): key, value, headers and time as they are, in the partition of the same number where there is one.
 */
export async function replay(
  state: ConsoleState,
  topic: string,
  request: ReplayRequest,
  tell: (progress: ReplayProgress) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { kafka } = state;
  const { clock } = kafka.cluster.platform;
  const spans = await spansOf(state, topic, request);
  const total = [...spans.values()].reduce((sum, { from, to }) => sum + to - from, 0);
  const partitions = await targetPartitions(state, topic, request.target);
  if (total === 0) return tell({ copied: 0, total: 0, done: true });
  const producer = kafka.producer();
  const consumer = kafka.consume(topic, {
    partitions: [...spans.keys()],
    from: {
      offsets: [...spans].map(([partition, { from }]) => ({ topic, partition, offset: from })),
    },
    until: "end",
    signal,
  });
  let copied = 0;
  let toldMs = clock.monotonicMs();
  const beganMs = toldMs;
  const open = new Set(spans.keys());
  try {
    for await (const batch of consumer.batches({ max: BATCH_MAX })) {
      for (const record of batch) {
        const span = spans.get(record.partition);
        if (span === undefined || record.offset >= span.to) {
          open.delete(record.partition);
          continue;
        }
        producer.post(request.target, {
          key: record.key,
          value: record.value,
          headers: record.headers,
          timestamp: record.timestamp,
          ...(record.partition < partitions ? { partition: record.partition } : {}),
        });
        copied++;
        if (record.offset + 1 >= span.to) open.delete(record.partition);
      }
      await producer.ready();
      if (open.size === 0) break;
      const nowMs = clock.monotonicMs();
      if (nowMs - toldMs >= TELL_EVERY_MS) {
        toldMs = nowMs;
        await tell({ copied, total, done: false });
      }
      const aheadMs =
        request.perSecond === undefined
          ? 0
          : (copied / request.perSecond) * 1000 - (nowMs - beganMs);
      if (aheadMs > 0) await new Promise<void>((resolve) => clock.setTimer(aheadMs, resolve));
    }
    await producer.flush();
    if (!signal.aborted) await tell({ copied, total, done: true });
  } finally {
    await Promise.all([consumer.close(), producer.close()]);
  }
}

async function spansOf(
  { reader, kafka }: ConsoleState,
  topic: string,
  { partition, from, to }: ReplayRequest,
): Promise<Map<number, Span>> {
  const wanted =
    partition === undefined ? undefined : wholeIn(partition, 0, PARTITION_MAX, "The partition");
  const bounds = await reader.bounds(topic, wanted);
  const placeOf = async (place: ReplayRequest["from"] | ReplayRequest["to"]) => {
    if (place === "earliest" || place === "end") return undefined;
    if (typeof place === "object" && place !== null && "offset" in place) {
      const offset = wholeIn(place.offset, 0, OFFSET_MAX, "The offset");
      return new Map([...bounds.keys()].map((number) => [number, offset]));
    }
    if (typeof place !== "object" || place === null || !("timeMs" in place)) {
      throw new BadRequest(
        "A range begins and ends at an offset, a time, the first record or the end.",
      );
    }
    const timestamp = wholeIn(place.timeMs, 0, OFFSET_MAX, "The time");
    const queries = [...bounds.keys()].map((number) => ({
      topic,
      partition: number,
      at: { timestamp },
    }));
    const found = await kafka.admin.listOffsets(queries, { timeoutMs: CALL_MAX_MS });
    return new Map(found.map((one) => [one.partition, one.value?.offset ?? OFFSET_MAX]));
  };
  const [begins, ends] = await Promise.all([placeOf(from), placeOf(to)]);
  const spans = new Map<number, Span>();
  for (const [number, { start, end }] of bounds) {
    const first = Math.max(start, begins?.get(number) ?? start);
    const last = Math.min(end, ends?.get(number) ?? end);
    if (first < last) spans.set(number, { from: first, to: last });
  }
  return spans;
}

async function targetPartitions(
  { kafka: { admin } }: ConsoleState,
  topic: string,
  target: string,
): Promise<number> {
  if (target === topic) {
    throw new BadRequest(
      "A topic is not replayed into itself: it would never end.",
      "Name another topic.",
    );
  }
  const bounds = { timeoutMs: CALL_MAX_MS };
  const topics = await admin.listTopics(bounds);
  const there = topics.find(({ name }) => name === target);
  if (there !== undefined) return there.partitions.length;
  const source = topics.find(({ name }) => name === topic);
  const partitions = source?.partitions.length ?? 1;
  await admin.createTopic({ name: target, partitions }, bounds);
  return partitions;
}
