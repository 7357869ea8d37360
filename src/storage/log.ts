import { assert } from "../core/assert.ts";
import { MoldauError } from "../core/errors.ts";
import { topicPartitionName, type TopicPartition } from "../core/topic-partition.ts";
import type { Uuid } from "../core/uuid.ts";
import type { LogConfig } from "../config/log-config.ts";
import type { Timer } from "../platform/clock.ts";
import { DiskError } from "../platform/disk.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import {
  baseOffsetAt,
  batchSizeAt,
  leaderEpochAt,
  magicAt,
  nextOffsetAt,
  stampBatch,
} from "../records/record-batch.ts";
import {
  accepted,
  AppendValidator,
  factsOf,
  refused,
  type AppendOptions,
  type AppendResult,
  type RefusedAppend,
} from "./append.ts";
import type { LogDirectory } from "./log-directory.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { LogFlusher } from "./log-flusher.ts";
import { emptyRead, LogReader, type ReadOptions, type ReadResult } from "./log-reader.ts";
import { LogSegment, type AppendFacts, type SegmentPlace } from "./log-segment.ts";
import type { LogSegments } from "./log-segments.ts";
import type { EpochEndOffset, LeaderEpochCache } from "./leader-epoch-cache.ts";
import { findTimestamp, maxTimestampOf, type TimestampAndOffset } from "./log-timestamps.ts";
import type { LogProducers } from "./log-producers.ts";
import { expiredSegments } from "./retention.ts";
import { FlushRefusedError, OfflineDirectoryError } from "./storage-error.ts";
import type { ActiveProducer } from "./producer-state.ts";
import type { AbortedTransaction } from "./transaction-index.ts";

/** The parts of a log as loading or creating it made them. */
export interface LogParts {
  readonly topicPartition: TopicPartition;
  readonly topicId: Uuid | undefined;
  readonly directory: LogDirectory;
  readonly folder: string;
  readonly config: LogConfig;
  readonly place: SegmentPlace;
  readonly segments: LogSegments;
  readonly epochs: LeaderEpochCache;
  readonly producers: LogProducers;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly highWatermark: number;
  readonly recoveryPoint: number;
  /** Its folder, the names in it and its metadata file may not be on the device. */
  readonly namesUnsynced: boolean;
  /** Bytes that recovery found, of which it is not known whether they are on the device. */
  readonly unflushedBytes: number;
  /** The segments in which these are. */
  readonly unsynced: readonly LogSegment[];
}

/**
 * The records of one partition on this node. Appends and reads are synchronous and run to
 * completion; only what waits for the device is not. Once {@link isOffline}, every operation answers
 * KAFKA_STORAGE_ERROR or does nothing.
 */
