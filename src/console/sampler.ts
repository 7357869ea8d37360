import type { Clock, Timer } from "../platform/clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import { crc32c } from "../core/crc32c.ts";
import { messageOf } from "../core/errors.ts";
import type { Kafka } from "../client/kafka.ts";
import { ConfigResourceType } from "../client/admin/config-values.ts";
import type { AnyGroupDescription } from "../client/admin/describe-groups.ts";
import type { TopicDescription } from "../client/admin/describe-topics.ts";
import type { GroupListing } from "../client/admin/groups.ts";
import type {
  ClusterSample,
  GroupSample,
  PartitionSample,
  SlowFacts,
  TopicSample,
} from "./cluster-view.ts";

/** A sample a second while somebody looks; one in five while nobody does, for the history of groups. */
const WATCHED_EVERY_MS = 1000;
const UNWATCHED_EVERY_MS = 5000;
/** Between two samples at least so many times what one takes: a large cluster is not kept busy by its picture. */
const REST_FACTOR = 2;
const FIRST_OFFSETS_EVERY_MS = 5000;
const FACTS_EVERY_MS = 10_000;
const CONFIGS_EVERY_MS = 60_000;
/** Groups whose members are counted in one sample; more take turns. */
const DESCRIBED_MAX = 200;
/** Topics whose settings are asked for at once. */
const CONFIGS_CHUNK = 200;
/** Partitions whose offsets are asked for at once, so that the loop has a rest in between. */
const OFFSETS_CHUNK = 2000;
const CALL_MAX_MS = 5000;
const RETRY_MS = 1000;

const NOBODY: Members = { count: 0, reads: [], shares: "" };
const wantedConfigs = ["retention.ms", "retention.bytes", "cleanup.policy"] as const;

export interface SamplerOptions {
  readonly kafka: Kafka;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onSample: (sample: ClusterSample) => void;
  readonly onFacts: (facts: SlowFacts) => void;
  /** The cluster does not answer; it is asked again. */
  readonly onFailure: (thrown: unknown) => void;
}

type Retention = SlowFacts["retention"];
/** Who is in a group, as far as it was described. */
type Members = Pick<GroupSample, "reads" | "shares"> & { readonly count: number };

/** Asks a cluster, over and over, for what changes: offsets, groups, sizes. */
export class Sampler {
  readonly #options: SamplerOptions;
  #timer: Timer | undefined;
  #isRunning = false;
  #isClosed = false;
  #watchers = 0;
  #firstOffsets = new Map<string, number>();
  #firstOffsetsMs = -Infinity;
  #members = new Map<string, Members>();
  #turn = 0;
  #retention = new Map<string, Retention extends ReadonlyMap<string, infer V> ? V : never>();
  #factsMs = -Infinity;
  #configsMs = -Infinity;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** Somebody looks, until what is returned is called. */
  watch(): () => void {
    this.#watchers++;
    if (this.#watchers === 1 && !this.#isRunning) this.#schedule(0);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#watchers--;
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(delayMs, () => {
      void this.#tick();
    });
  }

  async #tick(): Promise<void> {
    const { clock, logger, onFailure } = this.#options;
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    const beganMs = clock.monotonicMs();
    let isFailed = false;
    try {
      await this.#sample();
      await this.#learnFacts();
    } catch (thrown) {
      isFailed = true;
      if (!this.#isClosed) {
        logger.debug("the console could not ask the cluster", { reason: messageOf(thrown) });
        onFailure(thrown);
      }
    }
    this.#isRunning = false;
    const tookMs = clock.monotonicMs() - beganMs;
    const everyMs = this.#watchers > 0 ? WATCHED_EVERY_MS : UNWATCHED_EVERY_MS;
    this.#schedule(isFailed ? RETRY_MS : Math.max(everyMs - tookMs, tookMs * REST_FACTOR));
  }

