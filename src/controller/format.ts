import { MoldauError } from "../core/errors.ts";
import { isReservedUuid, uuidBytes, type Uuid } from "../core/uuid.ts";
import type { ClusterRecord } from "../metadata/cluster-record.ts";
import {
  features,
  KRAFT_VERSION,
  METADATA_VERSION,
  METADATA_VERSION_LATEST,
  metadataVersionOfLevel,
  metadataVersionOfName,
  supports,
} from "../metadata/features.ts";
import { encodeClusterRecord } from "../metadata/record-codec.ts";
import type { Clock } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import { randomUuid, type Random } from "../platform/random.ts";
import { MetadataDirectory, METADATA_FOLDER } from "../raft/metadata-directory.ts";
import { BOOTSTRAP_SNAPSHOT } from "../raft/snapshot.ts";
import { VoterSet, type VoterEndpoint } from "../raft/voter-set.ts";
import { readMetaProperties, writeMetaProperties } from "../storage/meta-properties.ts";
import { featureRecords } from "./bootstrap.ts";

/** How the voters of a new quorum are known. */
export type InitialQuorum =
  /** `controller.quorum.voters` names them: kraft.version 0. */
  | { readonly kind: "static" }
  /** This node alone (`--standalone`). */
  | { readonly kind: "standalone"; readonly endpoints: readonly VoterEndpoint[] }
  /** `--initial-controllers`: this node's entry gives its directory id. */
  | { readonly kind: "initial-controllers"; readonly controllers: readonly InitialController[] }
  /** `--no-initial-controllers`: this node joins a quorum that exists. */
  | { readonly kind: "none" };

export interface InitialController {
  readonly id: number;
  readonly directoryId: Uuid;
  readonly endpoint: VoterEndpoint;
}

/** What a new cluster begins with. */
export interface BootstrapContent {
  /** `4.4`, `4.4-IV2`; the newest when left out. */
  readonly releaseVersion?: string;
  /** Levels by feature name; others are the defaults of the release. */
  readonly featureLevels?: ReadonlyMap<string, number>;
  readonly scramRecords?: readonly ClusterRecord[];
}

export interface FormatOptions extends BootstrapContent {
  readonly platform: { readonly disk: Disk; readonly clock: Clock; readonly random: Random };
  readonly logDirs: readonly string[];
  readonly metadataLogDir: string;
  readonly nodeId: number;
  readonly clusterId: string;
  readonly isController: boolean;
  readonly quorum: InitialQuorum;
  /** Formats only what is not formatted yet. */
  readonly ignoreFormatted: boolean;
}

export interface FormatResult {
  /** Directories that were formatted now, with their ids. */
  readonly formatted: ReadonlyMap<string, Uuid>;
  readonly alreadyFormatted: readonly string[];
  readonly metadataVersion: string;
}

/**
 * Prepares the directories of a new node, as `kafka-storage format` does: the bootstrap snapshot where a
 * controller looks for it, then `meta.properties` in every directory.
 * @throws MoldauError when a directory is formatted already, or belongs to something else
 */
export function formatStorage(options: FormatOptions): FormatResult {
  const { platform, nodeId, clusterId, metadataLogDir } = options;
  const { disk } = platform;
  const content = bootstrapContent(options);
  const paths = [...new Set([metadataLogDir, ...options.logDirs])];
  const alreadyFormatted = paths.filter((path) => isFormatted(options, path));
  if (alreadyFormatted.length > 0 && !options.ignoreFormatted) {
    throw new MoldauError(`log directory ${alreadyFormatted[0]} is already formatted`, {
      code: "ALREADY_FORMATTED",
      remedy: "Use --ignore-formatted to ignore this directory and format the others.",
    });
  }
  const formatted = new Map<string, Uuid>();
  for (const path of paths) {
    if (alreadyFormatted.includes(path)) continue;
    formatted.set(path, directoryIdFor(options, path));
  }
  for (const [path, directoryId] of formatted) {
    disk.makeDirectory(path);
    if (path === metadataLogDir && options.isController) {
      writeBootstrapSnapshot(platform, path, { nodeId, directoryId }, options.quorum, content);
    }
  }
  for (const [path, directoryId] of formatted) {
    writeMetaProperties(disk, path, { clusterId, nodeId, directoryId }, platform.clock.nowMs());
  }
  return { formatted, alreadyFormatted, metadataVersion: content.metadataVersion };
}

