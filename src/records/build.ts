import { assert } from "../core/assert.ts";
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from "../core/varint.ts";
import { codecId, compress, decompress, type CompressionCodec } from "./compression.ts";
import {
  BATCH_HEADER_BYTES,
  BatchAttribute,
  dropForeignAttributes,
  NO_LEADER_EPOCH,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  stampCodec,
  writeBatchHeader,
  type RecordBatchView,
} from "./record-batch.ts";

/** A header to write. Kafka's readers refuse one without a key. */
export interface NewHeader {
  /** Text as UTF-8, or bytes as they are. */
  readonly key: string | Uint8Array;
  readonly value: Uint8Array | null;
}

/** A key or a value to write: bytes, or text that becomes UTF-8 where it is written. */
export type NewField = Uint8Array | string | null;

/** A record to write. */
export interface NewRecord {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly NewHeader[];
}

export interface BatchOptions {
  /** Default `none`. */
  readonly compression?: CompressionCodec;
  /** Default: that of the codec. */
  readonly compressionLevel?: number;
  /** Offset of the first record; default 0. */
  readonly baseOffset?: number;
  /** Default -1. */
  readonly partitionLeaderEpoch?: number;
  /** Default -1, as are epoch and sequence: not idempotent. */
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  /** A batch of one control record, whose key is a version and a type. */
  readonly isControl?: boolean;
  /** Gives every record this time and the batch the type LogAppendTime. */
  readonly logAppendTimeMs?: number;
  /** Set by compaction; timestamp deltas then count from it (KIP-534). */
  readonly deleteHorizonMs?: number;
  /** What to begin with; the builder doubles it as needed. */
  readonly initialBytes?: number;
  /** Memory to begin with, in place of new one. It holds a batch header at least. */
  readonly memory?: Buffer | undefined;
}

/** What may be told as late as at the end of a batch. */
export interface BatchEnd {
  readonly lastOffsetDelta?: number;
  readonly maxTimestamp?: number;
  /** These take the place of what the options said. */
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
}

const INITIAL_BYTES = 1024;
/** No UTF-8 character is longer. */
const CHARACTER_BYTES_MAX = 4;
/** No record takes more beside its key, value and headers. */
const RECORD_OVERHEAD_BYTES_MAX = 21;
const NO_HEADERS: readonly NewHeader[] = [];

/**
 * Writes one batch into one growing buffer. Records get offset deltas 0, 1, 2 … unless
 * {@link appendAt} says otherwise. `finish` ends it.
 */
export class BatchBuilder {
  readonly #options: BatchOptions;
  #bytes: Buffer;
  #end = BATCH_HEADER_BYTES;
  #count = 0;
  #lastOffsetDelta = -1;
  #baseTimestamp: number;
  #maxTimestamp = NO_TIMESTAMP;

  constructor(options: BatchOptions = {}) {
    this.#options = options;
    this.#bytes =
      options.memory ??
      Buffer.allocUnsafe(Math.max(options.initialBytes ?? INITIAL_BYTES, BATCH_HEADER_BYTES));
    this.#baseTimestamp = options.deleteHorizonMs ?? NO_TIMESTAMP;
  }

  /** Records so far. */
  get count(): number {
    return this.#count;
  }

  /** Size so far, before compression, with the header. */
  get sizeBytes(): number {
    return this.#end;
  }

  /** Where the batch is written; grows, and the batch of `finish` is a view of it unless compressed. */
  get memory(): Buffer {
    return this.#bytes;
  }

  /** Greatest timestamp so far, -1 when there is none. */
  get maxTimestamp(): number {
    return this.#maxTimestamp;
  }

  /** Appends a record at the next offset. */
  append(record: NewRecord): void {
    this.appendAt(
      this.#lastOffsetDelta + 1,
      record.timestamp,
      record.key,
      record.value,
      record.headers,
    );
  }

