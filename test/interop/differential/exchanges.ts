import { apiOf } from "../../../src/protocol/apis.ts";
import * as all from "../../../src/protocol/index.ts";
import { parseVersions } from "../../../src/protocol/layout.ts";
import type { AnyMessage } from "../../../src/protocol/schema.ts";

/** A request and its response, and the versions of them that are compared. */
export interface Exchange<Q extends AnyMessage = AnyMessage, R extends AnyMessage = AnyMessage> {
  readonly name: string;
  readonly apiKey: number;
  readonly request: Q;
  readonly response: R;
  /** Every version that Apache Kafka 4.4 answers, the lowest first. */
  readonly versions: readonly number[];
}

function exchange<Q extends AnyMessage, R extends AnyMessage>(
  request: Q,
  response: R,
): Exchange<Q, R> {
  const apiKey = request.traits.apiKey ?? -1;
  const api = apiOf(apiKey);
  if (api === undefined) throw new Error(`${request.name} has no API`);
  const { min } = parseVersions(request.traits.versions);
  const versions: number[] = [];
  for (let v = Math.max(min, api.advertised[0]); v <= api.advertised[1]; v++) versions.push(v);
  return { name: api.name, apiKey, request, response, versions };
}

export const produce = exchange(all.produceRequest, all.produceResponse);
export const fetch = exchange(all.fetchRequest, all.fetchResponse);
export const listOffsets = exchange(all.listOffsetsRequest, all.listOffsetsResponse);
export const metadata = exchange(all.metadataRequest, all.metadataResponse);
export const offsetCommit = exchange(all.offsetCommitRequest, all.offsetCommitResponse);
export const offsetFetch = exchange(all.offsetFetchRequest, all.offsetFetchResponse);
export const findCoordinator = exchange(all.findCoordinatorRequest, all.findCoordinatorResponse);
export const joinGroup = exchange(all.joinGroupRequest, all.joinGroupResponse);
export const heartbeat = exchange(all.heartbeatRequest, all.heartbeatResponse);
export const leaveGroup = exchange(all.leaveGroupRequest, all.leaveGroupResponse);
export const syncGroup = exchange(all.syncGroupRequest, all.syncGroupResponse);
export const describeGroups = exchange(all.describeGroupsRequest, all.describeGroupsResponse);
export const listGroups = exchange(all.listGroupsRequest, all.listGroupsResponse);
export const apiVersions = exchange(all.apiVersionsRequest, all.apiVersionsResponse);
export const createTopics = exchange(all.createTopicsRequest, all.createTopicsResponse);
export const deleteTopics = exchange(all.deleteTopicsRequest, all.deleteTopicsResponse);
export const deleteRecords = exchange(all.deleteRecordsRequest, all.deleteRecordsResponse);
export const initProducerId = exchange(all.initProducerIdRequest, all.initProducerIdResponse);
export const offsetForLeaderEpoch = exchange(
  all.offsetForLeaderEpochRequest,
  all.offsetForLeaderEpochResponse,
);
export const describeConfigs = exchange(all.describeConfigsRequest, all.describeConfigsResponse);
export const alterConfigs = exchange(all.alterConfigsRequest, all.alterConfigsResponse);
export const describeLogDirs = exchange(all.describeLogDirsRequest, all.describeLogDirsResponse);
export const createPartitions = exchange(all.createPartitionsRequest, all.createPartitionsResponse);
export const deleteGroups = exchange(all.deleteGroupsRequest, all.deleteGroupsResponse);
export const incrementalAlterConfigs = exchange(
  all.incrementalAlterConfigsRequest,
  all.incrementalAlterConfigsResponse,
);
export const offsetDelete = exchange(all.offsetDeleteRequest, all.offsetDeleteResponse);
export const describeQuorum = exchange(all.describeQuorumRequest, all.describeQuorumResponse);
export const updateFeatures = exchange(all.updateFeaturesRequest, all.updateFeaturesResponse);
export const describeCluster = exchange(all.describeClusterRequest, all.describeClusterResponse);
export const describeProducers = exchange(
  all.describeProducersRequest,
  all.describeProducersResponse,
);
export const listConfigResources = exchange(
  all.listConfigResourcesRequest,
  all.listConfigResourcesResponse,
);
export const describeTopicPartitions = exchange(
  all.describeTopicPartitionsRequest,
  all.describeTopicPartitionsResponse,
);

/** Everything that is compared. */
export const exchanges: readonly Exchange[] = [
  produce,
  fetch,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  findCoordinator,
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  describeGroups,
  listGroups,
  apiVersions,
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  offsetForLeaderEpoch,
  describeConfigs,
  alterConfigs,
  describeLogDirs,
  createPartitions,
  deleteGroups,
  incrementalAlterConfigs,
  offsetDelete,
  describeQuorum,
  updateFeatures,
  describeCluster,
  describeProducers,
  listConfigResources,
  describeTopicPartitions,
];
