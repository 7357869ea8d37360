import { describeTopicConfig } from "../config/topic-config.ts";
import { randomUuid } from "../platform/random.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from "../protocol/messages/create-topics.ts";
import { ZERO_UUID } from "../core/uuid.ts";
import type { ClusterRecord } from "../metadata/cluster-record.ts";
import { ConfigResourceType } from "../metadata/image.ts";
import { partitionRecord } from "../metadata/image-writer.ts";
import { changeConfigs, ConfigOperation } from "./config-change.ts";
import {
  apiError,
  metadataVersionOf,
  NEW_PARTITIONS_MAX,
  type ApiError,
  type ControllerState,
  type Decision,
} from "./decision.ts";
import {
  assignManually,
  assignReplicas,
  newPartition,
  type AssignmentOutcome,
} from "./assignment.ts";
import { invalidTopicName, TopicNameCollisions } from "./topic-names.ts";

type CreatableTopic = CreateTopicsRequest["topics"][number];
type TopicResult = CreateTopicsResponse["topics"][number];

const METADATA_TOPIC = "__cluster_metadata";
const DEFAULT = -1;

interface CreatedTopic {
  readonly result: TopicResult;
  readonly records: readonly ClusterRecord[];
}

/** CreateTopics: each topic by itself, those that pass in one batch. */
export function decideCreateTopics(
  state: ControllerState,
  request: CreateTopicsRequest,
): Decision<CreateTopicsResponse> {
  const excess = tooManyPartitions(state, request);
  const times = new Map<string, number>();
  for (const { name } of request.topics) times.set(name, (times.get(name) ?? 0) + 1);
  const collisions = new TopicNameCollisions(state.image);
  const records: ClusterRecord[] = [];
  const topics: TopicResult[] = [];
  const answered = new Set<string>();
  for (const topic of request.topics) {
    if (answered.has(topic.name)) continue;
    answered.add(topic.name);
    const repeated = (times.get(topic.name) ?? 0) > 1;
    const refused = repeated
      ? apiError("INVALID_REQUEST", "Duplicate topic name.")
      : (excess ?? refusedName(state, topic.name, collisions));
    const created = refused ?? createTopic(state, topic);
    if ("code" in created) {
      topics.push(failure(topic.name, created));
      continue;
    }
    collisions.add(topic.name);
    topics.push(created.result);
    for (const record of created.records) records.push(record);
  }
  const reply = { throttleTimeMs: 0, topics };
  return { records: request.validateOnly ? [] : records, reply };
}

function tooManyPartitions(
  state: ControllerState,
  request: CreateTopicsRequest,
): ApiError | undefined {
  let total = 0;
  for (const { assignments, numPartitions } of request.topics) {
    if (assignments.length > 0) total += assignments.length;
    else if (numPartitions === DEFAULT) total += state.config.get("num.partitions");
    else total += Math.max(0, numPartitions);
  }
  if (total <= NEW_PARTITIONS_MAX) return undefined;
  return apiError("POLICY_VIOLATION", "Excessively large number of partitions per request.");
}

function refusedName(
  state: ControllerState,
  name: string,
  collisions: TopicNameCollisions,
): ApiError | undefined {
  if (name === METADATA_TOPIC) {
    return apiError("INVALID_REQUEST", `Topic ${name} is the cluster's own.`);
  }
  const reason = invalidTopicName(name);
  if (reason !== undefined) return apiError("INVALID_TOPIC_EXCEPTION", reason);
  if (state.image.topic(name) !== undefined) {
    return apiError("TOPIC_ALREADY_EXISTS", `Topic '${name}' already exists.`);
  }
  const existing = collisions.of(name);
  if (existing !== undefined) {
    const message = `Topic '${name}' collides with existing topic: ${existing}`;
    return apiError("INVALID_TOPIC_EXCEPTION", message);
  }
  return undefined;
}

