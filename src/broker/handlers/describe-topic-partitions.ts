import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponseInput,
} from "../../protocol/messages/describe-topic-partitions.ts";
import { TOPIC_OPERATIONS } from "../../security/authorized-operations.ts";
import type { Broker } from "../broker.ts";
import { isInternalTopic } from "../internal-topics.ts";
import type { TopicImage } from "../../metadata/image.ts";
import type { RequestContext } from "../request-context.ts";
import { invalidTopicName } from "../../controller/topic-names.ts";

type TopicAnswer = NonNullable<DescribeTopicPartitionsResponseInput["topics"]>[number];
type PartitionAnswer = NonNullable<TopicAnswer["partitions"]>[number];

/**
 * DescribeTopicPartitions, version 0 (KIP-966): topics in order of their names, at most
 * `max.request.partition.size.limit` partitions an answer; a cursor says where to go on.
 */
export function handleDescribeTopicPartitions(
  broker: Broker,
  _context: RequestContext,
  request: DescribeTopicPartitionsRequest,
): DescribeTopicPartitionsResponseInput {
  const { cursor } = request;
  const all = request.topics.length === 0;
  const asked = all
    ? broker.topics().map((topic) => topic.name)
    : [...new Set(request.topics.map((topic) => topic.name))];
  const isLost = cursor !== null && !all && !asked.includes(cursor.topicName);
  if (isLost || (cursor !== null && cursor.partitionIndex < 0)) return refuseCursor(request);
  const names =
    cursor === null ? asked : asked.filter((name) => compareNames(name, cursor.topicName) >= 0);
  names.sort(compareNames);
  let left = Math.max(1, Math.min(request.responsePartitionLimit, broker.partitionLimit));
  const topics: TopicAnswer[] = [];
  for (const name of names) {
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } };
    const topic = broker.image.topic(name);
    if (topic === undefined) {
      topics.push(refuse(name));
      continue;
    }
    const from = cursor !== null && cursor.topicName === name ? cursor.partitionIndex : 0;
    const to = Math.max(from, Math.min(topic.partitions.length, from + left));
    topics.push(describeTopic(broker, topic, from, to));
    left -= to - from;
    if (to < topic.partitions.length) {
      return { topics, nextCursor: { topicName: name, partitionIndex: to } };
    }
  }
  return { topics, nextCursor: null };
}

/** A cursor at none of the topics, or before the first partition. */
function refuseCursor(
  request: DescribeTopicPartitionsRequest,
): DescribeTopicPartitionsResponseInput {
  return {
    topics: request.topics.map(({ name }) => ({ errorCode: ErrorCode.INVALID_REQUEST, name })),
  };
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function refuse(name: string): TopicAnswer {
  const errorCode =
    invalidTopicName(name) === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.INVALID_TOPIC_EXCEPTION;
  return { errorCode, name, topicAuthorizedOperations: TOPIC_OPERATIONS };
}

function describeTopic(broker: Broker, topic: TopicImage, from: number, to: number): TopicAnswer {
  const partitions: PartitionAnswer[] = [];
  for (let index = from; index < to; index++) {
    const partition = topic.partitions[index]!;
    partitions.push({
      errorCode: partition.leader < 0 ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
      partitionIndex: index,
      leaderId: partition.leader,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: partition.replicas,
      isrNodes: partition.isr,
      eligibleLeaderReplicas: partition.eligibleLeaderReplicas,
      lastKnownElr: partition.lastKnownElr,
      offlineReplicas: broker.offlineReplicas(partition),
    });
  }
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions,
    topicAuthorizedOperations: TOPIC_OPERATIONS,
  };
}
