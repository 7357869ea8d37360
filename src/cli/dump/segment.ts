import { messageOf } from "../../core/errors.ts";
import type { Disk, DiskFile } from "../../platform/disk.ts";
import { LegacyBatchView, type AnyBatchView } from "../../records/legacy.ts";
import {
  BATCH_CUT,
  BATCH_DAMAGED,
  BATCH_PEEK_BYTES,
  completeBatchSizeAt,
  magicAt,
  RecordBatchView,
} from "../../records/record-batch.ts";
import { recordToJson } from "../records/record-json.ts";
import type { BatchEntry, DumpOptions, Entry } from "./entry.ts";
import { decodeControl, decodeStored } from "./stored-record.ts";

/** A batch above this is taken for damage: no broker accepts one. */
const BATCH_BYTES_MAX = 1024 * 1024 * 1024;

/** The batches of a `.log` or `.checkpoint` file one after the other, whatever its size. */
export function* segmentEntries(
  disk: Disk,
  path: string,
  topic: string,
  options: DumpOptions,
): Generator<Entry> {
  const file = disk.open(path, "read");
  try {
    const fileBytes = file.size();
    let position = 0;
    while (position < fileBytes) {
      const batch = readBatch(file, position, fileBytes);
      if (typeof batch === "string") {
        yield { kind: "tail", position, sizeBytes: fileBytes - position, reason: batch };
        return;
      }
      if (batch.lastOffset >= options.fromOffset) {
        yield batchEntry(batch, position);
        if (options.withRecords) yield* recordEntries(batch, topic);
      }
      position += batch.sizeBytes;
    }
  } finally {
    file.close();
  }
}

/** The batch at a position, or why there is none. */
function readBatch(file: DiskFile, position: number, fileBytes: number): AnyBatchView | string {
  const left = fileBytes - position;
  const head = Buffer.alloc(Math.min(BATCH_PEEK_BYTES, left));
  file.read(head, 0, head.length, position);
  if (head.every((byte) => byte === 0)) return "nothing but zeroes: space that was set aside";
  // With room for the largest batch, only the head decides.
  const size = completeBatchSizeAt(head, 0, BATCH_BYTES_MAX);
  if (head.length < BATCH_PEEK_BYTES || (size > 0 && size > left))
    return "a batch that is cut short";
  if (size === BATCH_DAMAGED || size === BATCH_CUT) return "no batch: damaged";
  const bytes = Buffer.alloc(size);
  file.read(bytes, 0, size, position);
  try {
    return magicAt(bytes, 0) < 2 ? new LegacyBatchView(bytes) : new RecordBatchView(bytes);
  } catch (thrown) {
    return messageOf(thrown);
  }
}

function batchEntry(batch: AnyBatchView, position: number): BatchEntry {
  const common = {
    kind: "batch" as const,
    position,
    sizeBytes: batch.sizeBytes,
    magic: batch.magic,
    lastOffset: batch.lastOffset,
    isValid: batch.verifyChecksum(),
    crc: batch.crc,
    timestampType: batch.timestampType,
    maxTimestamp: batch.maxTimestamp,
  };
  if (batch instanceof LegacyBatchView) {
    const records = attempt(() => batch.records()) ?? [];
    return {
      ...common,
      baseOffset: attempt(() => batch.baseOffset()) ?? batch.lastOffset,
      count: records.length,
      compression: attempt(() => batch.compression) ?? "unknown",
      leaderEpoch: -1,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      isTransactional: false,
      isControl: false,
    };
  }
  return {
    ...common,
    baseOffset: batch.baseOffset,
    count: batch.count,
    compression: attempt(() => batch.compression) ?? "unknown",
    leaderEpoch: batch.partitionLeaderEpoch,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
  };
}

/** What damage keeps from being read is left out; the batch is shown as invalid all the same. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function* recordEntries(batch: AnyBatchView, topic: string): Generator<Entry> {
  const isControl = batch instanceof RecordBatchView && batch.isControl;
  try {
    for (const record of batch.records()) {
      const { key, value, sequence } = record;
      const content = isControl ? decodeControl(key, value) : decodeStored(topic, key, value);
      const shown = recordToJson({ ...record, topic, partition: -1 });
      const { topic: _topic, partition: _partition, ...rest } = shown;
      if (content === undefined) yield { kind: "record", ...rest, sequence };
      else {
        const { offset = -1, timestamp = -1 } = rest;
        yield { kind: "record", offset, timestamp, sequence, content };
      }
    }
  } catch (thrown) {
    const { sizeBytes } = batch;
    yield { kind: "tail", position: -1, sizeBytes, reason: `records: ${messageOf(thrown)}` };
  }
}
