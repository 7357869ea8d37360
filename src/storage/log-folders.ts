import { messageOf } from "../core/errors.ts";
import type { TopicPartition } from "../core/topic-partition.ts";
import type { Uuid } from "../core/uuid.ts";
import type { LogConfig } from "../config/log-config.ts";
import {
  asideFolderName,
  DELETE_FOLDER_SUFFIX,
  FUTURE_FOLDER_SUFFIX,
  isAsideFolder,
  parsePartitionFolder,
  STRAY_FOLDER_SUFFIX,
  uniqueOf,
} from "./file-names.ts";
import type { LogDirectory } from "./log-directory.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { loadLog } from "./log-loader.ts";
import type { Log } from "./log.ts";
import { readPartitionMetadata } from "./partition-metadata.ts";
import { DamagedFileError, LogDirectoryError } from "./storage-error.ts";

export const METADATA_FOLDER = "__cluster_metadata-0";
/** Folders in a log directory that are none of a partition and do no harm. */
const OTHER_FOLDERS: ReadonlySet<string> = new Set(["remote-log-index-cache", "lost+found"]);
/** Logs that are opened before others may run. */
const LOGS_PER_TURN = 16;

/** A partition folder that was found at start. */
export interface FoundFolder extends TopicPartition {
  readonly topicId: Uuid;
  readonly directory: LogDirectory;
}

/** The configuration of a partition that this node has, `undefined` for a stray folder. */
export type ConfigLookup = (folder: FoundFolder) => LogConfig | undefined;

export interface LoadOptions {
  readonly lookup: ConfigLookup;
  /** The last process left its mark here. */
  readonly wasClean: boolean;
  readonly isMetadataDirectory: boolean;
  readonly folderDeleteDelayMs: number;
  readonly add: (log: Log) => void;
}

/** Opens every partition folder of a directory; puts aside what does not belong to this node. */
export async function loadDirectory(
  environment: LogEnvironment,
  directory: LogDirectory,
  options: LoadOptions,
): Promise<void> {
  const { disk, clock } = environment;
  const recoveryPoints = directory.readCheckpoint(directory.recoveryPoints);
  const logStartOffsets = directory.readCheckpoint(directory.logStartOffsets);
  const highWatermarks = directory.readCheckpoint(directory.highWatermarks);
  let opened = 0;
  for (const name of disk.list(directory.path)) {
    const folder = `${directory.path}/${name}`;
    if (disk.status(folder)?.kind !== "directory") continue;
    if (isNoPartition(environment, directory, name, options)) continue;
    const topicPartition = parsePartitionFolder(name);
    if (topicPartition === undefined) throw notAPartition(folder);
    const found = identify(environment, directory, folder, topicPartition, options.lookup);
    if (found === undefined) {
      putAside(environment, directory, name, topicPartition);
      continue;
    }
    const { topic, partition } = topicPartition;
    const key = `${topic}-${partition}`;
    const log = loadLog(environment, {
      topicPartition,
      topicId: found.topicId,
      directory,
      folder,
      config: found.config,
      wasClosed: options.wasClean,
      recoveryPoint: recoveryPoints === undefined ? undefined : (recoveryPoints.get(key) ?? 0),
      logStartOffset: logStartOffsets?.get(key) ?? 0,
      highWatermark: highWatermarks?.get(key) ?? 0,
    });
    options.add(log);
    if (!options.wasClean || ++opened % LOGS_PER_TURN === 0) {
      await new Promise<void>((go) => clock.defer(go));
    }
  }
}

function isNoPartition(
  environment: LogEnvironment,
  directory: LogDirectory,
  name: string,
  options: LoadOptions,
): boolean {
  if (OTHER_FOLDERS.has(name) || isAsideFolder(name, STRAY_FOLDER_SUFFIX)) return true;
  const folder = `${directory.path}/${name}`;
  if (name === METADATA_FOLDER) {
    if (options.isMetadataDirectory) return true;
    throw new LogDirectoryError(folder, "the metadata log is not in metadata.log.dir", {
      code: "METADATA_LOG_MISPLACED",
      remedy: `Set metadata.log.dir=${directory.path}, or move the folder.`,
    });
  }
  if (isAsideFolder(name, DELETE_FOLDER_SUFFIX)) {
    environment.unlinkLater(directory, [folder], options.folderDeleteDelayMs);
    return true;
  }
  if (isAsideFolder(name, FUTURE_FOLDER_SUFFIX)) {
    environment.logger.warn(`left alone: ${folder} is a move between directories that never ended`);
    return true;
  }
  return false;
}

/** Whose the folder is; `undefined` when it is not ours. */
function identify(
  environment: LogEnvironment,
  directory: LogDirectory,
  folder: string,
  topicPartition: TopicPartition,
  lookup: ConfigLookup,
): { readonly topicId: Uuid; readonly config: LogConfig } | undefined {
  const topicId = readTopicId(environment, folder);
  if (topicId === undefined) return undefined;
  const config = lookup({ ...topicPartition, topicId, directory });
  return config === undefined ? undefined : { topicId, config };
}

function readTopicId(environment: LogEnvironment, folder: string): Uuid | undefined {
  try {
    return readPartitionMetadata(environment.disk, folder);
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    environment.logger.warn(messageOf(error));
    return undefined;
  }
}

/** A stray folder is kept under another name; nothing is ever deleted for want of metadata. */
function putAside(
  environment: LogEnvironment,
  directory: LogDirectory,
  name: string,
  { topic, partition }: TopicPartition,
): void {
  const unique = uniqueOf(environment.random.bytes(16));
  const aside = asideFolderName(topic, partition, unique, STRAY_FOLDER_SUFFIX);
  environment.logger.warn(
    `${directory.path}/${name} is not assigned to this node: kept as ${aside}`,
  );
  environment.disk.rename(`${directory.path}/${name}`, `${directory.path}/${aside}`);
}

function notAPartition(folder: string): LogDirectoryError {
  return new LogDirectoryError(folder, "is not the folder of a partition", {
    code: "LOG_FOLDER_UNKNOWN",
    remedy: "Move it out of the log directory; folders there are named <topic>-<partition>.",
  });
}
