import { crc32 } from "node:zlib";
import {
  bigInt64At,
  int16At,
  int32At,
  int64At,
  putInt16,
  putInt32,
  putInt64,
  uint32At,
} from "../core/bytes.ts";
import { crc32c } from "../core/crc32c.ts";
import { codecOfId, decompress, type CompressionCodec } from "./compression.ts";
import { CorruptRecordsError } from "./errors.ts";
import { RecordCursor, type RecordView } from "./record-cursor.ts";

/**
 * A batch of format v2 (KIP-98), 61 bytes before its records:
 *
 *     0 baseOffset int64       21 attributes int16        43 producerId int64
 *     8 batchLength int32      23 lastOffsetDelta int32   51 producerEpoch int16
 *    12 leaderEpoch int32      27 baseTimestamp int64     53 baseSequence int32
 *    16 magic int8             35 maxTimestamp int64      57 count int32
 *    17 crc uint32
 *
 * `batchLength` counts what follows it; the CRC covers what follows the CRC, so base offset and
 * leader epoch can be stamped without touching it. Offset, length and magic are at the same places
 * in the entries of the older formats (`legacy.ts`).
 */
const BASE_OFFSET = 0;
const LENGTH = 8;
const LEADER_EPOCH = 12;
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const COUNT = 57;
/** In entries of formats 0 and 1 (see `legacy.ts`): a CRC-32 of what follows it, and v1's timestamp. */
const LEGACY_CRC = 12;
const LEGACY_TIMESTAMP = 18;
const LEGACY_BYTES_MIN = [26, 34] as const;

/** Bytes of a batch before its records. */
export const BATCH_HEADER_BYTES = 61;
/** Bytes before what `batchLength` counts. */
export const BATCH_PREFIX_BYTES = 12;
/** Enough of a batch to know its size and format. */
export const BATCH_PEEK_BYTES = 17;
/** No batch is shorter: the least that an entry of format v0 holds. */
const BATCH_LENGTH_MIN = 14;
const BATCH_LENGTH_MAX = 2 ** 31 - 1 - BATCH_PREFIX_BYTES;

export const BatchAttribute = {
  codecMask: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
  known: 0x7f,
} as const;

export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;
export const NO_TIMESTAMP = -1;
export const NO_LEADER_EPOCH = -1;

/** `NoTimestampType` is that of format v0, which has no timestamps. */
export type TimestampType = "CreateTime" | "LogAppendTime" | "NoTimestampType";

/** Size of the batch at `at` as its length field says; the caller has {@link BATCH_PREFIX_BYTES} there. */
export function batchSizeAt(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at + LENGTH) + BATCH_PREFIX_BYTES;
}

/** {@link completeBatchSizeAt}: the bytes end before the batch does. */
export const BATCH_CUT = 0;
/** {@link completeBatchSizeAt}: no format has such a length or magic. */
export const BATCH_DAMAGED = -1;

/**
 * Size of the batch at `at` when all of it lies before `end`, else {@link BATCH_CUT} or
 * {@link BATCH_DAMAGED}. Formats 0 to 2; the checksum is not looked at. A batch of format 2 that this
 * accepts may still be shorter than its header, which `verifyChecksumAt` refuses.
 */
export function completeBatchSizeAt(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < BATCH_PREFIX_BYTES) return BATCH_CUT;
  const length = int32At(bytes, at + LENGTH);
  if (length < BATCH_LENGTH_MIN || length > BATCH_LENGTH_MAX) return BATCH_DAMAGED;
  if (end - at < BATCH_PEEK_BYTES) return BATCH_CUT;
  if (bytes[at + MAGIC]! > 2) return BATCH_DAMAGED;
  return end - at < length + BATCH_PREFIX_BYTES ? BATCH_CUT : length + BATCH_PREFIX_BYTES;
}

export function magicAt(bytes: Uint8Array, at: number): number {
  return bytes[at + MAGIC]!;
}

