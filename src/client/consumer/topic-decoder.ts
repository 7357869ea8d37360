import { messageOf, MoldauError } from "../../core/errors.ts";
import { RecordError } from "../errors.ts";
import { decodeAtOf, type DecodeAt } from "../topics/codec.ts";
import type { AnyTopic, HeaderShape } from "../topics/topic.ts";
import type { ConsumerRecord } from "./consumer-record.ts";

/** A record, whatever its topic's types. */
export type AnyRecord = ConsumerRecord<unknown, unknown, unknown>;

/** A record that the codecs of its topic refuse; `cause` is what they threw. */
export class RecordDecodeError extends RecordError {
  readonly offset: number;
  /** What was refused. */
  readonly part: "key" | "value" | "headers";
  /** The record, with its bytes as they were received; `key` and `value` of it are bytes as well. */
  readonly record: ConsumerRecord;

  constructor(
    record: ConsumerRecord,
    part: "key" | "value" | "headers",
    cause: unknown,
    remedy = 'Consume with onDecodeError "skip" or { deadLetter: "topic" } to go on behind it.',
  ) {
    const { topic, partition, offset } = record;
    const where = `record ${offset} of ${topic}-${partition}`;
    super(`${where}: its ${part} cannot be decoded: ${messageOf(cause)}`, {
      code: "DECODE_FAILED",
      context: { topic, partition, offset },
      cause,
      remedy,
    });
    this.offset = offset;
    this.part = part;
    this.record = record;
  }
}

/** Makes of the bytes of records what the codecs of their topic make of them. */
export class TopicDecoder {
  readonly #key: DecodeAt;
  readonly #value: DecodeAt;
  readonly #headers: readonly (readonly [name: string, kind: HeaderShape[string]])[];
  readonly #allowsNull: boolean;

  constructor(topic: AnyTopic) {
    this.#key = decodeAtOf(topic.key);
    this.#value = decodeAtOf(topic.value);
    this.#headers = Object.entries(topic.headers);
    this.#allowsNull = topic.config["cleanup.policy"]?.includes("compact") === true;
  }

  /**
   * Decodes a record in place. A promise only where a codec gave one. Throws (or rejects with)
   * {@link RecordDecodeError}.
   */
  decode(record: ConsumerRecord): Promise<void> | undefined {
    let part: RecordDecodeError["part"] = "key";
    let key: unknown = null;
    try {
      key = record.keyThrough(this.#key);
      part = "value";
      const value = record.isTombstone ? this.#nullValue() : record.valueThrough(this.#value);
      part = "headers";
      const header = this.#headers.length === 0 ? undefined : this.#declaredHeaders(record);
      if (key instanceof Promise || value instanceof Promise) {
        return decodedLater(record, key, value, header);
      }
      record.decoded(key, value, header);
      return undefined;
    } catch (thrown) {
      // The part that is late is of no interest any more, whatever becomes of it.
      if (key instanceof Promise) key.catch(() => undefined);
      throw new RecordDecodeError(record, part, thrown);
    }
  }

  #nullValue(): null {
    if (this.#allowsNull) return null;
    throw refused("it is null, which only topics with cleanup.policy=compact allow");
  }

  #declaredHeaders({ headers }: ConsumerRecord): Record<string, string> {
    const declared: Record<string, string> = {};
    for (const [name, kind] of this.#headers) {
      const text = headers.text(name);
      if (text !== undefined) declared[name] = text;
      else if (kind === "string") throw refused(`there is no header "${name}"`);
    }
    return declared;
  }
}

async function decodedLater(
  record: ConsumerRecord,
  key: unknown,
  value: unknown,
  header: Readonly<Record<string, string>> | undefined,
): Promise<void> {
  const [keyOutcome, valueOutcome] = await Promise.allSettled([key, value]);
  if (keyOutcome.status === "rejected") {
    throw new RecordDecodeError(record, "key", keyOutcome.reason);
  }
  if (valueOutcome.status === "rejected") {
    throw new RecordDecodeError(record, "value", valueOutcome.reason);
  }
  record.decoded(keyOutcome.value, valueOutcome.value, header);
}

function refused(why: string): MoldauError {
  return new MoldauError(why, { code: "MALFORMED" });
}