function isFormatted(options: FormatOptions, path: string): boolean {
  const properties = readMetaProperties(options.platform.disk, path);
  if (properties === undefined) return false;
  const { clusterId, nodeId } = options;
  if (properties.clusterId !== clusterId || properties.nodeId !== nodeId) {
    throw new MoldauError(
      `log directory ${path} belongs to node ${properties.nodeId} of cluster ${properties.clusterId}`,
      {
        code: "LOG_DIRECTORY_FOREIGN",
        remedy: `Format it as what it is, or choose another directory than ${path}.`,
      },
    );
  }
  return true;
}

function directoryIdFor(options: FormatOptions, path: string): Uuid {
  const { quorum, nodeId, metadataLogDir, platform } = options;
  if (quorum.kind === "initial-controllers" && path === metadataLogDir && options.isController) {
    const own = quorum.controllers.find(({ id }) => id === nodeId);
    if (own === undefined) {
      throw new MoldauError(`--initial-controllers does not name node ${nodeId}`, {
        code: "FORMAT_QUORUM",
        remedy: "Add ID@HOST:PORT:DIRECTORY of this node, or use --no-initial-controllers.",
      });
    }
    return own.directoryId;
  }
  return randomUuid(platform.random);
}

/** The records and the level of a bootstrap snapshot. */
interface Bootstrap {
  readonly records: readonly ClusterRecord[];
  readonly metadataVersion: string;
  readonly kraftVersion: number | undefined;
}

/**
 * What a new cluster begins with.
 * @throws MoldauError for unknown releases, features and levels
 */
export function bootstrapContent(content: BootstrapContent): Bootstrap {
  const { featureLevels = new Map<string, number>(), releaseVersion, scramRecords = [] } = content;
  const wanted = featureLevels.get(METADATA_VERSION);
  const version =
    wanted !== undefined
      ? metadataVersionOfLevel(wanted)
      : releaseVersion !== undefined
        ? metadataVersionOfName(releaseVersion)
        : metadataVersionOfLevel(METADATA_VERSION_LATEST);
  if (version === undefined || (wanted !== undefined && releaseVersion !== undefined)) {
    throw new MoldauError(`unknown release version ${releaseVersion ?? wanted}`, {
      code: "FORMAT_RELEASE",
      remedy: "Give a release from 3.3 to 4.4, by --release-version or by --feature, not by both.",
    });
  }
  for (const [name, level] of featureLevels) {
    if (name !== METADATA_VERSION) checkFeature(name, level, version.level);
  }
  if (scramRecords.length > 0 && !supports(version.level, "scram")) {
    throw new MoldauError("SCRAM credentials need metadata.version 3.5-IV2 or later", {
      code: "FORMAT_SCRAM",
      remedy: "Give a newer --release-version.",
    });
  }
  return {
    records: [...featureRecords(version.level, featureLevels), ...scramRecords],
    metadataVersion: version.version,
    kraftVersion: featureLevels.get(KRAFT_VERSION),
  };
}

function checkFeature(name: string, level: number, metadataVersion: number): void {
  const known = features.find((feature) => feature.name === name);
  const found = known?.levels.find((candidate) => candidate.level === level);
  if (found !== undefined && found.metadataVersionMin <= metadataVersion) return;
  const levels = known?.levels.map((candidate) => candidate.level).join(", ");
  throw new MoldauError(`feature ${name} cannot be ${level} in this release`, {
    code: "FORMAT_FEATURE",
    remedy:
      levels === undefined
        ? `Known features are ${features.map((feature) => feature.name).join(", ")}.`
        : `Choose one of ${levels}, or a newer release.`,
  });
}

