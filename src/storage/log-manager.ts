import { assert } from "../core/assert.ts";
import { messageOf } from "../core/errors.ts";
import { topicPartitionName, type TopicPartition } from "../core/topic-partition.ts";
import { METADATA_TOPIC_ID, type Uuid } from "../core/uuid.ts";
import type { LogConfig } from "../config/log-config.ts";
import { DiskError } from "../platform/disk.ts";
import type { Platform } from "../platform/platform.ts";
import type { Logger } from "../telemetry/logger.ts";
import { BackgroundFlush } from "./background-flush.ts";
import type { OffsetCheckpoint } from "./checkpoint-file.ts";
import { FileRemover } from "./file-remover.ts";
import { asideFolderName, DELETE_FOLDER_SUFFIX, uniqueOf } from "./file-names.ts";
import { openDirectories, type FormatOptions, type OpenedDirectories } from "./log-directories.ts";
import type { LogDirectory } from "./log-directory.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { OpenFiles } from "./log-file.ts";
import { createLog, loadLog } from "./log-loader.ts";
import { loadDirectory, METADATA_FOLDER, type ConfigLookup } from "./log-folders.ts";
import type { Log } from "./log.ts";
import { PeriodicTask } from "./periodic-task.ts";
import { ReadAhead } from "./read-ahead.ts";
import { ReadBuffers } from "./read-buffers.ts";
import { LogDirectoryError } from "./storage-error.ts";
import type { StorageSettings } from "./storage-settings.ts";
import { TailCache } from "./tail-cache.ts";

export interface LogManagerOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly settings: StorageSettings;
  readonly nodeId: number;
  /** Empty directories are formatted so; without it they are refused. */
  readonly format?: FormatOptions;
  /** Told once for each directory that fails while it is in use. */
  readonly onDirectoryFailure?: (directory: LogDirectory, cause: unknown) => void;
  /** Bounds that tests and tools lower. */
  readonly bounds?: {
    readonly openFiles?: number;
    readonly tailCacheBytes?: number;
    readonly pooledReadBytes?: number;
    readonly unflushedBytes?: number;
  };
  /** Fills memory that is given back, so that tests see who still looks at it. */
  readonly poisonReleasedMemory?: boolean;
}

/** Logs that are closed at a time when the node stops. */
const CLOSING_MAX = 16;
/** Logs that a periodic task looks at before it lets others run. */
const LOGS_PER_TURN = 64;

const METADATA_PARTITION: TopicPartition = { topic: "__cluster_metadata", partition: 0 };

/**
 * All logs of a node and the directories they are in. It is opened in two steps, because the
 * metadata log says what the other folders are: {@link LogManager.open} and
 * {@link openMetadataLog}, later {@link loadLogs}.
 */
export class LogManager {
  readonly clusterId: string;
  readonly #options: LogManagerOptions;
  readonly #directories: OpenedDirectories;
  readonly #environment: LogEnvironment;
  readonly #remover: FileRemover;
  readonly #backgroundFlush: BackgroundFlush;
  readonly #logs = new Map<string, Log>();
  readonly #cleanShutdowns = new Map<LogDirectory, { wasClean: boolean; brokerEpoch: number }>();
  #metadataLog: Log | undefined;
  #tasks: PeriodicTask[] = [];
  #isClosing = false;