export class Log implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: Uuid | undefined;
  readonly directory: LogDirectory;
  readonly folder: string;
  readonly #environment: LogEnvironment;
  readonly #place: SegmentPlace;
  readonly #segments: LogSegments;
  readonly #epochs: LeaderEpochCache;
  readonly #producers: LogProducers;
  readonly #reader: LogReader;
  readonly #flusher: LogFlusher;
  #config: LogConfig;
  #validator: AppendValidator;
  #logStartOffset: number;
  #logEndOffset: number;
  #highWatermark: number;
  /** The newest append: its first offset and where it begins in the active segment. */
  #lastAppendOffset = -1;
  #lastAppendPosition = 0;
  #flushTimer: Timer | undefined;
  #isClosed = false;
  /** Whether anything was written since the log was opened. */
  #isTouched: boolean;

  constructor(environment: LogEnvironment, parts: LogParts) {
    this.topic = parts.topicPartition.topic;
    this.partition = parts.topicPartition.partition;
    this.topicId = parts.topicId;
    this.directory = parts.directory;
    this.#environment = environment;
    this.folder = parts.folder;
    this.#isTouched = parts.namesUnsynced;
    this.#config = parts.config;
    this.#validator = new AppendValidator(parts.config);
    this.#place = parts.place;
    this.#segments = parts.segments;
    this.#epochs = parts.epochs;
    this.#producers = parts.producers;
    this.#logStartOffset = parts.logStartOffset;
    this.#logEndOffset = parts.logEndOffset;
    this.#highWatermark = parts.highWatermark;
    this.#reader = new LogReader(parts.segments, environment);
    this.#flusher = new LogFlusher(
      environment,
      parts.directory,
      {
        folder: parts.folder,
        segments: parts.segments,
        epochs: parts.epochs,
        producers: parts.producers,
      },
      {
        recoveryPoint: parts.recoveryPoint,
        namesUnsynced: parts.namesUnsynced,
        unsynced: parts.unsynced,
        logEndOffset: () => this.#logEndOffset,
      },
    );
    this.#flusher.appended(parts.unflushedBytes);
    if (parts.unflushedBytes > 0) environment.onUnflushed(this, parts.unflushedBytes);
  }

  /** The name of its folder, such as `orders-0`; the key of checkpoints. */
  get name(): string {
    return topicPartitionName(this.topic, this.partition);
  }

  /** Its directory cannot be trusted, or the log was closed or deleted. */
  get isOffline(): boolean {
    return this.#isClosed || this.directory.isOffline;
  }

  get config(): LogConfig {
    return this.#config;
  }

  /** Takes effect with the next append. */
  set config(config: LogConfig) {
    this.#config = config;
    this.#place.config = config;
    this.#validator = new AppendValidator(config);
  }

  /** First offset that can be read. */
  get logStartOffset(): number {
    return this.#logStartOffset;
  }

  /** The offset that the next record gets. */
  get logEndOffset(): number {
    return this.#logEndOffset;
  }

  /** Offset after the last record that every in-sync replica has; set by the partition. */
  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** First offset that readers of committed data do not see: at most the high watermark. */
  get lastStableOffset(): number {
    const unstable = this.#producers.state.firstUnstableOffset;
    if (unstable === undefined || unstable >= this.#highWatermark) return this.#highWatermark;
    return Math.max(unstable, this.#logStartOffset);
  }

  /** First offset that is not known to be on the device. */
  get recoveryPoint(): number {
    return this.#flusher.recoveryPoint;
  }

  /** The recovery point for the checkpoint, as a crash may find it. */
  get safeRecoveryPoint(): number {
    return this.#isClosed ? this.#flusher.recoveryPoint : this.#flusher.safeRecoveryPoint;
  }

  /** Bytes of all segments. */
  get sizeBytes(): number {
    return this.#segments.sizeBytes;
  }

  /** Whether more records are not known to be on the device than `flush.messages` allows. */
  get isFlushDue(): boolean {
    return this.#logEndOffset - this.#flusher.requestedTo >= this.#config.flushMessages;
  }

  /** Bytes that were appended since the last sync began. */
  get unflushedBytes(): number {
    return this.#flusher.unflushedBytes;
  }

  get segments(): readonly LogSegment[] {
    return this.#segments.all;
  }

  get producerSnapshotOffsets(): readonly number[] {
    return this.#producers.snapshots.offsets;
  }

  get leaderEpochs(): LeaderEpochCache {
    return this.#epochs;
  }

  /** Newest leader epoch that wrote here, or `undefined`. */
  get latestEpoch(): number | undefined {
    return this.#epochs.latestEpoch;
  }

  /** Moves the high watermark, which never moves back and never beyond the log. */
  advanceHighWatermark(offset: number): void {
    if (offset <= this.#highWatermark) return;
    assert(offset <= this.#logEndOffset, "the high watermark is beyond the log", {
      offset,
      logEndOffset: this.#logEndOffset,
    });
    this.#highWatermark = offset;
    this.#producers.state.onHighWatermark(offset);
  }

  /** A leader begins `epoch` at the end of the log, before it appends. */
  assignLeaderEpoch(epoch: number): void {
    if (this.isOffline) return;
    this.#guard(undefined, () => this.#epochs.assign(epoch, this.#logEndOffset));
  }

  /**
   * Appends what a client, a coordinator or the quorum wrote, as the leader of `leaderEpoch`. The
   * bytes are stamped in place and written from where they are; the caller may use them again
   * afterwards. A batch that a producer repeats is answered as the first time.
   */
  appendAsLeader(batches: Buffer, leaderEpoch: number, options: AppendOptions): AppendResult {
    if (this.isOffline) return this.#offlineAppend();
    const prepared = this.#validator.prepare(batches, options);
    if (!Buffer.isBuffer(prepared)) return prepared;
    const duplicate = this.#producers.check(prepared, options.origin);
    if (duplicate !== undefined) return duplicate;
    const firstOffset = this.#logEndOffset;
    const facts = stampAll(prepared, firstOffset, leaderEpoch);
    const refusal = this.#write(prepared, facts, options.nowMs);
    if (refusal !== undefined) return refusal;
    if (this.#epochs.latestEpoch !== leaderEpoch) {
      this.#guard(undefined, () => this.#epochs.assign(leaderEpoch, firstOffset));
    }
    const isAppendTime =
      options.origin !== "raft" && this.#config.messageTimestampType === "LogAppendTime";
    return accepted(facts, isAppendTime ? options.nowMs : -1, this.#afterAppend(facts));
  }

  /**
   * Appends batches that a leader numbered, as they are; they must begin at the end of the log or,
   * after a gap, above it. Checksums were verified by the caller.
   */
  appendAsFollower(batches: Buffer, nowMs: number): AppendResult {
    if (this.isOffline) return this.#offlineAppend();
    const facts = this.#guard(undefined, () => factsOf(batches));
    if (facts === undefined || facts.firstOffset < this.#logEndOffset) {
      return refused(
        facts === undefined ? ErrorCode.CORRUPT_MESSAGE : ErrorCode.OFFSET_OUT_OF_RANGE,
        `fetched batches do not continue the log at ${this.#logEndOffset}`,
      );
    }
    const refusal = this.#write(batches, facts, nowMs);
    if (refusal !== undefined) return refusal;
    this.#guard(undefined, () => assignEpochs(this.#epochs, batches));
    return accepted(facts, -1, this.#afterAppend(facts));
  }

  /** Whole batches from the one that holds `fromOffset`, below `upToOffset`; views and file bytes. */
  read(fromOffset: number, options: ReadOptions): ReadResult {
    if (this.isOffline) return emptyRead(ErrorCode.KAFKA_STORAGE_ERROR, fromOffset);
    if (fromOffset < this.#logStartOffset || fromOffset > this.#logEndOffset) {
      return emptyRead(ErrorCode.OFFSET_OUT_OF_RANGE, fromOffset);
    }
    if (fromOffset >= options.upToOffset || fromOffset === this.#logEndOffset) {
      return emptyRead(ErrorCode.NONE, fromOffset);
    }
    try {
      return this.#reader.read(fromOffset, options, this.#logEndOffset);
    } catch (error) {
      return emptyRead(this.#readFailed(error), fromOffset);
    }
  }

  /** Bytes of the batches between two offsets; for readers that wait for a number of bytes. */
  bytesBetween(fromOffset: number, toOffset: number): number {
    if (fromOffset >= toOffset) return 0;
    if (toOffset >= this.#logEndOffset && fromOffset === this.#lastAppendOffset) {
      return this.#segments.active.sizeBytes - this.#lastAppendPosition;
    }
    return this.#guard(0, () => this.#positionOf(toOffset) - this.#positionOf(fromOffset));
  }

  /** The aborted transactions that reach into `[fromOffset, upToOffset)`. */
  abortedTransactions(fromOffset: number, upToOffset: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = [];
    const first = Math.max(0, this.#segments.floorIndex(fromOffset));
    this.#guard(undefined, () => {
      for (let i = first; i < this.#segments.length; i++) {
        const { transactionIndex } = this.#segments.at(i)!;
        if (transactionIndex.collect(fromOffset, upToOffset, found)) return;
      }
    });
    return found;
  }

  /** The first record of this time or later, from the log's start on; `undefined` when there is none. */
  offsetForTimestamp(timestamp: number): TimestampAndOffset | undefined {
    return this.#guard(undefined, () =>
      findTimestamp(this.#segments, timestamp, this.#logStartOffset),
    );
  }

  /** The record with the greatest timestamp, the first of several; `undefined` without records. */
  maxTimestamp(): TimestampAndOffset | undefined {
    return this.#guard(undefined, () => maxTimestampOf(this.#segments));
  }

  /** The leader epoch that an offset was written in, or `undefined`. */
  epochOf(offset: number): number | undefined {
    return this.#epochs.epochOf(offset);
  }

  /** Where the greatest epoch not above `epoch` ends (OffsetForLeaderEpoch), `undefined` = unknown. */
  endOffsetForEpoch(epoch: number): EpochEndOffset | undefined {
    return this.#epochs.endOffsetFor(epoch, this.#logEndOffset);
  }

  activeProducers(): ActiveProducer[] {
    return this.#producers.state.activeProducers();
  }

  /**
   * Drops everything from the batch that holds `offset` on; the log then ends there. Does nothing
   * when it ends before.
   */
  truncateTo(offset: number): void {
    if (this.isOffline || offset >= this.#logEndOffset) return;
    if (this.#segments.first.baseOffset > offset) {
      this.truncateFullyAndStartAt(offset);
      return;
    }
    this.#guard(undefined, () => {
      this.#reader.invalidate();
      const index = this.#segments.floorIndex(offset);
      const end = Math.min(
        offset,
        this.#segments.at(index)?.findBatch(offset)?.baseOffset ?? offset,
      );
      this.#logEndOffset = end;
      this.#logStartOffset = Math.min(this.#logStartOffset, end);
      this.#highWatermark = Math.min(this.#highWatermark, end);
      this.#epochs.truncateFromEnd(end);
      // Each step is on the device before the next, so that a crash leaves a beginning of the log.
      this.#flusher.truncated(end, this.#segments.at(index)!);
      this.#beforeTruncation();
      if (index + 1 < this.#segments.length) {
        this.#discard(this.#segments.removeFrom(index + 1).reverse(), 0);
        this.#environment.disk.syncDirectory(this.folder);
      }
      this.#segments.active.truncateTo(end, this.#environment.clock.nowMs());
      this.#producers.rebuild(this.#segments, this.#logStartOffset, end);
    });
  }

  /** Drops everything; the log goes on at `offset`, which may be above what it had. */
  truncateFullyAndStartAt(offset: number): void {
    if (this.isOffline) return;
    this.#guard(undefined, () => {
      this.#reader.invalidate();
      for (const segment of this.#segments.all) this.#unlink(segment.renameToDeleted(), 0);
      this.#flusher.removed(this.#segments.all);
      const segment = this.#newSegment(offset);
      this.#segments.replaceAll(segment);
      this.#logEndOffset = offset;
      this.#logStartOffset = offset;
      this.#highWatermark = offset;
      this.#epochs.clear();
      this.#producers.restartAt(offset);
      this.#flusher.restarted(offset);
      this.#beforeTruncation();
    });
  }

  /**
   * Raises the log's start (DeleteRecords, snapshots, retention). The caller has checked it against
   * the high watermark. Whole segments below go with {@link deleteOldSegments}.
   */
  advanceLogStartOffset(offset: number): void {
    if (this.isOffline || offset <= this.#logStartOffset) return;
    assert(offset <= this.#logEndOffset, "the log would start beyond its end", { offset });
    this.#logStartOffset = offset;
    this.#highWatermark = Math.max(this.#highWatermark, offset);
    this.#epochs.truncateFromStart(offset);
    this.#producers.state.onLogStart(offset);
  }

  /** Deletes segments that retention by time, size or log start does not keep. Returns how many. */
  deleteOldSegments(nowMs: number): number {
    if (this.isOffline) return 0;
    return this.#guard(0, () => {
      const count = expiredSegments(this.#segments, this.#config, {
        nowMs,
        logStartOffset: this.#logStartOffset,
        highWatermark: this.#highWatermark,
        logEndOffset: this.#logEndOffset,
      });
      if (count === 0) return 0;
      if (count === this.#segments.length) this.roll();
      const deleted = this.#segments.removeFirst(count);
      this.#reader.invalidate();
      this.advanceLogStartOffset(this.#segments.first.baseOffset);
      this.#discard(deleted, this.#config.fileDeleteDelayMs);
      this.#environment.logger.info(
        `deleted ${count} segments of ${this.name}; it starts at ${this.#logStartOffset}`,
      );
      return count;
    });
  }

  /** Forgets producers that were silent for too long. */
  removeExpiredProducers(nowMs: number): void {
    this.#producers.state.removeExpired(nowMs, this.#environment.producerIdExpirationMs);
  }

  /** Begins a new segment at the end of the log, or at `offset` beyond it. */
  roll(offset = this.#logEndOffset): void {
    const { active } = this.#segments;
    if (active.baseOffset === offset && active.sizeBytes === 0) return;
    active.trimFile();
    active.finish();
    this.#producers.takeSnapshotAt(offset);
    this.#segments.push(this.#newSegment(offset));
    this.#flushInBackground();
  }

  /**
   * Resolves when everything appended before is on the device; those who ask meanwhile share the
   * work. With `complete` indexes and producer state too, so that recovery can begin there. Rejects
   * with `OfflineDirectoryError` when the directory is offline, with `FlushRefusedError` when the disk
   * is full.
   */
  flush(options: { readonly complete?: boolean } = {}): Promise<void> {
    this.#cancelFlushTimer();
    return this.#flusher.flush(options);
  }

  /** Resolves when the names of its files and the leader epochs are on the device. */
  flushNames(): Promise<void> {
    return this.#flusher.flushNames();
  }

  /** Whether there are names or leader epochs that are not on the device. */
  get hasUnsyncedNames(): boolean {
    return this.#flusher.hasUnsyncedNames;
  }

  /**
   * Ends the use of the log: producer state on disk, indexes cut to their entries (unless
   * `keepIndexSize`), everything flushed, files closed.
   */
  async close(options: { readonly keepIndexSize?: boolean } = {}): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelFlushTimer();
    try {
      if (this.directory.isOffline) return;
      const { active } = this.#segments;
      if (this.#isTouched) {
        this.#producers.takeSnapshotAt(this.#logEndOffset);
        this.#flusher.folderChanged();
        active.trimFile();
        if (options.keepIndexSize === true) active.writeIndexes();
        else active.finish();
        await active.datasyncAll();
      }
      await this.#flusher.flush();
    } catch (error) {
      if (error instanceof DiskError) this.directory.fail(error);
      else if (error instanceof FlushRefusedError) this.directory.fail(error);
      else if (!(error instanceof OfflineDirectoryError)) throw error;
    } finally {
      this.#closeFiles();
    }
  }

  /** Ends the use of a log whose files are to be removed: nothing is written any more. */
  abandon(): void {
    this.#isClosed = true;
    this.#flusher.abandon();
    this.#cancelFlushTimer();
    this.#closeFiles();
  }

  #closeFiles(): void {
    this.#reader.invalidate();
    for (const segment of this.#segments.all) {
      try {
        segment.close();
      } catch (error) {
        // Nothing was lost: what had to be on the device was synced before, or its loss was told.
        if (!(error instanceof DiskError)) throw error;
      }
    }
  }

  /** Writes whole, stamped batches and takes note of them. */
  #write(batches: Buffer, facts: AppendFacts, nowMs: number): RefusedAppend | undefined {
    if (facts.sizeBytes > this.#config.segmentBytes) {
      return refused(
        ErrorCode.RECORD_LIST_TOO_LARGE,
        `${facts.sizeBytes} bytes exceed segment.bytes of ${this.#config.segmentBytes}`,
      );
    }
    try {
      if (this.#segments.active.shouldRoll(facts, nowMs)) {
        this.roll(Math.max(this.#logEndOffset, facts.firstOffset));
      }
    } catch (error) {
      return this.#appendFailed(error);
    }
    this.#isTouched = true;
    const segment = this.#segments.active;
    const position = segment.sizeBytes;
    try {
      segment.write(batches);
    } catch (error) {
      this.#cutBack(segment);
      return this.#appendFailed(error);
    }
    try {
      segment.appended(batches);
      this.#producers.appended(batches, segment);
    } catch (error) {
      return this.#appendFailed(error);
    }
    this.#lastAppendOffset = facts.firstOffset;
    this.#lastAppendPosition = position;
    this.#logEndOffset = facts.lastOffset + 1;
    this.#reader.appended(segment, position, batches);
    return undefined;
  }

  /** Counts the append; whether the settings ask for a flush before it is answered. */
  #afterAppend(facts: AppendFacts): boolean {
    this.#flusher.appended(facts.sizeBytes);
    this.#environment.onUnflushed(this, facts.sizeBytes);
    if (this.isFlushDue) {
      this.#flusher.noteRequest();
      return true;
    }
    if (this.#flushTimer === undefined && this.#config.flushMs < FLUSH_MS_MAX) {
      this.#flushTimer = this.#environment.clock.setTimer(this.#config.flushMs, () => {
        this.#flushTimer = undefined;
        this.#flushInBackground();
      });
    }
    return false;
  }

  #flushInBackground(): void {
    // A failure has taken the directory offline; that is told to everybody there.
    this.#flusher.flush().catch(() => undefined);
  }

  #cancelFlushTimer(): void {
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
  }

  /** Cuts what a failed write may have left. When that fails too, nothing can be trusted. */
  #cutBack(segment: LogSegment): void {
    try {
      segment.cutToSize();
    } catch (error) {
      this.directory.fail(error);
    }
  }

  /** A full disk may have room again; any other failure takes the directory offline. */
  #appendFailed(error: unknown): RefusedAppend {
    if (!(error instanceof DiskError)) throw error;
    if (error.kind !== "full") this.directory.fail(error);
    return refused(
      ErrorCode.KAFKA_STORAGE_ERROR,
      `cannot append to ${this.name}: ${error.message}`,
    );
  }

  #offlineAppend(): RefusedAppend {
    return refused(
      ErrorCode.KAFKA_STORAGE_ERROR,
      `log directory ${this.directory.path} of ${this.name} is offline`,
    );
  }

  #readFailed(
    error: unknown,
  ): typeof ErrorCode.CORRUPT_MESSAGE | typeof ErrorCode.KAFKA_STORAGE_ERROR {
    if (error instanceof DiskError) {
      this.directory.fail(error);
      return ErrorCode.KAFKA_STORAGE_ERROR;
    }
    if (!(error instanceof MoldauError)) throw error;
    this.#environment.logger.error(`cannot read ${this.name}: ${error.message}`);
    return ErrorCode.CORRUPT_MESSAGE;
  }

  /**
   * Runs what touches the disk. A failure of it takes the directory offline, damage is said; both
   * give `otherwise`. The files of a log that was closed or deleted are not looked for.
   */
  #guard<T>(otherwise: T, run: () => T): T {
    if (this.isOffline) return otherwise;
    try {
      return run();
    } catch (error) {
      if (error instanceof DiskError) this.directory.fail(error);
      else if (error instanceof MoldauError) {
        this.#environment.logger.error(`${this.name}: ${error.message}`);
      } else throw error;
      return otherwise;
    }
  }

  /** Bytes of the log before the batch that holds `offset`. */
  #positionOf(offset: number): number {
    if (offset >= this.#logEndOffset) return this.sizeBytes;
    const place = this.#reader.locate(offset);
    if (place === undefined) return this.sizeBytes;
    let before = 0;
    for (const segment of this.#segments.all) {
      if (segment === place.segment) break;
      before += segment.sizeBytes;
    }
    return before + place.position;
  }

  #newSegment(baseOffset: number): LogSegment {
    const { clock, random } = this.#environment;
    const segment = new LogSegment(this.#place, baseOffset, {
      createdMs: clock.nowMs(),
      rollJitterMs: rollJitter(random, this.#config),
    });
    segment.create();
    this.#flusher.added(segment);
    return segment;
  }

  /** Puts segments aside that the log does not have any more. */
  #discard(segments: readonly LogSegment[], delayMs: number): void {
    for (const segment of segments) {
      const snapshot = this.#producers.snapshots.renameToDeleted(segment.baseOffset);
      const paths = segment.renameToDeleted();
      this.#unlink(snapshot === undefined ? paths : [...paths, snapshot], delayMs);
    }
    this.#flusher.removed(segments);
  }

  #unlink(paths: readonly string[], delayMs: number): void {
    this.#environment.unlinkLater(this.directory, paths, delayMs);
  }

  /** What is kept beside the log must not say more than there will be. */
  #beforeTruncation(): void {
    this.#isTouched = true;
    this.#lastAppendOffset = -1;
    this.#environment.onTruncated(this.directory);
  }
}