function createTopic(state: ControllerState, topic: CreatableTopic): CreatedTopic | ApiError {
  const configs = createdConfigs(state, topic);
  if ("code" in configs) return configs;
  const assigned = assign(state, topic);
  if (!assigned.ok) return assigned.error;
  const id = randomUuid(state.random);
  const records: ClusterRecord[] = [
    { kind: "TopicRecord", version: 0, value: { name: topic.name, topicId: id } },
    ...configs.records,
  ];
  const metadataVersion = metadataVersionOf(state.image);
  for (const [index, replicas] of assigned.assignments.entries()) {
    const partition = newPartition(state.image, replicas);
    records.push(partitionRecord(id, index, partition, metadataVersion));
  }
  const own = new Map(topic.configs.map(({ name, value }) => [name, value ?? ""]));
  const result: TopicResult = {
    name: topic.name,
    topicId: id,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topicConfigErrorCode: ErrorCode.NONE,
    numPartitions: assigned.assignments.length,
    replicationFactor: assigned.assignments[0]?.length ?? 0,
    configs: effectiveConfigs(state, own),
  };
  return { result, records };
}

/** The effective settings of a new topic, sorted by name (KIP-525). */
function effectiveConfigs(
  state: ControllerState,
  own: ReadonlyMap<string, string>,
): TopicResult["configs"] {
  const described = describeTopicConfig(state.config, own);
  return described
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value, readOnly, configSource, isSensitive }) => {
      // What was asked for is told as it was written.
      return { name, value: own.get(name) ?? value, readOnly, configSource, isSensitive };
    });
}

function createdConfigs(
  state: ControllerState,
  topic: CreatableTopic,
): { readonly records: readonly ClusterRecord[] } | ApiError {
  if (topic.configs.length === 0) return { records: [] };
  const withoutValue = topic.configs.filter(({ value }) => value === null);
  if (withoutValue.length > 0) {
    const names = withoutValue.map(({ name }) => name).join(",");
    return apiError("INVALID_CONFIG", `Null value not supported for topic configs: ${names}`);
  }
  const changes = topic.configs.map(({ name, value }) => ({
    name,
    operation: ConfigOperation.SET,
    value,
  }));
  const resource = { type: ConfigResourceType.TOPIC, name: topic.name };
  const { error, records } = changeConfigs(state, resource, changes, true);
  return error.code === ErrorCode.NONE ? { records } : error;
}

function assign(state: ControllerState, topic: CreatableTopic): AssignmentOutcome {
  if (topic.assignments.length > 0) return assignByHand(state, topic);
  const { replicationFactor, numPartitions } = topic;
  if (replicationFactor < DEFAULT || replicationFactor === 0) {
    const message = "Replication factor must be larger than 0, or -1 to use the default value.";
    return { ok: false, error: apiError("INVALID_REPLICATION_FACTOR", message) };
  }
  if (numPartitions < DEFAULT || numPartitions === 0) {
    const message = "Number of partitions was set to an invalid non-positive value.";
    return { ok: false, error: apiError("INVALID_PARTITIONS", message) };
  }
  const { config } = state;
  return assignReplicas(
    state,
    numPartitions === DEFAULT ? config.get("num.partitions") : numPartitions,
    replicationFactor === DEFAULT ? config.get("default.replication.factor") : replicationFactor,
  );
}

function assignByHand(state: ControllerState, topic: CreatableTopic): AssignmentOutcome {
  const given = "A manual partition assignment was specified, but ";
  if (topic.replicationFactor !== DEFAULT) {
    const message = `${given}replication factor was not set to -1.`;
    return { ok: false, error: apiError("INVALID_REQUEST", message) };
  }
  if (topic.numPartitions !== DEFAULT) {
    const message = `${given}numPartitions was not set to -1.`;
    return { ok: false, error: apiError("INVALID_REQUEST", message) };
  }
  const byIndex = new Map<number, readonly number[]>();
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byIndex.has(partitionIndex)) {
      const message = `Found multiple manual partition assignments for partition ${partitionIndex}`;
      return { ok: false, error: apiError("INVALID_REPLICA_ASSIGNMENT", message) };
    }
    byIndex.set(partitionIndex, brokerIds);
  }
  const inOrder: (readonly number[])[] = [];
  for (let i = 0; i < byIndex.size; i++) {
    const brokerIds = byIndex.get(i);
    if (brokerIds === undefined) {
      const message = "partitions should be a consecutive 0-based integer sequence";
      return { ok: false, error: apiError("INVALID_REPLICA_ASSIGNMENT", message) };
    }
    inOrder.push(brokerIds);
  }
  return assignManually(state.image, inOrder, { firstPartition: 0, replicationFactor: undefined });
}

function failure(name: string, error: ApiError): TopicResult {
  return {
    name,
    topicId: ZERO_UUID,
    errorCode: error.code,
    errorMessage: error.message,
    topicConfigErrorCode: ErrorCode.NONE,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  };
}
