import { ZERO_UUID } from "../../core/uuid.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
  type DescribeTopicPartitionsResponse,
} from "../../protocol/messages/describe-topic-partitions.ts";
import { metadataRequest, metadataResponse } from "../../protocol/messages/metadata.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import type { BrokerConnection } from "../cluster/connection.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { aclOperationsOf, type AclOperation } from "./acl-words.ts";
import type { Outcome } from "./outcome.ts";
import { byAnyBroker } from "./routes.ts";
import { resultOf, type Settle } from "./settle.ts";
import { selectorName, type TopicSelector } from "./topics.ts";
import { orNull } from "./vocabulary.ts";

const describePartitionsCall = apiCall(
  ApiKey.DESCRIBE_TOPIC_PARTITIONS,
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
);
const metadataCall = apiCall(ApiKey.METADATA, metadataRequest, metadataResponse);
/** What a broker gives in one answer unless asked for less (`max.request.partition.size.limit`). */
const PARTITIONS_PER_ANSWER = 2_000;

/** A partition as the metadata of the cluster has it. Replicas are ids of brokers. */
export interface PartitionDescription {
  readonly partition: number;
  /** Null while it has none. */
  readonly leader: number | null;
  readonly leaderEpoch: number | null;
  /** The first one is the preferred leader. */
  readonly replicas: readonly number[];
  /** Those that are in sync, the leader among them. */
  readonly isr: readonly number[];
  readonly offlineReplicas: readonly number[];
  /** May lead though out of sync, when the cluster keeps track (KIP-966); null where it is not told. */
  readonly eligibleLeaderReplicas: readonly number[] | null;
  /** The last ones known to be so, when there are none any more (KIP-966). */
  readonly lastKnownElr: readonly number[] | null;
}

/** A topic as the metadata of the cluster has it. */
export interface TopicDescription {
  readonly name: string;
  /** Null for brokers older than topic ids (KIP-516). */
  readonly topicId: string | null;
  /** Kafka's own, such as `__consumer_offsets`. */
  readonly isInternal: boolean;
  /** In order of their numbers. */
  readonly partitions: readonly PartitionDescription[];
  /** Of its first partition. */
  readonly replicationFactor: number;
  /** What this client may do to it, where that was asked for (KIP-430). */
  readonly authorizedOperations: readonly AclOperation[] | null;
}

/** Which topics are listed. */
export interface ListTopicsOptions extends CallOptions {
  /** Kafka's own too. Default false. */
  readonly includeInternal?: boolean | undefined;
}

/** What a description of topics holds besides, and how it is asked for. */
export interface DescribeTopicsOptions extends CallOptions {
  readonly includeAuthorizedOperations?: boolean | undefined;
  /** The most partitions in one answer; topics with more take several. Default 2000, which brokers bound. */
  readonly partitionsPerAnswer?: number | undefined;
}