/** First offset of a v2 batch. (A compressed v0 or v1 entry has its last offset in this field.) */
export function baseOffsetAt(bytes: Uint8Array, at: number): number {
  return int64At(bytes, at + BASE_OFFSET);
}

/** Last offset of a batch of any format. */
export function lastOffsetAt(bytes: Uint8Array, at: number): number {
  const offset = int64At(bytes, at + BASE_OFFSET);
  return bytes[at + MAGIC]! < 2 ? offset : offset + int32At(bytes, at + LAST_OFFSET_DELTA);
}

/** The offset after the batch, any format. */
export function nextOffsetAt(bytes: Uint8Array, at: number): number {
  return lastOffsetAt(bytes, at) + 1;
}

export function lastOffsetDeltaAt(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at + LAST_OFFSET_DELTA);
}

/** {@link NO_LEADER_EPOCH} in formats 0 and 1. */
export function leaderEpochAt(bytes: Uint8Array, at: number): number {
  return bytes[at + MAGIC]! < 2 ? NO_LEADER_EPOCH : int32At(bytes, at + LEADER_EPOCH);
}

/** Of a v2 batch: the bits of {@link BatchAttribute}. */
export function attributesAt(bytes: Uint8Array, at: number): number {
  return int16At(bytes, at + ATTRIBUTES);
}

/** Any format: 0 and 1 have no control batches. */
export function isControlAt(bytes: Uint8Array, at: number): boolean {
  return bytes[at + MAGIC]! >= 2 && (bytes[at + ATTRIBUTES + 1]! & BatchAttribute.control) !== 0;
}

/** Any format: 0 and 1 have no transactions. */
export function isTransactionalAt(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at + MAGIC]! >= 2 && (bytes[at + ATTRIBUTES + 1]! & BatchAttribute.transactional) !== 0
  );
}

export function baseTimestampAt(bytes: Uint8Array, at: number): number {
  return int64At(bytes, at + BASE_TIMESTAMP);
}

/** Greatest timestamp of a batch of any format in milliseconds, or {@link NO_TIMESTAMP}. */
export function maxTimestampAt(bytes: Uint8Array, at: number): number {
  const magic = bytes[at + MAGIC]!;
  if (magic === 0) return NO_TIMESTAMP;
  return int64At(bytes, at + (magic === 1 ? LEGACY_TIMESTAMP : MAX_TIMESTAMP));
}

/** {@link NO_PRODUCER_ID} in formats 0 and 1. */
export function producerIdAt(bytes: Uint8Array, at: number): number {
  return bytes[at + MAGIC]! < 2 ? NO_PRODUCER_ID : int64At(bytes, at + PRODUCER_ID);
}

export function producerEpochAt(bytes: Uint8Array, at: number): number {
  return int16At(bytes, at + PRODUCER_EPOCH);
}

export function baseSequenceAt(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at + BASE_SEQUENCE);
}

/** Sequence of the last offset, or {@link NO_SEQUENCE}. */
export function lastSequenceAt(bytes: Uint8Array, at: number): number {
  return addSequence(int32At(bytes, at + BASE_SEQUENCE), int32At(bytes, at + LAST_OFFSET_DELTA));
}

/** Records that the header claims; compaction leaves fewer than the offsets between first and last. */
export function recordCountAt(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at + COUNT);
}

/**
 * Whether a whole batch of any format is at least as long as its header, and its checksum is that of
 * its bytes.
 */
export function verifyChecksumAt(bytes: Uint8Array, at: number): boolean {
  const size = batchSizeAt(bytes, at);
  const magic = bytes[at + MAGIC]!;
  if (magic < 2) {
    if (size < LEGACY_BYTES_MIN[magic === 0 ? 0 : 1]) return false;
    return crc32(bytes.subarray(at + MAGIC, at + size)) === uint32At(bytes, at + LEGACY_CRC);
  }
  return (
    size >= BATCH_HEADER_BYTES &&
    crc32c(bytes, at + ATTRIBUTES, at + size) === uint32At(bytes, at + CRC)
  );
}

