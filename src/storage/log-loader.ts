import { UnsafeIntegerError } from "../core/bytes.ts";
import type { TopicPartition } from "../core/topic-partition.ts";
import type { Uuid } from "../core/uuid.ts";
import type { LogConfig } from "../config/log-config.ts";
import { leaderEpochAt, magicAt } from "../records/record-batch.ts";
import { CorruptRecordsError } from "../records/errors.ts";
import { BatchScan } from "./batch-scan.ts";
import { offsetOfFileName, SegmentSuffix, segmentFileName } from "./file-names.ts";
import { LeaderEpochCache } from "./leader-epoch-cache.ts";
import type { LogDirectory } from "./log-directory.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { LogProducers, type SegmentRow } from "./log-producers.ts";
import { LogSegment, SEGMENT_OFFSETS_MAX, type SegmentPlace } from "./log-segment.ts";
import { LogSegments } from "./log-segments.ts";
import { Log, rollJitter, type LogParts } from "./log.ts";
import { writePartitionMetadata } from "./partition-metadata.ts";
import { ProducerSnapshots } from "./producer-snapshot.ts";
import { DamagedFileError } from "./storage-error.ts";
import { settleTemporaryFiles } from "./temporary-files.ts";

/** Where a log is and what is known of it from outside its folder. */
export interface LogToLoad {
  readonly topicPartition: TopicPartition;
  readonly topicId: Uuid | undefined;
  readonly directory: LogDirectory;
  readonly folder: string;
  readonly config: LogConfig;
  /** The last process closed the log: nothing needs to be recovered. */
  readonly wasClosed: boolean;
  /** First offset that was not known to be on the device, `undefined` when nothing is known. */
  readonly recoveryPoint: number | undefined;
  readonly logStartOffset: number;
  readonly highWatermark: number;
}

/** Makes the folder and files of an empty log. */
export function createLog(
  environment: LogEnvironment,
  log: Omit<LogToLoad, "wasClosed" | "recoveryPoint" | "logStartOffset" | "highWatermark">,
): Log {
  const { disk } = environment;
  const isFresh = disk.status(log.folder) === undefined;
  disk.makeDirectory(log.folder);
  const loading = new Loading(environment, { ...log, ...NEW_LOG });
  loading.epochs.create();
  const segment = loading.segmentAt(0, environment.clock.nowMs());
  segment.create(isFresh);
  if (log.topicId !== undefined) writePartitionMetadata(disk, log.folder, log.topicId);
  return loading.finish([segment], 0, { namesUnsynced: true, unflushedBytes: 0, unsynced: [] });
}

const NEW_LOG = {
  wasClosed: true,
  recoveryPoint: 0,
  logStartOffset: 0,
  highWatermark: 0,
} as const;

/**
 * Opens the log in a folder. After a crash every segment from the one that holds the recovery point
 * on is read: its indexes, the leader epochs and the producer state are built anew, and the log ends
 * before the first batch that is not sound. After a proper end only the newest batches are looked at;
 * should they not be sound after all, it is as after a crash.
 */
export function loadLog(environment: LogEnvironment, log: LogToLoad): Log {
  return new Loading(environment, log).load();
}

class Loading {
  readonly #environment: LogEnvironment;
  readonly #log: LogToLoad;
  readonly #place: SegmentPlace;
  readonly #producers: LogProducers;
  readonly epochs: LeaderEpochCache;
  #segments: LogSegment[] = [];
  /** Segments whose indexes are missing or cannot be right. */
  readonly #suspects = new Set<LogSegment>();
  readonly #recovered: LogSegment[] = [];
  #recoveredBytes = 0;

