import { UnsafeIntegerError } from "../core/bytes.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { codecOfId, decompress, type CompressionCodec } from "./compression.ts";
import { CompressionError } from "./errors.ts";
import {
  attributesAt,
  BATCH_HEADER_BYTES,
  BatchAttribute,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  batchSizeAt,
  completeBatchSizeAt,
  lastOffsetDeltaAt,
  magicAt,
  maxTimestampAt,
  NO_TIMESTAMP,
  producerIdAt,
  RecordBatchView,
  recordCountAt,
  verifyChecksumAt,
} from "./record-batch.ts";
import { RecordCursor } from "./record-cursor.ts";
import { scanRecords } from "./scan-records.ts";

/** What a topic asks of the batches that are produced to it. */
export interface BatchRules {
  /** `cleanup.policy` has `compact`: every record needs a key. */
  readonly isCompacted: boolean;
  /** `message.timestamp.type`. */
  readonly timestampType: "CreateTime" | "LogAppendTime";
  /** `message.timestamp.before.max.ms`; `Infinity` for no bound. */
  readonly timestampBeforeMaxMs: number;
  /** `message.timestamp.after.max.ms`; `Infinity` for no bound. */
  readonly timestampAfterMaxMs: number;
  /** `max.message.bytes`: of the whole batch as it was received. */
  readonly batchBytesMax: number;
  /** What a compressed batch may decompress to. */
  readonly decompressedBytesMax: number;
}

/** A record that the topic does not take: `batchIndex` counts from 0. */
export interface RecordError {
  readonly batchIndex: number;
  readonly message: string;
}

/** Record errors that one answer names. */
export const RECORD_ERRORS_MAX = 1000;

/** Record errors that its message repeats. */
const RECORD_ERRORS_SHOWN = 3;

export interface ValidBatch {
  readonly ok: true;
  /** Size of the batch; what follows it is to be left out. */
  readonly sizeBytes: number;
  readonly recordCount: number;
  readonly codec: CompressionCodec;
  /** Greatest timestamp of the records; with LogAppendTime that of the append. */
  readonly maxTimestamp: number;
  /** Offset delta of the first record that has it; with LogAppendTime of the last record. */
  readonly offsetDeltaOfMaxTimestamp: number;
}

export interface InvalidBatch {
  readonly ok: false;
  readonly errorCode: number;
  readonly message: string;
  readonly recordErrors: readonly RecordError[];
}

const NO_RECORD_ERRORS: readonly RecordError[] = [];

/**
 * The one pass over what a producer sent for a partition: exactly one batch of format v2 in
 * `bytes[start, end)`, sound in itself and fit for the topic (what Kafka's `ProduceRequest`,
 * `UnifiedLog.analyzeAndValidateRecords` and `LogValidator` check). Changes nothing: the caller
 * stamps offset, leader epoch and `maxTimestamp` ({@link stampMaxTimestamp}) when it appends.
 *
 * A cut batch after the first one is left out of `sizeBytes`, as Kafka does. Compressed records are
 * decompressed under the cap. Stricter than Kafka in one thing no client does: offset deltas other
 * than 0, 1, 2 …, which Kafka takes on trust and hands out to consumers.
 */
export function validateBatch(
  bytes: Buffer,
  start: number,
  end: number,
  rules: BatchRules,
  nowMs: number,
): ValidBatch | InvalidBatch {
  try {
    return (
      checkFraming(bytes, start, end, rules) ??
      checkHeader(bytes, start) ??
      checkRecords(bytes, start, rules, nowMs)
    );
  } catch (thrown) {
    if (thrown instanceof UnsafeIntegerError) {
      return invalid(ErrorCode.INVALID_RECORD, `Invalid record batch: ${thrown.message}`);
    }
    throw thrown;
  }
}

