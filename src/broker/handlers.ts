import { assert } from "../core/assert.ts";
import { ApiKey, apiOf } from "../protocol/apis.ts";
import { alterConfigsRequest, alterConfigsResponse } from "../protocol/messages/alter-configs.ts";
import { apiVersionsRequest, apiVersionsResponse } from "../protocol/messages/api-versions.ts";
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
  describeClusterRequest,
  describeClusterResponse,
} from "../protocol/messages/describe-cluster.ts";
import {
  describeConfigsRequest,
  describeConfigsResponse,
} from "../protocol/messages/describe-configs.ts";
import {
  describeGroupsRequest,
  describeGroupsResponse,
} from "../protocol/messages/describe-groups.ts";
import {
  describeLogDirsRequest,
  describeLogDirsResponse,
} from "../protocol/messages/describe-log-dirs.ts";
import {
  describeProducersRequest,
  describeProducersResponse,
} from "../protocol/messages/describe-producers.ts";
import {
  describeQuorumRequest,
  describeQuorumResponse,
} from "../protocol/messages/describe-quorum.ts";
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from "../protocol/messages/describe-topic-partitions.ts";
import { fetchRequest, fetchResponse } from "../protocol/messages/fetch.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../protocol/messages/find-coordinator.ts";
import { heartbeatRequest, heartbeatResponse } from "../protocol/messages/heartbeat.ts";
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from "../protocol/messages/incremental-alter-configs.ts";
import {
  initProducerIdRequest,
  initProducerIdResponse,
} from "../protocol/messages/init-producer-id.ts";
import { joinGroupRequest, joinGroupResponse } from "../protocol/messages/join-group.ts";
import { leaveGroupRequest, leaveGroupResponse } from "../protocol/messages/leave-group.ts";
import {
  listConfigResourcesRequest,
  listConfigResourcesResponse,
} from "../protocol/messages/list-config-resources.ts";
import { listGroupsRequest, listGroupsResponse } from "../protocol/messages/list-groups.ts";
import { listOffsetsRequest, listOffsetsResponse } from "../protocol/messages/list-offsets.ts";
import { metadataRequest, metadataResponse } from "../protocol/messages/metadata.ts";
import { offsetCommitRequest, offsetCommitResponse } from "../protocol/messages/offset-commit.ts";
import { offsetDeleteRequest, offsetDeleteResponse } from "../protocol/messages/offset-delete.ts";
import { offsetFetchRequest, offsetFetchResponse } from "../protocol/messages/offset-fetch.ts";
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from "../protocol/messages/offset-for-leader-epoch.ts";
import { produceRequest, produceResponse } from "../protocol/messages/produce.ts";
import { syncGroupRequest, syncGroupResponse } from "../protocol/messages/sync-group.ts";
import {
  updateFeaturesRequest,
  updateFeaturesResponse,
} from "../protocol/messages/update-features.ts";
import type { AnyMessage, InputOf, ValueOf } from "../protocol/schema.ts";
import type { Answer } from "./answer.ts";
import type { Broker, ServedApi } from "./broker.ts";
import { handleAlterConfigs } from "./handlers/alter-configs.ts";
import { handleApiVersions } from "./handlers/api-versions.ts";
import { handleCreatePartitions } from "./handlers/create-partitions.ts";
import { handleCreateTopics } from "./handlers/create-topics.ts";
import { handleDeleteGroups } from "./handlers/delete-groups.ts";
import { handleDeleteRecords } from "./handlers/delete-records.ts";
import { handleDeleteTopics } from "./handlers/delete-topics.ts";
import { handleDescribeCluster } from "./handlers/describe-cluster.ts";
import { handleDescribeConfigs } from "./handlers/describe-configs.ts";
import { handleDescribeGroups } from "./handlers/describe-groups.ts";
import { handleDescribeLogDirs } from "./handlers/describe-log-dirs.ts";
import { handleDescribeProducers } from "./handlers/describe-producers.ts";
import { handleDescribeQuorum } from "./handlers/describe-quorum.ts";
import { handleDescribeTopicPartitions } from "./handlers/describe-topic-partitions.ts";
import { handleFetch } from "./handlers/fetch.ts";
import { handleFindCoordinator } from "./handlers/find-coordinator.ts";
import { handleHeartbeat } from "./handlers/heartbeat.ts";
import { handleIncrementalAlterConfigs } from "./handlers/incremental-alter-configs.ts";
import { handleInitProducerId } from "./handlers/init-producer-id.ts";
import { handleJoinGroup } from "./handlers/join-group.ts";
import { handleLeaveGroup } from "./handlers/leave-group.ts";
import { handleListConfigResources } from "./handlers/list-config-resources.ts";
import { handleListGroups } from "./handlers/list-groups.ts";
import { handleListOffsets } from "./handlers/list-offsets.ts";
import { handleMetadata } from "./handlers/metadata.ts";
import { handleOffsetCommit } from "./handlers/offset-commit.ts";
import { handleOffsetDelete } from "./handlers/offset-delete.ts";
import { handleOffsetFetch } from "./handlers/offset-fetch.ts";
import { handleOffsetForLeaderEpoch } from "./handlers/offset-for-leader-epoch.ts";
import { handleProduce } from "./handlers/produce.ts";
import { handleSyncGroup } from "./handlers/sync-group.ts";
import { handleUpdateFeatures } from "./handlers/update-features.ts";
import type { RequestContext } from "./request-context.ts";

