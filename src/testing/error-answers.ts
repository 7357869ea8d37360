import type { Route } from "../broker/handlers.ts";
import { assert } from "../core/assert.ts";
import { ApiKey } from "../protocol/apis.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { alterConfigsRequest, alterConfigsResponse } from "../protocol/messages/alter-configs.ts";
import {
  createPartitionsRequest,
  createPartitionsResponse,
} from "../protocol/messages/create-partitions.ts";
import { createTopicsRequest, createTopicsResponse } from "../protocol/messages/create-topics.ts";
import { deleteGroupsRequest, deleteGroupsResponse } from "../protocol/messages/delete-groups.ts";
import {
  deleteRecordsRequest,
  deleteRecordsResponse,
} from "../protocol/messages/delete-records.ts";
import { deleteTopicsRequest, deleteTopicsResponse } from "../protocol/messages/delete-topics.ts";
import {
  describeConfigsRequest,
  describeConfigsResponse,
} from "../protocol/messages/describe-configs.ts";
import {
  describeGroupsRequest,
  describeGroupsResponse,
} from "../protocol/messages/describe-groups.ts";
import { fetchRequest, fetchResponse, type FetchRequest } from "../protocol/messages/fetch.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../protocol/messages/find-coordinator.ts";
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from "../protocol/messages/incremental-alter-configs.ts";
import { leaveGroupRequest, leaveGroupResponse } from "../protocol/messages/leave-group.ts";
import { listOffsetsRequest, listOffsetsResponse } from "../protocol/messages/list-offsets.ts";
import type { MetadataResponseInput } from "../protocol/messages/metadata.ts";
import { offsetCommitRequest, offsetCommitResponse } from "../protocol/messages/offset-commit.ts";
import { offsetFetchRequest, offsetFetchResponse } from "../protocol/messages/offset-fetch.ts";
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from "../protocol/messages/offset-for-leader-epoch.ts";
import { produceRequest, produceResponse } from "../protocol/messages/produce.ts";
import type { AnyMessage, InputOf, ValueOf } from "../protocol/schema.ts";

/** Makes the answer to a request that says the same error of everything it asks for. */
interface ErrorAnswer {
  answer(request: unknown, errorCode: ErrorCode, version: number): object | "close";
}

function errorAnswer<Q extends AnyMessage, R extends AnyMessage>(
  _request: Q,
  _response: R,
  answer: (request: ValueOf<Q>, errorCode: ErrorCode, version: number) => InputOf<R> | "close",
): ErrorAnswer {
  return { answer };
}

const NO_OFFSET = -1;
const NO_ACKS = 0;
/** From here on several are asked for at a time. */
const OFFSET_FETCH_GROUPS_VERSION = 8;
const FIND_COORDINATOR_LIST_VERSION = 4;

/** Errors of a fetch as a whole, not of its partitions. */
const sessionErrors: readonly ErrorCode[] = [
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
];

