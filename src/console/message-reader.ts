import type { Kafka } from "../client/kafka.ts";
import type { ConsumerRecord } from "../client/consumer/consumer-record.ts";
import type { MessagePage, MessageRow, Timeline } from "./api.ts";
import { writeCursor, type Beginning, type Cursor } from "./message-cursor.ts";
import { LINE_BYTES_MAX, payloadOf } from "./payload.ts";

/** Records that one request looks at, at most; the page goes on where it stopped. */
export const SCAN_MAX = 100_000;
/** How long one request looks for, at most. */
const SCAN_MS_MAX = 3000;
/** A backward step begins with so many times what is wanted, and grows from there. */
const STEP_GROWTH = 4;
const CALL_MAX_MS = 10_000;
/** Partitions that a timeline looks at; of more every n-th. */
const TIMELINE_PARTITIONS_MAX = 24;
/** What a batch of the reader holds. */
const BATCH_MAX = 500;

/** Bytes as they were received, whatever the topic. */
export type RawRecord = ConsumerRecord;

/** A page of messages that is asked for. */
export interface PageRequest {
  readonly topic: string;
  /** Undefined: all. */
  readonly partition: number | undefined;
  readonly beginning: Beginning;
  readonly before: Cursor | undefined;
  readonly after: Cursor | undefined;
  readonly limit: number;
  /** Lower case; empty finds everything. */
  readonly search: string;
  readonly signal: AbortSignal;
}

interface Bounds {
  readonly start: number;
  readonly end: number;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** What one request may still look at. */
class Budget {
  scanned = 0;
  readonly #untilMs: number;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#untilMs = nowMs() + SCAN_MS_MAX;
  }

  get isSpent(): boolean {
    return this.scanned >= SCAN_MAX || this.#nowMs() >= this.#untilMs;
  }
}