  /** Appends a record at an offset counted from the base offset, beyond the ones before it. */
  appendAt(
    offsetDelta: number,
    timestamp: number,
    key: NewField,
    value: NewField,
    headers: readonly NewHeader[] = NO_HEADERS,
  ): void {
    assert(offsetDelta > this.#lastOffsetDelta, "offsets of a batch rise", { offsetDelta });
    if (this.#count === 0 && this.#options.deleteHorizonMs === undefined) {
      this.#baseTimestamp = timestamp;
    }
    // Most text is ASCII, so its length is that of its bytes; if not, the record is written again.
    const keyGuess = key === null ? -1 : key.length;
    const valueGuess = value === null ? -1 : value.length;
    if (!this.#write(offsetDelta, timestamp, key, keyGuess, value, valueGuess, headers)) {
      const keyBytes = typeof key === "string" ? Buffer.byteLength(key) : keyGuess;
      const valueBytes = typeof value === "string" ? Buffer.byteLength(value) : valueGuess;
      this.#write(offsetDelta, timestamp, key, keyBytes, value, valueBytes, headers);
    }
    this.#count++;
    this.#lastOffsetDelta = offsetDelta;
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
  }

  /** Writes a record; false, and nothing is written, when text has other lengths than were told. */
  #write(
    offsetDelta: number,
    timestamp: number,
    key: NewField,
    keyBytes: number,
    value: NewField,
    valueBytes: number,
    headers: readonly NewHeader[],
  ): boolean {
    const timestampDelta = timestamp - this.#baseTimestamp;
    const bodyBytes =
      1 +
      varlongBytes(timestampDelta) +
      varintBytes(offsetDelta) +
      varintBytes(keyBytes) +
      varintBytes(valueBytes) +
      (keyBytes < 0 ? 0 : keyBytes) +
      (valueBytes < 0 ? 0 : valueBytes) +
      (headers.length === 0 ? 1 : headersBytes(headers));
    this.#reserve(varintBytes(bodyBytes) + bodyBytes + CHARACTER_BYTES_MAX);
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#end, bodyBytes);
    bytes[at++] = 0;
    at = writeVarlong(bytes, at, timestampDelta);
    at = writeVarint(bytes, at, offsetDelta);
    at = writeField(bytes, at, key, keyBytes);
    if (at < 0) return false;
    at = writeField(bytes, at, value, valueBytes);
    if (at < 0) return false;
    if (headers.length === 0) bytes[at++] = 0;
    else at = writeHeaders(bytes, at, headers);
    this.#end = at;
    return true;
  }

  /**
   * The batch. It may be empty only where `lastOffsetDelta` and `maxTimestamp` are told, as compaction
   * does to keep what a producer's last batch says. The builder is of no use afterwards.
   */
  finish(end: BatchEnd = {}): Buffer {
    const options = this.#options;
    const compression = this.#count === 0 ? "none" : (options.compression ?? "none");
    let bytes = this.#bytes.subarray(0, this.#end);
    if (compression !== "none") {
      bytes = compressBody(bytes, compression, options.compressionLevel);
    }
    writeBatchHeader(bytes, 0, {
      baseOffset: options.baseOffset ?? 0,
      sizeBytes: bytes.length,
      partitionLeaderEpoch: options.partitionLeaderEpoch ?? NO_LEADER_EPOCH,
      attributes: attributesOf(options, compression),
      lastOffsetDelta: end.lastOffsetDelta ?? Math.max(this.#lastOffsetDelta, 0),
      baseTimestamp: this.#baseTimestamp,
      maxTimestamp: options.logAppendTimeMs ?? end.maxTimestamp ?? this.#maxTimestamp,
      producerId: end.producerId ?? options.producerId ?? NO_PRODUCER_ID,
      producerEpoch: end.producerEpoch ?? options.producerEpoch ?? NO_PRODUCER_EPOCH,
      baseSequence: end.baseSequence ?? options.baseSequence ?? NO_SEQUENCE,
      count: this.#count,
    });
    return bytes;
  }

  #reserve(count: number): void {
    const needed = this.#end + count;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
  }
}

