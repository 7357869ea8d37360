import type { Uuid } from "../core/uuid.ts";
import { messageOf } from "../core/errors.ts";
import { DiskError } from "../platform/disk.ts";
import type { Platform } from "../platform/platform.ts";
import { randomUuid } from "../platform/random.ts";
import type { Logger } from "../telemetry/logger.ts";
import { LogDirectory, type DirectoryFailureListener } from "./log-directory.ts";
import {
  META_PROPERTIES_FILE,
  readMetaProperties,
  writeMetaProperties,
  type MetaProperties,
} from "./meta-properties.ts";
import { LogDirectoryError } from "./storage-error.ts";

/** What empty directories become. */
export interface FormatOptions {
  readonly clusterId: string;
  /** Directory ids to be used for paths (`--initial-controllers`); others are made. */
  readonly directoryIds?: ReadonlyMap<string, Uuid>;
  /** Called before the first `meta.properties` is written, with the metadata directory's id. */
  readonly prepare?: (metadataDirectory: LogDirectory) => void;
}

export interface DirectoriesOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly logDirs: readonly string[];
  readonly metadataLogDir: string;
  readonly nodeId: number;
  /** Without it, directories that nobody formatted are refused. */
  readonly format: FormatOptions | undefined;
  readonly onFailure: DirectoryFailureListener;
}

/** The directories of a node, locked and found to be this node's. */
export interface OpenedDirectories {
  readonly clusterId: string;
  /** Those of `log.dirs`. */
  readonly logDirs: readonly LogDirectory[];
  readonly metadata: LogDirectory;
}

/**
 * Takes all directories of a node: locks first, then looks whose they are. Directories that are all
 * empty are formatted when that was asked for. Throws {@link LogDirectoryError}; a directory that
 * cannot be read is offline instead, unless it is the metadata directory.
 */
export function openDirectories(options: DirectoriesOptions): OpenedDirectories {
  const { logger, platform, onFailure } = options;
  const paths = [...new Set([options.metadataLogDir, ...options.logDirs])];
  const directories = new Map<string, LogDirectory>();
  try {
    for (const path of paths) {
      directories.set(path, openOne(options, path));
    }
    const clusterId = identify(options, directories);
    const directoryOf = (path: string): LogDirectory =>
      directories.get(path) ??
      LogDirectory.unusable(platform.disk, path, logger, undefined, onFailure);
    return {
      clusterId,
      logDirs: [...new Set(options.logDirs)].map(directoryOf),
      metadata: directoryOf(options.metadataLogDir),
    };
  } catch (error) {
    for (const directory of directories.values()) directory.release(false);
    throw error;
  }
}

function openOne(options: DirectoriesOptions, path: string): LogDirectory {
  const { platform, logger, metadataLogDir, onFailure } = options;
  try {
    return LogDirectory.open(platform.disk, path, logger, onFailure);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    if (path === metadataLogDir) throw unreadable(path, error);
    return LogDirectory.unusable(platform.disk, path, logger, error, onFailure);
  }
}

/** Reads or writes every `meta.properties`; returns the cluster's id. */
function identify(
  options: DirectoriesOptions,
  directories: ReadonlyMap<string, LogDirectory>,
): string {
  const { platform, nodeId } = options;
  const found = readAll(options, directories);
  if (found.size === 0) return formatAll(options, directories);
  let clusterId: string | undefined;
  const ids = new Map<Uuid, string>();
  for (const [path, directory] of directories) {
    if (directory.isOffline) continue;
    const properties = found.get(path);
    if (properties === undefined) throw unformatted(path);
    check(properties, path, nodeId);
    clusterId ??= properties.clusterId;
    if (properties.clusterId !== clusterId) {
      throw foreign(path, `belongs to cluster ${properties.clusterId}, others to ${clusterId}`);
    }
    const id = properties.directoryId ?? randomUuid(platform.random);
    const other = ids.get(id);
    if (other !== undefined) throw foreign(path, `has the same directory.id as ${other}`);
    ids.set(id, path);
    directory.id = id;
    if (properties.directoryId === undefined && clusterId !== undefined) {
      write(options, directory, clusterId, id);
    }
  }
  if (clusterId === undefined) throw foreign(options.metadataLogDir, "has no cluster.id");
  return clusterId;
}

function readAll(
  options: DirectoriesOptions,
  directories: ReadonlyMap<string, LogDirectory>,
): Map<string, MetaProperties> {
  const { disk } = options.platform;
  const found = new Map<string, MetaProperties>();
  for (const [path, directory] of directories) {
    if (directory.isOffline) continue;
    try {
      const properties = readMetaProperties(disk, path);
      if (properties !== undefined) found.set(path, properties);
    } catch (error) {
      if (path === options.metadataLogDir || !(error instanceof DiskError)) {
        throw unreadable(path, error);
      }
      directory.fail(error);
    }
  }
  return found;
}

function formatAll(
  options: DirectoriesOptions,
  directories: ReadonlyMap<string, LogDirectory>,
): string {
  const { format, platform, metadataLogDir } = options;
  if (format === undefined) throw unformatted(metadataLogDir);
  for (const [path, directory] of directories) {
    if (directory.isOffline) continue;
    directory.id = format.directoryIds?.get(path) ?? randomUuid(platform.random);
  }
  const metadata = directories.get(metadataLogDir);
  if (metadata !== undefined) format.prepare?.(metadata);
  for (const directory of directories.values()) {
    if (directory.id !== undefined) write(options, directory, format.clusterId, directory.id);
  }
  return format.clusterId;
}

function write(
  options: DirectoriesOptions,
  directory: LogDirectory,
  clusterId: string,
  directoryId: Uuid,
): void {
  const { disk, clock } = options.platform;
  const { nodeId } = options;
  writeMetaProperties(disk, directory.path, { clusterId, nodeId, directoryId }, clock.nowMs());
}

function check(properties: MetaProperties, path: string, nodeId: number): void {
  if (properties.nodeId === nodeId) return;
  throw new LogDirectoryError(
    path,
    `belongs to node ${properties.nodeId}, and this one is node ${nodeId}`,
    {
      code: "LOG_DIRECTORY_FOREIGN",
      remedy: `Set node.id=${properties.nodeId}, or give this node another log.dirs.`,
    },
  );
}

function foreign(path: string, what: string): LogDirectoryError {
  return new LogDirectoryError(path, what, {
    code: "LOG_DIRECTORY_FOREIGN",
    remedy: `Look at ${META_PROPERTIES_FILE} there; each node needs directories of its own.`,
  });
}

function unformatted(path: string): LogDirectoryError {
  return new LogDirectoryError(path, `has no ${META_PROPERTIES_FILE}`, {
    code: "LOG_DIRECTORY_UNFORMATTED",
    remedy: "Format it with `moldau format`.",
  });
}

function unreadable(path: string, cause: unknown): LogDirectoryError {
  return new LogDirectoryError(path, `cannot be used: ${messageOf(cause)}`, {
    code: "LOG_DIRECTORY_UNREADABLE",
    cause,
    remedy: `Make the directory and its ${META_PROPERTIES_FILE} readable and writable.`,
  });
}
