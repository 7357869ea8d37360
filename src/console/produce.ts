import type { Kafka } from "../client/kafka.ts";
import { uuidText } from "./uuid-text.ts";
import type { Produced, ProduceRequest } from "./api.ts";
import { BadRequest, numberIn, object, wholeIn } from "./request.ts";

const REPEAT_MAX = 1_000_000;
const RATE_MAX = 100_000;
/** How often the rate of a repetition is kept to. */
const SLICE_MS = 50;
const PARTITION_MAX = 2 ** 31 - 1;

/** Writes a message, or many from one template. Ends early, with what was written, when nobody waits any more. */
export async function produce(
  kafka: Kafka,
  topic: string,
  request: ProduceRequest,
  signal: AbortSignal,
): Promise<Produced> {
  const { clock, random } = kafka.cluster.platform;
  const headers = headersOf(request.headers);
  const partition =
    request.partition === undefined
      ? {}
      : { partition: wholeIn(request.partition, 0, PARTITION_MAX, "The partition") };
  const repeat = request.repeat === undefined ? {} : object(request.repeat, '"repeat"');
  const count = wholeIn(repeat["count"] ?? 1, 1, REPEAT_MAX, "The number of messages");
  const perSecond = numberIn(repeat["perSecond"] ?? RATE_MAX, 0.1, RATE_MAX, "The rate");
  const producer = kafka.producer();
  const fill = (text: string, index: number): string =>
    text.replaceAll(/\{\{(i|uuid|now)\}\}/g, (_all, name: string) => {
      if (name === "i") return String(index);
      return name === "uuid" ? uuidText(random.bytes(16)) : new Date(clock.nowMs()).toISOString();
    });
  const contentOf = (text: string | null, index: number): Buffer | null => {
    if (text === null) return null;
    if (typeof text !== "string") throw new BadRequest("Key and value are texts, or null.");
    return request.encoding === "base64"
      ? Buffer.from(text, "base64")
      : Buffer.from(fill(text, index));
  };
  try {
    let last = { partition: 0, offset: -1 };
    let done = 0;
    const beganMs = clock.monotonicMs();
    while (done < count && !signal.aborted) {
      const dueMs = clock.monotonicMs() - beganMs + SLICE_MS;
      const due = count === 1 ? 1 : Math.min(count, Math.ceil((dueMs * perSecond) / 1000));
      const sent: Promise<{ partition: number; offset: number }>[] = [];
      for (; done < due; done++) {
        const record = { key: contentOf(request.key, done), value: contentOf(request.value, done) };
        sent.push(producer.send(topic, { ...record, headers, ...partition }));
      }
      last = (await Promise.all(sent)).at(-1) ?? last;
      if (done < count) await new Promise<void>((resolve) => clock.setTimer(SLICE_MS, resolve));
    }
    return { ...last, count: done };
  } finally {
    await producer.close();
  }
}

function headersOf(headers: unknown): Record<string, string> {
  const checked: Record<string, string> = {};
  if (headers === undefined) return checked;
  for (const [name, value] of Object.entries(object(headers, '"headers"'))) {
    if (typeof value !== "string") throw new BadRequest(`The header ${name} is a text.`);
    checked[name] = value;
  }
  return checked;
}
