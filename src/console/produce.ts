import type { Kafka } from "../client/kafka.ts";
import { uuidText } from "./uuid-text.ts";
import type { Produced, ProduceProgress, ProduceRequest } from "./api.ts";
import { BadRequest, list, numberIn, object, text, wholeIn } from "./request.ts";

const REPEAT_MAX = 1_000_000;
const RATE_MAX = 100_000;
/** How often the rate of a repetition is kept to. */
const SLICE_MS = 50;
const TELL_EVERY_MS = 250;
const PARTITION_MAX = 2 ** 31 - 1;

/** Makes the bytes of one message of many. */
type Maker = (index: number) => Buffer | null;

/**
 * Writes a message, or many from one template. Ends early, with what was written, when nobody waits any more. `tell` is
 * called now and then with how far it is.
 */
export async function produce(
  kafka: Kafka,
  topic: string,
  request: ProduceRequest,
  signal: AbortSignal,
  tell?: (progress: ProduceProgress) => Promise<void>,
): Promise<Produced> {
  const { clock } = kafka.cluster.platform;
  const makeKey = makerOf(kafka, request.key, "The key");
  const makeValue = makerOf(kafka, request.value, "The value");
  const headers = headersOf(request.headers);
  const partition =
    request.partition === undefined
      ? {}
      : { partition: wholeIn(request.partition, 0, PARTITION_MAX, "The partition") };
  const { count, perSecond } = repetitionOf(request);
  const producer = kafka.producer();
  try {
    let last = { partition: 0, offset: -1 };
    let done = 0;
    const beganMs = clock.monotonicMs();
    let toldMs = beganMs;
    while (done < count && !signal.aborted) {
      const nowMs = clock.monotonicMs();
      const due =
        count === 1
          ? 1
          : Math.min(count, Math.ceil(((nowMs - beganMs + SLICE_MS) * perSecond) / 1000));
      const sent: Promise<{ partition: number; offset: number }>[] = [];
      for (; done < due; done++) {
        const record = { key: makeKey(done), value: makeValue(done) };
        sent.push(producer.send(topic, { ...record, headers, ...partition }));
      }
      last = (await Promise.all(sent)).at(-1) ?? last;
      if (tell !== undefined && nowMs - toldMs >= TELL_EVERY_MS) {
        toldMs = nowMs;
        await tell({ count: done, total: count });
      }
      if (done < count) await new Promise<void>((resolve) => clock.setTimer(SLICE_MS, resolve));
    }
    return { ...last, count: done };
  } finally {
    await producer.close();
  }
}

/** How often, and how many a second at most; {@link BadRequest} where that is beyond the bounds. */
export function repetitionOf({ repeat }: ProduceRequest): { count: number; perSecond: number } {
  const asked = repeat === undefined ? {} : object(repeat, '"repeat"');
  return {
    count: wholeIn(asked["count"] ?? 1, 1, REPEAT_MAX, "The number of messages"),
    perSecond: numberIn(asked["perSecond"] ?? RATE_MAX, 0.1, RATE_MAX, "The rate"),
  };
}

function makerOf(kafka: Kafka, content: unknown, what: string): Maker {
  const bytes = bytesOf(content, what);
  if (typeof content !== "string" || !/\{\{(?:i|uuid|now)\}\}/.test(content)) return () => bytes;
  const { clock, random } = kafka.cluster.platform;
  return (index) =>
    Buffer.from(
      content.replaceAll(/\{\{(i|uuid|now)\}\}/g, (_all, name: string) => {
        if (name === "i") return String(index);
        return name === "uuid" ? uuidText(random.bytes(16)) : new Date(clock.nowMs()).toISOString();
      }),
    );
}

/** A text as UTF-8, bytes in Base64, or null. */
function bytesOf(content: unknown, what: string): Buffer | null {
  if (content === null) return null;
  if (typeof content === "string") return Buffer.from(content);
  const { base64 } = object(content, what);
  if (typeof base64 !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw new BadRequest(`${what} is a text, {"base64": …} or null.`);
  }
  return Buffer.from(base64, "base64");
}

function headersOf(headers: unknown): (readonly [name: string, value: Buffer | null])[] {
  if (headers === undefined) return [];
  return list(headers, '"headers"').map((item) => {
    const { key, value = null } = object(item, "A header");
    const name = text(key, "The name of a header");
    return [name, bytesOf(value, `The header ${name}`)];
  });
}
