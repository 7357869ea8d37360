import { putBigInt64 } from "../core/bytes.ts";

import { messageOf, MoldauError } from "../core/errors.ts";
import { BatchBuilder, type NewHeader } from "./build.ts";
import { LegacyBatchView } from "./legacy.ts";
import {
  BATCH_CUT,
  BATCH_DAMAGED,
  completeBatchSizeAt,
  magicAt,
  RecordBatchView,
  verifyChecksumAt,
} from "./record-batch.ts";

/**
 * Judges one line of the `record-batches` corpus, which Apache Kafka's own reader wrote: reads the
 * bytes and compares what is seen, or where it was refused. Uncompressed v2 batches are also built
 * again, byte for byte. Returns why the line fails, or `undefined`.
 */
export function checkRecordBatchLine(line: unknown): string | undefined {
  if (!isObject(line) || typeof line["hex"] !== "string" || !Array.isArray(line["batches"])) {
    return "not a line of the record-batches corpus";
  }
  const bytes = Buffer.from(line["hex"], "hex");
  const seen = readAll(bytes);
  const error = line["error"];
  const expectedStage = isObject(error) ? error["stage"] : undefined;
  if (seen.stage !== expectedStage) {
    return `stopped at ${seen.stage ?? "the end"}, expected ${String(expectedStage ?? "the end")}: ${seen.reason}`;
  }
  if (seen.consumed !== line["consumed"]) {
    return `consumed ${seen.consumed}, expected ${String(line["consumed"])}`;
  }
  return (
    difference(seen.batches, line["batches"], "batches") ??
    (line["damaged"] === true ? undefined : checkRebuilt(bytes))
  );
}

type Seen = Readonly<Record<string, unknown>>;

interface Reading {
  readonly batches: Seen[];
  consumed: number;
  stage: "split" | "checksum" | "records" | undefined;
  reason: string;
}

/** Reads like the corpus' writer: each batch is split off, verified and read before the next. */
function readAll(bytes: Buffer): Reading {
  const reading: Reading = { batches: [], consumed: 0, stage: undefined, reason: "" };
  let at = 0;
  for (;;) {
    const size = completeBatchSizeAt(bytes, at, bytes.length);
    if (size === BATCH_CUT) break;
    if (size === BATCH_DAMAGED) {
      reading.stage = "split";
      return reading;
    }
    if (!verifyChecksumAt(bytes, at)) {
      reading.stage = "checksum";
      return reading;
    }
    try {
      reading.batches.push(describeAny(bytes, at));
    } catch (thrown) {
      if (!(thrown instanceof MoldauError)) throw thrown;
      reading.stage = "records";
      reading.reason = messageOf(thrown);
      return reading;
    }
    at += size;
  }
  reading.consumed = at;
  return reading;
}

function describeAny(bytes: Buffer, at: number): Seen {
  return magicAt(bytes, at) === 2
    ? describeBatch(new RecordBatchView(bytes, at))
    : describeLegacy(new LegacyBatchView(bytes, at));
}

function describeBatch(batch: RecordBatchView): Seen {
  const base = batch.baseOffsetBigInt;
  const last = base + BigInt(batch.lastOffsetDelta);
  const { deleteHorizonMs } = batch;
  return {
    baseOffset: String(base),
    lastOffset: String(last),
    nextOffset: String(last + 1n),
    magic: batch.magic,
    sizeInBytes: batch.sizeBytes,
    crc: batch.crc,
    compression: batch.compression,
    timestampType: batch.timestampType,
    maxTimestamp: String(batch.maxTimestamp),
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    attributes: batch.attributes,
    lastOffsetDelta: batch.lastOffsetDelta,
    baseTimestamp: String(batch.baseTimestamp),
    producerId: String(batch.producerId),
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    lastSequence: batch.lastSequence,
    isTransactional: batch.isTransactional,
    isControlBatch: batch.isControl,
    ...(deleteHorizonMs === undefined ? {} : { deleteHorizonMs: String(deleteHorizonMs) }),
    count: batch.count,
    records: describeRecords(batch, base),
  };
}

