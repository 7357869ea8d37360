import type { ClusterRecord } from "../metadata/cluster-record.ts";
import { partitionRecord } from "../metadata/image-writer.ts";
import type { TopicImage } from "../metadata/image.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from "../protocol/messages/create-partitions.ts";
import {
  assignManually,
  assignReplicas,
  newPartition,
  type AssignmentOutcome,
} from "./assignment.ts";
import {
  apiError,
  metadataVersionOf,
  NEW_PARTITIONS_MAX,
  type ApiError,
  type ControllerState,
  type Decision,
} from "./decision.ts";

type PartitionsOfTopic = CreatePartitionsRequest["topics"][number];

/** CreatePartitions: a topic can only grow. */
export function decideCreatePartitions(
  state: ControllerState,
  request: CreatePartitionsRequest,
): Decision<CreatePartitionsResponse> {
  const excess = tooManyPartitions(state, request);
  const times = new Map<string, number>();
  for (const { name } of request.topics) times.set(name, (times.get(name) ?? 0) + 1);
  const records: ClusterRecord[] = [];
  const results: CreatePartitionsResponse["results"][number][] = [];
  for (const [name, count] of times) {
    const topic = request.topics.find((candidate) => candidate.name === name);
    if (topic === undefined) continue;
    const repeated = apiError("INVALID_REQUEST", "Duplicate topic name.");
    const grown = count > 1 ? repeated : (excess ?? grow(state, topic));
    if (!("code" in grown)) {
      for (const record of grown.records) records.push(record);
      results.push({ name, errorCode: ErrorCode.NONE, errorMessage: null });
      continue;
    }
    results.push({ name, errorCode: grown.code, errorMessage: grown.message });
  }
  return {
    records: request.validateOnly ? [] : records,
    reply: { throttleTimeMs: 0, results },
  };
}

function tooManyPartitions(
  state: ControllerState,
  request: CreatePartitionsRequest,
): ApiError | undefined {
  let total = 0;
  for (const { name, count } of request.topics) {
    const existing = state.image.topic(name)?.partitions.length ?? 0;
    total += Math.max(0, count - existing);
  }
  if (total <= NEW_PARTITIONS_MAX) return undefined;
  return apiError("POLICY_VIOLATION", "Excessively large number of partitions per request.");
}

function grow(
  state: ControllerState,
  request: PartitionsOfTopic,
): { readonly records: readonly ClusterRecord[] } | ApiError {
  const topic = state.image.topic(request.name);
  if (topic === undefined) return apiError("UNKNOWN_TOPIC_OR_PARTITION", null);
  const existing = topic.partitions.length;
  if (request.count === existing) {
    return apiError("INVALID_PARTITIONS", `Topic already has ${existing} partition(s).`);
  }
  if (request.count < existing) {
    const message =
      `The topic ${request.name} currently has ${existing} partition(s); ${request.count} would not ` +
      `be an increase.`;
    return apiError("INVALID_PARTITIONS", message);
  }
  const assigned = assign(state, topic, request);
  if (!assigned.ok) return assigned.error;
  const metadataVersion = metadataVersionOf(state.image);
  const records = assigned.assignments.map((replicas, index) => {
    const partition = newPartition(state.image, replicas);
    return partitionRecord(topic.id, existing + index, partition, metadataVersion);
  });
  return { records };
}

function assign(
  state: ControllerState,
  topic: TopicImage,
  request: PartitionsOfTopic,
): AssignmentOutcome {
  const existing = topic.partitions.length;
  const additional = request.count - existing;
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 0;
  if (request.assignments === null) return assignReplicas(state, additional, replicationFactor);
  if (request.assignments.length !== additional) {
    const message =
      `Attempted to add ${additional} additional partition(s), but only ` +
      `${request.assignments.length} assignment(s) were specified.`;
    return { ok: false, error: apiError("INVALID_REPLICA_ASSIGNMENT", message) };
  }
  const assignments = request.assignments.map(({ brokerIds }) => brokerIds);
  return assignManually(state.image, assignments, { firstPartition: existing, replicationFactor });
}