  async #sample(): Promise<void> {
    const { kafka, clock, onSample } = this.#options;
    const bounds = { timeoutMs: CALL_MAX_MS };
    const [topics, groups] = await Promise.all([
      kafka.admin.listTopics({ ...bounds, includeInternal: true }),
      kafka.admin.listGroups(bounds),
    ]);
    const [samples, groupSamples] = await Promise.all([
      this.#sampleTopics(topics),
      this.#sampleGroups(groups),
    ]);
    if (!this.#isClosed) onSample({ atMs: clock.nowMs(), topics: samples, groups: groupSamples });
  }

  async #sampleTopics(topics: readonly TopicDescription[]): Promise<TopicSample[]> {
    const { clock } = this.#options;
    const all = topics.flatMap(({ name, partitions }) =>
      partitions
        .filter(({ leader }) => leader !== null)
        .map(({ partition }) => ({ topic: name, partition })),
    );
    const nowMs = clock.monotonicMs();
    const wantsFirst = nowMs - this.#firstOffsetsMs >= FIRST_OFFSETS_EVERY_MS;
    const [ends, firsts] = await Promise.all([
      this.#offsets(all, "latest"),
      wantsFirst ? this.#offsets(all, "earliest") : this.#firstOffsets,
    ]);
    if (wantsFirst) {
      this.#firstOffsets = firsts;
      this.#firstOffsetsMs = nowMs;
    }
    return topics.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId ?? topic.name,
      isInternal: topic.isInternal,
      partitions: topic.partitions.map((partition): PartitionSample => {
        const key = `${topic.name}-${partition.partition}`;
        return {
          partition: partition.partition,
          leader: partition.leader ?? -1,
          leaderEpoch: partition.leaderEpoch ?? -1,
          replicas: partition.replicas,
          isr: partition.isr,
          startOffset: firsts.get(key) ?? 0,
          endOffset: ends.get(key) ?? 0,
        };
      }),
    }));
  }

  async #offsets(
    partitions: readonly { readonly topic: string; readonly partition: number }[],
    at: "latest" | "earliest",
  ): Promise<Map<string, number>> {
    const { kafka } = this.#options;
    const found = new Map<string, number>();
    for (let from = 0; from < partitions.length; from += OFFSETS_CHUNK) {
      const queries = partitions
        .slice(from, from + OFFSETS_CHUNK)
        .map((where) => ({ ...where, at }));
      const answers = await kafka.admin.listOffsets(queries, { timeoutMs: CALL_MAX_MS });
      for (const { topic, partition, value } of answers) {
        if (value?.offset !== undefined && value.offset !== null) {
          found.set(`${topic}-${partition}`, value.offset);
        }
      }
    }
    return found;
  }

  async #sampleGroups(groups: readonly GroupListing[]): Promise<GroupSample[]> {
    const { kafka } = this.#options;
    const bounds = { timeoutMs: CALL_MAX_MS };
    const withOffsets = groups.filter(({ type }) => type !== "Share");
    const [offsets] = await Promise.all([
      kafka.admin.groupOffsetsOf(
        withOffsets.map(({ group }) => group),
        bounds,
      ),
      this.#countMembers(groups),
    ]);
    const committed = new Map(offsets.map(({ name, value }) => [name, value ?? []]));
    return groups.map(({ group, type, state }) => {
      const byTopic = new Map<string, Map<number, number>>();
      for (const { topic, partition, offset } of committed.get(group) ?? []) {
        let of = byTopic.get(topic);
        if (of === undefined) {
          of = new Map();
          byTopic.set(topic, of);
        }
        of.set(partition, offset);
      }
      const known = this.#members.get(group) ?? NOBODY;
      return {
        name: group,
        type: typeOf(type),
        state,
        members: known.count,
        reads: known.reads,
        shares: known.shares,
        committed: byTopic,
      };
    });
  }

  async #countMembers(groups: readonly GroupListing[]): Promise<void> {
    const { kafka } = this.#options;
    const alive = new Set(groups.map(({ group }) => group));
    for (const name of this.#members.keys()) if (!alive.has(name)) this.#members.delete(name);
    const busy = groups.filter(({ state }) => state !== "Empty" && state !== "Dead");
    for (const { group, state } of groups) {
      if (state === "Empty" || state === "Dead") this.#members.set(group, NOBODY);
    }
    const begin = busy.length > DESCRIBED_MAX ? (this.#turn * DESCRIBED_MAX) % busy.length : 0;
    this.#turn++;
    const chosen = busy.slice(begin, begin + DESCRIBED_MAX);
    if (chosen.length === 0) return;
    const selectors = chosen.map(({ group, type }) => ({ group, type }));
    const described = await kafka.admin.describeGroups(selectors, { timeoutMs: CALL_MAX_MS });
    for (const { name, value } of described) {
      if (value === undefined) continue;
      this.#members.set(name, membersOf(value));
    }
  }

  async #learnFacts(): Promise<void> {
    const { kafka, clock, onFacts } = this.#options;
    const nowMs = clock.monotonicMs();
    const topics = await this.#learnConfigs(nowMs);
    if (nowMs - this.#factsMs < FACTS_EVERY_MS && !topics) return;
    this.#factsMs = nowMs;
    const sizes = new Map<string, number>();
    for (const replica of await kafka.admin.replicaSizes({ timeoutMs: CALL_MAX_MS })) {
      sizes.set(replica.topic, (sizes.get(replica.topic) ?? 0) + replica.sizeBytes);
    }
    if (!this.#isClosed) onFacts({ sizes, retention: this.#retention });
  }

  /** Settings of topics that are new, and of all from time to time; whether anything was asked. */
  async #learnConfigs(nowMs: number): Promise<boolean> {
    const { kafka } = this.#options;
    const topics = await kafka.admin.listTopics({ timeoutMs: CALL_MAX_MS, includeInternal: true });
    const isDue = nowMs - this.#configsMs >= CONFIGS_EVERY_MS;
    const names = topics
      .map(({ name }) => name)
      .filter((name) => isDue || !this.#retention.has(name));
    if (isDue) this.#configsMs = nowMs;
    for (let from = 0; from < names.length; from += CONFIGS_CHUNK) {
      const resources = names
        .slice(from, from + CONFIGS_CHUNK)
        .map((name) => ({ type: ConfigResourceType.topic, name }));
      const described = await kafka.admin.describeConfigsOf(resources, {
        names: wantedConfigs,
        includeSynonyms: false,
        timeoutMs: CALL_MAX_MS,
      });
      for (const [index, { value = [] }] of described.entries()) {
        const name = resources[index]?.name ?? "";
        const of = new Map(value.map((entry) => [entry.name, entry.value ?? ""]));
        this.#retention.set(name, {
          ms: Number(of.get("retention.ms") ?? -1),
          bytes: Number(of.get("retention.bytes") ?? -1),
          cleanupPolicy: of.get("cleanup.policy") ?? "delete",
        });
      }
    }
    return names.length > 0;
  }
}

function membersOf({ members }: AnyGroupDescription): Members {
  const reads = new Set<string>();
  const shares: string[] = [];
  for (const { memberId, assignment } of members) {
    const places: string[] = [];
    for (const { topic, partition } of assignment) {
      reads.add(topic);
      places.push(`${topic}-${partition}`);
    }
    shares.push(`${memberId} ${places.sort().join(" ")}`);
  }
  const text = Buffer.from(shares.sort().join("\n"));
  return { count: members.length, reads: [...reads], shares: crc32c(text).toString(16) };
}

function typeOf(type: string): GroupSample["type"] {
  switch (type) {
    case "Classic":
      return "classic";
    case "Consumer":
      return "consumer";
    case "Share":
      return "share";
    case "Streams":
      return "streams";
    default:
      return "unknown";
  }
}
