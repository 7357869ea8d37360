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
}

const INITIAL_BYTES = 1024;
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
    this.#bytes = Buffer.allocUnsafe(
      Math.max(options.initialBytes ?? INITIAL_BYTES, BATCH_HEADER_BYTES),
    );
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
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly NewHeader[] = NO_HEADERS,
  ): void {
    assert(offsetDelta > this.#lastOffsetDelta, "offsets of a batch rise", { offsetDelta });
    if (this.#count === 0 && this.#options.deleteHorizonMs === undefined) {
      this.#baseTimestamp = timestamp;
    }
    const timestampDelta = timestamp - this.#baseTimestamp;
    const bodyBytes =
      1 +
      varlongBytes(timestampDelta) +
      varintBytes(offsetDelta) +
      fieldBytes(key) +
      fieldBytes(value) +
      headersBytes(headers);
    this.#reserve(varintBytes(bodyBytes) + bodyBytes);
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#end, bodyBytes);
    bytes[at++] = 0;
    at = writeVarlong(bytes, at, timestampDelta);
    at = writeVarint(bytes, at, offsetDelta);
    at = writeField(bytes, at, key);
    at = writeField(bytes, at, value);
    this.#end = writeHeaders(bytes, at, headers);
    this.#count++;
    this.#lastOffsetDelta = offsetDelta;
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
  }

  /**
   * The batch. It may be empty only where `lastOffsetDelta` and `maxTimestamp` are told, as compaction
   * does to keep what a producer's last batch says. The builder is of no use afterwards.
   */
  finish(last: { readonly lastOffsetDelta?: number; readonly maxTimestamp?: number } = {}): Buffer {
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
      lastOffsetDelta: last.lastOffsetDelta ?? Math.max(this.#lastOffsetDelta, 0),
      baseTimestamp: this.#baseTimestamp,
      maxTimestamp: options.logAppendTimeMs ?? last.maxTimestamp ?? this.#maxTimestamp,
      producerId: options.producerId ?? NO_PRODUCER_ID,
      producerEpoch: options.producerEpoch ?? NO_PRODUCER_EPOCH,
      baseSequence: options.baseSequence ?? NO_SEQUENCE,
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

function writeField(bytes: Buffer, at: number, field: Uint8Array | null): number {
  if (field === null) return writeVarint(bytes, at, -1);
  at = writeVarint(bytes, at, field.length);
  bytes.set(field, at);
  return at + field.length;
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
      at = writeField(bytes, at, key);
    }
    at = writeField(bytes, at, value);
  }
  return at;
}
