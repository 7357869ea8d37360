import { buildBatch, type NewRecord } from "../records/build.ts";
import type { CompressionCodec } from "../records/compression.ts";

/** Records of one batch at most; a record's key is its batch's number times this, and its place. */
export const RECORDS_PER_BATCH_MAX = 1000;
const ID_BYTES = 8;

/** Says which record of which batch a value is. */
export type RecordId = number;

export function recordIdOf(batch: number, index: number): RecordId {
  return batch * RECORDS_PER_BATCH_MAX + index;
}

export function batchOfRecord(id: RecordId): number {
  return Math.floor(id / RECORDS_PER_BATCH_MAX);
}

export function indexOfRecord(id: RecordId): number {
  return id % RECORDS_PER_BATCH_MAX;
}

/** The value of a record: its number, then bytes that follow from it. */
export function valueOfRecord(id: RecordId, sizeBytes: number): Buffer {
  const value = Buffer.alloc(Math.max(ID_BYTES, sizeBytes), id % 251);
  value.writeUInt32BE(Math.floor(id / 0x1_0000_0000), 0);
  value.writeUInt32BE(id % 0x1_0000_0000, 4);
  return value;
}

/** The number of a record that was read, or `undefined` when its bytes are not those of any. */
export function readRecordId({ value }: { readonly value: Buffer | null }): RecordId | undefined {
  if (value === null || value.length < ID_BYTES) return undefined;
  const id = value.readUInt32BE(0) * 0x1_0000_0000 + value.readUInt32BE(4);
  const filler = id % 251;
  for (let at = ID_BYTES; at < value.length; at++) if (value[at] !== filler) return undefined;
  return id;
}

/** How a batch is to be made; the same description gives the same bytes. */
export interface BatchDescription {
  readonly id: number;
  /** Bytes of each record's value. */
  readonly valueSizes: readonly number[];
  readonly timestampMs: number;
  readonly compression: CompressionCodec;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

export function bytesOfBatch(batch: BatchDescription): Buffer {
  const { id, valueSizes, timestampMs, compression } = batch;
  const { producerId, producerEpoch, baseSequence } = batch;
  const records = valueSizes.map((size, index): NewRecord => {
    const value = valueOfRecord(recordIdOf(id, index), size);
    return { timestamp: timestampMs + index, key: null, value };
  });
  return buildBatch(records, { compression, producerId, producerEpoch, baseSequence });
}
