import type { TopicPartition } from "../../core/topic-partition.ts";

export interface AssignorMember {
  readonly memberId: string;
  readonly topics: readonly string[];
}

/**
 * Kafka's range assignment: topic by topic, the members that want it in order of their ids get
 * neighbouring partitions, the first ones one more where it does not come out even.
 */
export function assignRanges(
  members: readonly AssignorMember[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const assignment = new Map<string, TopicPartition[]>();
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  for (const { memberId } of sorted) assignment.set(memberId, []);
  for (const [topic, count] of partitionCounts) {
    const wanting = sorted.filter(({ topics }) => topics.includes(topic));
    let next = 0;
    for (const [index, { memberId }] of wanting.entries()) {
      const extra = index < count % wanting.length ? 1 : 0;
      const end = next + Math.floor(count / wanting.length) + extra;
      for (; next < end; next++) assignment.get(memberId)?.push({ topic, partition: next });
    }
  }
  return assignment;
}
