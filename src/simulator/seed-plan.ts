import type { CompressionCodec } from "../records/compression.ts";
import { SimRandom } from "./sim-random.ts";

/** Faults that a seed may bring, each with its own weight. */
export const faultKinds = [
  "kill",
  "kill in a disk call",
  "power loss",
  "power loss in a disk call",
  "clean restart",
  "quiet restart",
  "connection reset",
  "blocked link",
  "write error",
  "sync error",
  "full disk",
  "slow disk",
  "clock step",
  "long pause",
  "damaged tail",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Where the node keeps what. */
export interface DirectoryPlan {
  /** `log.dirs`. */
  readonly logDirs: readonly string[];
  /** `metadata.log.dir`; the first of the others when absent. */
  readonly metadataLogDir: string | undefined;
}

/** How one seed's world is: what runs in it, how it is set up, what goes wrong. */
export interface SeedPlan {
  readonly seed: number;
  /** `log.flush.interval.messages=1`: everything is synced before it is acknowledged. */
  readonly isStrict: boolean;
  readonly directories: DirectoryPlan;
  /** Groups without members and offsets are not removed while the run lasts. */
  readonly keepsGroups: boolean;
  /** Settings of the broker, `name=value`. */
  readonly brokerSettings: readonly string[];
  readonly topicCount: number;
  /** Names of deleted topics are used again; then producers name topics by id. */
  readonly reusesNames: boolean;
  readonly idempotentProducers: number;
  readonly plainProducers: number;
  readonly consumers: number;
  readonly groups: number;
  readonly membersPerGroup: number;
  readonly committers: number;
  /** Milliseconds between two operations of an actor, at most. */
  readonly thinkMsMax: number;
  readonly codecs: readonly CompressionCodec[];
  readonly valueBytesMax: number;
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** Milliseconds between two faults, on average. */
  readonly faultIntervalMs: number;
  readonly networkDelayMsMax: number;
  readonly resetProbability: number;
}

/** Everything about a seed's world follows from the seed. */
export function planOf(seed: number): SeedPlan {
  const random = new SimRandom(seed, "plan");
  const isStrict = random.chance(0.4);
  const keepsGroups = random.chance(0.7);
  const directories = planDirectories(random);
  return {
    seed,
    isStrict,
    directories,
    keepsGroups,
    brokerSettings: planSettings(random, { isStrict, keepsGroups }, directories),
    topicCount: random.between(1, 4),
    reusesNames: random.chance(0.5),
    idempotentProducers: random.between(1, 3),
    plainProducers: random.between(0, 2),
    consumers: random.between(1, 3),
    groups: random.between(0, 2),
    membersPerGroup: random.between(1, 3),
    committers: random.between(0, 2),
    thinkMsMax: random.pick([5, 20, 100, 400]),
    codecs: random.chance(0.8) ? ["none"] : ["none", "gzip", "snappy", "lz4", "zstd"],
    valueBytesMax: random.pick([20, 100, 100, 1000, 5000]),
    faults: planFaults(random),
    faultIntervalMs: random.pick([200, 1000, 4000, 15_000]),
    networkDelayMsMax: random.pick([0.5, 2, 10, 50]),
    resetProbability: random.chance(0.2) ? 0.002 : 0,
  };
}

function planDirectories(random: SimRandom): DirectoryPlan {
  const shape = random.below(4);
  if (shape === 0) return { logDirs: ["/data/all"], metadataLogDir: undefined };
  const logDirs = shape === 3 ? ["/data/one", "/data/two"] : ["/data/one"];
  return { logDirs, metadataLogDir: "/data/metadata" };
}

const DAY_MS = 86_400_000;

function planSettings(
  random: SimRandom,
  traits: { readonly isStrict: boolean; readonly keepsGroups: boolean },
  directories: DirectoryPlan,
): string[] {
  const { isStrict, keepsGroups } = traits;
  const settings = new Map<string, string | number>([
    ["log.dirs", directories.logDirs.join(",")],
    ["offsets.topic.num.partitions", random.between(1, 3)],
    ["group.initial.rebalance.delay.ms", random.pick([0, 0, 500, 3000])],
    ["group.min.session.timeout.ms", 1000],
    ["log.retention.check.interval.ms", random.pick([5000, 30_000, 300_000])],
    ["log.initial.task.delay.ms", random.pick([0, 1000, 30_000])],
    ["log.flush.offset.checkpoint.interval.ms", random.pick([500, 5000, 60_000])],
    ["log.flush.start.offset.checkpoint.interval.ms", random.pick([500, 5000, 60_000])],
    ["replica.high.watermark.checkpoint.interval.ms", random.pick([500, 5000])],
    ["offsets.retention.check.interval.ms", keepsGroups ? DAY_MS : 60_000],
    ["max.incremental.fetch.session.cache.slots", random.pick([1, 2, 1000])],
    ["auto.create.topics.enable", "false"],
    ["metadata.max.idle.interval.ms", random.pick([500, 10_000, 60_000])],
  ]);
  if (directories.metadataLogDir !== undefined) {
    settings.set("metadata.log.dir", directories.metadataLogDir);
  }
  if (isStrict) settings.set("log.flush.interval.messages", 1);
  if (random.chance(0.3)) settings.set("log.flush.interval.ms", random.pick([100, 2000]));
  if (random.chance(0.5)) {
    settings.set("metadata.log.max.record.bytes.between.snapshots", random.pick([500, 3000]));
    settings.set("internal.metadata.log.segment.bytes", random.pick([1000, 8000, 8_388_608]));
  }
  return [...settings].map(([name, value]) => `${name}=${value}`);
}

/** A few kinds of faults at a time, for what one of them needs another may prevent. */
function planFaults(random: SimRandom): Map<FaultKind, number> {
  const faults = new Map<FaultKind, number>();
  if (random.chance(0.05)) return faults;
  const density = random.pick([0.15, 0.35, 0.7]);
  for (const kind of faultKinds) {
    if (random.chance(density)) faults.set(kind, random.pick([1, 1, 3]));
  }
  return faults;
}
