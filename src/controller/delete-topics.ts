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

/**
 * DeleteTopics, by name and (version 6) by id. What is asked for twice is not done: neither what is
 * named twice, nor what is named and asked for by its id.
 */
export function decideDeleteTopics(
  state: ControllerState,
  request: DeleteTopicsRequest,
  apiVersion: number,
): Decision<DeleteTopicsResponse> {
  const targets: Target[] = [
    ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID })),
    ...request.topics,
  ];
  if (!state.config.get("delete.topic.enable")) {
    const error = deletionDisabled(apiVersion);
    const responses = targets.map(({ name, topicId }) => result(name, topicId, error));
    return { records: [], reply: { throttleTimeMs: 0, responses } };
  }
  const responses: TopicResult[] = [];
  const names = new Map<string, number>();
  const ids = new Map<Uuid, number>();
  for (const target of targets) {
    const { name, topicId } = target;
    if ((name === null) === (topicId === ZERO_UUID)) {
      responses.push(result(name, topicId, malformed(target)));
    } else if (name !== null) {
      names.set(name, (names.get(name) ?? 0) + 1);
    } else {
      ids.set(topicId, (ids.get(topicId) ?? 0) + 1);
    }
  }
  const found = new Map<Uuid, string>();
  const again = new Set<Uuid>();
  for (const [topicId, times] of ids) {
    const topic = state.image.topicById(topicId);
    if (times > 1) {
      responses.push(result(null, topicId, apiError("INVALID_REQUEST", "Duplicate topic id.")));
      again.add(topicId);
    } else if (topic === undefined) {
      const error = apiError("UNKNOWN_TOPIC_ID", "There is no topic with this id.");
      responses.push(result(null, topicId, error));
    } else {
      found.set(topicId, topic.name);
    }
  }
  for (const [name, times] of names) {
    const topic = state.image.topic(name);
    if (times > 1) {
      const error = apiError("INVALID_REQUEST", "Duplicate topic name.");
      responses.push(result(name, ZERO_UUID, error));
    } else if (topic === undefined) {
      const error = apiError("UNKNOWN_TOPIC_OR_PARTITION", "There is no topic of this name.");
      responses.push(result(name, ZERO_UUID, error));
    } else if (found.has(topic.id) || again.has(topic.id)) {
      found.delete(topic.id);
      again.add(topic.id);
      const message = "The provided topic name maps to an ID that was already supplied.";
      responses.push(result(name, topic.id, apiError("INVALID_REQUEST", message)));
    } else {
      found.set(topic.id, name);
    }
  }
  const records: ClusterRecord[] = [];
  for (const [topicId, name] of found) {
    records.push({ kind: "RemoveTopicRecord", version: 0, value: { topicId } });
    responses.push(result(name, topicId, noError));
  }
  return { records, reply: { throttleTimeMs: 0, responses } };
}

function deletionDisabled(apiVersion: number): ApiError {
  if (apiVersion >= 3) return { code: ErrorCode.TOPIC_DELETION_DISABLED, message: null };
  return apiError("INVALID_REQUEST", "This version does not support TOPIC_DELETION_DISABLED.");
}

function malformed({ name }: Target): ApiError {
  const message =
    name === null
      ? "Neither topic name nor id were specified."
      : "You may not specify both topic name and topic id.";
  return apiError("INVALID_REQUEST", message);
}

function result(name: string | null, topicId: Uuid, error: ApiError): TopicResult {
  return { name, topicId, errorCode: error.code, errorMessage: error.message };
}