/** `sequence + count` on the circle from 0 to 2^31-1 that producers' sequences go round; -1 stays. */
export function addSequence(sequence: number, count: number): number {
  if (sequence === NO_SEQUENCE) return NO_SEQUENCE;
  const sum = sequence + count;
  return sum > 0x7fffffff ? sum - 0x8000_0000 : sum;
}

/**
 * Writes base offset and leader epoch into the v2 batch at `at`. They lie outside the checksum,
 * which stays as it is.
 */
export function stampBatch(
  bytes: Uint8Array,
  at: number,
  baseOffset: number,
  leaderEpoch: number,
): void {
  putInt64(bytes, at + BASE_OFFSET, baseOffset);
  putInt32(bytes, at + LEADER_EPOCH, leaderEpoch);
}

/**
 * Sets timestamp type and greatest timestamp of the v2 batch at `at` and mends the checksum. Does
 * nothing when they are so already. With `LogAppendTime` the greatest timestamp is every record's.
 */
export function stampMaxTimestamp(
  bytes: Uint8Array,
  at: number,
  type: "CreateTime" | "LogAppendTime",
  maxTimestamp: number,
): void {
  const before = int16At(bytes, at + ATTRIBUTES);
  const wanted = type === "LogAppendTime" ? BatchAttribute.logAppendTime : 0;
  const isSo = (before & BatchAttribute.logAppendTime) === wanted;
  if (isSo && bigInt64At(bytes, at + MAX_TIMESTAMP) === BigInt(maxTimestamp)) return;
  // As in Kafka, bits without a meaning do not survive a change.
  const after = (before & BatchAttribute.known & ~BatchAttribute.logAppendTime) | wanted;
  putInt16(bytes, at + ATTRIBUTES, after);
  putInt64(bytes, at + MAX_TIMESTAMP, maxTimestamp);
  stampChecksum(bytes, at);
}

/** What a leader does to a batch of a topic with `message.timestamp.type=LogAppendTime`. */
export function stampLogAppendTime(bytes: Uint8Array, at: number, nowMs: number): void {
  stampMaxTimestamp(bytes, at, "LogAppendTime", nowMs);
}

/** Computes the checksum of the v2 batch at `at` and writes it. */
export function stampChecksum(bytes: Uint8Array, at: number): void {
  putInt32(bytes, at + CRC, crc32c(bytes, at + ATTRIBUTES, at + batchSizeAt(bytes, at)));
}

/**
 * Clears the attributes of the batch that `bytes` begin with which are none of a producer's: those
 * without a meaning, and the delete horizon. The checksum is the caller's to mend.
 */
export function dropForeignAttributes(bytes: Uint8Array): void {
  const own = BatchAttribute.known & ~BatchAttribute.deleteHorizon;
  putInt16(bytes, ATTRIBUTES, int16At(bytes, ATTRIBUTES) & own);
}

/**
 * Makes `bytes`, which begin with the header of another batch, a batch of their own length whose
 * body is compressed with the codec of that number.
 */
export function stampCodec(bytes: Uint8Array, codecNumber: number): void {
  putInt32(bytes, LENGTH, bytes.length - BATCH_PREFIX_BYTES);
  putInt16(
    bytes,
    ATTRIBUTES,
    (int16At(bytes, ATTRIBUTES) & ~BatchAttribute.codecMask) | codecNumber,
  );
  stampChecksum(bytes, 0);
}

/**
 * Gives the v2 batch at `at` to another producer or another place in its sequence, and mends the checksum:
 * what a producer does to a batch that the broker refused under its epoch before (KIP-360).
 */
export function stampProducer(
  bytes: Uint8Array,
  at: number,
  producer: {
    readonly producerId: number;
    readonly producerEpoch: number;
    readonly baseSequence: number;
  },
): void {
  putInt64(bytes, at + PRODUCER_ID, producer.producerId);
  putInt16(bytes, at + PRODUCER_EPOCH, producer.producerEpoch);
  putInt32(bytes, at + BASE_SEQUENCE, producer.baseSequence);
  stampChecksum(bytes, at);
}