function describeRecords(batch: RecordBatchView, base: bigint): Seen[] {
  const records: Seen[] = [];
  const cursor = batch.cursor();
  while (cursor.next()) {
    const key = cursor.key();
    records.push({
      offset: String(base + BigInt(cursor.offsetDelta)),
      timestamp: String(cursor.timestamp),
      sequence: cursor.sequence,
      key: hexOf(key),
      value: hexOf(cursor.value()),
      headers: cursor.headers().map((header) => [header.key, hexOf(header.value)]),
      ...(batch.isControl ? describeControlKey(key) : {}),
    });
  }
  return records;
}

const controlTypes = [
  "ABORT",
  "COMMIT",
  "LEADER_CHANGE",
  "SNAPSHOT_HEADER",
  "SNAPSHOT_FOOTER",
  "KRAFT_VERSION",
  "KRAFT_VOTERS",
];

/** The key of a control record: version int16 and type int16. */
function describeControlKey(key: Buffer | null): Seen {
  if (key === null || key.length < 4) return { controlTypeError: "InvalidRecordException" };
  return { controlType: controlTypes[key.readInt16BE(2)] ?? "UNKNOWN" };
}

function describeLegacy(batch: LegacyBatchView): Seen {
  return {
    baseOffset: String(batch.baseOffset()),
    lastOffset: String(batch.lastOffset),
    nextOffset: String(batch.nextOffset),
    magic: batch.magic,
    sizeInBytes: batch.sizeBytes,
    crc: batch.crc,
    compression: batch.compression,
    timestampType: batch.timestampType,
    maxTimestamp: String(batch.maxTimestamp),
    records: batch.records().map((record) => ({
      offset: String(record.offset),
      timestamp: String(record.timestamp),
      key: hexOf(record.key),
      value: hexOf(record.value),
    })),
  };
}

/** Builds the uncompressed v2 batches in `bytes` again and compares. */
function checkRebuilt(bytes: Buffer): string | undefined {
  let at = 0;
  for (;;) {
    const size = completeBatchSizeAt(bytes, at, bytes.length);
    if (size <= 0) return undefined;
    if (magicAt(bytes, at) === 2) {
      const batch = new RecordBatchView(bytes, at);
      if (batch.compression === "none" && !rebuild(batch).equals(batch.slice())) {
        return `the batch at byte ${at} is built differently: ${rebuild(batch).toString("hex")}`;
      }
    }
    at += size;
  }
}

function rebuild(batch: RecordBatchView): Buffer {
  const { deleteHorizonMs, timestampType, maxTimestamp, lastOffsetDelta, producerId } = batch;
  const builder = new BatchBuilder({
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    ...(timestampType === "LogAppendTime" ? { logAppendTimeMs: maxTimestamp } : {}),
    ...(deleteHorizonMs === undefined ? {} : { deleteHorizonMs }),
  });
  const cursor = batch.cursor();
  while (cursor.next()) {
    const headers: NewHeader[] = [...cursor.headers()];
    const timestamp = batch.baseTimestamp + cursor.timestampDelta;
    builder.appendAt(cursor.offsetDelta, timestamp, cursor.key(), cursor.value(), headers);
  }
  const built = builder.finish({ lastOffsetDelta, maxTimestamp });
  putBigInt64(built, 0, batch.baseOffsetBigInt);
  return built;
}

function hexOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString("hex");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Where two values of JSON differ first, or `undefined`. */
function difference(actual: unknown, expected: unknown, path: string): string | undefined {
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (actual.length !== expected.length) {
      return `${path}: ${actual.length} of them, expected ${expected.length}`;
    }
    for (let i = 0; i < actual.length; i++) {
      const found = difference(actual[i], expected[i], `${path}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isObject(actual) && isObject(expected)) {
    for (const name of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
      const found = difference(actual[name], expected[name], `${path}.${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return actual === expected
    ? undefined
    : `${path}: ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`;
}
