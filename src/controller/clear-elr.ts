import type { ClusterRecord } from "../metadata/cluster-record.ts";
import { recordVersionsAt } from "../metadata/features.ts";
import type { MetadataImage, PartitionImage, TopicImage } from "../metadata/image.ts";
import { metadataVersionOf } from "./decision.ts";
import { emptyChange } from "./partition-change.ts";

/**
 * Forgets who is eligible to lead outside of the ISR, in one topic or (empty name) in all: under another
 * `min.insync.replicas` nothing follows from it any more. One ClearElrRecord says so, unless a
 * partition has nobody in sync: to forget its candidates would leave it without a leader for ever, and they
 * are as good as they were, because nothing was committed since.
 */
export function clearElr(image: MetadataImage, topicName: string): ClusterRecord[] {
  const topics = concerned(image, topicName);
  const leaderless = topics.some((topic) => topic.partitions.some(hasNobodyInSync));
  if (!leaderless) return [{ kind: "ClearElrRecord", version: 0, value: { topicName } }];
  const version = recordVersionsAt(metadataVersionOf(image)).partitionChange;
  const records: ClusterRecord[] = [];
  for (const topic of topics) {
    for (const [partitionId, partition] of topic.partitions.entries()) {
      if (!hasCandidates(partition) || hasNobodyInSync(partition)) continue;
      const value = emptyChange(topic.id, partitionId);
      value.eligibleLeaderReplicas = [];
      value.lastKnownElr = [];
      records.push({ kind: "PartitionChangeRecord", version, value });
    }
  }
  return records;
}

function concerned(image: MetadataImage, topicName: string): TopicImage[] {
  if (topicName === "") return [...image.topicsById.values()];
  const topic = image.topic(topicName);
  return topic === undefined ? [] : [topic];
}

function hasCandidates(partition: PartitionImage): boolean {
  return partition.eligibleLeaderReplicas.length > 0 || partition.lastKnownElr.length > 0;
}

function hasNobodyInSync(partition: PartitionImage): boolean {
  return partition.isr.length === 0 && hasCandidates(partition);
}