/** Every field of a header; what {@link writeBatchHeader} writes. */
export interface BatchHeader {
  readonly baseOffset: number;
  readonly sizeBytes: number;
  readonly partitionLeaderEpoch: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly count: number;
}

/** Writes a header before the records that stand in `bytes` already, and the checksum of both. */
export function writeBatchHeader(bytes: Uint8Array, at: number, header: BatchHeader): void {
  putInt64(bytes, at + BASE_OFFSET, header.baseOffset);
  putInt32(bytes, at + LENGTH, header.sizeBytes - BATCH_PREFIX_BYTES);
  putInt32(bytes, at + LEADER_EPOCH, header.partitionLeaderEpoch);
  bytes[at + MAGIC] = 2;
  putInt16(bytes, at + ATTRIBUTES, header.attributes);
  putInt32(bytes, at + LAST_OFFSET_DELTA, header.lastOffsetDelta);
  putInt64(bytes, at + BASE_TIMESTAMP, header.baseTimestamp);
  putInt64(bytes, at + MAX_TIMESTAMP, header.maxTimestamp);
  putInt64(bytes, at + PRODUCER_ID, header.producerId);
  putInt16(bytes, at + PRODUCER_EPOCH, header.producerEpoch);
  putInt32(bytes, at + BASE_SEQUENCE, header.baseSequence);
  putInt32(bytes, at + COUNT, header.count);
  stampChecksum(bytes, at);
}

/**
 * A batch of format v2 over bytes that somebody else holds. Nothing is copied or checked beyond the
 * size; getters read when asked. Hot loops take the functions above instead.
 */
export class RecordBatchView {
  readonly bytes: Buffer;
  readonly at: number;
  readonly sizeBytes: number;

