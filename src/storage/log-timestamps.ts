import { leaderEpochAt, magicAt } from "../records/record-batch.ts";
import { anyBatchesIn } from "../records/legacy.ts";
import { BatchScan } from "./batch-scan.ts";
import type { LogSegment } from "./log-segment.ts";
import type { LogSegments } from "./log-segments.ts";

/** A record that was looked for by time. */
export interface TimestampAndOffset {
  readonly timestamp: number;
  readonly offset: number;
  /** Of its batch; -1 when the batch has none. */
  readonly leaderEpoch: number;
}

const NO_LEADER_EPOCH = -1;

/** The first record at or above `fromOffset` whose timestamp is `timestamp` or later. */
export function findTimestamp(
  segments: LogSegments,
  timestamp: number,
  fromOffset: number,
): TimestampAndOffset | undefined {
  for (const segment of segments.all) {
    if (segment.maxTimestamp.timestamp < timestamp) continue;
    const found = findInSegment(segment, timestamp, fromOffset);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first record that has the greatest timestamp; where none has one, the first record. */
export function maxTimestampOf(segments: LogSegments): TimestampAndOffset | undefined {
  let greatest: LogSegment | undefined;
  for (const segment of segments.all) {
    const { timestamp } = segment.maxTimestamp;
    if (greatest === undefined || timestamp > greatest.maxTimestamp.timestamp) greatest = segment;
  }
  if (greatest === undefined) return undefined;
  const { timestamp, offset } = greatest.maxTimestamp;
  const { position } = greatest.offsetIndex.lookup(offset);
  const scan = new BatchScan(greatest.file, position, greatest.sizeBytes, "headers");
  while (scan.next()) {
    if (scan.maxTimestamp === timestamp) return recordAtOrAfter(scan, timestamp, 0);
  }
  return undefined;
}

function findInSegment(
  segment: LogSegment,
  timestamp: number,
  fromOffset: number,
): TimestampAndOffset | undefined {
  const known = segment.timeIndex.lookup(timestamp);
  const { position } = segment.offsetIndex.lookup(Math.max(known.offset, fromOffset));
  const scan = new BatchScan(segment.file, position, segment.sizeBytes, "headers");
  while (scan.next()) {
    if (scan.maxTimestamp < timestamp || scan.lastOffset < fromOffset) continue;
    const found = recordAtOrAfter(scan, timestamp, fromOffset);
    if (found !== undefined) return found;
  }
  return undefined;
}

function recordAtOrAfter(
  scan: BatchScan,
  timestamp: number,
  fromOffset: number,
): TimestampAndOffset | undefined {
  scan.readWhole();
  const { bytes, at, sizeBytes } = scan;
  const leaderEpoch = magicAt(bytes, at) < 2 ? NO_LEADER_EPOCH : leaderEpochAt(bytes, at);
  for (const batch of anyBatchesIn(bytes, at, at + sizeBytes)) {
    for (const record of batch.records()) {
      if (record.timestamp < timestamp || record.offset < fromOffset) continue;
      return { timestamp: record.timestamp, offset: record.offset, leaderEpoch };
    }
  }
  return undefined;
}