/** All topics, sorted by name, in one request. */
export async function listTopics(
  cluster: Cluster,
  options: ListTopicsOptions = {},
): Promise<readonly TopicDescription[]> {
  const topics = await cluster.metadataOf(null, options);
  const described: TopicDescription[] = [];
  for (const topic of topics) {
    if (topic.name === null || (topic.isInternal && options.includeInternal !== true)) continue;
    described.push(descriptionOf({ ...topic, name: topic.name }, topic.partitions));
  }
  return described.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Describes topics by name or id; one outcome for each. Names are asked for in pages where the broker
 * can (DescribeTopicPartitions, KIP-966), which tells eligible leader replicas too.
 */
export async function describeTopics(
  cluster: Cluster,
  topics: readonly TopicSelector[],
  options: DescribeTopicsOptions = {},
): Promise<readonly Outcome<TopicDescription>[]> {
  const deadline = cluster.deadline(options);
  const settled = await byAnyBroker<TopicSelector, TopicDescription>({
    cluster,
    items: topics,
    deadline,
    contextOf: (topic) => ({ topic: selectorName(topic) }),
    async ask(connection, items, settle) {
      const names = items.filter((item) => typeof item === "string");
      const ids = items.filter((item) => typeof item !== "string");
      const paged = connection.versionOf(describePartitionsCall) !== undefined;
      const byMetadata = paged ? ids : items;
      if (paged && names.length > 0) {
        await describeInPages({ cluster, connection, deadline, options }, names, settle);
      }
      if (byMetadata.length > 0) {
        await describeByMetadata({ cluster, connection, deadline, options }, byMetadata, settle);
      }
    },
  });
  return topics.map((topic) => ({ name: selectorName(topic), ...resultOf(settled, topic) }));
}

interface Describing {
  readonly cluster: Cluster;
  readonly connection: BrokerConnection;
  readonly deadline: Deadline;
  readonly options: DescribeTopicsOptions;
}

type PagedTopic = ElementOf<DescribeTopicPartitionsResponse["topics"]>;

async function describeInPages(
  { cluster, connection, deadline, options }: Describing,
  names: readonly string[],
  settle: Settle<TopicSelector, TopicDescription>,
): Promise<void> {
  const { includeAuthorizedOperations: withOperations = false } = options;
  const limit = options.partitionsPerAnswer ?? PARTITIONS_PER_ANSWER;
  const partitions = new Map<string, PartitionDescription[]>();
  const heads = new Map<string, PagedTopic>();
  let left = [...names].sort();
  let cursor: DescribeTopicPartitionsResponse["nextCursor"] = null;
  do {
    const body = {
      topics: left.map((name) => ({ name })),
      responsePartitionLimit: limit,
      cursor,
    };
    const bounds = cluster.bounds(deadline);
    const response: DescribeTopicPartitionsResponse = await connection.request(
      describePartitionsCall,
      body,
      bounds,
    );
    for (const topic of response.topics) {
      const name = topic.name ?? "";
      heads.set(name, topic);
      const described = topic.partitions.map(partitionOf);
      const before = partitions.get(name);
      if (before === undefined) partitions.set(name, described);
      else before.push(...described);
    }
    const next: DescribeTopicPartitionsResponse["nextCursor"] = response.nextCursor;
    if (next !== null) left = left.filter((name) => name >= next.topicName);
    cursor = next;
    deadline.check();
  } while (cursor !== null);
  for (const name of names) {
    const head = heads.get(name);
    if (head === undefined) continue;
    settle.answered(name, head.errorCode, null, () =>
      topicOf({ ...head, name }, partitions.get(name) ?? [], withOperations),
    );
  }
}

async function describeByMetadata(
  { cluster, connection, deadline, options }: Describing,
  items: readonly TopicSelector[],
  settle: Settle<TopicSelector, TopicDescription>,
): Promise<void> {
  const { includeAuthorizedOperations: withOperations = false } = options;
  const body = {
    topics: items.map((item) =>
      typeof item === "string" ? { name: item } : { name: null, topicId: item.topicId },
    ),
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: withOperations,
  };
  const response = await connection.request(metadataCall, body, cluster.bounds(deadline));
  const byName = new Map(response.topics.map((topic) => [topic.name, topic]));
  const byId = new Map(response.topics.map((topic) => [topic.topicId, topic]));
  for (const item of items) {
    const topic = typeof item === "string" ? byName.get(item) : byId.get(item.topicId);
    if (topic === undefined) continue;
    // A partition without a leader makes this the error of its topic, which is there all the same.
    const isThere = topic.errorCode === ErrorCode.LEADER_NOT_AVAILABLE;
    settle.answered(item, isThere ? ErrorCode.NONE : topic.errorCode, null, () =>
      descriptionOf({ ...topic, name: topic.name ?? "" }, topic.partitions, withOperations),
    );
  }
}

interface WirePartition {
  readonly partitionIndex: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
  readonly offlineReplicas: readonly number[];
  readonly eligibleLeaderReplicas?: readonly number[] | null;
  readonly lastKnownElr?: readonly number[] | null;
}

interface WireTopic {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  readonly topicAuthorizedOperations: number;
}

function descriptionOf(
  topic: WireTopic,
  partitions: readonly WirePartition[],
  withOperations = false,
): TopicDescription {
  return topicOf(topic, partitions.map(partitionOf), withOperations);
}

function topicOf(
  topic: WireTopic,
  partitions: PartitionDescription[],
  withOperations: boolean,
): TopicDescription {
  const { name, topicId, isInternal, topicAuthorizedOperations } = topic;
  return {
    name,
    topicId: topicId === ZERO_UUID ? null : topicId,
    isInternal,
    partitions: partitions.sort((a, b) => a.partition - b.partition),
    replicationFactor: partitions[0]?.replicas.length ?? 0,
    authorizedOperations: withOperations ? aclOperationsOf(topicAuthorizedOperations) : null,
  };
}

function partitionOf(wire: WirePartition): PartitionDescription {
  return {
    partition: wire.partitionIndex,
    leader: orNull(wire.leaderId),
    leaderEpoch: orNull(wire.leaderEpoch),
    replicas: wire.replicaNodes,
    isr: wire.isrNodes,
    offlineReplicas: wire.offlineReplicas,
    eligibleLeaderReplicas: wire.eligibleLeaderReplicas ?? null,
    lastKnownElr: wire.lastKnownElr ?? null,
  };
}
