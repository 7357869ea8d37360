import {
  describeFeatures,
  updateFeatures,
  type FeatureUpdate,
} from "../../client/admin/features.ts";
import { describeLogDirs } from "../../client/admin/log-dirs.ts";
import { describeMetadataQuorum, removeRaftVoter } from "../../client/admin/quorum.ts";
import {
  defaultFeatureLevel,
  features,
  METADATA_VERSION,
  METADATA_VERSION_LATEST,
  metadataVersionOfLevel,
  metadataVersionOfName,
} from "../../metadata/features.ts";
import { quorumItem } from "../commands/quorum.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { stringifyJson } from "../output.ts";
import { parseNumbers } from "../patterns.ts";
import { usageProblem } from "../problem.ts";
import type { QuorumReplicaRow } from "../shapes/cluster.ts";
import { write, type Terminal } from "../terminal.ts";
import { needed, tabTable, withKafkaCluster } from "./options.ts";

/** `moldau kafka-log-dirs --describe`. */
export function runLogDirs(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const listed = options.text("broker-list");
  const topics = new Set(
    (options.text("topic-list") ?? "").split(",").filter((topic) => topic !== ""),
  );
  return withKafkaCluster(terminal, options, async (cluster) => {
    const known = [...cluster.brokers.keys()].sort((a, b) => a - b);
    const ids = listed === undefined || listed === "" ? known : parseNumbers(listed);
    const missing = ids.filter((id) => !known.includes(id));
    if (missing.length > 0) {
      throw usageProblem(
        `the brokers ${missing.join(", ")} are not there; there are ${known.join(", ")}`,
      );
    }
    await write(terminal.stdout, "Querying brokers for log directories information\n");
    const outcomes = await describeLogDirs(cluster, ids);
    const brokers = outcomes.flatMap(({ value }) => (value === undefined ? [] : [value]));
    const json = {
      brokers: brokers.map(({ brokerId, logDirs }) => ({
        broker: brokerId,
        logDirs: logDirs.map(({ path, error, replicas }) => ({
          partitions: replicas
            .filter(({ topic }) => topics.size === 0 || topics.has(topic))
            .map(({ topic, partition, sizeBytes, offsetLag, isFuture }) => ({
              partition: `${topic}-${partition}`,
              size: sizeBytes,
              offsetLag,
              isFuture,
            })),
          error: error?.code ?? null,
          logDir: path,
        })),
      })),
      version: 1,
    };
    await write(
      terminal.stdout,
      `Received log directory information from brokers ${ids.join(",")}\n`,
    );
    await write(terminal.stdout, `${stringifyJson(json)}\n`);
    return ExitCode.ok;
  });
}

/** A level of a feature in the words of Kafka's tool. */
function levelText(feature: string, level: number | null): string {
  if (level === null) return "0";
  if (feature !== METADATA_VERSION) return String(level);
  return metadataVersionOfLevel(level)?.version ?? `UNKNOWN ${level}`;
}

/** `moldau kafka-features describe`. */
export function runFeatures(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withKafkaCluster(terminal, options, async (cluster) => {
    const described = await describeFeatures(cluster);
    const lines = described.features.map(({ name, level, minSupported, maxSupported }) =>
      [
        `Feature: ${name.padEnd(41)}`,
        `SupportedMinVersion: ${levelText(name, minSupported).padEnd(16)}`,
        `SupportedMaxVersion: ${levelText(name, maxSupported).padEnd(16)}`,
        `FinalizedVersionLevel: ${levelText(name, level).padEnd(16)}`,
        `Epoch: ${described.epoch ?? "-"}`,
      ].join(" "),
    );
    await write(terminal.stdout, lines.map((line) => `${line}\n`).join(""));
    return ExitCode.ok;
  });
}

/** `moldau kafka-features upgrade`, `downgrade` and `disable`. */
function runUpdate(change: "upgrade" | "downgrade" | "disable") {
  return (terminal: Terminal, _args: readonly string[], options: Options): Promise<ExitCode> => {
    const updates = updatesOf(change, options);
    if (updates.length === 0)
      throw usageProblem("say which: --feature name=level, or --release-version");
    return withKafkaCluster(terminal, options, async (cluster) => {
      const validateOnly = options.has("dry-run");
      const outcomes = await updateFeatures(cluster, updates, { validateOnly });
      let failed = 0;
      for (const [index, { name, error }] of outcomes.entries()) {
        const level = levelText(name, updates[index]?.level ?? 0);
        const could = validateOnly ? "can be" : "was";
        if (error === undefined) {
          await write(terminal.stdout, `${name} ${could} ${change}d to ${level}.\n`);
        } else {
          failed++;
          await write(
            terminal.stdout,
            `Could not ${change} ${name} to ${level}. ${error.message}\n`,
          );
        }
      }
      if (failed === 0) return ExitCode.ok;
      return failed < outcomes.length ? ExitCode.partial : ExitCode.failed;
    });
  };
}

export const runUpgrade = runUpdate("upgrade");
export const runDowngrade = runUpdate("downgrade");
export const runDisable = runUpdate("disable");