/** Reads messages of topics for people: pages in both directions, single records, records over time. */
export class MessageReader {
  readonly #kafka: Kafka;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  async page(request: PageRequest): Promise<MessagePage> {
    const bounds = await this.bounds(request.topic, request.partition);
    if (request.before !== undefined) return this.#backward(request, bounds, request.before);
    if (request.after !== undefined) return this.#forward(request, bounds, request.after);
    const { beginning } = request;
    if (beginning.kind === "newest") {
      return this.#backward(request, bounds, new Map([...bounds].map(([p, { end }]) => [p, end])));
    }
    return this.#forward(request, bounds, await this.#placeOf(request.topic, beginning, bounds));
  }

  /** First and next offsets of the partitions. */
  async bounds(topic: string, partition: number | undefined): Promise<Map<number, Bounds>> {
    const { admin } = this.#kafka;
    const described = await admin.describeTopic(topic, { timeoutMs: CALL_MAX_MS });
    const partitions = described.partitions
      .filter(
        (one) => one.leader !== null && (partition === undefined || one.partition === partition),
      )
      .map((one) => ({ topic, partition: one.partition }));
    const ask = async (at: "earliest" | "latest"): Promise<Map<number, number>> => {
      const queries = partitions.map((where) => ({ ...where, at }));
      const found = await admin.listOffsets(queries, { timeoutMs: CALL_MAX_MS });
      return new Map(found.map((one) => [one.partition, one.value?.offset ?? 0]));
    };
    const [starts, ends] = await Promise.all([ask("earliest"), ask("latest")]);
    return new Map(
      partitions.map((one) => [
        one.partition,
        { start: starts.get(one.partition) ?? 0, end: ends.get(one.partition) ?? 0 },
      ]),
    );
  }

  /** One record, or `undefined` when there is none at that offset (any more). */
  async record(topic: string, partition: number, offset: number): Promise<RawRecord | undefined> {
    const ranges = new Map([[partition, { from: offset, to: offset + 1 }]]);
    let found: RawRecord | undefined;
    await this.#scan(topic, ranges, new Budget(() => this.#nowMs()), (record) => {
      if (record.offset === offset) found = record;
    });
    return found;
  }

  /** The last record of a key before an offset, among so many before it as one request looks at. */
  async previousOf(
    topic: string,
    partition: number,
    offset: number,
    key: Buffer,
  ): Promise<{ readonly record: RawRecord | undefined; readonly scanned: number }> {
    const { start = 0 } = (await this.bounds(topic, partition)).get(partition) ?? {};
    const budget = new Budget(() => this.#nowMs());
    let found: RawRecord | undefined;
    let to = offset;
    for (
      let step = BATCH_MAX;
      to > start && found === undefined && !budget.isSpent;
      step *= STEP_GROWTH
    ) {
      const from = Math.max(start, to - step);
      await this.#scan(topic, new Map([[partition, { from, to }]]), budget, (record) => {
        if (record.key !== null && record.key.equals(key)) found = record;
      });
      to = from;
    }
    return { record: found, scanned: budget.scanned };
  }

  async timeline(topic: string, buckets: number): Promise<Timeline> {
    const bounds = await this.bounds(topic, undefined);
    const filled = [...bounds].filter(([, { start, end }]) => end > start);
    const chosen = everyNth(filled);
    const firsts = await Promise.all(
      chosen.map(([partition, { start, end }]) => this.#firstTime(topic, partition, start, end)),
    );
    const fromMs = Math.min(...firsts.filter((time) => time >= 0));
    const toMs = await this.#lastTime(
      topic,
      chosen.map(([partition]) => partition),
    );
    if (!Number.isFinite(fromMs) || toMs <= fromMs) return { fromMs: 0, toMs: 0, counts: [] };
    const edges = Array.from({ length: buckets - 1 }, (_, index) =>
      Math.round(fromMs + ((index + 1) * (toMs - fromMs)) / buckets),
    );
    const sums = await Promise.all(edges.map((edge) => this.#offsetsAt(topic, chosen, edge)));
    const first = chosen.reduce((sum, [, { start }]) => sum + start, 0);
    const last = chosen.reduce((sum, [, { end }]) => sum + end, 0);
    const marks = [first, ...sums, last];
    const factor = filled.length / Math.max(1, chosen.length);
    const counts = marks
      .slice(1)
      .map((mark, index) => Math.max(0, Math.round((mark - (marks[index] ?? 0)) * factor)));
    return { fromMs, toMs, counts };
  }

  async #offsetsAt(
    topic: string,
    partitions: readonly (readonly [number, Bounds])[],
    timestamp: number,
  ): Promise<number> {
    const queries = partitions.map(([partition]) => ({ topic, partition, at: { timestamp } }));
    const found = await this.#kafka.admin.listOffsets(queries, { timeoutMs: CALL_MAX_MS });
    const ends = new Map(partitions);
    return found.reduce(
      (sum, { partition, value }) => sum + (value?.offset ?? ends.get(partition)?.end ?? 0),
      0,
    );
  }

  async #firstTime(topic: string, partition: number, start: number, end: number): Promise<number> {
    const budget = new Budget(() => this.#nowMs());
    let time = -1;
    const ranges = new Map([[partition, { from: start, to: Math.min(end, start + 1) }]]);
    await this.#scan(topic, ranges, budget, (record) => {
      if (time < 0) time = record.timestamp;
    });
    return time;
  }

  async #lastTime(topic: string, partitions: readonly number[]): Promise<number> {
    const queries = partitions.map((partition) => ({
      topic,
      partition,
      at: "maxTimestamp" as const,
    }));
    const found = await this.#kafka.admin.listOffsets(queries, { timeoutMs: CALL_MAX_MS });
    return Math.max(-1, ...found.map(({ value }) => value?.timestamp ?? -1));
  }

  async #placeOf(
    topic: string,
    beginning: Beginning,
    bounds: Map<number, Bounds>,
  ): Promise<Cursor> {
    if (beginning.kind === "time") {
      const queries = [...bounds.keys()].map((partition) => ({
        topic,
        partition,
        at: { timestamp: beginning.timeMs },
      }));
      const found = await this.#kafka.admin.listOffsets(queries, { timeoutMs: CALL_MAX_MS });
      return new Map(
        found.map(({ partition, value }) => [
          partition,
          value?.offset ?? bounds.get(partition)?.end ?? 0,
        ]),
      );
    }
    const offset = beginning.kind === "offset" ? beginning.offset : 0;
    return new Map(
      [...bounds].map(([partition, { start }]) => [partition, Math.max(start, offset)]),
    );
  }

  /** The oldest messages from a place on. */
  async #forward(
    request: PageRequest,
    bounds: Map<number, Bounds>,
    place: Cursor,
  ): Promise<MessagePage> {
    const { limit } = request;
    const budget = new Budget(() => this.#nowMs());
    const ranges = new Map<number, Range>();
    for (const [partition, { start, end }] of bounds) {
      const from = Math.max(start, place.get(partition) ?? start);
      if (from < end) ranges.set(partition, { from, to: end });
    }
    const found = new Map<number, RawRecord[]>();
    const reached = await this.#scan(request.topic, ranges, budget, (record) => {
      if (!matches(record, request.search)) return true;
      const list = found.get(record.partition);
      if (list === undefined) found.set(record.partition, [record]);
      else list.push(record);
      // Of each partition as many as are wanted at all: which of them are the oldest shows in the end.
      return (found.get(record.partition)?.length ?? 0) < limit;
    });
    const kept = [...found.values()].flat().sort(byTime).slice(0, limit);
    const next = new Map(reached);
    const left = new Set([...found.values()].flat());
    for (const record of kept) left.delete(record);
    for (const record of left) {
      next.set(
        record.partition,
        Math.min(next.get(record.partition) ?? record.offset, record.offset),
      );
    }
    const goesOn = [...next].some(
      ([partition, offset]) => offset < (bounds.get(partition)?.end ?? 0),
    );
    const first = new Map(
      [...bounds].map(([partition, { start }]) => [
        partition,
        Math.max(start, place.get(partition) ?? start),
      ]),
    );
    const hasOlder = [...first].some(
      ([partition, offset]) => offset > (bounds.get(partition)?.start ?? 0),
    );
    return {
      messages: kept.map((record) => rowOf(record)),
      ...(hasOlder ? { older: writeCursor(first) } : {}),
      ...(goesOn ? { newer: writeCursor(new Map([...first, ...next])) } : {}),
      scanned: budget.scanned,
      ...(budget.isSpent && kept.length < limit && goesOn ? { partial: true as const } : {}),
    };
  }

  /** The newest messages before a place. */
  async #backward(
    request: PageRequest,
    bounds: Map<number, Bounds>,
    place: Cursor,
  ): Promise<MessagePage> {
    const { limit, topic, search } = request;
    const budget = new Budget(() => this.#nowMs());
    const uppers = new Map<number, number>();
    for (const [partition, { start, end }] of bounds) {
      uppers.set(partition, Math.max(start, Math.min(end, place.get(partition) ?? end)));
    }
    const lowers = new Map(uppers);
    const found: RawRecord[] = [];
    for (let step = limit; found.length < limit && !budget.isSpent; step *= STEP_GROWTH) {
      const ranges = new Map<number, Range>();
      for (const [partition, to] of lowers) {
        const from = Math.max(bounds.get(partition)?.start ?? 0, to - step);
        if (from < to) ranges.set(partition, { from, to });
      }
      if (ranges.size === 0) break;
      await this.#scan(topic, ranges, budget, (record) => {
        if (matches(record, search)) found.push(record);
      });
      for (const [partition, { from }] of ranges) lowers.set(partition, from);
    }
    const sorted = found.sort(byTime);
    const kept = sorted.slice(-limit);
    const next = new Map(lowers);
    for (const record of sorted.slice(0, -limit)) {
      next.set(record.partition, Math.max(next.get(record.partition) ?? 0, record.offset + 1));
    }
    const goesOn = [...next].some(
      ([partition, offset]) => offset > (bounds.get(partition)?.start ?? 0),
    );
    const hasNewer = [...uppers].some(
      ([partition, offset]) => offset < (bounds.get(partition)?.end ?? 0),
    );
    return {
      messages: kept.map((record) => rowOf(record)),
      ...(goesOn ? { older: writeCursor(next) } : {}),
      ...(hasNewer ? { newer: writeCursor(uppers) } : {}),
      scanned: budget.scanned,
      ...(budget.isSpent && kept.length < limit && goesOn ? { partial: true as const } : {}),
    };
  }

  /**
   * Goes through the records of the ranges; `take` may end a partition by returning false. Tells, by
   * partition, what was not looked at yet.
   */
  async #scan(
    topic: string,
    ranges: ReadonlyMap<number, Range>,
    budget: Budget,
    take: (record: RawRecord) => boolean | void,
  ): Promise<Map<number, number>> {
    const reached = new Map([...ranges].map(([partition, { from }]) => [partition, from]));
    if (ranges.size === 0) return reached;
    const open = new Map(ranges);
    const consumer = this.#kafka.consume(topic, {
      partitions: [...ranges.keys()],
      from: {
        offsets: [...ranges].map(([partition, { from }]) => ({ topic, partition, offset: from })),
      },
      until: "end",
      isolation: "read_uncommitted",
      onOutOfRange: "earliest",
    });
    try {
      for await (const batch of consumer.batches({ max: BATCH_MAX })) {
        for (const record of batch) {
          const range = open.get(record.partition);
          if (range === undefined) continue;
          if (record.offset >= range.to) {
            reached.set(record.partition, range.to);
            open.delete(record.partition);
            continue;
          }
          budget.scanned++;
          reached.set(record.partition, record.offset + 1);
          if (take(record) === false) {
            open.delete(record.partition);
            consumer.pause([{ topic, partition: record.partition }]);
          } else if (record.offset + 1 >= range.to) {
            open.delete(record.partition);
          }
        }
        if (open.size === 0 || budget.isSpent) return reached;
      }
      // The end was reached: what is missing there are marks of transactions, or gaps.
      for (const [partition, { to }] of open) reached.set(partition, to);
      return reached;
    } finally {
      await consumer.close();
    }
  }

  #nowMs(): number {
    return this.#kafka.cluster.platform.clock.monotonicMs();
  }
}