  /** Throws {@link CorruptRecordsError} when there is no whole v2 batch at `at`. */
  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    const size = completeBatchSizeAt(bytes, at, end);
    if (size < BATCH_HEADER_BYTES || magicAt(bytes, at) !== 2) {
      throw new CorruptRecordsError(`no whole record batch of format 2 at byte ${at}`);
    }
    this.bytes = bytes;
    this.at = at;
    this.sizeBytes = size;
  }

  get magic(): number {
    return 2;
  }

  get baseOffset(): number {
    return baseOffsetAt(this.bytes, this.at);
  }

  /** Exact beyond 2^53. */
  get baseOffsetBigInt(): bigint {
    return bigInt64At(this.bytes, this.at + BASE_OFFSET);
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta;
  }

  get nextOffset(): number {
    return this.lastOffset + 1;
  }

  get lastOffsetDelta(): number {
    return lastOffsetDeltaAt(this.bytes, this.at);
  }

  get partitionLeaderEpoch(): number {
    return leaderEpochAt(this.bytes, this.at);
  }

  /** CRC-32C of all that follows it, as the batch says, unsigned. */
  get crc(): number {
    return uint32At(this.bytes, this.at + CRC);
  }

  get attributes(): number {
    return attributesAt(this.bytes, this.at);
  }

  /** Throws `CompressionError` for the numbers 5 to 7, which name no codec. */
  get compression(): CompressionCodec {
    return codecOfId(this.attributes & BatchAttribute.codecMask);
  }

  get timestampType(): "CreateTime" | "LogAppendTime" {
    return (this.attributes & BatchAttribute.logAppendTime) !== 0 ? "LogAppendTime" : "CreateTime";
  }

  get isTransactional(): boolean {
    return (this.attributes & BatchAttribute.transactional) !== 0;
  }

  get isControl(): boolean {
    return (this.attributes & BatchAttribute.control) !== 0;
  }

  /** What timestamp deltas count from: the first record's time, or the delete horizon. */
  get baseTimestamp(): number {
    return int64At(this.bytes, this.at + BASE_TIMESTAMP);
  }

  /** From when on compaction may drop tombstones of this batch (KIP-534), in milliseconds. */
  get deleteHorizonMs(): number | undefined {
    return (this.attributes & BatchAttribute.deleteHorizon) !== 0 ? this.baseTimestamp : undefined;
  }

  get maxTimestamp(): number {
    return maxTimestampAt(this.bytes, this.at);
  }

  get producerId(): number {
    return producerIdAt(this.bytes, this.at);
  }

  get hasProducerId(): boolean {
    return this.producerId > NO_PRODUCER_ID;
  }

  get producerEpoch(): number {
    return producerEpochAt(this.bytes, this.at);
  }

  get baseSequence(): number {
    return baseSequenceAt(this.bytes, this.at);
  }

  get lastSequence(): number {
    return lastSequenceAt(this.bytes, this.at);
  }

  /** Number of records, as the header says. */
  get count(): number {
    return recordCountAt(this.bytes, this.at);
  }

  verifyChecksum(): boolean {
    return verifyChecksumAt(this.bytes, this.at);
  }

  /** The bytes of the whole batch, shared. */
  slice(): Buffer {
    return this.bytes.subarray(this.at, this.at + this.sizeBytes);
  }

  /** The bytes after the header, shared: records, or what they were compressed to. */
  body(): Buffer {
    return this.bytes.subarray(this.at + BATCH_HEADER_BYTES, this.at + this.sizeBytes);
  }

  /**
   * Goes through the records without an object for each. Decompresses first when needed; throws
   * `CompressionError` when that gives more than `capBytes` or fails.
   */
  cursor(capBytes?: number): RecordCursor {
    const { compression } = this;
    return compression === "none" || this.count === 0
      ? new RecordCursor(this, this.bytes, this.at + BATCH_HEADER_BYTES, this.at + this.sizeBytes)
      : new RecordCursor(this, decompress(compression, this.body(), capBytes));
  }

  /** The records one after the other; throws {@link CorruptRecordsError} where they are damaged. */
  *records(capBytes?: number): Generator<RecordView, void, undefined> {
    const cursor = this.cursor(capBytes);
    while (cursor.next()) yield cursor.view();
  }
}

/**
 * The v2 batches in `bytes[start, end)`. A batch that is cut short ends the row, as in Kafka, whose
 * fetches may end in one; damage to the framing, or another format, throws
 * {@link CorruptRecordsError}. Checksums are the caller's to verify.
 */
export function* batchesIn(
  bytes: Buffer,
  start = 0,
  end = bytes.length,
): Generator<RecordBatchView, void, undefined> {
  let at = start;
  while (completeBatchSizeAt(bytes, at, end) !== BATCH_CUT) {
    const batch = new RecordBatchView(bytes, at, end);
    yield batch;
    at += batch.sizeBytes;
  }
}

/** How a row of batches ends: with its bytes, within a batch, or in bytes that are no batch. */
export type RowEnd = "whole" | "cut" | "damaged";

/**
 * Looks at the framing of `bytes[start, end)`, of any format: how far whole batches go, how many they
 * are, and what follows them. With `verify`, batches must also have their checksum.
 */
export function measureBatches(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
  verify = false,
): { readonly validEnd: number; readonly count: number; readonly rowEnd: RowEnd } {
  let at = start;
  let count = 0;
  for (;;) {
    if (at === end) return { validEnd: at, count, rowEnd: "whole" };
    const size = completeBatchSizeAt(bytes, at, end);
    if (size === BATCH_CUT) return { validEnd: at, count, rowEnd: "cut" };
    if (size === BATCH_DAMAGED) return { validEnd: at, count, rowEnd: "damaged" };
    const sound = verify
      ? verifyChecksumAt(bytes, at)
      : size >= (magicAt(bytes, at) === 2 ? BATCH_HEADER_BYTES : LEGACY_BYTES_MIN[0]);
    if (!sound) return { validEnd: at, count, rowEnd: "damaged" };
    at += size;
    count++;
  }
}
