import type { TopicPartition } from "../core/topic-partition.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { Deadline } from "./cluster/deadline.ts";

/** Things with the same name together, in order of first appearance. */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Partitions by the node id of their leader; throws a retriable error while one has none. */
export async function groupByLeader<T extends TopicPartition>(
  cluster: Cluster,
  partitions: readonly T[],
  deadline: Deadline,
): Promise<Map<number, T[]>> {
  const options = { timeoutMs: deadline.remainingMs(), signal: deadline.signal };
  const leaders = new Map<T, number>();
  for (const partition of partitions) {
    leaders.set(partition, await cluster.leaderOf(partition, options));
  }
  return groupBy(partitions, (partition) => leaders.get(partition) ?? -1);
}