function everyNth<T>(items: readonly T[]): readonly T[] {
  const step = Math.max(1, Math.ceil(items.length / TIMELINE_PARTITIONS_MAX));
  return items.filter((_item, index) => index % step === 0);
}

function byTime(a: RawRecord, b: RawRecord): number {
  return a.timestamp - b.timestamp || a.partition - b.partition || a.offset - b.offset;
}

/** Whether a text is in key, value or a header; case does not count. */
export function matches(record: RawRecord, search: string): boolean {
  if (search === "") return true;
  if (contains(record.key, search) || contains(record.value, search)) return true;
  for (const { key, value } of record.headers) {
    if (key.toLowerCase().includes(search) || contains(value, search)) return true;
  }
  return false;
}

function contains(bytes: Buffer | null, search: string): boolean {
  return bytes !== null && bytes.toString("utf8").toLowerCase().includes(search);
}

/** A record as the page shows it. */
export function rowOf(record: RawRecord, bytesMax = LINE_BYTES_MAX): MessageRow {
  return {
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestamp,
    timestampType: record.timestampType,
    key: payloadOf(record.key, bytesMax),
    value: payloadOf(record.value, bytesMax),
    headers: Array.from(record.headers, ({ key, value }) => ({
      key,
      value: payloadOf(value, bytesMax),
    })),
  };
}