/** One whole batch of the right format, size and checksum. */
function checkFraming(
  bytes: Buffer,
  at: number,
  end: number,
  rules: BatchRules,
): InvalidBatch | undefined {
  const size = completeBatchSizeAt(bytes, at, end);
  if (size < 0)
    return invalid(ErrorCode.CORRUPT_MESSAGE, "Record batch is corrupt: bad length or magic");
  if (size === 0) {
    return invalid(
      ErrorCode.INVALID_RECORD,
      "Produce requests must have one record batch per partition",
    );
  }
  if (magicAt(bytes, at) !== 2) {
    return invalid(
      ErrorCode.INVALID_RECORD,
      "Produce requests may only contain record batches with magic version 2",
    );
  }
  const next = completeBatchSizeAt(bytes, at + size, end);
  if (next < 0)
    return invalid(ErrorCode.CORRUPT_MESSAGE, "Record batch is corrupt: bad length or magic");
  if (next > 0) {
    return invalid(
      ErrorCode.INVALID_RECORD,
      "Produce requests may only contain exactly one record batch per partition",
    );
  }
  if (size > rules.batchBytesMax) {
    return invalid(
      ErrorCode.MESSAGE_TOO_LARGE,
      `The record batch is ${size} bytes, which exceeds the maximum of ${rules.batchBytesMax} (max.message.bytes)`,
    );
  }
  if (!verifyChecksumAt(bytes, at)) {
    return invalid(
      ErrorCode.CORRUPT_MESSAGE,
      "Record batch is corrupt: its checksum is not that of its bytes",
    );
  }
  return undefined;
}

/** Header fields, of a batch whose checksum is right. */
function checkHeader(bytes: Buffer, at: number): InvalidBatch | undefined {
  const baseOffset = baseOffsetAt(bytes, at);
  if (baseOffset !== 0) {
    return invalid(
      ErrorCode.INVALID_RECORD,
      `The baseOffset of the record batch should be 0, but it is ${baseOffset}`,
    );
  }
  const attributes = attributesAt(bytes, at);
  if ((attributes & BatchAttribute.control) !== 0) {
    return invalid(ErrorCode.INVALID_RECORD, "Clients are not allowed to write control records");
  }
  const count = recordCountAt(bytes, at);
  const lastOffsetDelta = lastOffsetDeltaAt(bytes, at);
  if (lastOffsetDelta < 0) {
    return invalid(
      ErrorCode.INVALID_RECORD,
      `Batch has an invalid offset range: [0, ${lastOffsetDelta}]`,
    );
  }
  if (count <= 0) {
    return invalid(ErrorCode.INVALID_RECORD, `Invalid reported count for record batch: ${count}`);
  }
  if (count !== lastOffsetDelta + 1) {
    return invalid(
      ErrorCode.INVALID_RECORD,
      `Inconsistent batch offset range [0, ${lastOffsetDelta}] and count of records ${count}`,
    );
  }
  const producerId = producerIdAt(bytes, at);
  if (producerId > -1 && baseSequenceAt(bytes, at) < 0) {
    return invalid(
      ErrorCode.INVALID_RECORD,
      `Invalid sequence number ${baseSequenceAt(bytes, at)} in record batch with producerId ${producerId}`,
    );
  }
  return undefined;
}

/** The records themselves, decompressed if need be. */
function checkRecords(
  bytes: Buffer,
  at: number,
  rules: BatchRules,
  nowMs: number,
): ValidBatch | InvalidBatch {
  const attributes = attributesAt(bytes, at);
  const sizeBytes = batchSizeAt(bytes, at);
  let records = bytes;
  let from = at + BATCH_HEADER_BYTES;
  let to = at + sizeBytes;
  let codec: CompressionCodec = "none";
  if ((attributes & BatchAttribute.codecMask) !== 0) {
    try {
      codec = codecOfId(attributes & BatchAttribute.codecMask);
      records = decompress(codec, bytes.subarray(from, to), rules.decompressedBytesMax);
    } catch (thrown) {
      return invalidCompression(thrown);
    }
    from = 0;
    to = records.length;
  }
  const recordCount = recordCountAt(bytes, at);
  const scan = scanRecords(records, from, to, recordCount);
  if (scan.problem !== undefined) {
    return invalid(
      ErrorCode.INVALID_RECORD,
      `Record ${scan.problemIndex} of the batch is damaged: ${scan.problem}`,
    );
  }
  if (rules.isCompacted && scan.nullKeys > 0) {
    return withoutKeys(bytes, at, records, from, to);
  }
  const saysAppendTime = (attributes & BatchAttribute.logAppendTime) !== 0;
  if (rules.timestampType === "LogAppendTime") {
    if (saysAppendTime) return wrongTimestampType(recordCount);
    const offsetDeltaOfMaxTimestamp = recordCount - 1;
    return {
      ok: true,
      sizeBytes,
      recordCount,
      codec,
      maxTimestamp: nowMs,
      offsetDeltaOfMaxTimestamp,
    };
  }
  if (saysAppendTime && maxTimestampAt(bytes, at) === NO_TIMESTAMP) {
    return wrongTimestampType(recordCount);
  }
  // In a batch that says LogAppendTime its greatest timestamp is that of every record.
  const base = saysAppendTime ? maxTimestampAt(bytes, at) : baseTimestampAt(bytes, at);
  const maxTimestamp = saysAppendTime ? base : base + scan.maxTimestampDelta;
  const minTimestamp = saysAppendTime ? base : base + scan.minTimestampDelta;
  if (
    nowMs - minTimestamp > rules.timestampBeforeMaxMs ||
    maxTimestamp - nowMs > rules.timestampAfterMaxMs ||
    !Number.isSafeInteger(minTimestamp) ||
    !Number.isSafeInteger(maxTimestamp)
  ) {
    const refused = outOfTime(bytes, at, records, from, to, rules, nowMs);
    if (refused !== undefined) return refused;
  }
  const offsetDeltaOfMaxTimestamp = scan.maxTimestampIndex;
  return { ok: true, sizeBytes, recordCount, codec, maxTimestamp, offsetDeltaOfMaxTimestamp };
}

