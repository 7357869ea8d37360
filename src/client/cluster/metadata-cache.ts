import { ZERO_UUID, type Uuid } from "../../core/uuid.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { MetadataResponse } from "../../protocol/messages/metadata.ts";
import type { ElementOf } from "../../protocol/schema.ts";

/** A topic as brokers tell it in Metadata. */
export type TopicMetadata = ElementOf<MetadataResponse["topics"]>;
/** A partition as brokers tell it in Metadata. */
export type PartitionMetadata = ElementOf<TopicMetadata["partitions"]>;
/** A broker as brokers tell it in Metadata. */
export type BrokerMetadata = ElementOf<MetadataResponse["brokers"]>;

/** Who leads a partition, and since which election (KIP-320); the epoch is -1 where brokers tell none. */
export interface LeaderAndEpoch {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

/** A topic, and what is thought of what is known of it. */
interface KnownTopic {
  /** Partitions in order of their index. */
  metadata: TopicMetadata;
  /** Something showed that it is out of date: it is asked for before it is used again. */
  isStale: boolean;
  /** The same of single partitions. */
  readonly stalePartitions: Set<number>;
  /** Whether somebody has looked at it since {@link MetadataCache.dropUnused} was called last. */
  isUsed: boolean;
}

/**
 * What a client knows of the brokers and topics of its cluster. Brokers answer each from their own view,
 * and one that lags behind tells of elections that are over: per partition the leader with the newest
 * epoch is kept (KIP-320), as long as the topic is the same one.
 */
export class MetadataCache {
  clusterId: string | null = null;
  controllerId = -1;
  readonly #brokers = new Map<number, BrokerMetadata>();
  readonly #topics = new Map<string, KnownTopic>();
  readonly #names = new Map<Uuid, string>();

  get brokers(): ReadonlyMap<number, BrokerMetadata> {
    return this.#brokers;
  }

  /** How many topics are known. */
  get topicCount(): number {
    return this.#topics.size;
  }

  /** A topic as it was last heard of, be it stale or not. */
  topic(name: string): TopicMetadata | undefined {
    const known = this.#topics.get(name);
    if (known === undefined) return undefined;
    known.isUsed = true;
    return known.metadata;
  }

  /** A topic that nothing shows to be out of date. */
  freshTopic(name: string): TopicMetadata | undefined {
    const known = this.#topics.get(name);
    if (known === undefined || isStale(known)) return undefined;
    known.isUsed = true;
    return known.metadata;
  }

  topicById(id: Uuid): TopicMetadata | undefined {
    const name = this.#names.get(id);
    return name === undefined ? undefined : this.topic(name);
  }

  /** The partition as it was last heard of, its topic stale or not. */
  partition(topic: string, partition: number): PartitionMetadata | undefined {
    return partitionIn(this.topic(topic), partition);
  }

  /** The leader of a partition, where nothing shows that it is another one and its broker is known. */
  knownLeaderOf(topic: string, partition: number): number | undefined {
    const known = this.#topics.get(topic);
    if (known === undefined || known.isStale || known.stalePartitions.has(partition)) {
      return undefined;
    }
    known.isUsed = true;
    const found = partitionIn(known.metadata, partition);
    return found !== undefined && this.#brokers.has(found.leaderId) ? found.leaderId : undefined;
  }

