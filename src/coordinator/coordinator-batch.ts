import { assert } from "../core/assert.ts";
import { varintBytes, varlongBytes } from "../core/varint.ts";
import { BatchBuilder } from "../records/build.ts";
import type { CompressionCodec } from "../records/compression.ts";
import { BATCH_HEADER_BYTES } from "../records/record-batch.ts";
import type { StoredRecord } from "./machine.ts";

/** Attributes of a record, and its count of headers (none). */
const FIXED_RECORD_BYTES = 2;
/** What Kafka's coordinators write into their batches, which have no producer. */
const BASE_SEQUENCE = 0;

/**
 * The batch that a shard collects records in. Its size is counted as if uncompressed, as Kafka's
 * coordinators do, so that what fits can be told before it is built.
 */
export class CoordinatorBatch {
  readonly #codec: CompressionCodec;
  #builder: BatchBuilder | undefined;
  #baseTimestamp = 0;

  constructor(codec: CompressionCodec) {
    this.#codec = codec;
  }

  get count(): number {
    return this.#builder === undefined ? 0 : this.#builder.count;
  }

  /** Bytes that the batch would have with these records too. */
  sizeWith(records: readonly StoredRecord[], timestamp: number): number {
    const empty = this.#builder === undefined;
    const timestampDelta = empty ? 0 : timestamp - this.#baseTimestamp;
    let size = this.#builder === undefined ? BATCH_HEADER_BYTES : this.#builder.sizeBytes;
    let offsetDelta = this.count;
    for (const record of records) size += recordBytes(record, timestampDelta, offsetDelta++);
    return size;
  }

  add(record: StoredRecord, timestamp: number): void {
    if (this.#builder === undefined) {
      this.#builder = new BatchBuilder({ compression: this.#codec, baseSequence: BASE_SEQUENCE });
      this.#baseTimestamp = timestamp;
    }
    this.#builder.appendAt(this.#builder.count, timestamp, record.key, record.value);
  }

  /** The batch with offsets from 0, to be stamped by the log; afterwards this is empty again. */
  take(): Buffer {
    const builder = this.#builder;
    assert(builder !== undefined, "an empty batch");
    this.#builder = undefined;
    return builder.finish();
  }

  clear(): void {
    this.#builder = undefined;
  }
}

/** Exact size of a record of format v2 without headers. */
function recordBytes(record: StoredRecord, timestampDelta: number, offsetDelta: number): number {
  const valueLength = record.value === null ? -1 : record.value.length;
  const body =
    FIXED_RECORD_BYTES +
    varlongBytes(timestampDelta) +
    varintBytes(offsetDelta) +
    varintBytes(record.key.length) +
    record.key.length +
    varintBytes(valueLength) +
    Math.max(valueLength, 0);
  return varintBytes(body) + body;
}