/** Puts the bootstrap snapshot where a controller finds it (`…0000-0000000000.checkpoint`). */
export function writeBootstrapSnapshot(
  platform: { readonly disk: Disk; readonly clock: Clock; readonly random: Random },
  metadataLogDir: string,
  self: { readonly nodeId: number; readonly directoryId: Uuid },
  quorum: InitialQuorum,
  bootstrap: Bootstrap,
): void {
  const voters = votersOf(quorum, self);
  const kraftVersion = quorum.kind === "static" ? 0 : 1;
  if (bootstrap.kraftVersion !== undefined && bootstrap.kraftVersion !== kraftVersion) {
    throw new MoldauError(`${KRAFT_VERSION} is ${kraftVersion} for this kind of quorum`, {
      code: "FORMAT_FEATURE",
      remedy: "Static voters mean kraft.version 0; --standalone and its companions mean 1.",
    });
  }
  const folder = `${metadataLogDir}/${METADATA_FOLDER}`;
  platform.disk.makeDirectory(folder);
  const nowMs = platform.clock.nowMs();
  new MetadataDirectory(platform, folder).writeNow(
    { id: BOOTSTRAP_SNAPSHOT, lastContainedLogTimestampMs: nowMs, kraftVersion, voters },
    bootstrap.records.map(encodeClusterRecord),
  );
}

function votersOf(
  quorum: InitialQuorum,
  self: { readonly nodeId: number; readonly directoryId: Uuid },
): VoterSet | undefined {
  const supported = { kraftVersionMin: 0, kraftVersionMax: 1 };
  switch (quorum.kind) {
    case "static":
    case "none":
      return undefined;
    case "standalone": {
      const { endpoints } = quorum;
      return new VoterSet([
        { id: self.nodeId, directoryId: self.directoryId, endpoints, ...supported },
      ]);
    }
    case "initial-controllers":
      return new VoterSet(
        quorum.controllers.map(({ id, directoryId, endpoint }) => {
          return { id, directoryId, endpoints: [endpoint], ...supported };
        }),
      );
  }
}

/**
 * Reads `--initial-controllers`: `ID@HOST:PORT:DIRECTORY`, separated by commas.
 * @throws MoldauError
 */
export function parseInitialControllers(text: string, listenerName: string): InitialController[] {
  const controllers = text.split(",").map((entry) => {
    const match = /^\s*(\d{1,10})@(\[[^\]]+\]|[^:\s]+):(\d{1,5}):([\w-]{22})\s*$/.exec(entry);
    const port = Number(match?.[3]);
    const directoryId = match?.[4] ?? "";
    const bad =
      port > 0xffff || uuidBytes(directoryId) === undefined || isReservedUuid(directoryId);
    if (match === null || bad) {
      throw new MoldauError(`"${entry}" is no initial controller`, {
        code: "FORMAT_QUORUM",
        remedy: "Write ID@HOST:PORT:DIRECTORY, such as 1@localhost:9093:MvDxzVmcRsaTz33bUuRU6A.",
      });
    }
    const host = (match[2] ?? "").replace(/^\[|\]$/g, "");
    return { id: Number(match[1]), directoryId, endpoint: { name: listenerName, host, port } };
  });
  const ids = new Set(controllers.map(({ id }) => id));
  const directories = new Set(controllers.map(({ directoryId }) => directoryId));
  if (ids.size !== controllers.length || directories.size !== controllers.length) {
    throw new MoldauError("--initial-controllers names a node or a directory twice", {
      code: "FORMAT_QUORUM",
      remedy: "Name each controller once.",
    });
  }
  return controllers;
}