  /**
   * Takes an answer: its brokers are all there are, its topics take the place of those known. Of an answer
   * about every topic there is only what is known already is kept: nobody may want the rest.
   */
  learn(response: MetadataResponse, isAboutAll = false): void {
    this.clusterId = response.clusterId;
    this.controllerId = response.controllerId;
    this.#brokers.clear();
    for (const broker of response.brokers) this.#brokers.set(broker.nodeId, broker);
    for (const topic of response.topics) {
      if (!isAboutAll || this.#topics.has(topic.name ?? "")) this.#learnTopic(topic);
    }
  }

  #learnTopic(fresh: TopicMetadata): void {
    const name = fresh.name ?? this.#names.get(fresh.topicId);
    if (name === undefined) return;
    const { errorCode } = fresh;
    if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.LEADER_NOT_AVAILABLE) {
      this.forgetTopic(name);
      return;
    }
    const known = this.#topics.get(name);
    const metadata = newestOf(known?.metadata, fresh);
    if (known === undefined) {
      this.#topics.set(name, {
        metadata,
        isStale: false,
        stalePartitions: new Set(),
        isUsed: true,
      });
    } else {
      if (known.metadata.topicId !== metadata.topicId) this.#names.delete(known.metadata.topicId);
      known.metadata = metadata;
      known.isStale = false;
      known.stalePartitions.clear();
    }
    if (metadata.topicId !== ZERO_UUID) this.#names.set(metadata.topicId, name);
  }

  /** A broker that is told of besides metadata, as in a hint about a leader. */
  learnBroker(broker: BrokerMetadata): void {
    this.#brokers.set(broker.nodeId, broker);
  }

  /** Takes a newer leader of a partition that is known. Returns whether it was news. */
  learnLeader(topic: string, partition: number, leader: LeaderAndEpoch): boolean {
    const known = this.#topics.get(topic);
    const before = partitionIn(known?.metadata, partition);
    const { leaderId, leaderEpoch } = leader;
    if (known === undefined || before === undefined) return false;
    if (leaderId < 0 || leaderEpoch <= before.leaderEpoch) return false;
    const partitions = known.metadata.partitions.map((one) =>
      one === before ? { ...before, errorCode: ErrorCode.NONE, leaderId, leaderEpoch } : one,
    );
    known.metadata = { ...known.metadata, partitions };
    known.stalePartitions.delete(partition);
    return true;
  }

  /** What is known of a topic, or of one of its partitions, is out of date. */
  markStale(topic: string, partition?: number): void {
    const known = this.#topics.get(topic);
    if (known === undefined) return;
    if (partition === undefined) known.isStale = true;
    else known.stalePartitions.add(partition);
  }

  /** What is known of every topic is out of date; with a node, of those that it leads partitions of. */
  markAllStale(nodeId?: number): void {
    for (const known of this.#topics.values()) {
      if (nodeId === undefined || leads(nodeId, known.metadata)) known.isStale = true;
    }
  }

  forgetTopic(name: string): void {
    const known = this.#topics.get(name);
    if (known === undefined) return;
    this.#topics.delete(name);
    this.#names.delete(known.metadata.topicId);
  }

  /** Back to the beginning: no broker is believed in, and every topic is asked for again. */
  forgetBrokers(): void {
    this.#brokers.clear();
    this.controllerId = -1;
    this.markAllStale();
  }

  topicNames(): string[] {
    return [...this.#topics.keys()];
  }

  staleTopicNames(): string[] {
    const names: string[] = [];
    for (const [name, known] of this.#topics) if (isStale(known)) names.push(name);
    return names;
  }

  /** Forgets topics that nobody has looked at since the last call (`metadata.max.idle.ms`). */
  dropUnused(): void {
    for (const [name, known] of this.#topics) {
      if (known.isUsed) known.isUsed = false;
      else this.forgetTopic(name);
    }
  }
}

function isStale(known: KnownTopic): boolean {
  return known.isStale || known.stalePartitions.size > 0;
}

function partitionIn(
  topic: TopicMetadata | undefined,
  partition: number,
): PartitionMetadata | undefined {
  const found = topic?.partitions[partition];
  if (found === undefined || found.partitionIndex === partition) return found;
  return topic?.partitions.find(({ partitionIndex }) => partitionIndex === partition);
}

function leads(nodeId: number, { partitions }: TopicMetadata): boolean {
  return partitions.some(({ leaderId }) => leaderId === nodeId || leaderId < 0);
}

/** The topic as told, with partitions of which something newer is known as that says. */
function newestOf(known: TopicMetadata | undefined, told: TopicMetadata): TopicMetadata {
  const partitions = [...told.partitions].sort((a, b) => a.partitionIndex - b.partitionIndex);
  if (known !== undefined && known.topicId === told.topicId) {
    for (const [i, fresh] of partitions.entries()) {
      const before = partitionIn(known, fresh.partitionIndex);
      const isOlder = before !== undefined && fresh.leaderEpoch < before.leaderEpoch;
      if (isOlder && fresh.leaderEpoch >= 0) partitions[i] = before;
    }
  }
  return { ...told, partitions };
}
