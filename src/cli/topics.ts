import { listTopics } from "../client/admin/describe-topics.ts";
import type { Cluster } from "../client/cluster/cluster.ts";
import type { TopicPartition } from "../core/topic-partition.ts";
import type { Options } from "./command.ts";
import { usageProblem, type Problem } from "./problem.ts";
import { namesMatching, notFound, parsePartitions } from "./patterns.ts";

/** The names that a command is about: as they are, or those that fit with `--regex`. */
export async function topicNames(
  cluster: Cluster,
  args: readonly string[],
  options: Options,
): Promise<readonly string[]> {
  if (!options.has("regex")) return args;
  return namesMatching("topic", args, await allTopicNames(cluster));
}

export async function allTopicNames(cluster: Cluster): Promise<string[]> {
  const topics = await listTopics(cluster, { includeInternal: true });
  return topics.map(({ name }) => name);
}

/** What to say of a topic that is not there: the nearest one, if there is any. */
export async function missingTopic(cluster: Cluster, name: string): Promise<Problem> {
  return notFound("topic", name, await allTopicNames(cluster));
}

/** `orders:0,1` and `orders` as partitions that there are; throws for those that are not. */
export async function partitionsOf(
  cluster: Cluster,
  texts: readonly string[],
): Promise<TopicPartition[]> {
  const found: TopicPartition[] = [];
  for (const text of texts) {
    const { topic, partitions } = parsePartitions(text);
    const there = await partitionNumbersOf(cluster, topic);
    const missing = partitions?.find((partition) => !there.includes(partition));
    if (missing !== undefined) {
      throw usageProblem(`${topic} has no partition ${missing}; it has 0 to ${there.length - 1}`);
    }
    for (const partition of partitions ?? there) found.push({ topic, partition });
  }
  return found;
}

/** The numbers of the partitions of a topic, in order. */
export async function partitionNumbersOf(cluster: Cluster, topic: string): Promise<number[]> {
  const [found] = await cluster.metadataOf([topic]);
  if (found === undefined || found.name === null || found.partitions.length === 0) {
    throw await missingTopic(cluster, topic);
  }
  return found.partitions.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b);
}
