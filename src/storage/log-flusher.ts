import { DiskError, parentOf, type Disk } from "../platform/disk.ts";
import { GroupCommit } from "./group-commit.ts";
import type { LeaderEpochCache } from "./leader-epoch-cache.ts";
import type { LogDirectory } from "./log-directory.ts";
import type { LogEnvironment } from "./log-environment.ts";
import type { LogSegment } from "./log-segment.ts";
import type { LogSegments } from "./log-segments.ts";
import type { LogProducers } from "./log-producers.ts";
import { PARTITION_METADATA_FILE } from "./partition-metadata.ts";
import { FlushRefusedError, OfflineDirectoryError } from "./storage-error.ts";

/** The parts of a log that have something to be made durable. */
export interface FlushedParts {
  readonly folder: string;
  readonly segments: LogSegments;
  readonly epochs: LeaderEpochCache;
  readonly producers: LogProducers;
}

/** A sync under way, and up to where the log is on the device when it is done. */
interface Flush {
  toOffset: number;
  /** With indexes and producer state. */
  completeTo: number;
}

/**
 * Makes a log durable, and knows up to where it is: the recovery point. Whoever asks meanwhile shares
 * the next sync. A sync that failed is never tried again: the kernel may have dropped the pages and
 * would say that all is well. The directory goes offline instead.
 */
export class LogFlusher {
  readonly #disk: Disk;
  readonly #directory: LogDirectory;
  readonly #parts: FlushedParts;
  readonly #logEndOffset: () => number;
  readonly #commit: GroupCommit;
  /** The active segment, and others of which not everything may be on the device. */
  readonly #unsynced: Set<LogSegment>;
  #recoveryPoint: number;
  /** Up to where indexes and producer state are on the device too. */
  #completeTo: number;
  /** What those who wait for the next sync asked for. */
  #areRecordsWanted = false;
  #isCompleteWanted = false;
  #requestedTo: number;
  #unflushedBytes = 0;
  #current: Flush | undefined;
  /** Names that were made since the last sync of the folder. */
  #folderChanged: boolean;
  #namesUnsynced: boolean;
  #truncations = 0;
  /** Least base of the segments that were removed before they were synced. */
  #revenantBase = Infinity;
  #isAbandoned = false;

  constructor(
    environment: LogEnvironment,
    directory: LogDirectory,
    parts: FlushedParts,
    options: {
      readonly recoveryPoint: number;
      readonly namesUnsynced: boolean;
      readonly unsynced: readonly LogSegment[];
      readonly logEndOffset: () => number;
    },
  ) {
    this.#disk = environment.disk;
    this.#directory = directory;
    this.#parts = parts;
    this.#logEndOffset = options.logEndOffset;
    this.#commit = new GroupCommit(environment.clock, () => this.#sync());
    this.#recoveryPoint = options.recoveryPoint;
    this.#completeTo = options.recoveryPoint;
    this.#requestedTo = options.recoveryPoint;
    this.#unsynced = new Set([...options.unsynced, parts.segments.active]);
    this.#folderChanged = options.namesUnsynced;
    this.#namesUnsynced = options.namesUnsynced;
  }

  /** First offset that is not known to be on the device. */
  get recoveryPoint(): number {
    return this.#recoveryPoint;
  }

  /**
   * The recovery point for the checkpoint: below it not only the records but their indexes and the
   * producer state are on the device too, so that recovery can begin there.
   */
  get safeRecoveryPoint(): number {
    return Math.min(this.#completeTo, this.#revenantBase);
  }

  /** What was written since the last sync began. */
  get unflushedBytes(): number {
    return this.#unflushedBytes;
  }

  /** Up to where a flush was asked for. */
  get requestedTo(): number {
    return this.#requestedTo;
  }

  /** Whether there are names or leader epochs that are not on the device. */
  get hasUnsyncedNames(): boolean {
    return this.#folderChanged || this.#namesUnsynced || this.#parts.epochs.isDirty;
  }

  /** The files are going away: what fails from now on says nothing about the device. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  appended(bytes: number): void {
    this.#unflushedBytes += bytes;
  }

  /** A segment was made. */
  added(segment: LogSegment): void {
    this.#unsynced.add(segment);
    this.#folderChanged = true;
  }

  /** There are new names in the folder. */
  folderChanged(): void {
    this.#folderChanged = true;
  }

  /** Segments are no more. Until the folder is synced a loss of power may bring them back. */
  removed(segments: readonly LogSegment[]): void {
    for (const segment of segments) {
      if (!this.#unsynced.delete(segment)) continue;
      this.#revenantBase = Math.min(this.#revenantBase, segment.baseOffset);
    }
    this.#folderChanged = true;
  }

  /** Offsets from `offset` on will be gone; the segment before is appended to again. */
  truncated(offset: number, segment: LogSegment): void {
    this.#unsynced.add(segment);
    this.#truncations++;
    this.#lowerTo(offset);
  }

  /** The log begins at `offset` now, above everything before. */
  restarted(offset: number): void {
    this.#lowerTo(offset);
    this.#completeTo = offset;
    this.#recoveryPoint = offset;
    this.#requestedTo = offset;
  }

  #lowerTo(offset: number): void {
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset);
    this.#requestedTo = Math.min(this.#requestedTo, offset);
    this.#completeTo = Math.min(this.#completeTo, offset);
    if (this.#current !== undefined) {
      this.#current.toOffset = Math.min(this.#current.toOffset, offset);
      this.#current.completeTo = Math.min(this.#current.completeTo, offset);
    }
    this.#folderChanged = true;
  }