function updatesOf(change: "upgrade" | "downgrade" | "disable", options: Options): FeatureUpdate[] {
  const lower = options.has("unsafe") ? "unsafeDowngrade" : "safeDowngrade";
  const kind = change === "upgrade" ? "upgrade" : lower;
  if (change === "disable") {
    return options.list("feature").map((feature) => ({ feature, level: 0, change: kind }));
  }
  const release = options.text("release-version");
  const metadata = options.text("metadata");
  const levels = new Map<string, number>();
  if (release !== undefined) for (const [name, level] of levelsOf(release)) levels.set(name, level);
  if (metadata !== undefined) levels.set(METADATA_VERSION, metadataLevel(metadata));
  for (const [name, level] of options.pairs("feature")) levels.set(name, featureLevel(name, level));
  return [...levels].map(([feature, level]) => ({ feature, level, change: kind }));
}

function featureLevel(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  if (name === METADATA_VERSION) return metadataLevel(text);
  throw usageProblem(`--feature ${name} takes a whole number, not "${text}"`);
}

function metadataLevel(text: string): number {
  const level = /^\d+$/.test(text) ? Number(text) : metadataVersionOfName(text)?.level;
  if (level !== undefined) return level;
  throw usageProblem(`"${text}" is no release that is known`, "write 4.4-IV2, 4.4, or a level");
}

/** The levels that a release begins with. */
function levelsOf(release: string): (readonly [name: string, level: number])[] {
  const metadata = metadataLevel(release);
  return [
    [METADATA_VERSION, metadata],
    ...features.map(({ name }) => [name, defaultFeatureLevel(name, metadata)] as const),
  ];
}

/** `moldau kafka-features version-mapping`: needs no cluster. */
export async function runVersionMapping(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const release = options.text("release-version") ?? String(METADATA_VERSION_LATEST);
  const lines = levelsOf(release).map(([name, level]) =>
    name === METADATA_VERSION
      ? `${name}=${level} (${levelText(name, level)})\n`
      : `${name}=${level}\n`,
  );
  await write(terminal.stdout, lines.join(""));
  return ExitCode.ok;
}

/** `moldau kafka-metadata-quorum describe`. */
export function runQuorum(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  if (options.has("status") === options.has("replication")) {
    throw usageProblem("say what: one of --status and --replication");
  }
  return withKafkaCluster(terminal, options, async (cluster) => {
    const item = quorumItem(await describeMetadataQuorum(cluster), cluster.clusterId);
    const nodes = (rows: readonly QuorumReplicaRow[]): string =>
      `[${rows.map(nodeText).join(", ")}]`;
    if (options.has("status")) {
      const facts: readonly (readonly [string, string | number])[] = [
        ["ClusterId:", item.clusterId ?? ""],
        ["LeaderId:", item.leaderId],
        ["LeaderEpoch:", item.leaderEpoch],
        ["HighWatermark:", item.highWatermark],
        ["MaxFollowerLag:", item.maxFollowerLag],
        ["MaxFollowerLagTimeMs:", item.maxFollowerLagTimeMs ?? -1],
        ["CurrentVoters:", nodes(item.voters)],
        ["CurrentObservers:", nodes(item.observers)],
      ];
      await write(
        terminal.stdout,
        facts.map(([name, value]) => `${name.padEnd(24)}${value}\n`).join(""),
      );
    } else {
      const isForPeople = options.has("human-readable");
      const rows = [...item.voters, ...item.observers].map((row) =>
        replicationRow(row, isForPeople),
      );
      await write(terminal.stdout, tabTable(REPLICATION_HEADER, rows));
    }
    return ExitCode.ok;
  });
}

const REPLICATION_HEADER = [
  "NodeId",
  "DirectoryId",
  "LogEndOffset",
  "Lag",
  "LastFetchTimestamp",
  "LastCaughtUpTimestamp",
  "Status",
];
const NO_DIRECTORY = "AAAAAAAAAAAAAAAAAAAAAA";
const ROLE_WORDS = { leader: "Leader", voter: "Follower", observer: "Observer" } as const;

function nodeText({ id, directoryId, endpoints }: QuorumReplicaRow): string {
  const directory = directoryId === null ? "" : `, "directoryId": "${directoryId}"`;
  const list = endpoints.map((endpoint) => `"${endpoint}"`).join(", ");
  return `{"id": ${id}${directory}${endpoints.length === 0 ? "" : `, "endpoints": [${list}]`}}`;
}

function replicationRow(row: QuorumReplicaRow, isForPeople: boolean): string[] {
  const time = (timestamp: number | null): string => {
    if (timestamp === null) return "-1";
    return isForPeople ? `${Math.max(0, Date.now() - timestamp)} ms ago` : String(timestamp);
  };
  return [
    String(row.id),
    row.directoryId ?? NO_DIRECTORY,
    String(row.logEndOffset),
    String(row.lag),
    time(row.lastFetchTimestamp),
    time(row.lastCaughtUpTimestamp),
    ROLE_WORDS[row.role],
  ];
}

/** `moldau kafka-metadata-quorum remove-controller`. */
export function runRemoveController(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const voterId = options.integer("controller-id", { min: 0 });
  if (voterId === undefined) throw usageProblem("--controller-id is missing");
  const directoryId = needed(options, "controller-directory-id");
  return withKafkaCluster(terminal, options, async (cluster) => {
    const what = `controller ${voterId} with directory id ${directoryId}`;
    if (options.has("dry-run")) {
      await write(terminal.stdout, `DRY RUN of removing KRaft ${what}\n`);
      return ExitCode.ok;
    }
    await removeRaftVoter(cluster, { voterId, directoryId });
    await write(terminal.stdout, `Removed KRaft ${what}\n`);
    return ExitCode.ok;
  });
}
