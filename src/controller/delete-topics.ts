import { ZERO_UUID, type Uuid } from "../core/uuid.ts";
import type { ClusterRecord } from "../metadata/cluster-record.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from "../protocol/messages/delete-topics.ts";
import {
  apiError,
  noError,
  type ApiError,
  type ControllerState,
  type Decision,
} from "./decision.ts";

type TopicResult = DeleteTopicsResponse["responses"][number];

/** What to delete: by name or by id. */
interface Target {
  readonly name: string | null;
  readonly topicId: Uuid;
}

/** DeleteTopics, by name and (version 6) by id. */
export function decideDeleteTopics(
  state: ControllerState,
  request: DeleteTopicsRequest,
  apiVersion: number,
): Decision<DeleteTopicsResponse> {
  const targets: Target[] = [
    ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID })),
    ...request.topics,
  ];
  const disabled = state.config.get("delete.topic.enable")
    ? undefined
    : deletionDisabled(apiVersion);
  const names = countOf(targets.map(({ name }) => name ?? ""));
  const ids = countOf(targets.map(({ topicId }) => topicId));
  const records: ClusterRecord[] = [];
  const deleted = new Set<Uuid>();
  const responses = targets.map((target): TopicResult => {
    const refused = disabled ?? malformed(target, names, ids);
    if (refused !== undefined) return result(target.name, target.topicId, refused);
    const byName = target.name !== null;
    const topic = byName
      ? state.image.topic(target.name ?? "")
      : state.image.topicById(target.topicId);
    if (topic === undefined) {
      const error = apiError(byName ? "UNKNOWN_TOPIC_OR_PARTITION" : "UNKNOWN_TOPIC_ID", null);
      return result(target.name, target.topicId, error);
    }
    if (deleted.has(topic.id)) {
      const message = "The provided topic name maps to an ID that was already supplied.";
      return result(topic.name, topic.id, apiError("INVALID_REQUEST", message));
    }
    deleted.add(topic.id);
    records.push({ kind: "RemoveTopicRecord", version: 0, value: { topicId: topic.id } });
    return result(topic.name, topic.id, noError);
  });
  return { records, reply: { throttleTimeMs: 0, responses } };
}

function deletionDisabled(apiVersion: number): ApiError {
  if (apiVersion >= 3) return { code: ErrorCode.TOPIC_DELETION_DISABLED, message: null };
  return apiError("INVALID_REQUEST", "This version does not support TOPIC_DELETION_DISABLED.");
}

function malformed(
  { name, topicId }: Target,
  names: ReadonlyMap<string, number>,
  ids: ReadonlyMap<string, number>,
): ApiError | undefined {
  const hasId = topicId !== ZERO_UUID;
  if (name !== null && hasId) {
    return apiError("INVALID_REQUEST", "You may not specify both topic name and topic id.");
  }
  if (name === null && !hasId) {
    return apiError("INVALID_REQUEST", "Neither topic name nor id were specified.");
  }
  if (name !== null && (names.get(name) ?? 0) > 1) {
    return apiError("INVALID_REQUEST", "Duplicate topic name.");
  }
  if (hasId && (ids.get(topicId) ?? 0) > 1) {
    return apiError("INVALID_REQUEST", "Duplicate topic id.");
  }
  return undefined;
}

function result(name: string | null, topicId: Uuid, error: ApiError): TopicResult {
  return { name, topicId, errorCode: error.code, errorMessage: error.message };
}

function countOf(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
