import { ZERO_UUID, type Uuid } from "../../core/uuid.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { Cluster, TopicMetadata } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/deadline.ts";

/** Who leads a partition. */
export interface PartitionLeader {
  readonly nodeId: number;
  /** -1 where the broker does not tell. */
  readonly epoch: number;
}

interface TopicLeaders {
  /** {@link ZERO_UUID} where topics have no ids. */
  readonly id: Uuid;
  /** Of partitions that have none at the moment the node id is -1. */
  readonly leaders: PartitionLeader[];
}

/** What a consumer knows of its topics: ids, partitions and leaders. An older epoch never replaces a newer one. */
export class LeaderTable {
  readonly #cluster: Cluster;
  readonly #topics = new Map<string, TopicLeaders>();
  #changes = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Rises with all that is learnt. */
  get changes(): number {
    return this.#changes;
  }

  idOf(topic: string): Uuid | undefined {
    return this.#topics.get(topic)?.id;
  }

  /** How many partitions a topic has; `undefined` while it is not known. */
  partitionsOf(topic: string): number | undefined {
    return this.#topics.get(topic)?.leaders.length;
  }

  /** `undefined` while there is none, or none is known. */
  find(topic: string, partition: number): PartitionLeader | undefined {
    const leader = this.#topics.get(topic)?.leaders[partition];
    return leader === undefined || leader.nodeId < 0 ? undefined : leader;
  }

  /** A broker told who leads instead of it (KIP-951). */
  learnLeader(topic: string, partition: number, leader: PartitionLeader): void {
    const known = this.#topics.get(topic);
    const before = known?.leaders[partition];
    if (known === undefined || before === undefined || leader.epoch <= before.epoch) return;
    known.leaders[partition] = leader;
    this.#changes++;
  }

  /** The leader is not what it was: nobody is asked until metadata tell. */
  forget(topic: string, partition: number): void {
    const known = this.#topics.get(topic);
    const before = known?.leaders[partition];
    if (known === undefined || before === undefined) return;
    known.leaders[partition] = { nodeId: -1, epoch: before.epoch };
  }

  /**
   * Asks for the topics, `null` for all there are, and gives what the broker says, errors among it. Topics
   * that have no usable answer keep what was known of them.
   */
  async refresh(
    topics: readonly string[] | null,
    { signal }: Pick<Deadline, "signal">,
    timeoutMs?: number,
  ): Promise<readonly TopicMetadata[]> {
    const answers = await this.#cluster.metadataOf(topics, { signal, timeoutMs });
    for (const topic of answers) {
      if (topic.name !== null && topic.errorCode === ErrorCode.NONE) this.#learn(topic.name, topic);
    }
    this.#changes++;
    return answers;
  }

  #learn(name: string, { topicId, partitions }: TopicMetadata): void {
    const id = topicId === "" ? ZERO_UUID : topicId;
    const known = this.#topics.get(name);
    // Another id is another topic, whose epochs begin anew.
    const before = known?.id === id ? known.leaders : [];
    const leaders: PartitionLeader[] = [];
    for (const { partitionIndex, leaderId, leaderEpoch } of partitions) {
      const old = before[partitionIndex];
      const isStale = old !== undefined && old.nodeId >= 0 && leaderEpoch < old.epoch;
      leaders[partitionIndex] = isStale ? old : { nodeId: leaderId, epoch: leaderEpoch };
    }
    this.#topics.set(name, { id, leaders });
  }
}