/** An API that is served: its schemas, the versions that clients are told, and what answers it. */
export interface Route extends ServedApi {
  /** The first version with a schema; Produce tells of older ones that it no longer serves. */
  readonly lowestVersion: number;
  readonly request: AnyMessage;
  readonly response: AnyMessage;
  /** Listeners of which kind serve it. */
  readonly listeners: readonly ("broker" | "controller")[];
  handle(broker: Broker, context: RequestContext, request: unknown): Answer<unknown>;
}

function route<Q extends AnyMessage, R extends AnyMessage>(
  key: number,
  request: Q,
  response: R,
  handle: (
    broker: Broker,
    context: RequestContext,
    request: ValueOf<Q>,
  ) => Answer<InputOf<R> | "none" | "close">,
): Route {
  const api = apiOf(key);
  assert(api !== undefined, "a route to an API that there is not", { key });
  const [minVersion, maxVersion] = api.advertised;
  const { minVersion: lowestVersion, listeners } = api;
  return { key, minVersion, maxVersion, lowestVersion, request, response, listeners, handle };
}

/** Everything this broker serves. */
export const routes: readonly Route[] = [
  route(ApiKey.PRODUCE, produceRequest, produceResponse, handleProduce),
  route(ApiKey.FETCH, fetchRequest, fetchResponse, handleFetch),
  route(ApiKey.LIST_OFFSETS, listOffsetsRequest, listOffsetsResponse, handleListOffsets),
  route(ApiKey.METADATA, metadataRequest, metadataResponse, handleMetadata),
  route(ApiKey.OFFSET_COMMIT, offsetCommitRequest, offsetCommitResponse, handleOffsetCommit),
  route(ApiKey.OFFSET_FETCH, offsetFetchRequest, offsetFetchResponse, handleOffsetFetch),
  route(
    ApiKey.FIND_COORDINATOR,
    findCoordinatorRequest,
    findCoordinatorResponse,
    handleFindCoordinator,
  ),
  route(ApiKey.JOIN_GROUP, joinGroupRequest, joinGroupResponse, handleJoinGroup),
  route(ApiKey.HEARTBEAT, heartbeatRequest, heartbeatResponse, handleHeartbeat),
  route(ApiKey.LEAVE_GROUP, leaveGroupRequest, leaveGroupResponse, handleLeaveGroup),
  route(ApiKey.SYNC_GROUP, syncGroupRequest, syncGroupResponse, handleSyncGroup),
  route(
    ApiKey.DESCRIBE_GROUPS,
    describeGroupsRequest,
    describeGroupsResponse,
    handleDescribeGroups,
  ),
  route(ApiKey.LIST_GROUPS, listGroupsRequest, listGroupsResponse, handleListGroups),
  route(ApiKey.API_VERSIONS, apiVersionsRequest, apiVersionsResponse, handleApiVersions),
  route(ApiKey.CREATE_TOPICS, createTopicsRequest, createTopicsResponse, handleCreateTopics),
  route(ApiKey.DELETE_TOPICS, deleteTopicsRequest, deleteTopicsResponse, handleDeleteTopics),
  route(ApiKey.DELETE_RECORDS, deleteRecordsRequest, deleteRecordsResponse, handleDeleteRecords),
  route(
    ApiKey.INIT_PRODUCER_ID,
    initProducerIdRequest,
    initProducerIdResponse,
    handleInitProducerId,
  ),
  route(
    ApiKey.OFFSET_FOR_LEADER_EPOCH,
    offsetForLeaderEpochRequest,
    offsetForLeaderEpochResponse,
    handleOffsetForLeaderEpoch,
  ),
  route(
    ApiKey.DESCRIBE_CONFIGS,
    describeConfigsRequest,
    describeConfigsResponse,
    handleDescribeConfigs,
  ),
  route(ApiKey.ALTER_CONFIGS, alterConfigsRequest, alterConfigsResponse, handleAlterConfigs),
  route(
    ApiKey.DESCRIBE_LOG_DIRS,
    describeLogDirsRequest,
    describeLogDirsResponse,
    handleDescribeLogDirs,
  ),
  route(
    ApiKey.CREATE_PARTITIONS,
    createPartitionsRequest,
    createPartitionsResponse,
    handleCreatePartitions,
  ),
  route(ApiKey.DELETE_GROUPS, deleteGroupsRequest, deleteGroupsResponse, handleDeleteGroups),
  route(
    ApiKey.INCREMENTAL_ALTER_CONFIGS,
    incrementalAlterConfigsRequest,
    incrementalAlterConfigsResponse,
    handleIncrementalAlterConfigs,
  ),
  route(ApiKey.OFFSET_DELETE, offsetDeleteRequest, offsetDeleteResponse, handleOffsetDelete),
  route(
    ApiKey.DESCRIBE_QUORUM,
    describeQuorumRequest,
    describeQuorumResponse,
    handleDescribeQuorum,
  ),
  route(
    ApiKey.UPDATE_FEATURES,
    updateFeaturesRequest,
    updateFeaturesResponse,
    handleUpdateFeatures,
  ),
  route(
    ApiKey.DESCRIBE_CLUSTER,
    describeClusterRequest,
    describeClusterResponse,
    handleDescribeCluster,
  ),
  route(
    ApiKey.DESCRIBE_PRODUCERS,
    describeProducersRequest,
    describeProducersResponse,
    handleDescribeProducers,
  ),
  route(
    ApiKey.LIST_CONFIG_RESOURCES,
    listConfigResourcesRequest,
    listConfigResourcesResponse,
    handleListConfigResources,
  ),
  route(
    ApiKey.DESCRIBE_TOPIC_PARTITIONS,
    describeTopicPartitionsRequest,
    describeTopicPartitionsResponse,
    handleDescribeTopicPartitions,
  ),
];