const byApi: ReadonlyMap<number, ErrorAnswer> = new Map([
  [
    ApiKey.PRODUCE,
    errorAnswer(produceRequest, produceResponse, ({ acks, topicData }, errorCode) => {
      // Who wants no answer learns of errors by the end of the connection.
      if (acks === NO_ACKS) return "close";
      return {
        responses: topicData.map(({ name, topicId, partitionData }) => ({
          name,
          topicId,
          partitionResponses: partitionData.map(({ index }) => ({
            index,
            errorCode,
            baseOffset: NO_OFFSET,
          })),
        })),
      };
    }),
  ],
  [
    ApiKey.FETCH,
    errorAnswer(fetchRequest, fetchResponse, ({ topics }, errorCode) => {
      if (sessionErrors.includes(errorCode)) return { errorCode };
      return {
        responses: topics.map(({ topic, topicId, partitions }) => ({
          topic,
          topicId,
          partitions: partitions.map(({ partition }) => ({
            partitionIndex: partition,
            errorCode,
            highWatermark: NO_OFFSET,
            records: null,
          })),
        })),
      };
    }),
  ],
  [
    ApiKey.LIST_OFFSETS,
    errorAnswer(listOffsetsRequest, listOffsetsResponse, ({ topics }, errorCode) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    })),
  ],
  [
    ApiKey.OFFSET_FOR_LEADER_EPOCH,
    errorAnswer(
      offsetForLeaderEpochRequest,
      offsetForLeaderEpochResponse,
      ({ topics }, errorCode) => ({
        topics: topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition }) => ({ partition, errorCode })),
        })),
      }),
    ),
  ],
  [
    ApiKey.OFFSET_COMMIT,
    errorAnswer(offsetCommitRequest, offsetCommitResponse, ({ topics }, errorCode) => ({
      topics: topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    })),
  ],
  [
    ApiKey.OFFSET_FETCH,
    errorAnswer(offsetFetchRequest, offsetFetchResponse, ({ groups }, errorCode, version) =>
      version < OFFSET_FETCH_GROUPS_VERSION
        ? { errorCode }
        : { groups: groups.map(({ groupId }) => ({ groupId, errorCode })) },
    ),
  ],
  [
    ApiKey.FIND_COORDINATOR,
    errorAnswer(
      findCoordinatorRequest,
      findCoordinatorResponse,
      ({ coordinatorKeys }, errorCode, version) => {
        const nobody = { nodeId: -1, port: -1, errorCode };
        return version < FIND_COORDINATOR_LIST_VERSION
          ? nobody
          : { coordinators: coordinatorKeys.map((key) => ({ key, ...nobody })) };
      },
    ),
  ],
  [
    ApiKey.LEAVE_GROUP,
    errorAnswer(leaveGroupRequest, leaveGroupResponse, ({ members }, errorCode) => ({
      errorCode,
      members: members.map(({ memberId, groupInstanceId }) => ({
        memberId,
        groupInstanceId,
        errorCode,
      })),
    })),
  ],
  [
    ApiKey.DESCRIBE_GROUPS,
    errorAnswer(describeGroupsRequest, describeGroupsResponse, ({ groups }, errorCode) => ({
      groups: groups.map((groupId) => ({ groupId, errorCode })),
    })),
  ],
  [
    ApiKey.DELETE_GROUPS,
    errorAnswer(deleteGroupsRequest, deleteGroupsResponse, ({ groupsNames }, errorCode) => ({
      results: groupsNames.map((groupId) => ({ groupId, errorCode })),
    })),
  ],
  [
    ApiKey.CREATE_TOPICS,
    errorAnswer(createTopicsRequest, createTopicsResponse, ({ topics }, errorCode) => ({
      topics: topics.map(({ name }) => ({ name, errorCode, errorMessage: null })),
    })),
  ],
  [
    ApiKey.DELETE_TOPICS,
    errorAnswer(deleteTopicsRequest, deleteTopicsResponse, (request, errorCode) => ({
      responses: [
        ...request.topicNames.map((name) => ({ name, errorCode })),
        ...request.topics.map(({ name, topicId }) => ({ name, topicId, errorCode })),
      ],
    })),
  ],
  [
    ApiKey.CREATE_PARTITIONS,
    errorAnswer(createPartitionsRequest, createPartitionsResponse, ({ topics }, errorCode) => ({
      results: topics.map(({ name }) => ({ name, errorCode })),
    })),
  ],
  [
    ApiKey.DELETE_RECORDS,
    errorAnswer(deleteRecordsRequest, deleteRecordsResponse, ({ topics }, errorCode) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode,
          lowWatermark: NO_OFFSET,
        })),
      })),
    })),
  ],
  [
    ApiKey.DESCRIBE_CONFIGS,
    errorAnswer(describeConfigsRequest, describeConfigsResponse, ({ resources }, errorCode) => ({
      results: resources.map(({ resourceType, resourceName }) => ({
        resourceType,
        resourceName,
        errorCode,
      })),
    })),
  ],
  [
    ApiKey.ALTER_CONFIGS,
    errorAnswer(alterConfigsRequest, alterConfigsResponse, ({ resources }, errorCode) => ({
      responses: resources.map(({ resourceType, resourceName }) => ({
        resourceType,
        resourceName,
        errorCode,
      })),
    })),
  ],
  [
    ApiKey.INCREMENTAL_ALTER_CONFIGS,
    errorAnswer(
      incrementalAlterConfigsRequest,
      incrementalAlterConfigsResponse,
      ({ resources }, errorCode) => ({
        responses: resources.map(({ resourceType, resourceName }) => ({
          resourceType,
          resourceName,
          errorCode,
        })),
      }),
    ),
  ],
]);

/** An answer that says an error. */
export interface ErrorAnswerTo {
  /** `close` ends the connection instead. */
  readonly answer: object | "close";
  /** False when the client is first made to ask in a way in which the error can be told. */
  readonly saysIt: boolean;
}

/**
 * The answer to a request that says the error of everything in it; where the API has one error code for
 * the whole answer, that.
 */
export function errorAnswerTo(
  route: Route,
  request: unknown,
  { errorCode, version }: { readonly errorCode: ErrorCode; readonly version: number },
): ErrorAnswerTo {
  const { key, response } = route;
  if (key === ApiKey.FETCH && !sessionErrors.includes(errorCode) && incremental.is(request)) {
    // What a fetch within a session does not name has no place in the answer either.
    return { answer: { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND }, saysIt: false };
  }
  const found = byApi.get(key);
  if (found !== undefined)
    return { answer: found.answer(request, errorCode, version), saysIt: true };
  assert(response.fields["errorCode"] !== undefined, "an answer with a place for an error", {
    key,
  });
  return { answer: { errorCode }, saysIt: true };
}

/** Whether the answers of an API have a place for an error. */
export function hasErrorAnswer({ key, response }: Route): boolean {
  return key === ApiKey.METADATA || byApi.has(key) || response.fields["errorCode"] !== undefined;
}

interface FetchKind {
  is(request: unknown): boolean;
}

/** Fetches that name what has changed since the last one. */
const incremental: FetchKind = {
  is: ({ sessionId, sessionEpoch }: FetchRequest) => sessionId !== 0 && sessionEpoch > 0,
};

/** What Metadata tells, with an error in the place of every topic; brokers are told as they are. */
export function refuseTopics(told: MetadataResponseInput, errorCode: ErrorCode): object {
  const { topics = [] } = told;
  return {
    ...told,
    topics: topics.map(({ name, topicId }) => ({ name, topicId, errorCode })),
  };
}
