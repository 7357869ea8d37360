import { ZERO_UUID } from "../../core/uuid.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { MetadataRequest, MetadataResponseInput } from "../../protocol/messages/metadata.ts";
import {
  CLUSTER_OPERATIONS,
  OPERATIONS_NOT_ASKED,
  TOPIC_OPERATIONS,
} from "../../security/authorized-operations.ts";
import type { Answer } from "../answer.ts";
import type { Broker } from "../broker.ts";
import { isInternalTopic } from "../internal-topics.ts";
import type { TopicImage } from "../../metadata/image.ts";
import type { RequestContext } from "../request-context.ts";
import { invalidTopicName } from "../../controller/topic-names.ts";

type TopicAnswer = NonNullable<MetadataResponseInput["topics"]>[number];
type PartitionAnswer = NonNullable<TopicAnswer["partitions"]>[number];

/** Up to here an empty list asks for all topics; afterwards null does. */
const EMPTY_MEANS_ALL_VERSION = 0;
/** Before this version a client cannot forbid the creation of topics. */
const AUTO_CREATION_FLAG_VERSION = 4;
/** From here topics may be asked for by id alone (KIP-516). */
const TOPIC_ID_VERSION = 12;

/**
 * Metadata, versions 0 to 13. v1 null is all topics. v4 auto-creation flag. v8 authorized operations
 * (KIP-430). v9 flexible. v10 and v12 topic ids. v13 top-level error. Topics that a client names and
 * that may be created on first use are created before the answer, so that it can already use them.
 */
export function handleMetadata(
  broker: Broker,
  context: RequestContext,
  request: MetadataRequest,
): Answer<MetadataResponseInput> {
  const refusal = refuseIds(context, request);
  if (refusal !== undefined) return refusal;
  const missing = topicsToCreate(broker, context, request);
  if (missing.length === 0) return describe(broker, context, request);
  return broker.autoCreateTopics(missing, context).then(() => describe(broker, context, request));
}

/** Versions 10 and 11 have topic ids, but may not be asked by them. */
function refuseIds(
  context: RequestContext,
  request: MetadataRequest,
): MetadataResponseInput | undefined {
  const { topics } = request;
  if (context.apiVersion >= TOPIC_ID_VERSION || topics === null) return undefined;
  if (topics.every(({ name, topicId }) => name !== null && topicId === ZERO_UUID)) return undefined;
  return {
    clusterId: null,
    controllerId: -1,
    topics: topics.map(({ name, topicId }) => ({
      errorCode: ErrorCode.INVALID_REQUEST,
      name: name ?? "",
      topicId,
    })),
  };
}

function topicsToCreate(
  broker: Broker,
  context: RequestContext,
  request: MetadataRequest,
): string[] {
  const allowed = request.allowAutoTopicCreation || context.apiVersion < AUTO_CREATION_FLAG_VERSION;
  if (!allowed || !broker.autoCreatesTopics || request.topics === null) return [];
  const names = new Set<string>();
  if (asksByIds(context, request.topics)) return [];
  for (const { name } of request.topics) {
    if (name === null || invalidTopicName(name) !== undefined) continue;
    if (broker.image.topic(name) === undefined) names.add(name);
  }
  return [...names];
}

function describe(
  broker: Broker,
  context: RequestContext,
  request: MetadataRequest,
): MetadataResponseInput {
  return {
    brokers: broker.endpoints(context.listenerName),
    clusterId: broker.clusterId,
    controllerId: broker.nodeId,
    topics: describeTopics(broker, context, request),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? CLUSTER_OPERATIONS
      : OPERATIONS_NOT_ASKED,
  };
}

function describeTopics(
  broker: Broker,
  context: RequestContext,
  request: MetadataRequest,
): TopicAnswer[] {
  const { topics } = request;
  const all =
    topics === null || (topics.length === 0 && context.apiVersion <= EMPTY_MEANS_ALL_VERSION);
  const operations = request.includeTopicAuthorizedOperations
    ? TOPIC_OPERATIONS
    : OPERATIONS_NOT_ASKED;
  if (all) {
    return broker.topics().map((topic) => describeTopic(broker, topic, operations));
  }
  if (asksByIds(context, topics)) {
    const ids = new Set(topics.map(({ topicId }) => topicId));
    ids.delete(ZERO_UUID);
    return Array.from(ids, (topicId) => {
      const topic = broker.image.topicById(topicId);
      return topic === undefined
        ? { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId }
        : describeTopic(broker, topic, operations);
    });
  }
  const names = new Set(topics.map(({ name }) => name ?? ""));
  return Array.from(names, (name) => {
    const topic = broker.image.topic(name);
    return topic === undefined
      ? refuse(name, operations)
      : describeTopic(broker, topic, operations);
  });
}

/** One id is enough: names beside it are passed over. */
function asksByIds(
  context: RequestContext,
  topics: NonNullable<MetadataRequest["topics"]>,
): boolean {
  return (
    context.apiVersion >= TOPIC_ID_VERSION && topics.some(({ topicId }) => topicId !== ZERO_UUID)
  );
}

function refuse(name: string, topicAuthorizedOperations: number): TopicAnswer {
  const errorCode =
    invalidTopicName(name) === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.INVALID_TOPIC_EXCEPTION;
  return { errorCode, name, topicAuthorizedOperations };
}

function describeTopic(broker: Broker, topic: TopicImage, operations: number): TopicAnswer {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition, index) => {
      const answer: PartitionAnswer = {
        errorCode: partition.leader < 0 ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
        partitionIndex: index,
        leaderId: partition.leader,
        leaderEpoch: partition.leaderEpoch,
        replicaNodes: partition.replicas,
        isrNodes: partition.isr,
        offlineReplicas: broker.offlineReplicas(partition),
      };
      return answer;
    }),
    topicAuthorizedOperations: operations,
  };
}
