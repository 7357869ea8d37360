import { int32At, int64At, uint32At } from "../core/bytes.ts";
import {
  codecOfId,
  decompress,
  DECOMPRESSED_BYTES_MAX,
  type CompressionCodec,
} from "./compression.ts";
import { CorruptRecordsError } from "./errors.ts";
import { decompressLz4Frame } from "./lz4.ts";
import {
  BATCH_CUT,
  BatchAttribute,
  batchSizeAt,
  completeBatchSizeAt,
  magicAt,
  maxTimestampAt,
  NO_SEQUENCE,
  RecordBatchView,
  verifyChecksumAt,
  type TimestampType,
} from "./record-batch.ts";
import type { RecordView } from "./record-cursor.ts";

/**
 * Entries of formats 0 and 1, as written before Kafka 0.11; old data directories hold them:
 *
 *     0 offset int64     16 magic int8          v0: 18 key, then value (int32 length, -1 is null)
 *     8 size int32       17 attributes int8     v1: 18 timestamp int64, 26 key, then value
 *    12 crc uint32
 *
 * `size` counts what follows it, the CRC-32 covers what follows the CRC. A compressed entry has
 * entries of the same format in its value; its offset is that of the last of them, and in format 1
 * theirs count from the first. They are read, never written.
 */
const CRC = 12;
const ATTRIBUTES = 17;
const KEY_V0 = 18;
const KEY_V1 = 26;

/** One entry of format 0 or 1 over bytes that somebody else holds: a record, or a wrapper of some. */
export class LegacyBatchView {
  readonly bytes: Buffer;
  readonly at: number;
  readonly sizeBytes: number;
  readonly magic: 0 | 1;

  /** Throws {@link CorruptRecordsError} when there is no whole entry at `at`. */
  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    const size = completeBatchSizeAt(bytes, at, end);
    const magic = size > 0 ? magicAt(bytes, at) : -1;
    if (magic !== 0 && magic !== 1) {
      throw new CorruptRecordsError(`no whole entry of format 0 or 1 at byte ${at}`);
    }
    this.bytes = bytes;
    this.at = at;
    this.sizeBytes = size;
    this.magic = magic;
  }

  /** The offset of a record; for a wrapper it takes decompressing to know its first. */
  baseOffset(capBytes?: number): number {
    if (this.compression === "none") return this.lastOffset;
    for (const record of this.records(capBytes)) return record.offset;
    throw new CorruptRecordsError("a compressed entry without records");
  }

  get lastOffset(): number {
    return int64At(this.bytes, this.at);
  }

  get nextOffset(): number {
    return this.lastOffset + 1;
  }

  /** CRC-32 (not Castagnoli's) of all that follows it, as the entry says, unsigned. */
  get crc(): number {
    return uint32At(this.bytes, this.at + CRC);
  }

  get attributes(): number {
    return this.bytes[this.at + ATTRIBUTES]!;
  }

  /** Throws `CompressionError` for the numbers 5 to 7. */
  get compression(): CompressionCodec {
    return codecOfId(this.attributes & BatchAttribute.codecMask);
  }

  get timestampType(): TimestampType {
    if (this.magic === 0) return "NoTimestampType";
    return (this.attributes & BatchAttribute.logAppendTime) !== 0 ? "LogAppendTime" : "CreateTime";
  }

  get maxTimestamp(): number {
    return maxTimestampAt(this.bytes, this.at);
  }

  verifyChecksum(): boolean {
    return verifyChecksumAt(this.bytes, this.at);
  }

  /** Throws {@link CorruptRecordsError} where a record is damaged, `CompressionError` as `decompress`. */
  records(capBytes = DECOMPRESSED_BYTES_MAX): RecordView[] {
    const { bytes, at, compression } = this;
    if (compression === "none") {
      return [parseEntry(bytes, at, at + this.sizeBytes, this.lastOffset, this.maxTimestamp)];
    }
    const { value } = parseEntry(bytes, at, at + this.sizeBytes, 0, 0);
    if (value === null) throw new CorruptRecordsError("a compressed entry without a value");
    // Format 0 was written with LZ4 frames whose header checksum is wrong.
    const inner =
      compression === "lz4" && this.magic === 0
        ? decompressLz4Frame(value, capBytes, true)
        : decompress(compression, value, capBytes);
    return this.#innerRecords(inner);
  }

  #innerRecords(inner: Buffer): RecordView[] {
    const places = innerEntries(inner, this.magic);
    const last = places.at(-1);
    if (last === undefined) throw new CorruptRecordsError("a compressed entry without records");
    const shift = this.magic === 0 ? 0 : this.lastOffset - int64At(inner, last);
    const appendTime = this.timestampType === "LogAppendTime" ? this.maxTimestamp : undefined;
    return places.map((at) =>
      parseEntry(
        inner,
        at,
        at + batchSizeAt(inner, at),
        int64At(inner, at) + shift,
        appendTime ?? maxTimestampAt(inner, at),
      ),
    );
  }
}

function innerEntries(inner: Buffer, magic: 0 | 1): number[] {
  const places: number[] = [];
  let at = 0;
  while (at < inner.length) {
    const size = completeBatchSizeAt(inner, at, inner.length);
    if (size <= 0) throw new CorruptRecordsError("a compressed entry ends within a record");
    if (magicAt(inner, at) !== magic) {
      throw new CorruptRecordsError("a record of another format than the entry it is in");
    }
    if ((inner[at + ATTRIBUTES]! & BatchAttribute.codecMask) !== 0) {
      throw new CorruptRecordsError("a compressed entry within a compressed one");
    }
    places.push(at);
    at += size;
  }
  return places;
}

function parseEntry(
  bytes: Buffer,
  at: number,
  end: number,
  offset: number,
  timestamp: number,
): RecordView {
  const keyAt = at + (magicAt(bytes, at) === 0 ? KEY_V0 : KEY_V1);
  const key = parseField(bytes, keyAt, end);
  const valueAt = keyAt + 4 + (key?.length ?? 0);
  const value = parseField(bytes, valueAt, end);
  if (valueAt + 4 + (value?.length ?? 0) !== end) {
    throw new CorruptRecordsError("a record is of another size than its parts");
  }
  return { offset, timestamp, sequence: NO_SEQUENCE, key, value, headers: [] };
}

function parseField(bytes: Buffer, at: number, end: number): Buffer | null {
  if (at + 4 > end) throw new CorruptRecordsError("a record ends within a length");
  const length = int32At(bytes, at);
  if (length < 0) return null;
  if (length > end - at - 4) throw new CorruptRecordsError("a key or value goes beyond its record");
  return bytes.subarray(at + 4, at + 4 + length);
}

/** A batch of any format. `magic` tells them apart: 2, or 0 and 1. */
export type AnyBatchView = RecordBatchView | LegacyBatchView;

/**
 * The batches of any format in `bytes[start, end)`. A batch that is cut short ends the row; damage to
 * the framing throws {@link CorruptRecordsError}.
 */
export function* anyBatchesIn(
  bytes: Buffer,
  start = 0,
  end = bytes.length,
): Generator<AnyBatchView, void, undefined> {
  let at = start;
  for (;;) {
    const size = completeBatchSizeAt(bytes, at, end);
    if (size === BATCH_CUT) return;
    const isLegacy = size > 0 && magicAt(bytes, at) < 2;
    const batch = isLegacy
      ? new LegacyBatchView(bytes, at, end)
      : new RecordBatchView(bytes, at, end);
    yield batch;
    at += batch.sizeBytes;
  }
}
