import type { LogSegment } from "./log-segment.ts";
import type { LogSegments } from "./log-segments.ts";

/** What of a topic's configuration says how long its records stay. */
export interface RetentionConfig {
  readonly delete: boolean;
  /** -1 keeps for ever. */
  readonly retentionMs: number;
  /** -1 keeps everything. */
  readonly retentionBytes: number;
}

export interface RetentionState {
  readonly nowMs: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly logEndOffset: number;
}

/**
 * How many segments, from the oldest on, are not to be kept: by age, by size, because the log starts
 * above them. Only such that lie wholly below the high watermark; never an empty last one.
 */
export function expiredSegments(
  segments: LogSegments,
  config: RetentionConfig,
  state: RetentionState,
): number {
  const { all } = segments;
  let excessBytes =
    config.delete && config.retentionBytes >= 0
      ? segments.sizeBytes - config.retentionBytes
      : -Infinity;
  let count = 0;
  while (count < all.length) {
    const segment = all[count]!;
    const next = all[count + 1];
    if (next === undefined && segment.sizeBytes === 0) break;
    if ((next?.baseOffset ?? state.logEndOffset) > state.highWatermark) break;
    const byStart = next !== undefined && next.baseOffset <= state.logStartOffset;
    const bySize = excessBytes >= segment.sizeBytes;
    if (!byStart && !bySize && !isTooOld(segment, config, state.nowMs)) break;
    excessBytes -= segment.sizeBytes;
    count++;
  }
  return count;
}

function isTooOld(segment: LogSegment, config: RetentionConfig, nowMs: number): boolean {
  if (!config.delete || config.retentionMs < 0) return false;
  return nowMs - segment.largestTimestampMs() > config.retentionMs;
}