  /** The caller will ask for a flush up to the end of the log. */
  noteRequest(): void {
    this.#requestedTo = this.#logEndOffset();
  }

  /**
   * Resolves when everything that was appended before is on the device; with `complete` indexes and
   * producer state too, which only make recovery faster. Rejects with {@link OfflineDirectoryError},
   * or {@link FlushRefusedError} when the disk is full.
   */
  flush(options: { readonly complete?: boolean } = {}): Promise<void> {
    if (this.#directory.isOffline || this.#isAbandoned) return Promise.reject(this.#offline());
    const wantsComplete = options.complete === true && this.#completeTo < this.#logEndOffset();
    this.noteRequest();
    const isDone = this.#recoveryPoint >= this.#logEndOffset() && !this.hasUnsyncedNames;
    if (isDone && !wantsComplete) return Promise.resolve();
    if (wantsComplete) this.#isCompleteWanted = true;
    this.#areRecordsWanted = true;
    return this.#commit.request();
  }

  /** The same for names and leader epochs alone. */
  flushNames(): Promise<void> {
    if (this.#directory.isOffline || this.#isAbandoned) return Promise.reject(this.#offline());
    return this.hasUnsyncedNames ? this.#commit.request() : Promise.resolve();
  }

  async #sync(): Promise<void> {
    if (this.#directory.isOffline || this.#isAbandoned) throw this.#offline();
    const unflushedBytes = this.#unflushedBytes;
    try {
      if (this.#areRecordsWanted) await this.#syncRecords();
      await this.#persistEpochs();
      await this.#syncFolder();
    } catch (error) {
      if (error instanceof FlushRefusedError) {
        this.#unflushedBytes = unflushedBytes;
        throw error;
      }
      if (!this.#isAbandoned) this.#directory.fail(error);
      throw this.#offline();
    }
  }

  async #syncRecords(): Promise<void> {
    const { segments, producers } = this.#parts;
    const toOffset = this.#logEndOffset();
    const isComplete = this.#isCompleteWanted;
    this.#areRecordsWanted = false;
    this.#isCompleteWanted = false;
    const flush: Flush = {
      toOffset,
      completeTo: isComplete ? toOffset : segments.active.baseOffset,
    };
    this.#current = flush;
    try {
      const obsolete = this.#writeAll(isComplete);
      this.#unflushedBytes = 0;
      await this.#syncSegments(isComplete);
      await producers.snapshots.sync();
      await this.#persistEpochs();
      await this.#syncFolder();
      if (obsolete !== undefined && !this.#isAbandoned) producers.snapshots.remove(obsolete);
    } finally {
      this.#current = undefined;
    }
    this.#recoveryPoint = Math.max(this.#recoveryPoint, flush.toOffset);
    this.#completeTo = Math.max(this.#completeTo, flush.completeTo);
  }

  /** Writes what still waits in memory. Returns the snapshot that is not needed after the sync. */
  #writeAll(isComplete: boolean): number | undefined {
    const { segments, producers } = this.#parts;
    return this.#unlessFull(() => {
      for (const segment of this.#unsynced) {
        if (isComplete || segment !== segments.active) segment.writeIndexes();
      }
      if (!isComplete) return undefined;
      this.#folderChanged = true;
      return producers.takeIntermediateSnapshot(this.#logEndOffset());
    });
  }

  async #persistEpochs(): Promise<void> {
    try {
      await this.#parts.epochs.persist();
    } catch (error) {
      // The old file is untouched until the new one is whole, so this may be tried again.
      throw refusedIfFull(error);
    }
  }

  #unlessFull<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw refusedIfFull(error);
    }
  }

  async #syncSegments(isComplete: boolean): Promise<void> {
    const { segments } = this.#parts;
    const { active } = segments;
    for (const segment of this.#unsynced) {
      // The one that became active meanwhile is not of this sync.
      if (segment === active || segment === segments.active) continue;
      const truncations = this.#truncations;
      await segment.datasyncAll();
      // A cut may have made it the active one, and an append may have had it rolled again.
      if (truncations === this.#truncations) this.#unsynced.delete(segment);
    }
    await (isComplete ? active.datasyncAll() : active.datasync());
  }

  /** The names of files and, of a new log, of its folder and what says whose it is. */
  async #syncFolder(): Promise<void> {
    if (!this.#folderChanged && !this.#namesUnsynced) return;
    const { folder } = this.#parts;
    const revenantBase = this.#revenantBase;
    this.#folderChanged = false;
    if (this.#namesUnsynced) {
      const path = `${folder}/${PARTITION_METADATA_FILE}`;
      if (this.#disk.status(path) !== undefined) {
        const file = this.#disk.open(path, "write");
        try {
          await file.datasync();
        } finally {
          file.close();
        }
      }
    }
    await this.#disk.syncDirectoryAsync(folder);
    if (this.#revenantBase === revenantBase) this.#revenantBase = Infinity;
    if (this.#namesUnsynced) await this.#disk.syncDirectoryAsync(parentOf(folder));
    this.#namesUnsynced = false;
  }

  #offline(): OfflineDirectoryError {
    return new OfflineDirectoryError(this.#directory.path, this.#directory.failureCause);
  }
}

/** A full disk is no reason not to trust it; what failed was not a sync. */
function refusedIfFull(error: unknown): unknown {
  return error instanceof DiskError && error.kind === "full" ? new FlushRefusedError(error) : error;
}