/** One batch of all the records. */
export function buildBatch(records: readonly NewRecord[], options: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder(options);
  for (const record of records) builder.append(record);
  return builder.finish();
}

/**
 * A control batch (transaction marker, leader change, snapshot header …) of one record with the key
 * and value that its schema encodes to.
 */
export function buildControlBatch(
  record: { readonly timestamp: number; readonly key: Uint8Array; readonly value: Uint8Array },
  options: BatchOptions = {},
): Buffer {
  return buildBatch([record], { ...options, isControl: true });
}

/**
 * The same batch with another codec, all other fields as they were save attributes that mean nothing
 * to a leader; for topics whose
 * `compression.type` is not the producer's. Throws `CompressionError`.
 */
export function recompressBatch(
  batch: RecordBatchView,
  codec: CompressionCodec,
  options: { readonly level?: number; readonly capBytes?: number } = {},
): Buffer {
  const body = decompress(batch.compression, batch.body(), options.capBytes);
  const compressed = compress(codec, body, options.level);
  const bytes = Buffer.allocUnsafe(BATCH_HEADER_BYTES + compressed.length);
  batch.bytes.copy(bytes, 0, batch.at, batch.at + BATCH_HEADER_BYTES);
  compressed.copy(bytes, BATCH_HEADER_BYTES);
  dropForeignAttributes(bytes);
  stampCodec(bytes, codecId(codec));
  return bytes;
}

/** The most bytes that a record takes in an uncompressed batch. */
export function recordBytesMax(
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: readonly NewHeader[] = NO_HEADERS,
): number {
  return RECORD_OVERHEAD_BYTES_MAX + fieldBytes(key) + fieldBytes(value) + headersBytes(headers);
}

function attributesOf(options: BatchOptions, compression: CompressionCodec): number {
  let attributes = codecId(compression);
  if (options.logAppendTimeMs !== undefined) attributes |= BatchAttribute.logAppendTime;
  if (options.isTransactional === true) attributes |= BatchAttribute.transactional;
  if (options.isControl === true) attributes |= BatchAttribute.control;
  if (options.deleteHorizonMs !== undefined) attributes |= BatchAttribute.deleteHorizon;
  return attributes;
}

function compressBody(bytes: Buffer, codec: CompressionCodec, level: number | undefined): Buffer {
  const compressed = compress(codec, bytes.subarray(BATCH_HEADER_BYTES), level);
  const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + compressed.length);
  compressed.copy(batch, BATCH_HEADER_BYTES);
  return batch;
}

function fieldBytes(field: Uint8Array | null): number {
  return field === null ? 1 : varintBytes(field.length) + field.length;
}

/** Returns the place after the field, or -1 when it is text that does not take `size` bytes. */
function writeField(bytes: Buffer, at: number, field: NewField, size: number): number {
  if (field === null) {
    bytes[at] = 1; // -1 as a varint
    return at + 1;
  }
  at = writeVarint(bytes, at, size);
  if (typeof field === "string") {
    // Room for one character more: text that is longer than was told shows by filling it.
    if (bytes.write(field, at, size + CHARACTER_BYTES_MAX) !== size) return -1;
  } else {
    bytes.set(field, at);
  }
  return at + size;
}

function headersBytes(headers: readonly NewHeader[]): number {
  let size = varintBytes(headers.length);
  for (const { key, value } of headers) {
    const keyBytes = typeof key === "string" ? Buffer.byteLength(key) : key.length;
    size += varintBytes(keyBytes) + keyBytes + fieldBytes(value);
  }
  return size;
}

function writeHeaders(bytes: Buffer, at: number, headers: readonly NewHeader[]): number {
  at = writeVarint(bytes, at, headers.length);
  for (const { key, value } of headers) {
    if (typeof key === "string") {
      at = writeVarint(bytes, at, Buffer.byteLength(key));
      at += bytes.write(key, at);
    } else {
      at = writeField(bytes, at, key, key.length);
    }
    at = writeField(bytes, at, value, value === null ? -1 : value.length);
  }
  return at;
}
