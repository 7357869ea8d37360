import type { Disk } from "../platform/disk.ts";
import { parentOf } from "../platform/disk.ts";
import { GroupCommit } from "./group-commit.ts";
import type { LeaderEpochCache } from "./leader-epoch-cache.ts";
import type { LogDirectory } from "./log-directory.ts";
import type { LogEnvironment } from "./log-environment.ts";
import type { LogSegment } from "./log-segment.ts";
import type { LogSegments } from "./log-segments.ts";
import { PARTITION_METADATA_FILE } from "./partition-metadata.ts";
import type { ProducerSnapshots } from "./producer-snapshot.ts";
import { OfflineDirectoryError } from "./storage-error.ts";

/** The parts of a log that have something to be made durable. */
export interface FlushedParts {
  readonly folder: string;
  readonly segments: LogSegments;
  readonly epochs: LeaderEpochCache;
  readonly snapshots: ProducerSnapshots;
}

/** A sync under way: the log is durable up to `toOffset` when it is done. */
interface Flush {
  toOffset: number;
  readonly unflushedBytes: number;
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
   * The recovery point as a crash may find it. Recovery reads from the segment that holds it, and
   * only a segment that is not appended to any more has its indexes on the device: one that ends
   * at the recovery point must be read until then.
   */
  get safeRecoveryPoint(): number {
    return Math.min(this.#endOfSynced(), this.#revenantBase);
  }

  #endOfSynced(): number {
    const { segments } = this.#parts;
    const last = segments.at(segments.floorIndex(this.#recoveryPoint - 1));
    if (last === undefined) return this.#recoveryPoint;
    const isSynced = last !== segments.active && !this.#unsynced.has(last);
    return isSynced ? this.#recoveryPoint : this.#recoveryPoint - 1;
  }

  /** What was written since the last sync began. */
  get unflushedBytes(): number {
    return this.#unflushedBytes;
  }

  /** Up to where a flush was asked for. */
  get requestedTo(): number {
    return this.#requestedTo;
  }

  get isBusy(): boolean {
    return this.#commit.isBusy;
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
    this.#recoveryPoint = offset;
    this.#requestedTo = offset;
  }

  #lowerTo(offset: number): void {
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset);
    this.#requestedTo = Math.min(this.#requestedTo, offset);
    if (this.#current !== undefined) {
      this.#current.toOffset = Math.min(this.#current.toOffset, offset);
    }
    this.#folderChanged = true;
  }

  /** The caller will ask for a flush up to the end of the log. */
  noteRequest(): void {
    this.#requestedTo = this.#logEndOffset();
  }

  /**
   * Resolves when everything that was appended before is on the device. Rejects with
   * {@link OfflineDirectoryError}.
   */
  flush(): Promise<void> {
    if (this.#directory.isOffline || this.#isAbandoned) return Promise.reject(this.#offline());
    this.noteRequest();
    if (this.#recoveryPoint >= this.#logEndOffset() && !this.hasUnsyncedNames)
      return Promise.resolve();
    return this.#commit.request();
  }

  async #sync(): Promise<void> {
    if (this.#directory.isOffline || this.#isAbandoned) throw this.#offline();
    const flush: Flush = {
      toOffset: this.#logEndOffset(),
      unflushedBytes: this.#unflushedBytes,
    };
    this.#current = flush;
    this.#unflushedBytes = 0;
    try {
      await this.#syncSegments();
      await this.#syncFolder();
    } catch (error) {
      if (!this.#isAbandoned) this.#directory.fail(error);
      throw this.#offline();
    } finally {
      this.#current = undefined;
    }
    this.#recoveryPoint = Math.max(this.#recoveryPoint, flush.toOffset);
  }

  async #syncSegments(): Promise<void> {
    const { segments, epochs, snapshots } = this.#parts;
    const { active } = segments;
    for (const segment of this.#unsynced) {
      // The one that became active meanwhile is not of this sync.
      if (segment === active || segment === segments.active) continue;
      const truncations = this.#truncations;
      await segment.datasyncAll();
      // A cut may have made it the active one, and an append may have had it rolled again.
      if (truncations === this.#truncations) this.#unsynced.delete(segment);
    }
    await active.datasync();
    await snapshots.sync();
    await epochs.persist();
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
