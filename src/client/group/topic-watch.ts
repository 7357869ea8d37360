import { messageOf } from "../../core/errors.ts";
import type { Timer } from "../../platform/clock.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { Cluster, TopicMetadata } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";
import type { PartitionLayout, TopicLayouts } from "./assignors/assignor.ts";
import type { Subscription } from "./membership.ts";
import { sameWords } from "./partition-set.ts";
import { compilePattern, type TopicPattern } from "./topic-pattern.ts";

/** How soon it is looked again for topics that are wanted and not there, and after a failure. */
const MISSING_RETRY_MS = 5_000;

/** The text of no layout. */
const NOBODY_KNOWS = "?";

export interface TopicWatchOptions {
  readonly group: string;
  readonly subscription: Subscription;
  /** How old metadata may become until it is asked for anew. */
  readonly maxAgeMs: number;
  /** The subscription means other topics from now on. */
  readonly onTopics: (topics: readonly string[]) => void;
  /** Topics that are watched came, went, or changed in partitions or racks. */
  readonly onLayout: () => void;
}

/**
 * What a subscription means in a classic group, where clients find that out themselves: the topics that
 * a pattern matches, and for the leader the partitions of what all members want. Looks again when
 * metadata has come of age, and says what changed.
 */
export class TopicWatch {
  readonly #cluster: Cluster;
  readonly #options: TopicWatchOptions;
  #subscription: Subscription;
  #pattern: TopicPattern | undefined;
  #topics: readonly string[] = [];
  /** What the leader dealt out last: by topic, a text that changes with its partitions and racks. */
  #layouts: ReadonlyMap<string, string> | undefined;
  /** Whether some member of the group says in which rack it is. */
  #hasRacks = false;
  /** Racks of brokers by id, also of those that are down for a while. */
  readonly #racks = new Map<number, string | null>();
  #timer: Timer | undefined;
  #isStopped = false;
  /** Counts subscriptions, so that a look that was under way for another one is dropped. */
  #turn = 0;

  constructor(cluster: Cluster, options: TopicWatchOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#subscription = options.subscription;
  }

  /** The topics that the subscription means now. Throws `INVALID_REGULAR_EXPRESSION`. */
  async topics(deadline: Deadline): Promise<readonly string[]> {
    this.#isStopped = false;
    const subscription = this.#subscription;
    if (subscription.kind === "topics") this.#topics = subscription.topics;
    else {
      this.#pattern = await compilePattern(subscription.pattern, this.#options.group);
      const all = await this.#cluster.metadataOf(null, optionsOf(deadline));
      this.#topics = matching(all, this.#pattern);
    }
    this.#schedule();
    return this.#topics;
  }

  /** Another subscription; `onTopics` is called when it is known what it means. */
  subscribe(subscription: Subscription): void {
    this.#turn++;
    this.#subscription = subscription;
    this.#pattern = undefined;
    if (subscription.kind === "topics") this.#found(subscription.topics);
    else void this.#look();
  }

