import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";

/** The partitions of `all` that are not among `others`, in their order. */
export function partitionsWithout(
  all: readonly TopicPartition[],
  others: readonly TopicPartition[],
): readonly TopicPartition[] {
  if (others.length === 0) return all;
  const names = namesOf(others);
  return all.filter(({ topic, partition }) => !names.has(topicPartitionName(topic, partition)));
}

/** Whether both hold the same topics or words, in whatever order. */
export function sameWords(some: readonly string[], others: readonly string[]): boolean {
  const set = new Set(others);
  return set.size === new Set(some).size && some.every((word) => set.has(word));
}

function namesOf(partitions: readonly TopicPartition[]): ReadonlySet<string> {
  return new Set(partitions.map(({ topic, partition }) => topicPartitionName(topic, partition)));
}
