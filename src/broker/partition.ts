import { assert } from "../core/assert.ts";
import type { TopicPartition } from "../core/topic-partition.ts";
import type { Uuid } from "../core/uuid.ts";
import { UNDEFINED_EPOCH } from "../protocol/constants.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type { AppendOptions, AppendResult } from "../storage/append.ts";
import type { Log } from "../storage/log.ts";
import type { Growing, PendingFetch } from "./pending-fetch.ts";

/** What the metadata say of a partition, as far as its replica needs it. */
export interface PartitionState {
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly isr: readonly number[];
  readonly replicas: readonly number[];
}

/** Why a partition does not serve, or that it does. */
export type LeaderCheck =
  | typeof ErrorCode.NONE
  | typeof ErrorCode.NOT_LEADER_OR_FOLLOWER
  | typeof ErrorCode.FENCED_LEADER_EPOCH
  | typeof ErrorCode.UNKNOWN_LEADER_EPOCH
  | typeof ErrorCode.KAFKA_STORAGE_ERROR;

/**
 * This broker's replica of a partition: the log, the leader's epoch, the high watermark, and who
 * waits for it to move.
 */
export class Partition implements TopicPartition, Growing {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: Uuid;
  readonly log: Log;
  readonly #nodeId: number;
  #state: PartitionState;
  #waiting: Set<PendingFetch> | undefined;
  #watermarkListeners: ((highWatermark: number) => void)[] = [];
  /** Appends whose flush is under way hold the high watermark back. */
  #unflushedFrom: number | undefined;

  constructor(options: {
    readonly topic: string;
    readonly partition: number;
    readonly topicId: Uuid;
    readonly log: Log;
    readonly nodeId: number;
    readonly state: PartitionState;
  }) {
    this.topic = options.topic;
    this.partition = options.partition;
    this.topicId = options.topicId;
    this.log = options.log;
    this.#nodeId = options.nodeId;
    this.#state = options.state;
  }

  get state(): PartitionState {
    return this.#state;
  }

  get leaderEpoch(): number {
    return this.#state.leaderEpoch;
  }

  get isLeader(): boolean {
    return this.#state.leader === this.#nodeId;
  }

  get isOffline(): boolean {
    return this.log.isOffline;
  }

  /** Offset after the last record replicated to every in-sync replica; it never moves back. */
  get highWatermark(): number {
    return this.log.highWatermark;
  }

  /** First offset that a read_committed consumer does not see. */
  get lastStableOffset(): number {
    return this.log.lastStableOffset;
  }

  /** Takes over what the controller decided. A new leader's epoch begins at its log end. */
  update(state: PartitionState): void {
    const becomesLeader =
      state.leader === this.#nodeId && (!this.isLeader || state.leaderEpoch > this.leaderEpoch);
    this.#state = state;
    if (becomesLeader) this.startLeading();
    else if (!this.isLeader) this.#completeAllWaiting();
  }

  /** Begins the leader epoch of {@link state}. */
  startLeading(): void {
    if (this.isOffline) return;
    this.log.assignLeaderEpoch(this.#state.leaderEpoch);
    this.#advanceHighWatermark();
  }

  /** Whether a request that believes in `currentLeaderEpoch` (−1 = none) may be served by this leader. */
  checkLeader(currentLeaderEpoch: number): LeaderCheck {
    if (this.isOffline) return ErrorCode.KAFKA_STORAGE_ERROR;
    if (currentLeaderEpoch !== UNDEFINED_EPOCH) {
      if (currentLeaderEpoch < this.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
      if (currentLeaderEpoch > this.leaderEpoch) return ErrorCode.UNKNOWN_LEADER_EPOCH;
    }
    return this.isLeader ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /**
   * Appends batches as the leader. When the log's settings ask for a flush, the high watermark, and
   * with it consumers and `acks=all`, waits for {@link flush}.
   */
  appendAsLeader(batches: Buffer, options: AppendOptions): AppendResult {
    assert(this.isLeader, "append to a partition that is led elsewhere", { topic: this.topic });
    const result = this.log.appendAsLeader(batches, this.leaderEpoch, options);
    if (result.errorCode !== ErrorCode.NONE) return result;
    if (result.duplicate) {
      // The first time it was written may not be on the device yet.
      const isUnflushed = result.lastOffset >= (this.#unflushedFrom ?? Infinity);
      return isUnflushed ? { ...result, flushRequired: true } : result;
    }
    if (result.flushRequired) this.#unflushedFrom ??= result.firstOffset;
    else this.#advanceHighWatermark();
    return result;
  }

  /** Makes everything appended so far durable; the appends that wait share one sync. */
  async flush(): Promise<void> {
    const end = this.log.logEndOffset;
    await this.log.flush();
    if (this.#unflushedFrom === undefined || this.#unflushedFrom >= end) return;
    this.#unflushedFrom = this.log.logEndOffset > end ? end : undefined;
    this.#advanceHighWatermark();
  }

  /** Tells `listener` of every move of the high watermark; returns how to stop that. */
  onHighWatermark(listener: (highWatermark: number) => void): () => void {
    this.#watermarkListeners.push(listener);
    return () => {
      this.#watermarkListeners = this.#watermarkListeners.filter((other) => other !== listener);
    };
  }

  addWaiting(fetch: PendingFetch): void {
    this.#waiting ??= new Set();
    this.#waiting.add(fetch);
  }

  removeWaiting(fetch: PendingFetch): void {
    this.#waiting?.delete(fetch);
  }

  /** Whether somebody is parked at the end of this partition. */
  get hasWaiting(): boolean {
    return this.#waiting !== undefined && this.#waiting.size > 0;
  }

  /** Ends every wait, because what is waited for will not come: deleted, moved, offline. */
  close(): void {
    this.#completeAllWaiting();
  }

  #advanceHighWatermark(): void {
    const log = this.log;
    const target = this.#unflushedFrom ?? log.logEndOffset;
    if (target <= log.highWatermark) return;
    const grown = log.bytesBetween(log.highWatermark, target);
    log.advanceHighWatermark(target);
    for (const listener of this.#watermarkListeners) listener(target);
    if (this.#waiting !== undefined) {
      for (const fetch of this.#waiting) fetch.grown(grown);
    }
  }

  #completeAllWaiting(): void {
    if (this.#waiting === undefined) return;
    for (const fetch of this.#waiting) fetch.grown(Number.POSITIVE_INFINITY);
  }
}