  /**
   * As the leader: the partitions of what the members want. From then on they are watched, with their
   * racks if the members have some (KIP-881).
   */
  async lead(
    topics: readonly string[],
    hasRacks: boolean,
    deadline: Deadline,
  ): Promise<TopicLayouts> {
    this.#hasRacks = hasRacks;
    const found = await this.#cluster.metadataOf(topics, optionsOf(deadline));
    const layouts = new Map<string, readonly PartitionLayout[]>();
    for (const { name, partitions, errorCode } of found) {
      if (name === null || partitions.length === 0 || errorCode !== ErrorCode.NONE) continue;
      layouts.set(name, this.#layoutOf(partitions));
    }
    this.#layouts = new Map(topics.map((name) => [name, textOf(layouts.get(name) ?? [])]));
    this.#schedule();
    return layouts;
  }

  /** The group has not got all partitions of the topic: the next look finds that they have changed. */
  distrust(topic: string): void {
    this.#layouts = new Map(this.#layouts).set(topic, NOBODY_KNOWS);
  }

  /** Somebody else leads: partitions need not be watched. */
  follow(): void {
    this.#layouts = undefined;
  }

  /** Looks no more, until {@link topics} is called anew. */
  stop(): void {
    this.#isStopped = true;
    this.#turn++;
    this.#timer?.cancel();
  }

  /** Looks whether anything changed in what others have learnt of the cluster; asks nobody. */
  compareKnown(): void {
    if (this.#layouts === undefined) return;
    for (const [name, text] of this.#layouts) {
      const known = this.#cluster.knownTopic(name);
      if (known !== undefined && textOf(this.#layoutOf(known.partitions)) !== text) {
        this.#options.onLayout();
        return;
      }
    }
  }

  #schedule(): void {
    this.#timer?.cancel();
    if (this.#isStopped) return;
    const { maxAgeMs } = this.#options;
    const isMissing = [...(this.#layouts?.values() ?? [])].includes("");
    const delayMs = isMissing ? Math.min(MISSING_RETRY_MS, maxAgeMs) : maxAgeMs;
    this.#timer = this.#cluster.platform.clock.setTimer(delayMs, () => void this.#look());
  }

  /** Asks for metadata and compares. */
  async #look(): Promise<void> {
    if (this.#subscription.kind === "topics" && this.#layouts === undefined) return;
    const turn = this.#turn;
    try {
      await this.#lookAt(turn);
    } catch (thrown) {
      const { group } = this.#options;
      this.#cluster.logger.debug("topics could not be looked at", {
        group,
        reason: messageOf(thrown),
      });
    }
    if (turn === this.#turn) this.#schedule();
  }

  async #lookAt(turn: number): Promise<void> {
    const subscription = this.#subscription;
    const wanted = subscription.kind === "pattern" ? null : [...(this.#layouts?.keys() ?? [])];
    const found = await this.#cluster.metadataOf(wanted);
    if (subscription.kind === "pattern") {
      this.#pattern ??= await compilePattern(subscription.pattern, this.#options.group);
      if (turn !== this.#turn || this.#isStopped) return;
      this.#found(matching(found, this.#pattern));
    }
    if (turn !== this.#turn || this.#isStopped || this.#layouts === undefined) return;
    const now = new Map<string, string>();
    for (const { name, partitions } of found) {
      if (name !== null) now.set(name, textOf(this.#layoutOf(partitions)));
    }
    const changed = [...this.#layouts].some(([name, text]) => (now.get(name) ?? "") !== text);
    if (changed) this.#options.onLayout();
  }

  #found(topics: readonly string[]): void {
    if (sameWords(topics, this.#topics)) return;
    this.#topics = topics;
    this.#options.onTopics(topics);
  }

  #layoutOf(partitions: TopicMetadata["partitions"]): PartitionLayout[] {
    for (const [id, { rack }] of this.#cluster.brokers) this.#racks.set(id, rack);
    const layouts = partitions.map(({ partitionIndex, replicaNodes }) => ({
      partition: partitionIndex,
      racks: this.#hasRacks ? replicaNodes.flatMap((id) => this.#racks.get(id) ?? []) : [],
    }));
    return layouts.sort((a, b) => a.partition - b.partition);
  }
}

function matching(topics: readonly TopicMetadata[], pattern: TopicPattern): string[] {
  return topics.flatMap(({ name, isInternal }) =>
    name !== null && !isInternal && pattern.matches(name) ? [name] : [],
  );
}

/** Empty for a topic that is not there. */
function textOf(layouts: readonly PartitionLayout[]): string {
  return layouts
    .map(({ partition, racks }) => `${partition}:${[...new Set(racks)].sort().join(",")}`)
    .join(";");
}

function optionsOf(deadline: Deadline): {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
} {
  return { timeoutMs: deadline.remainingMs(), signal: deadline.signal };
}