  private constructor(options: LogManagerOptions) {
    const { platform, logger, settings, bounds = {} } = options;
    this.#options = options;
    this.#remover = new FileRemover(platform.disk, platform.clock, logger);
    this.#backgroundFlush = new BackgroundFlush(bounds.unflushedBytes);
    const poison = options.poisonReleasedMemory ?? false;
    this.#environment = {
      disk: platform.disk,
      clock: platform.clock,
      random: platform.random,
      logger,
      openFiles: new OpenFiles(bounds.openFiles),
      readBuffers: new ReadBuffers({ maxBytes: bounds.pooledReadBytes, poison }),
      tailCache: new TailCache({ maxBytes: bounds.tailCacheBytes, poison }),
      readAhead: new ReadAhead(platform.clock),
      producerIdExpirationMs: settings.producerIdExpirationMs,
      unlinkLater: (directory, paths, delayMs) =>
        this.#remover.removeLater(directory, paths, delayMs),
      onUnflushed: (log, bytes) => this.#backgroundFlush.appended(log, bytes),
      onTruncated: (directory) => this.#checkpointNow(directory),
    };
    this.#directories = openDirectories({
      platform,
      logger,
      logDirs: settings.logDirs,
      metadataLogDir: settings.metadataLogDir,
      nodeId: options.nodeId,
      format: options.format,
      onFailure: (directory, cause) => options.onDirectoryFailure?.(directory, cause),
    });
    this.clusterId = this.#directories.clusterId;
    for (const directory of this.#directories.logDirs) {
      this.#onDisk(directory, () => {
        this.#cleanShutdowns.set(directory, directory.takeCleanShutdown());
      });
    }
  }

  /**
   * Takes the directories for this process, checks whose they are and how the last process ended.
   * Throws `LogDirectoryError` when one is in use, another node's, or not formatted.
   */
  static open(options: LogManagerOptions): LogManager {
    return new LogManager(options);
  }

  /** The directories of `log.dirs`. */
  directories(): readonly LogDirectory[] {
    return this.#directories.logDirs;
  }

  /** Where the metadata log, its snapshots and `quorum-state` are. */
  get metadataDirectory(): LogDirectory {
    return this.#directories.metadata;
  }

  /** The folder of the metadata log. */
  get metadataFolder(): string {
    return `${this.#directories.metadata.path}/${METADATA_FOLDER}`;
  }

  /**
   * The broker epoch under which the last process ended cleanly, -1 when it did not, or not in all
   * directories. (`PreviousBrokerEpoch` of a broker's registration.)
   */
  get previousBrokerEpoch(): number {
    const epochs = new Set<number>();
    for (const directory of this.#directories.logDirs) {
      const shutdown = this.#cleanShutdowns.get(directory);
      epochs.add(shutdown?.wasClean === true ? shutdown.brokerEpoch : -1);
    }
    const [epoch] = epochs;
    return epochs.size === 1 && epoch !== undefined ? epoch : -1;
  }

  /**
   * Opens the metadata log, made when there is none. It has no checkpoints: all of it is read, and it
   * ends before the first batch that is not sound. `logStartOffset` is that of its earliest snapshot.
   */
  openMetadataLog(options: { readonly config: LogConfig; readonly logStartOffset?: number }): Log {
    assert(this.#metadataLog === undefined, "the metadata log is open already");
    const log = {
      topicPartition: METADATA_PARTITION,
      topicId: METADATA_TOPIC_ID,
      directory: this.#directories.metadata,
      folder: this.metadataFolder,
      config: options.config,
    };
    const { disk } = this.#environment;
    const exists =
      disk.status(log.folder) !== undefined &&
      disk.list(log.folder).some((name) => name.endsWith(".log"));
    this.#metadataLog = exists
      ? loadLog(this.#environment, {
          ...log,
          wasClosed: false,
          recoveryPoint: undefined,
          logStartOffset: options.logStartOffset ?? 0,
          highWatermark: 0,
        })
      : createLog(this.#environment, log);
    return this.#metadataLog;
  }

  /**
   * Opens the logs of all partition folders. `lookup` gives the configuration of each that the
   * metadata assign to this node; a folder for which it gives none is put aside as a stray one and
   * kept. Throws `LogDirectoryError` for a folder that is none of a partition.
   */
  async loadLogs(lookup: ConfigLookup): Promise<void> {
    for (const directory of this.#directories.logDirs) {
      if (directory.isOffline) continue;
      const wasClean = this.#cleanShutdowns.get(directory)?.wasClean ?? false;
      try {
        await loadDirectory(this.#environment, directory, {
          lookup,
          wasClean,
          isMetadataDirectory: directory === this.#directories.metadata,
          folderDeleteDelayMs: this.#options.settings.folderDeleteDelayMs,
          add: (log) => this.#add(log),
        });
        directory.createCheckpoints();
        directory.isLoaded = true;
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        directory.fail(error);
      }
    }
    await this.#flushRecovered();
    this.#startTasks();
  }

  /**
   * What a process that was killed had not synced yet is found again, and would be served as if it
   * had been: logs whose settings promise that it is (`flush.messages`) are synced first.
   */
  async #flushRecovered(): Promise<void> {
    const due = [...this.#logs.values()].filter((log) => log.isFlushDue);
    // A failure takes the directory offline, which is told there.
    await Promise.all(due.map((log) => log.flush().catch(() => undefined)));
  }

  /** The log of a partition, the metadata log not included. */
  logOf(topicPartition: TopicPartition): Log | undefined {
    return this.#logs.get(topicPartitionName(topicPartition.topic, topicPartition.partition));
  }

  /** All logs, the metadata log not included. */
  logs(): IterableIterator<Log> {
    return this.#logs.values();
  }

  /**
   * Makes an empty log, in the directory of that id, else in the one with the fewest logs. Throws
   * `LogDirectoryError` when no directory can take it.
   */
  createLog(
    topicPartition: TopicPartition,
    options: {
      readonly topicId: Uuid;
      readonly config: LogConfig;
      readonly directoryId?: Uuid;
    },
  ): Log {
    const { topic, partition } = topicPartition;
    const name = topicPartitionName(topic, partition);
    assert(!this.#logs.has(name), "the log is there already", { name });
    const directory = this.#directoryFor(options.directoryId);
    try {
      this.#forgetNamesake(directory, name);
      const log = createLog(this.#environment, {
        topicPartition: { topic, partition },
        topicId: options.topicId,
        directory,
        folder: `${directory.path}/${name}`,
        config: options.config,
      });
      this.#logs.set(name, log);
      return log;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      if (error.kind !== "full") directory.fail(error);
      throw new LogDirectoryError(directory.path, `cannot take ${name}: ${messageOf(error)}`, {
        code: "LOG_DIRECTORY_UNUSABLE",
        retriable: error.kind === "full",
        cause: error,
      });
    }
  }

  /** What checkpoints say of a deleted partition must not be taken for the new one's of that name. */
  #forgetNamesake(directory: LogDirectory, name: string): void {
    for (const kind of CHECKPOINTS) {
      const checkpoint = directory[kind];
      if (checkpoint.mentions(name)) checkpoint.writeNow(this.#offsets(directory, kind));
    }
  }

  /** Puts the folder of a partition aside; it is removed after a while. */
  deleteLog(topicPartition: TopicPartition): void {
    const log = this.logOf(topicPartition);
    if (log === undefined) return;
    this.#logs.delete(log.name);
    this.#backgroundFlush.forget(log);
    log.abandon();
    const { directory, topic, partition } = log;
    this.#onDisk(directory, () => {
      const { disk, random } = this.#environment;
      const unique = uniqueOf(random.bytes(16));
      const aside = asideFolderName(topic, partition, unique, DELETE_FOLDER_SUFFIX);
      disk.rename(log.folder, `${directory.path}/${aside}`);
      const delayMs = this.#options.settings.folderDeleteDelayMs;
      this.#remover.removeLater(directory, [`${directory.path}/${aside}`], delayMs);
    });
  }

  /** Applies retention to all logs now. Returns the number of segments that were deleted. */
  async deleteOldSegments(): Promise<number> {
    const { clock } = this.#environment;
    let count = 0;
    await this.#forEachLog((log) => {
      count += log.deleteOldSegments(clock.nowMs());
    });
    return count;
  }

  /** Writes what every log's recovery point, start and high watermark are. */
  async checkpoint(): Promise<void> {
    for (const directory of this.#directories.logDirs) {
      for (const kind of CHECKPOINTS) await this.#checkpoint(directory, kind);
    }
  }

  /**
   * Ends the use of all logs: flushed, checkpoints written, last of all the mark of a clean end with
   * the broker's epoch, then the locks let go. `clean: false` only lets go.
   */
  async close(
    options: { readonly brokerEpoch?: number; readonly clean?: boolean } = {},
  ): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const clean = options.clean ?? true;
    this.#remover.stop();
    await Promise.all(this.#tasks.map((task) => task.stop()));
    await this.#backgroundFlush.stop();
    if (clean) {
      await this.#closeLogs();
      await this.#metadataLog?.close({ keepIndexSize: true });
      await this.checkpoint();
      for (const directory of this.#directories.logDirs) {
        if (!directory.isLoaded) continue;
        this.#onDisk(directory, () => directory.writeCleanShutdown(options.brokerEpoch ?? -1));
      }
    } else {
      for (const log of this.#logs.values()) log.abandon();
      this.#metadataLog?.abandon();
    }
    this.#environment.openFiles.closeAll();
    for (const directory of new Set([...this.#directories.logDirs, this.#directories.metadata])) {
      directory.release(clean);
    }
  }

  #add(log: Log): void {
    const other = this.#logs.get(log.name);
    if (other !== undefined) {
      throw new LogDirectoryError(log.folder, `is the same partition as ${other.folder}`, {
        code: "LOG_FOLDER_TWICE",
        remedy: "Move one of the two folders out of the log directories.",
      });
    }
    this.#logs.set(log.name, log);
  }

  async #closeLogs(): Promise<void> {
    const waiting = this.#logs.values();
    const closeNext = async (): Promise<void> => {
      for (const log of waiting) await log.close();
    };
    await Promise.all(Array.from({ length: CLOSING_MAX }, closeNext));
  }

  #directoryFor(id: Uuid | undefined): LogDirectory {
    const online = this.#directories.logDirs.filter((directory) => !directory.isOffline);
    const counts = new Map(online.map((directory) => [directory, 0]));
    const named = online.find((directory) => directory.id === id);
    if (named !== undefined) return named;
    if (online.length > 1) {
      for (const { directory } of this.#logs.values()) {
        counts.set(directory, (counts.get(directory) ?? 0) + 1);
      }
    }
    const [first] = online.sort((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0));
    if (first !== undefined) return first;
    throw new LogDirectoryError(this.#directories.metadata.path, "no log directory is online", {
      code: "LOG_DIRECTORY_OFFLINE",
    });
  }

  #startTasks(): void {
    if (this.#isClosing) return;
    const { clock } = this.#environment;
    const { settings } = this.#options;
    const delayMs = settings.initialTaskDelayMs;
    const start = (intervalMs: number, firstMs: number, run: () => Promise<void>): void => {
      this.#tasks.push(new PeriodicTask(clock, { delayMs: firstMs, intervalMs }, run));
    };
    start(settings.retentionCheckIntervalMs, delayMs, async () => {
      await this.deleteOldSegments();
    });
    start(settings.recoveryPointCheckpointIntervalMs, delayMs, () =>
      this.#checkpointAll("recoveryPoints"),
    );
    start(settings.logStartCheckpointIntervalMs, delayMs, () =>
      this.#checkpointAll("logStartOffsets"),
    );
    const highWatermarkMs = settings.highWatermarkCheckpointIntervalMs;
    start(highWatermarkMs, highWatermarkMs, async () => {
      await this.#checkpointAll("highWatermarks");
      // They move with syncs in the background; the sooner it is told, the less a crash has to read.
      await this.#checkpointAll("recoveryPoints");
      await this.#syncNames();
    });
    const expiryMs = settings.producerIdExpirationCheckIntervalMs;
    start(expiryMs, expiryMs, () =>
      this.#forEachLog((log) => log.removeExpiredProducers(clock.nowMs())),
    );
  }

  /** New logs and leader epochs reach the device without anybody waiting for it. */
  async #syncNames(): Promise<void> {
    for (const log of this.#logs.values()) {
      if (this.#isClosing) return;
      if (!log.hasUnsyncedNames || log.isOffline) continue;
      // A failure takes the directory offline, which is told there.
      await log.flushNames().catch(() => undefined);
    }
  }

  async #checkpointAll(kind: CheckpointKind): Promise<void> {
    for (const directory of this.#directories.logDirs) await this.#checkpoint(directory, kind);
  }

  /**
   * A log was cut: what is appended to it again is not on the device, and a crash must not find a
   * recovery point or a start above it.
   */
  #checkpointNow(directory: LogDirectory): void {
    if (!directory.isLoaded) return;
    this.#onDisk(directory, () => {
      directory.logStartOffsets.writeNow(this.#offsets(directory, "logStartOffsets"));
      directory.recoveryPoints.writeNow(this.#offsets(directory, "recoveryPoints"));
    });
  }

  async #checkpoint(directory: LogDirectory, kind: CheckpointKind): Promise<void> {
    if (directory.isOffline || !directory.isLoaded) return;
    const file: OffsetCheckpoint = directory[kind];
    try {
      await file.write(this.#offsets(directory, kind));
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      if (error.kind === "full") this.#options.logger.warn(`cannot write ${file.path}: disk full`);
      else directory.fail(error);
    }
  }

  #offsets(directory: LogDirectory, kind: CheckpointKind): Map<string, number> {
    const offsets = new Map<string, number>();
    for (const log of this.#logs.values()) {
      if (log.directory !== directory) continue;
      const offset = checkpointed[kind](log);
      if (offset !== undefined) offsets.set(log.name, offset);
    }
    return offsets;
  }

  /** Calls `run` for every log, letting others run in between. */
  async #forEachLog(run: (log: Log) => void): Promise<void> {
    const { clock } = this.#environment;
    let count = 0;
    for (const log of this.#logs.values()) {
      if (this.#isClosing) return;
      run(log);
      if (++count % LOGS_PER_TURN === 0) await new Promise<void>((go) => clock.defer(go));
    }
  }

  #onDisk(directory: LogDirectory, run: () => void): void {
    if (directory.isOffline) return;
    try {
      run();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      directory.fail(error);
    }
  }
}

type CheckpointKind = "recoveryPoints" | "logStartOffsets" | "highWatermarks";

const CHECKPOINTS: readonly CheckpointKind[] = [
  "recoveryPoints",
  "logStartOffsets",
  "highWatermarks",
];

/** What a log contributes to a checkpoint file; the start only when no segment begins there. */
const checkpointed: Readonly<Record<CheckpointKind, (log: Log) => number | undefined>> = {
  recoveryPoints: (log) => log.safeRecoveryPoint,
  logStartOffsets: (log) => {
    const first = log.segments[0]?.baseOffset ?? 0;
    return log.logStartOffset > first ? log.logStartOffset : undefined;
  },
  highWatermarks: (log) => log.highWatermark,
};
