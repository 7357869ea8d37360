import { messageOf } from "../core/errors.ts";
import type { Uuid } from "../core/uuid.ts";
import { parentOf, writeFileAtomically, type Disk, type DiskLock } from "../platform/disk.ts";
import type { Logger } from "../telemetry/logger.ts";
import { OffsetCheckpoint } from "./checkpoint-file.ts";
import { DamagedFileError, LogDirectoryError } from "./storage-error.ts";

export const LOCK_FILE = ".lock";
export const CLEAN_SHUTDOWN_FILE = ".kafka_cleanshutdown";
const RECOVERY_POINT_FILE = "recovery-point-offset-checkpoint";
const LOG_START_FILE = "log-start-offset-checkpoint";
const HIGH_WATERMARK_FILE = "replication-offset-checkpoint";
const CLEANER_FILE = "cleaner-offset-checkpoint";

/** Called once, when a directory cannot be trusted any more. */
export type DirectoryFailureListener = (directory: LogDirectory, cause: unknown) => void;

/**
 * One of the folders of `log.dirs`: who may use it, whether its device still works, what it says of
 * the logs in it. After a failure nothing is written to it any more.
 */
export class LogDirectory {
  readonly path: string;
  readonly #disk: Disk;
  readonly #logger: Logger;
  readonly #onFailure: DirectoryFailureListener;
  readonly #lock: DiskLock | undefined;
  readonly recoveryPoints: OffsetCheckpoint;
  readonly logStartOffsets: OffsetCheckpoint;
  readonly highWatermarks: OffsetCheckpoint;
  readonly cleanerOffsets: OffsetCheckpoint;
  /** `directory.id` of its `meta.properties`. */
  id: Uuid | undefined;
  /** Whether every log in it was loaded; only then its end may be called a clean one. */
  isLoaded = false;
  #failure: { readonly cause: unknown } | undefined;

  private constructor(
    disk: Disk,
    path: string,
    logger: Logger,
    onFailure: DirectoryFailureListener,
    lock: DiskLock | undefined,
  ) {
    this.#disk = disk;
    this.path = path;
    this.#logger = logger;
    this.#onFailure = onFailure;
    this.#lock = lock;
    this.recoveryPoints = new OffsetCheckpoint(disk, `${path}/${RECOVERY_POINT_FILE}`);
    this.logStartOffsets = new OffsetCheckpoint(disk, `${path}/${LOG_START_FILE}`);
    this.highWatermarks = new OffsetCheckpoint(disk, `${path}/${HIGH_WATERMARK_FILE}`);
    this.cleanerOffsets = new OffsetCheckpoint(disk, `${path}/${CLEANER_FILE}`);
  }

  /**
   * Takes the folder for this process before anything in it is looked at; makes it when there is
   * none. Throws {@link LogDirectoryError} when another Moldau or Apache Kafka has it.
   */
  static open(
    disk: Disk,
    path: string,
    logger: Logger,
    onFailure: DirectoryFailureListener,
  ): LogDirectory {
    makeDurableDirectory(disk, path);
    const lock = disk.lock(`${path}/${LOCK_FILE}`);
    if (lock === undefined) {
      throw new LogDirectoryError(path, "is in use by another Moldau or Apache Kafka", {
        code: "LOG_DIRECTORY_LOCKED",
        remedy: "Stop that process, or give this one another log.dirs.",
      });
    }
    return new LogDirectory(disk, path, logger, onFailure, lock);
  }

  /** A folder that could not even be opened, for the list of directories. */
  static unusable(
    disk: Disk,
    path: string,
    logger: Logger,
    cause: unknown,
    onFailure: DirectoryFailureListener,
  ): LogDirectory {
    const directory = new LogDirectory(disk, path, logger, onFailure, undefined);
    directory.fail(cause);
    return directory;
  }

  get isOffline(): boolean {
    return this.#failure !== undefined;
  }

  get failureCause(): unknown {
    return this.#failure?.cause;
  }

  /** Takes the directory offline, once. Its device is not asked again: it could only lie. */
  fail(cause: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { cause };
    this.#logger.error(`log directory ${this.path} is offline: ${messageOf(cause)}`, {
      error: cause,
    });
    this.#onFailure(this, cause);
  }

  /** Bytes that can still be written, and the size of the volume. */
  space(): { readonly freeBytes: number; readonly totalBytes: number } {
    return this.#disk.space(this.path);
  }

  /** Makes the checkpoint files that every broker has. */
  createCheckpoints(): void {
    for (const checkpoint of [
      this.recoveryPoints,
      this.logStartOffsets,
      this.highWatermarks,
      this.cleanerOffsets,
    ]) {
      checkpoint.create();
    }
  }

  /** What a checkpoint says; `undefined` when it cannot be read, which is logged. */
  readCheckpoint(checkpoint: OffsetCheckpoint): Map<string, number> | undefined {
    try {
      return checkpoint.read();
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      this.#logger.warn(`taken as empty: ${messageOf(error)}`);
      return undefined;
    }
  }

  /**
   * Whether the last process ended cleanly, and under which broker epoch (-1 when that is not told).
   * The mark is gone afterwards.
   */
  takeCleanShutdown(): { readonly wasClean: boolean; readonly brokerEpoch: number } {
    const path = `${this.path}/${CLEAN_SHUTDOWN_FILE}`;
    if (this.#disk.status(path) === undefined) return { wasClean: false, brokerEpoch: -1 };
    const brokerEpoch = brokerEpochOf(this.#disk.readFile(path).toString());
    this.#disk.remove(path);
    this.#disk.syncDirectory(this.path);
    return { wasClean: true, brokerEpoch };
  }

  /** Leaves the mark of a clean end; the last thing that is written. */
  writeCleanShutdown(brokerEpoch: number): void {
    const content = JSON.stringify({ version: 0, brokerEpoch });
    writeFileAtomically(this.#disk, `${this.path}/${CLEAN_SHUTDOWN_FILE}`, Buffer.from(content));
  }

  /** Lets others have the folder. After a clean end the lock file goes too. */
  release(clean: boolean): void {
    if (this.#lock === undefined) return;
    if (clean && !this.isOffline) this.#disk.remove(`${this.path}/${LOCK_FILE}`);
    this.#lock.release();
  }
}

/** Makes a directory and what is missing above it, so that it is there after a loss of power. */
function makeDurableDirectory(disk: Disk, path: string): void {
  const parents: string[] = [];
  for (let above = path; disk.status(above) === undefined; above = parentOf(above)) {
    parents.push(parentOf(above));
    if (above === parentOf(above)) break;
  }
  if (parents.length === 0) return;
  disk.makeDirectory(path);
  for (const parent of parents) disk.syncDirectory(parent);
}

function brokerEpochOf(text: string): number {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || !("brokerEpoch" in parsed)) return -1;
    const { brokerEpoch } = parsed;
    return Number.isSafeInteger(brokerEpoch) && typeof brokerEpoch === "number" ? brokerEpoch : -1;
  } catch {
    return -1;
  }
}
