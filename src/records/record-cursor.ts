import { readVarint, readVarlong, VarintError } from "../core/varint.ts";
import { CorruptRecordsError } from "./errors.ts";

/** A header of a record. Keys need not differ from one another. */
export interface RecordHeader {
  readonly key: string;
  /** Shared with the batch. */
  readonly value: Buffer | null;
}

/** A record of a batch. Key, value and header values are views: copy what must outlive the batch. */
export interface RecordView {
  readonly offset: number;
  /** Milliseconds since 1970, or -1. */
  readonly timestamp: number;
  /** Of an idempotent producer, else -1. */
  readonly sequence: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

/** What a cursor asks of its batch's header. */
export interface CursorBatch {
  readonly baseOffset: number;
  readonly timestampType: "CreateTime" | "LogAppendTime";
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly baseSequence: number;
  readonly count: number;
}

const NO_HEADERS: readonly RecordHeader[] = [];

/**
 * Walks the records of a v2 batch in place: after `next()` its fields tell where the parts of one
 * record stand. A length of -1 is null (so is any negative length, as in Kafka's reader).
 *
 * A record: length, attributes int8, timestampDelta varlong, offsetDelta varint, key, value, count of
 * headers, headers; lengths are signed varints.
 */
export class RecordCursor {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
  /** From the batch's base timestamp; meaningless when the batch has LogAppendTime. */
  timestampDelta = 0;
  offsetDelta = 0;
  keyStart = 0;
  keyLength = -1;
  valueStart = 0;
  valueLength = -1;
  headerCount = 0;
  /** Where the first header begins. */
  headersStart = 0;
  /** Size of the record with its length field. */
  sizeBytes = 0;
  readonly #batch: CursorBatch;
  readonly #logAppendTime: boolean;
  readonly #baseTimestamp: number;
  #left: number;

  constructor(batch: CursorBatch, bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.#batch = batch;
    this.#logAppendTime = batch.timestampType === "LogAppendTime";
    this.#baseTimestamp = this.#logAppendTime ? batch.maxTimestamp : batch.baseTimestamp;
    this.#left = batch.count;
    if (this.#left < 0) throw new CorruptRecordsError(`a batch of ${this.#left} records`);
    // Kafka's reader does not look for bytes in a batch that says it is empty.
    if (this.#left === 0) this.at = end;
  }

  /** Moves to the next record; false after the last. Throws {@link CorruptRecordsError}. */
  next(): boolean {
    if (this.#left === 0) {
      if (this.at !== this.end) throw new CorruptRecordsError("bytes after the last record");
      return false;
    }
    this.#left--;
    try {
      this.#parse();
    } catch (thrown) {
      if (thrown instanceof VarintError) throw new CorruptRecordsError(thrown.message, thrown);
      throw thrown;
    }
    return true;
  }

  #parse(): void {
    const start = this.at;
    const length = readVarint(this);
    const recordEnd = this.at + length;
    if (length < 1 || recordEnd > this.end) {
      throw new CorruptRecordsError(`a record of ${length} bytes where ${this.end - this.at} are`);
    }
    this.sizeBytes = recordEnd - start;
    this.at++; // attributes, of which none is in use
    this.timestampDelta = readVarlong(this);
    this.offsetDelta = readVarint(this);
    this.keyLength = this.#skipField(recordEnd, "key");
    this.keyStart = this.at - Math.max(this.keyLength, 0);
    this.valueLength = this.#skipField(recordEnd, "value");
    this.valueStart = this.at - Math.max(this.valueLength, 0);
    this.headerCount = readVarint(this);
    this.headersStart = this.at;
    if (this.headerCount !== 0) this.#skipHeaders(recordEnd);
    if (this.at !== recordEnd) {
      throw new CorruptRecordsError(
        `a record of ${this.at - start} bytes says that it has ${this.sizeBytes}`,
      );
    }
  }

  #skipField(recordEnd: number, what: string): number {
    const length = readVarint(this);
    if (length <= 0) return length < 0 ? -1 : 0;
    this.at += length;
    if (this.at > recordEnd) {
      throw new CorruptRecordsError(`a ${what} of ${length} bytes goes beyond its record`);
    }
    return length;
  }

  #skipHeaders(recordEnd: number): void {
    if (this.headerCount < 0 || this.headerCount > recordEnd - this.at) {
      throw new CorruptRecordsError(`a record of ${this.headerCount} headers`);
    }
    for (let i = 0; i < this.headerCount; i++) {
      if (this.#skipField(recordEnd, "header key") < 0) {
        throw new CorruptRecordsError("a header without a key");
      }
      this.#skipField(recordEnd, "header value");
    }
  }

  get offset(): number {
    return this.#batch.baseOffset + this.offsetDelta;
  }

  get timestamp(): number {
    return this.#logAppendTime ? this.#baseTimestamp : this.#baseTimestamp + this.timestampDelta;
  }

  get sequence(): number {
    const base = this.#batch.baseSequence;
    if (base < 0) return -1;
    const sum = base + this.offsetDelta;
    return sum > 0x7fffffff ? sum - 0x8000_0000 : sum;
  }

  /** Shared with the batch. */
  key(): Buffer | null {
    return this.keyLength < 0
      ? null
      : this.bytes.subarray(this.keyStart, this.keyStart + this.keyLength);
  }

  /** Shared with the batch. */
  value(): Buffer | null {
    return this.valueLength < 0
      ? null
      : this.bytes.subarray(this.valueStart, this.valueStart + this.valueLength);
  }

  headers(): readonly RecordHeader[] {
    return headersAt(this.bytes, this.headersStart, this.headerCount);
  }

  /** The record as an object, for those who are in no hurry. */
  view(): RecordView {
    return {
      offset: this.offset,
      timestamp: this.timestamp,
      sequence: this.sequence,
      key: this.key(),
      value: this.value(),
      headers: this.headers(),
    };
  }
}

/** `count` headers that stand at `at` and were walked over before. Values are shared with the bytes. */
export function headersAt(bytes: Buffer, at: number, count: number): readonly RecordHeader[] {
  if (count === 0) return NO_HEADERS;
  const place = { bytes, at, end: bytes.length };
  const headers: RecordHeader[] = [];
  for (let i = 0; i < count; i++) {
    const keyLength = readVarint(place);
    const key = bytes.toString("utf8", place.at, place.at + keyLength);
    place.at += keyLength;
    const valueLength = readVarint(place);
    if (valueLength < 0) {
      headers.push({ key, value: null });
      continue;
    }
    headers.push({ key, value: bytes.subarray(place.at, place.at + valueLength) });
    place.at += valueLength;
  }
  return headers;
}