/** Names the records without a key; the records have been found sound. */
function withoutKeys(
  bytes: Buffer,
  at: number,
  records: Buffer,
  from: number,
  to: number,
): InvalidBatch {
  const cursor = new RecordCursor(new RecordBatchView(bytes, at), records, from, to);
  const recordErrors: RecordError[] = [];
  for (let index = 0; cursor.next() && recordErrors.length < RECORD_ERRORS_MAX; index++) {
    if (cursor.keyLength >= 0) continue;
    const message = "Compacted topic cannot accept message without key";
    recordErrors.push({ batchIndex: index, message });
  }
  const shown = recordErrors.slice(0, RECORD_ERRORS_SHOWN);
  const message =
    `One or more records have been rejected due to ${recordErrors.length} record errors in total, ` +
    `and only showing the first three errors at most: ` +
    shown.map((error) => `record ${error.batchIndex}: ${error.message}`).join("; ");
  return { ok: false, errorCode: ErrorCode.INVALID_RECORD, message, recordErrors };
}

/**
 * Names the records whose timestamp is outside the bounds. A record with the timestamp -1 has none
 * and is exempt, so there may be no such record after all.
 */
function outOfTime(
  bytes: Buffer,
  at: number,
  records: Buffer,
  from: number,
  to: number,
  rules: BatchRules,
  nowMs: number,
): InvalidBatch | undefined {
  const cursor = new RecordCursor(new RecordBatchView(bytes, at), records, from, to);
  const earliest = nowMs - rules.timestampBeforeMaxMs;
  const latest = nowMs + rules.timestampAfterMaxMs;
  const recordErrors: RecordError[] = [];
  for (let index = 0; cursor.next() && recordErrors.length < RECORD_ERRORS_MAX; index++) {
    const { timestamp } = cursor;
    if (timestamp === NO_TIMESTAMP) continue;
    if (timestamp >= earliest && timestamp <= latest && Number.isSafeInteger(timestamp)) continue;
    const message =
      `Timestamp ${timestamp} of message with offset ${index} is out of range. ` +
      `The timestamp should be within [${earliest}, ${latest}]`;
    recordErrors.push({ batchIndex: index, message });
  }
  if (recordErrors.length === 0) return undefined;
  return {
    ok: false,
    errorCode: ErrorCode.INVALID_TIMESTAMP,
    message: "One or more records have been rejected due to invalid timestamp",
    recordErrors,
  };
}

/** A topic that stamps its records, and a producer that says it has done so. */
function wrongTimestampType(recordCount: number): InvalidBatch {
  const message =
    "Invalid timestamp type: a producer should not set the timestamp type to LogAppendTime";
  const length = Math.min(recordCount, RECORD_ERRORS_MAX);
  return {
    ok: false,
    errorCode: ErrorCode.INVALID_TIMESTAMP,
    message: "One or more records have been rejected due to invalid timestamp",
    recordErrors: Array.from({ length }, (_unused, batchIndex) => ({ batchIndex, message })),
  };
}

function invalidCompression(thrown: unknown): InvalidBatch {
  if (!(thrown instanceof CompressionError)) throw thrown;
  switch (thrown.kind) {
    case "unknown-codec":
      return invalid(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, thrown.message);
    case "too-large":
      return invalid(ErrorCode.MESSAGE_TOO_LARGE, `The record batch ${thrown.message}`);
    case "damaged":
      return invalid(ErrorCode.INVALID_RECORD, `The record batch holds ${thrown.message}`);
  }
}

function invalid(errorCode: number, message: string): InvalidBatch {
  return { ok: false, errorCode, message, recordErrors: NO_RECORD_ERRORS };
}
