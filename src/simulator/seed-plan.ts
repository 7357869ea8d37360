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

/** A topic that clients alone use. */
export interface ClientTopicPlan {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** A group of the client's consumers. */
export interface ClientGroupPlan {
  readonly name: string;
  readonly members: number;
  /** Names of what it reads. */
  readonly topics: readonly string[];
  /** `undefined` leaves them to the client. */
  readonly assignors: readonly [Assignor] | undefined;
}

const assignors = ["range", "roundrobin", "sticky", "cooperative-sticky"] as const;
export type Assignor = (typeof assignors)[number];

/** Programs that use the node through the client. */
export interface ClientsPlan {
  readonly topics: readonly ClientTopicPlan[];
  readonly producers: number;
  readonly groups: readonly ClientGroupPlan[];
  /** Consumers without a group. */
  readonly readers: number;
  readonly admins: number;
}

/** Who takes part: those who send requests one by one, programs that use the client, or both. */
export type Cast = "requests" | "clients" | "both";

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
  readonly cast: Cast;
  readonly clients: ClientsPlan;
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
  const clientsRandom = new SimRandom(seed, "clients plan");
  const cast = clientsRandom.pick(["requests", "clients", "clients", "both"] as const);
  return {
    seed,
    cast,
    clients: planClients(clientsRandom),
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

function planClients(random: SimRandom): ClientsPlan {
  const topics = Array.from({ length: random.between(1, 2) }, (_, index) => ({
    name: `orders-${index}`,
    partitions: random.between(1, 3),
    configs: {
      // Whatever happens, what was acknowledged is there.
      "flush.messages": "1",
      ...(random.chance(0.3) ? { "segment.ms": random.pick(["2000", "60000"]) } : {}),
      ...(random.chance(0.3) ? { "internal.segment.bytes": "100000" } : {}),
      ...(random.chance(0.2) ? { "message.timestamp.type": "LogAppendTime" } : {}),
    },
  }));
  const groups = Array.from({ length: random.between(0, 2) }, (_, index): ClientGroupPlan => {
    const some = topics.filter(() => random.chance(0.7));
    return {
      name: `billing-${index}`,
      members: random.between(1, 3),
      topics: (some.length === 0 ? topics : some).map(({ name }) => name),
      assignors: random.chance(0.5) ? [random.pick(assignors)] : undefined,
    };
  });
  return {
    topics,
    groups,
    producers: random.between(1, 2),
    readers: random.between(groups.length === 0 ? 1 : 0, 1),
    admins: random.between(0, 1),
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
