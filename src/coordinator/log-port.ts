import type { ErrorCode } from "../protocol/error-code.ts";

/** What became of an append. The batch is in the log as a whole, or not at all. */
export type CoordinatorAppendResult =
  | { readonly kind: "appended"; readonly baseOffset: number; readonly lastOffset: number }
  | { readonly kind: "failed"; readonly error: ErrorCode };

/** A piece of a partition's log. */
export type CoordinatorReadResult =
  /** Whole batches, in order; the first may begin below the offset that was asked for. Empty at the end. */
  | { readonly kind: "batches"; readonly bytes: Buffer }
  | { readonly kind: "failed"; readonly error: ErrorCode };

/**
 * What a coordinator needs of the partitions of its internal topic; the broker implements it.
 * A partition is named by its index. No method calls back into the coordinator except through the
 * high-watermark listener, which may be called within {@link append}.
 */
export interface CoordinatorLog {
  /**
   * Appends one batch (v2, offsets from 0, to be stamped) as leader of `leaderEpoch`, without waiting
   * for replicas or for the disk. The bytes may be changed (stamped) and kept. An error the log can
   * name is returned: NOT_LEADER_OR_FOLLOWER also when `leaderEpoch` is not the current one.
   */
  append(partition: number, batch: Buffer, leaderEpoch: number): CoordinatorAppendResult;
  /**
   * Up to `maxBytes` of batches from the one that holds `fromOffset`, at least one when there is one;
   * what lies beyond the high watermark too.
   */
  read(partition: number, fromOffset: number, maxBytes: number): CoordinatorReadResult;
  /** -1 when the partition is not here. */
  logStartOffset(partition: number): number;
  logEndOffset(partition: number): number;
  highWatermark(partition: number): number;
  /** `max.message.bytes` of the topic; 0 when the partition is not here. */
  maxMessageBytes(partition: number): number;
  /**
   * Calls `listener` whenever the high watermark of the partition has risen, until `undefined` takes
   * its place. One listener per partition.
   */
  onHighWatermark(partition: number, listener: ((highWatermark: number) => void) | undefined): void;
}
