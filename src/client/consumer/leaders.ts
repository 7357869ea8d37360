import { ZERO_UUID, type Uuid } from "../../core/uuid.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { LeaderAndEpoch } from "../cluster/metadata-cache.ts";
import type { TopicPartition } from "../../core/topic-partition.ts";

/** Who led the partition last, as far as is known, if its broker is there; without asking. */
export function leaderOf(
  cluster: Cluster,
  { topic, partition }: TopicPartition,
): LeaderAndEpoch | undefined {
  const found = cluster.leaderAndEpoch(topic, partition);
  return found !== undefined && cluster.brokers.has(found.leaderId) ? found : undefined;
}

/** Epoch of that leader, -1 when it is not known. */
export function leaderEpochOf(cluster: Cluster, partition: TopicPartition): number {
  return leaderOf(cluster, partition)?.leaderEpoch ?? -1;
}

/** `ZERO_UUID` while it is not known, and where topics have no ids. */
export function topicIdOf(cluster: Cluster, topic: string): Uuid {
  return cluster.knownTopic(topic)?.topicId ?? ZERO_UUID;
}