/** `flush.ms` from here on means never: no clock goes so far. */
const FLUSH_MS_MAX = Number.MAX_SAFE_INTEGER;

/** By how much a segment is rolled earlier than `segment.ms` says. */
export function rollJitter(random: LogEnvironment["random"], config: LogConfig): number {
  const bound = Math.min(config.segmentJitterMs, config.segmentMs);
  return bound <= 0 ? 0 : random.below(Math.min(bound, 2 ** 32));
}

/** Notes the leader epochs that fetched batches bear. */
function assignEpochs(epochs: LeaderEpochCache, batches: Buffer): void {
  for (let at = 0; at < batches.length; at += batchSizeAt(batches, at)) {
    const epoch = magicAt(batches, at) < 2 ? -1 : leaderEpochAt(batches, at);
    if (epoch >= 0 && epoch !== epochs.latestEpoch) epochs.assign(epoch, baseOffsetAt(batches, at));
  }
}

/** Numbers the batches from `firstOffset` on, in place. */
function stampAll(batches: Buffer, firstOffset: number, leaderEpoch: number): AppendFacts {
  let offset = firstOffset;
  for (let at = 0; at < batches.length; at += batchSizeAt(batches, at)) {
    stampBatch(batches, at, offset, leaderEpoch);
    offset = nextOffsetAt(batches, at);
  }
  const facts = factsOf(batches);
  assert(facts !== undefined, "checked batches are no batches");
  return facts;
}
