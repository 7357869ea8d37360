import { headersAt, type RecordCursor, type RecordView } from "../../records/record-cursor.ts";
import type { TimestampType } from "../../records/record-batch.ts";
import { Headers } from "../topics/headers.ts";

/** What the records of one batch have in common. */
export interface RecordOrigin {
  readonly topic: string;
  readonly partition: number;
  /** The records as they were written, decompressed. */
  readonly bytes: Buffer;
  readonly baseOffset: number;
  /** What timestamps count from. */
  readonly baseTimestamp: number;
  readonly timestampType: TimestampType;
  readonly leaderEpoch: number;
}

/** Stands for what has not been looked at yet; no codec can give it. */
const unread = Symbol("unread");
const NO_HEADER_VALUES: Readonly<Record<string, string | undefined>> = Object.freeze({});

/**
 * A record that was consumed. Key, value and headers of topics without codecs are views of the received
 * bytes, made when they are asked for; they stay valid as long as somebody holds them, and hold the whole
 * answer of the broker in memory as long. Copy what is kept for long.
 *
 * `K` and `V` are what the topic's codecs give, `H` its declared headers, `N` its name.
 */
export class ConsumerRecord<
  K = Buffer | null,
  V = Buffer | null,
  H = Readonly<Record<never, never>>,
  N extends string = string,
> {
  readonly #origin: RecordOrigin;
  readonly #offsetDelta: number;
  readonly #timestampDelta: number;
  readonly #keyStart: number;
  readonly #keyLength: number;
  readonly #valueStart: number;
  readonly #valueLength: number;
  readonly #headersStart: number;
  readonly #headerCount: number;
  #key: unknown = unread;
  #value: unknown = unread;
  #header: unknown = NO_HEADER_VALUES;
  #headers: Headers | undefined;

  /** The record where the cursor stands. */
  constructor(origin: RecordOrigin, at: RecordPlace) {
    this.#origin = origin;
    this.#offsetDelta = at.offsetDelta;
    this.#timestampDelta = at.timestampDelta;
    this.#keyStart = at.keyStart;
    this.#keyLength = at.keyLength;
    this.#valueStart = at.valueStart;
    this.#valueLength = at.valueLength;
    this.#headersStart = at.headersStart;
    this.#headerCount = at.headerCount;
  }

  get topic(): N {
    // Which name it is the type of the topic says; it was looked up by this very name.
    return this.#origin.topic as N;
  }

  get partition(): number {
    return this.#origin.partition;
  }

  get offset(): number {
    return this.#origin.baseOffset + this.#offsetDelta;
  }

  /** Milliseconds since 1970, or -1. */
  get timestamp(): number {
    const { timestampType, baseTimestamp } = this.#origin;
    return timestampType === "LogAppendTime" ? baseTimestamp : baseTimestamp + this.#timestampDelta;
  }

  /** Who set the timestamp: the producer, the broker, or nobody (formats before 0.10). */
  get timestampType(): TimestampType {
    return this.#origin.timestampType;
  }

  /** Of the leader that wrote the record; -1 in old formats. */
  get leaderEpoch(): number {
    return this.#origin.leaderEpoch;
  }

  /** As the topic's codec gives it; of a topic by name the bytes. */
  get key(): K {
    // What no codec has been at is bytes, and its type says so.
    if (this.#key === unread) this.#key = this.keyBytes;
    return this.#key as K;
  }

  /** As the topic's codec gives it; of a topic by name the bytes. Null is a tombstone. */
  get value(): V {
    if (this.#value === unread) this.#value = this.valueBytes;
    return this.#value as V;
  }

  /** The key as it was received, whatever the codec. */
  get keyBytes(): Buffer | null {
    const start = this.#keyStart;
    return this.#keyLength < 0 ? null : this.#origin.bytes.subarray(start, start + this.#keyLength);
  }

  /** The value as it was received, whatever the codec. */
  get valueBytes(): Buffer | null {
    const start = this.#valueStart;
    return this.#valueLength < 0
      ? null
      : this.#origin.bytes.subarray(start, start + this.#valueLength);
  }

  /** Whether the value is null, which in a compacted topic deletes what had the key before. */
  get isTombstone(): boolean {
    return this.#valueLength < 0;
  }

  /** What `decode` makes of the bytes of the key, where they stand; null without a key. */
  keyThrough(decode: (bytes: Buffer, start: number, end: number) => unknown): unknown {
    const start = this.#keyStart;
    const length = this.#keyLength;
    return length < 0 ? null : decode(this.#origin.bytes, start, start + length);
  }

  /** The same of the value; null of a tombstone. */
  valueThrough(decode: (bytes: Buffer, start: number, end: number) => unknown): unknown {
    const start = this.#valueStart;
    const length = this.#valueLength;
    return length < 0 ? null : decode(this.#origin.bytes, start, start + length);
  }

  /** All headers, in order. */
  get headers(): Headers {
    this.#headers ??=
      this.#headerCount === 0
        ? Headers.none
        : new Headers(headersAt(this.#origin.bytes, this.#headersStart, this.#headerCount));
    return this.#headers;
  }

  /** The headers that the topic declares, by name. */
  get header(): H {
    return this.#header as H;
  }

  /** Bytes of key and value. */
  get sizeBytes(): number {
    return Math.max(0, this.#keyLength) + Math.max(0, this.#valueLength);
  }

  /** Sets what the topic's codecs made of the bytes; the consumer does, before it hands the record out. */
  decoded(
    key: unknown,
    value: unknown,
    header: Readonly<Record<string, string>> | undefined,
  ): void {
    this.#key = key;
    this.#value = value;
    if (header !== undefined) this.#header = header;
  }

  /** Plain fields, for logs and documents. */
  toJSON(): {
    topic: string;
    partition: number;
    offset: number;
    timestamp: number;
    key: K;
    value: V;
    headers: Headers;
  } {
    const { topic, partition, offset, timestamp, key, value, headers } = this;
    return { topic, partition, offset, timestamp, key, value, headers };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return this.toJSON();
  }
}

/** Where the parts of a record stand in the bytes of its origin. */
export type RecordPlace = Pick<
  RecordCursor,
  | "offsetDelta"
  | "timestampDelta"
  | "keyStart"
  | "keyLength"
  | "valueStart"
  | "valueLength"
  | "headersStart"
  | "headerCount"
>;

/** The place of a record of format 0 or 1, whose origin counts offsets and times from 0. */
export function legacyPlace(view: RecordView): RecordPlace & { readonly bytes: Buffer } {
  // Key and value of one record are views of the same memory, which nobody else has a view of.
  const memory = (view.key ?? view.value)?.buffer;
  return {
    bytes: memory === undefined ? NO_BYTES : Buffer.from(memory),
    offsetDelta: view.offset,
    timestampDelta: view.timestamp,
    keyStart: view.key?.byteOffset ?? 0,
    keyLength: view.key?.length ?? -1,
    valueStart: view.value?.byteOffset ?? 0,
    valueLength: view.value?.length ?? -1,
    headersStart: 0,
    headerCount: 0,
  };
}

const NO_BYTES = Buffer.alloc(0);