  constructor(environment: LogEnvironment, log: LogToLoad) {
    const { disk, openFiles, logger, clock } = environment;
    this.#environment = environment;
    this.#log = log;
    this.#place = { disk, openFiles, logger, folder: log.folder, config: log.config };
    this.epochs = new LeaderEpochCache(disk, log.folder);
    this.#producers = new LogProducers(new ProducerSnapshots(disk, log.folder), {
      logger,
      now: () => clock.nowMs(),
      expirationMs: () => environment.producerIdExpirationMs,
    });
  }

  load(): Log {
    const { disk, openFiles, logger } = this.#environment;
    const names = settleTemporaryFiles(disk, openFiles, this.#log.folder);
    this.epochs.load(logger);
    this.#producers.snapshots.load(names);
    this.#openSegments(names);
    this.#removeStraySnapshots();
    return this.#complete(this.#recover());
  }

  segmentAt(baseOffset: number, createdMs: number): LogSegment {
    return new LogSegment(this.#place, baseOffset, {
      createdMs,
      rollJitterMs: rollJitter(this.#environment.random, this.#log.config),
    });
  }

  finish(
    segments: readonly LogSegment[],
    logEndOffset: number,
    options: Pick<LogParts, "namesUnsynced" | "unflushedBytes" | "unsynced">,
  ): Log {
    const { recoveryPoint, wasClosed } = this.#log;
    const row = new LogSegments(segments);
    const logStartOffset = Math.max(this.#log.logStartOffset, row.first.baseOffset);
    const highWatermark = Math.min(this.#log.highWatermark, logEndOffset);
    const untouched = wasClosed && options.unflushedBytes === 0;
    const log = new Log(this.#environment, {
      ...this.#log,
      place: this.#place,
      segments: row,
      epochs: this.epochs,
      producers: this.#producers,
      logStartOffset,
      logEndOffset,
      highWatermark: Math.max(highWatermark, logStartOffset),
      recoveryPoint: untouched ? logEndOffset : Math.min(recoveryPoint ?? 0, logEndOffset),
      ...options,
    });
    this.#producers.state.onHighWatermark(log.highWatermark);
    return log;
  }

  /** Opens all segments; notes those that must be recovered whatever the mark says. */
  #openSegments(names: readonly string[]): void {
    const { disk, logger } = this.#environment;
    const { folder } = this.#log;
    const bases: number[] = [];
    for (const name of names) {
      const base = offsetOfFileName(name);
      if (base !== undefined && name === segmentFileName(base, SegmentSuffix.log)) bases.push(base);
    }
    bases.sort((a, b) => a - b);
    for (const base of bases) {
      const status = disk.status(`${folder}/${segmentFileName(base, SegmentSuffix.log)}`);
      const segment = this.segmentAt(base, Math.floor(status?.modifiedMs ?? 0));
      segment.loadFile(status?.sizeBytes ?? 0);
      this.#segments.push(segment);
      if (segment.loadIndexes()) continue;
      if (this.#log.wasClosed) logger.warn(`recovering ${segment.file.path}: its index is missing`);
      this.#suspects.add(segment);
    }
  }

  /** Recovers what must be; returns the log end offset. */
  #recover(): number {
    const from = this.#log.wasClosed ? this.#segments.length : this.#recoveryIndex();
    for (let i = 0; i < this.#segments.length; i++) {
      if (i < from && !this.#suspects.has(this.#segments[i]!)) continue;
      const isWhole = this.#recoverSegment(i) && !this.#endsEarly(i);
      if (!isWhole || i === this.#segments.length - 1) return this.#producers.state.endOffset;
    }
    return this.#findEnd();
  }

  /**
   * Index of the segment that holds what is before the recovery point. When that is its end, its
   * records are safe, but its indexes may not have been given their last form.
   */
  #recoveryIndex(): number {
    const { recoveryPoint = 0 } = this.#log;
    let index = 0;
    for (let i = 0; i < this.#segments.length; i++) {
      if (this.#segments[i]!.baseOffset < recoveryPoint) index = i;
    }
    return index;
  }

  /**
   * Reads a segment through, or what of it may not have been on the device: builds its indexes, takes
   * in epochs and producers, cuts it behind the last sound batch. False when it was cut; later
   * segments are put aside then.
   */
  #recoverSegment(index: number): boolean {
    const segment = this.#segments[index]!;
    const { sizeBytes } = segment;
    const start = this.#resume(index) ?? this.#startOver(index);
    const scan = new BatchScan(segment.file, start.position, sizeBytes, "whole");
    let nextOffset = segment.baseOffset;
    while (scan.next()) {
      if (!this.#takeIn(segment, scan, nextOffset, start.offset)) break;
      nextOffset = scan.lastOffset + 1;
    }
    const validBytes = scan.position;
    this.#recoveredBytes += validBytes - start.position;
    this.#recovered.push(segment);
    const isWhole = validBytes === sizeBytes;
    if (!isWhole) this.#cut(index, validBytes);
    if (nextOffset < start.offset) {
      // Records are gone that the producers had been told of.
      this.#producers.rebuild(this.#upTo(index), this.#log.logStartOffset, nextOffset);
    }
    segment.finish();
    this.#producers.takeSnapshotAt(nextOffset);
    return isWhole;
  }

  /**
   * Prepares to go on reading a segment where everything was on the device, the indexes too. Only
   * when these prove sound, and the batch that they name last is where they say.
   */
  #resume(index: number): { readonly position: number; readonly offset: number } | undefined {
    const segment = this.#segments[index]!;
    const { recoveryPoint, logStartOffset } = this.#log;
    if (recoveryPoint === undefined || this.#suspects.has(segment)) return undefined;
    if (recoveryPoint <= segment.baseOffset) return undefined;
    try {
      const entry = segment.keepIndexesBelow(recoveryPoint);
      if (entry === undefined) return undefined;
      const scan = new BatchScan(segment.file, entry.position, segment.sizeBytes, "whole");
      if (!scan.next() || scan.lastOffset !== entry.offset) return undefined;
      this.#producers.rebuild(this.#upTo(index), logStartOffset, recoveryPoint);
      return { position: entry.position, offset: recoveryPoint };
    } catch (error) {
      if (error instanceof DamagedFileError || error instanceof UnsafeIntegerError)
        return undefined;
      throw error;
    }
  }

  /** Prepares to read all of a segment. */
  #startOver(index: number): { readonly position: number; readonly offset: number } {
    const segment = this.#segments[index]!;
    const { baseOffset } = segment;
    if (this.#producers.state.endOffset !== baseOffset || baseOffset === 0) {
      this.#producers.rebuild(this.#upTo(index), this.#log.logStartOffset, baseOffset);
    }
    segment.resetIndexes();
    return { position: 0, offset: baseOffset };
  }

  #upTo(index: number): SegmentRow {
    return { all: this.#segments.slice(0, index + 1) };
  }

  /**
   * Takes in the batch at which the scan stands; producers know those below `fromOffset`. False when
   * it is not one that belongs there.
   */
  #takeIn(segment: LogSegment, scan: BatchScan, nextOffset: number, fromOffset: number): boolean {
    const { bytes, at, lastOffset, baseOffset } = scan;
    if (baseOffset < nextOffset || lastOffset - segment.baseOffset > SEGMENT_OFFSETS_MAX) {
      return false;
    }
    try {
      if (baseOffset >= fromOffset) this.#producers.apply(bytes, at, segment);
    } catch (error) {
      if (error instanceof CorruptRecordsError) return false;
      throw error;
    }
    segment.indexBatch(bytes, at, scan.position);
    const epoch = magicAt(bytes, at) < 2 ? -1 : leaderEpochAt(bytes, at);
    if (epoch >= 0 && epoch > (this.epochs.latestEpoch ?? -1))
      this.epochs.assign(epoch, baseOffset);
    return true;
  }

  /**
   * Whether a loss of power took the end of a segment, but not the segments after it: these are put
   * aside then, because a log has no holes. Only compaction makes some, and not in records that were
   * never flushed.
   */
  #endsEarly(index: number): boolean {
    const next = this.#segments[index + 1];
    const { recoveryPoint, config, wasClosed } = this.#log;
    const end = this.#producers.state.endOffset;
    if (next === undefined || end === next.baseOffset || wasClosed || config.compact) return false;
    if (recoveryPoint === undefined || next.baseOffset <= recoveryPoint) return false;
    this.#putAside(index + 1);
    return true;
  }

  #cut(index: number, validBytes: number): void {
    const segment = this.#segments[index]!;
    this.#environment.logger.warn(
      `cut ${segment.sizeBytes - validBytes} bytes of ${segment.file.path} behind byte ` +
        `${validBytes}: they are no sound batches`,
    );
    // In this order: a crash in between must not leave what follows without what was cut.
    this.#putAside(index + 1);
    segment.truncateFile(validBytes);
  }

  /** Puts the segments from `index` on aside: they follow what was lost. */
  #putAside(index: number): void {
    const { logger, disk } = this.#environment;
    const later = this.#segments.splice(index).reverse();
    if (later.length === 0) return;
    const paths: string[] = [];
    for (const segment of later) {
      logger.warn(
        `put aside segment ${segment.baseOffset} of ${this.#log.folder}: it follows a loss`,
      );
      paths.push(...segment.renameToDeleted());
      const snapshot = this.#producers.snapshots.renameToDeleted(segment.baseOffset);
      if (snapshot !== undefined) paths.push(snapshot);
    }
    disk.syncDirectory(this.#log.folder);
    const { fileDeleteDelayMs } = this.#log.config;
    this.#environment.unlinkLater(this.#log.directory, paths, fileDeleteDelayMs);
  }

  /** Looks for the end behind the last index entry; what is not sound there is cut. */
  #findEnd(): number {
    const last = this.#segments.at(-1);
    if (last === undefined) return this.#log.logStartOffset;
    const entry = last.offsetIndex.lastEntry;
    if (entry.position < last.sizeBytes || last.sizeBytes === 0) {
      const scan = new BatchScan(last.file, entry.position, last.sizeBytes, "whole");
      let nextOffset = last.baseOffset;
      let fits = true;
      while (fits && scan.next()) {
        const isEntry = scan.position === entry.position && entry.position > 0;
        fits = scan.baseOffset >= nextOffset && !(isEntry && scan.lastOffset > entry.offset);
        nextOffset = scan.lastOffset + 1;
      }
      if (fits && scan.rowEnd === "whole") return nextOffset;
    }
    this.#environment.logger.warn(`recovering ${last.file.path}: its end is damaged`);
    this.#recoverSegment(this.#segments.length - 1);
    return this.#producers.state.endOffset;
  }

  #complete(foundEnd: number): Log {
    const { clock, logger, producerIdExpirationMs } = this.#environment;
    const { logStartOffset, wasClosed, directory } = this.#log;
    let logEndOffset = foundEnd;
    if (this.#segments.length > 0 && logEndOffset < logStartOffset) {
      logger.warn(
        `${this.#log.folder} ends at ${logEndOffset}, below its start ${logStartOffset}: emptied`,
      );
      const paths = this.#segments.flatMap((segment) => segment.renameToDeleted());
      this.#environment.unlinkLater(directory, paths, this.#log.config.fileDeleteDelayMs);
      this.#segments = [];
    }
    if (this.#segments.length === 0) {
      logEndOffset = logStartOffset;
      const segment = this.segmentAt(logStartOffset, clock.nowMs());
      segment.create();
      this.#recovered.push(segment);
      this.#segments.push(segment);
      this.#producers.restartAt(logStartOffset);
    }
    this.epochs.forgetUnwritten(logEndOffset);
    this.epochs.truncateFromStart(Math.max(logStartOffset, this.#segments[0]!.baseOffset));
    const { state } = this.#producers;
    const isReplayed = this.#recoveredBytes > 0 && state.endOffset === logEndOffset;
    if (isReplayed) state.removeExpired(clock.nowMs(), producerIdExpirationMs);
    else {
      this.#producers.rebuild({ all: this.#segments }, logStartOffset, logEndOffset, {
        trustAbsence: wasClosed,
      });
    }
    this.#segments.at(-1)!.resumeAppends();
    return this.finish(this.#segments, logEndOffset, {
      // A process that was killed may have left names that never reached the device.
      namesUnsynced: !wasClosed,
      unflushedBytes: this.#recoveredBytes,
      unsynced: this.#recovered,
    });
  }

  /** Keeps the snapshots at the bases of segments, and the newest one when it is above all of them. */
  #removeStraySnapshots(): void {
    const { snapshots } = this.#producers;
    const bases = new Set(this.#segments.map((segment) => segment.baseOffset));
    const lastBase = this.#segments.at(-1)?.baseOffset ?? -1;
    const newest = snapshots.offsets.filter((offset) => !bases.has(offset)).at(-1);
    snapshots.removeWhere(
      (offset) => !bases.has(offset) && !(offset === newest && offset >= lastBase),
    );
  }
}
