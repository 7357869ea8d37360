import type { AnyMessage } from "./schema.ts";
import { requestHeader, responseHeader } from "./messages/header.ts";
import { addOffsetsToTxnRequest, addOffsetsToTxnResponse } from "./messages/add-offsets-to-txn.ts";
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
} from "./messages/add-partitions-to-txn.ts";
import { addRaftVoterRequest, addRaftVoterResponse } from "./messages/add-raft-voter.ts";
import {
  allocateProducerIdsRequest,
  allocateProducerIdsResponse,
} from "./messages/allocate-producer-ids.ts";
import {
  alterClientQuotasRequest,
  alterClientQuotasResponse,
} from "./messages/alter-client-quotas.ts";
import { alterConfigsRequest, alterConfigsResponse } from "./messages/alter-configs.ts";
import { alterPartitionRequest, alterPartitionResponse } from "./messages/alter-partition.ts";
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from "./messages/alter-partition-reassignments.ts";
import {
  alterReplicaLogDirsRequest,
  alterReplicaLogDirsResponse,
} from "./messages/alter-replica-log-dirs.ts";
import {
  alterShareGroupOffsetsRequest,
  alterShareGroupOffsetsResponse,
} from "./messages/alter-share-group-offsets.ts";
import {
  alterUserScramCredentialsRequest,
  alterUserScramCredentialsResponse,
} from "./messages/alter-user-scram-credentials.ts";
import { apiVersionsRequest, apiVersionsResponse } from "./messages/api-versions.ts";
import {
  assignReplicasToDirsRequest,
  assignReplicasToDirsResponse,
} from "./messages/assign-replicas-to-dirs.ts";
import {
  beginQuorumEpochRequest,
  beginQuorumEpochResponse,
} from "./messages/begin-quorum-epoch.ts";
import { brokerHeartbeatRequest, brokerHeartbeatResponse } from "./messages/broker-heartbeat.ts";
import {
  brokerRegistrationRequest,
  brokerRegistrationResponse,
} from "./messages/broker-registration.ts";
import {
  consumerGroupDescribeRequest,
  consumerGroupDescribeResponse,
} from "./messages/consumer-group-describe.ts";
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from "./messages/consumer-group-heartbeat.ts";
import {
  controlledShutdownRequest,
  controlledShutdownResponse,
} from "./messages/controlled-shutdown.ts";
import {
  controllerRegistrationRequest,
  controllerRegistrationResponse,
} from "./messages/controller-registration.ts";
import { createAclsRequest, createAclsResponse } from "./messages/create-acls.ts";
import {
  createDelegationTokenRequest,
  createDelegationTokenResponse,
} from "./messages/create-delegation-token.ts";
import { createPartitionsRequest, createPartitionsResponse } from "./messages/create-partitions.ts";
import { createTopicsRequest, createTopicsResponse } from "./messages/create-topics.ts";
import { deleteAclsRequest, deleteAclsResponse } from "./messages/delete-acls.ts";
import { deleteGroupsRequest, deleteGroupsResponse } from "./messages/delete-groups.ts";
import { deleteRecordsRequest, deleteRecordsResponse } from "./messages/delete-records.ts";
import {
  deleteShareGroupOffsetsRequest,
  deleteShareGroupOffsetsResponse,
} from "./messages/delete-share-group-offsets.ts";
import {
  deleteShareGroupStateRequest,
  deleteShareGroupStateResponse,
} from "./messages/delete-share-group-state.ts";
import { deleteTopicsRequest, deleteTopicsResponse } from "./messages/delete-topics.ts";
import { describeAclsRequest, describeAclsResponse } from "./messages/describe-acls.ts";
import {
  describeClientQuotasRequest,
  describeClientQuotasResponse,
} from "./messages/describe-client-quotas.ts";
import { describeClusterRequest, describeClusterResponse } from "./messages/describe-cluster.ts";
import { describeConfigsRequest, describeConfigsResponse } from "./messages/describe-configs.ts";
import {
  describeDelegationTokenRequest,
  describeDelegationTokenResponse,
} from "./messages/describe-delegation-token.ts";
import { describeGroupsRequest, describeGroupsResponse } from "./messages/describe-groups.ts";
import { describeLogDirsRequest, describeLogDirsResponse } from "./messages/describe-log-dirs.ts";
import {
  describeProducersRequest,
  describeProducersResponse,
} from "./messages/describe-producers.ts";
import { describeQuorumRequest, describeQuorumResponse } from "./messages/describe-quorum.ts";
import {
  describeShareGroupOffsetsRequest,
  describeShareGroupOffsetsResponse,
} from "./messages/describe-share-group-offsets.ts";
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from "./messages/describe-topic-partitions.ts";
import {
  describeTransactionsRequest,
  describeTransactionsResponse,
} from "./messages/describe-transactions.ts";
import {
  describeUserScramCredentialsRequest,
  describeUserScramCredentialsResponse,
} from "./messages/describe-user-scram-credentials.ts";
import { electLeadersRequest, electLeadersResponse } from "./messages/elect-leaders.ts";
import { endQuorumEpochRequest, endQuorumEpochResponse } from "./messages/end-quorum-epoch.ts";
import { endTxnRequest, endTxnResponse } from "./messages/end-txn.ts";
import { envelopeRequest, envelopeResponse } from "./messages/envelope.ts";
import {
  expireDelegationTokenRequest,
  expireDelegationTokenResponse,
} from "./messages/expire-delegation-token.ts";
import { fetchRequest, fetchResponse } from "./messages/fetch.ts";
import { fetchSnapshotRequest, fetchSnapshotResponse } from "./messages/fetch-snapshot.ts";
import { findCoordinatorRequest, findCoordinatorResponse } from "./messages/find-coordinator.ts";
import {
  getTelemetrySubscriptionsRequest,
  getTelemetrySubscriptionsResponse,
} from "./messages/get-telemetry-subscriptions.ts";
import { heartbeatRequest, heartbeatResponse } from "./messages/heartbeat.ts";
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from "./messages/incremental-alter-configs.ts";
import { initProducerIdRequest, initProducerIdResponse } from "./messages/init-producer-id.ts";
import {
  initializeShareGroupStateRequest,
  initializeShareGroupStateResponse,
} from "./messages/initialize-share-group-state.ts";
import { joinGroupRequest, joinGroupResponse } from "./messages/join-group.ts";
import { leaderAndIsrRequest, leaderAndIsrResponse } from "./messages/leader-and-isr.ts";
import { leaveGroupRequest, leaveGroupResponse } from "./messages/leave-group.ts";
import {
  listConfigResourcesRequest,
  listConfigResourcesResponse,
} from "./messages/list-config-resources.ts";
import { listGroupsRequest, listGroupsResponse } from "./messages/list-groups.ts";
import { listOffsetsRequest, listOffsetsResponse } from "./messages/list-offsets.ts";
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from "./messages/list-partition-reassignments.ts";
import { listTransactionsRequest, listTransactionsResponse } from "./messages/list-transactions.ts";
import { metadataRequest, metadataResponse } from "./messages/metadata.ts";
import { offsetCommitRequest, offsetCommitResponse } from "./messages/offset-commit.ts";
import { offsetDeleteRequest, offsetDeleteResponse } from "./messages/offset-delete.ts";
import { offsetFetchRequest, offsetFetchResponse } from "./messages/offset-fetch.ts";
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from "./messages/offset-for-leader-epoch.ts";
import { produceRequest, produceResponse } from "./messages/produce.ts";
import { pushTelemetryRequest, pushTelemetryResponse } from "./messages/push-telemetry.ts";
import {
  readShareGroupStateRequest,
  readShareGroupStateResponse,
} from "./messages/read-share-group-state.ts";
import {
  readShareGroupStateSummaryRequest,
  readShareGroupStateSummaryResponse,
} from "./messages/read-share-group-state-summary.ts";
import { removeRaftVoterRequest, removeRaftVoterResponse } from "./messages/remove-raft-voter.ts";
import {
  renewDelegationTokenRequest,
  renewDelegationTokenResponse,
} from "./messages/renew-delegation-token.ts";
import { saslAuthenticateRequest, saslAuthenticateResponse } from "./messages/sasl-authenticate.ts";
import { saslHandshakeRequest, saslHandshakeResponse } from "./messages/sasl-handshake.ts";
import { shareAcknowledgeRequest, shareAcknowledgeResponse } from "./messages/share-acknowledge.ts";
import { shareFetchRequest, shareFetchResponse } from "./messages/share-fetch.ts";
import {
  shareGroupDescribeRequest,
  shareGroupDescribeResponse,
} from "./messages/share-group-describe.ts";
import {
  shareGroupHeartbeatRequest,
  shareGroupHeartbeatResponse,
} from "./messages/share-group-heartbeat.ts";
import { stopReplicaRequest, stopReplicaResponse } from "./messages/stop-replica.ts";
import {
  streamsGroupDescribeRequest,
  streamsGroupDescribeResponse,
} from "./messages/streams-group-describe.ts";
import {
  streamsGroupHeartbeatRequest,
  streamsGroupHeartbeatResponse,
} from "./messages/streams-group-heartbeat.ts";
import {
  streamsGroupTopologyDescriptionUpdateRequest,
  streamsGroupTopologyDescriptionUpdateResponse,
} from "./messages/streams-group-topology-description-update.ts";
import { syncGroupRequest, syncGroupResponse } from "./messages/sync-group.ts";
import { txnOffsetCommitRequest, txnOffsetCommitResponse } from "./messages/txn-offset-commit.ts";
import { unregisterBrokerRequest, unregisterBrokerResponse } from "./messages/unregister-broker.ts";
import {
  unregisterControllerRequest,
  unregisterControllerResponse,
} from "./messages/unregister-controller.ts";
import { updateFeaturesRequest, updateFeaturesResponse } from "./messages/update-features.ts";
import { updateMetadataRequest, updateMetadataResponse } from "./messages/update-metadata.ts";
import { updateRaftVoterRequest, updateRaftVoterResponse } from "./messages/update-raft-voter.ts";
import { voteRequest, voteResponse } from "./messages/vote.ts";
import {
  writeShareGroupStateRequest,
  writeShareGroupStateResponse,
} from "./messages/write-share-group-state.ts";
import { writeTxnMarkersRequest, writeTxnMarkersResponse } from "./messages/write-txn-markers.ts";

/** Request and response of one API. */
export interface ApiMessages {
  readonly request: AnyMessage;
  readonly response: AnyMessage;
}

/** Schemas by key of the API. Keys have no gaps. */
export const apiMessages: readonly ApiMessages[] = [
  { request: produceRequest, response: produceResponse },
  { request: fetchRequest, response: fetchResponse },
  { request: listOffsetsRequest, response: listOffsetsResponse },
  { request: metadataRequest, response: metadataResponse },
  { request: leaderAndIsrRequest, response: leaderAndIsrResponse },
  { request: stopReplicaRequest, response: stopReplicaResponse },
  { request: updateMetadataRequest, response: updateMetadataResponse },
  { request: controlledShutdownRequest, response: controlledShutdownResponse },
  { request: offsetCommitRequest, response: offsetCommitResponse },
  { request: offsetFetchRequest, response: offsetFetchResponse },
  { request: findCoordinatorRequest, response: findCoordinatorResponse },
  { request: joinGroupRequest, response: joinGroupResponse },
  { request: heartbeatRequest, response: heartbeatResponse },
  { request: leaveGroupRequest, response: leaveGroupResponse },
  { request: syncGroupRequest, response: syncGroupResponse },
  { request: describeGroupsRequest, response: describeGroupsResponse },
  { request: listGroupsRequest, response: listGroupsResponse },
  { request: saslHandshakeRequest, response: saslHandshakeResponse },
  { request: apiVersionsRequest, response: apiVersionsResponse },
  { request: createTopicsRequest, response: createTopicsResponse },
  { request: deleteTopicsRequest, response: deleteTopicsResponse },
  { request: deleteRecordsRequest, response: deleteRecordsResponse },
  { request: initProducerIdRequest, response: initProducerIdResponse },
  { request: offsetForLeaderEpochRequest, response: offsetForLeaderEpochResponse },
  { request: addPartitionsToTxnRequest, response: addPartitionsToTxnResponse },
  { request: addOffsetsToTxnRequest, response: addOffsetsToTxnResponse },
  { request: endTxnRequest, response: endTxnResponse },
  { request: writeTxnMarkersRequest, response: writeTxnMarkersResponse },
  { request: txnOffsetCommitRequest, response: txnOffsetCommitResponse },
  { request: describeAclsRequest, response: describeAclsResponse },
  { request: createAclsRequest, response: createAclsResponse },
  { request: deleteAclsRequest, response: deleteAclsResponse },
  { request: describeConfigsRequest, response: describeConfigsResponse },
  { request: alterConfigsRequest, response: alterConfigsResponse },
  { request: alterReplicaLogDirsRequest, response: alterReplicaLogDirsResponse },
  { request: describeLogDirsRequest, response: describeLogDirsResponse },
  { request: saslAuthenticateRequest, response: saslAuthenticateResponse },
  { request: createPartitionsRequest, response: createPartitionsResponse },
  { request: createDelegationTokenRequest, response: createDelegationTokenResponse },
  { request: renewDelegationTokenRequest, response: renewDelegationTokenResponse },
  { request: expireDelegationTokenRequest, response: expireDelegationTokenResponse },
  { request: describeDelegationTokenRequest, response: describeDelegationTokenResponse },
  { request: deleteGroupsRequest, response: deleteGroupsResponse },
  { request: electLeadersRequest, response: electLeadersResponse },
  { request: incrementalAlterConfigsRequest, response: incrementalAlterConfigsResponse },
  { request: alterPartitionReassignmentsRequest, response: alterPartitionReassignmentsResponse },
  { request: listPartitionReassignmentsRequest, response: listPartitionReassignmentsResponse },
  { request: offsetDeleteRequest, response: offsetDeleteResponse },
  { request: describeClientQuotasRequest, response: describeClientQuotasResponse },
  { request: alterClientQuotasRequest, response: alterClientQuotasResponse },
  { request: describeUserScramCredentialsRequest, response: describeUserScramCredentialsResponse },
  { request: alterUserScramCredentialsRequest, response: alterUserScramCredentialsResponse },
  { request: voteRequest, response: voteResponse },
  { request: beginQuorumEpochRequest, response: beginQuorumEpochResponse },
  { request: endQuorumEpochRequest, response: endQuorumEpochResponse },
  { request: describeQuorumRequest, response: describeQuorumResponse },
  { request: alterPartitionRequest, response: alterPartitionResponse },
  { request: updateFeaturesRequest, response: updateFeaturesResponse },
  { request: envelopeRequest, response: envelopeResponse },
  { request: fetchSnapshotRequest, response: fetchSnapshotResponse },
  { request: describeClusterRequest, response: describeClusterResponse },
  { request: describeProducersRequest, response: describeProducersResponse },
  { request: brokerRegistrationRequest, response: brokerRegistrationResponse },
  { request: brokerHeartbeatRequest, response: brokerHeartbeatResponse },
  { request: unregisterBrokerRequest, response: unregisterBrokerResponse },
  { request: describeTransactionsRequest, response: describeTransactionsResponse },
  { request: listTransactionsRequest, response: listTransactionsResponse },
  { request: allocateProducerIdsRequest, response: allocateProducerIdsResponse },
  { request: consumerGroupHeartbeatRequest, response: consumerGroupHeartbeatResponse },
  { request: consumerGroupDescribeRequest, response: consumerGroupDescribeResponse },
  { request: controllerRegistrationRequest, response: controllerRegistrationResponse },
  { request: getTelemetrySubscriptionsRequest, response: getTelemetrySubscriptionsResponse },
  { request: pushTelemetryRequest, response: pushTelemetryResponse },
  { request: assignReplicasToDirsRequest, response: assignReplicasToDirsResponse },
  { request: listConfigResourcesRequest, response: listConfigResourcesResponse },
  { request: describeTopicPartitionsRequest, response: describeTopicPartitionsResponse },
  { request: shareGroupHeartbeatRequest, response: shareGroupHeartbeatResponse },
  { request: shareGroupDescribeRequest, response: shareGroupDescribeResponse },
  { request: shareFetchRequest, response: shareFetchResponse },
  { request: shareAcknowledgeRequest, response: shareAcknowledgeResponse },
  { request: addRaftVoterRequest, response: addRaftVoterResponse },
  { request: removeRaftVoterRequest, response: removeRaftVoterResponse },
  { request: updateRaftVoterRequest, response: updateRaftVoterResponse },
  { request: initializeShareGroupStateRequest, response: initializeShareGroupStateResponse },
  { request: readShareGroupStateRequest, response: readShareGroupStateResponse },
  { request: writeShareGroupStateRequest, response: writeShareGroupStateResponse },
  { request: deleteShareGroupStateRequest, response: deleteShareGroupStateResponse },
  { request: readShareGroupStateSummaryRequest, response: readShareGroupStateSummaryResponse },
  { request: streamsGroupHeartbeatRequest, response: streamsGroupHeartbeatResponse },
  { request: streamsGroupDescribeRequest, response: streamsGroupDescribeResponse },
  { request: describeShareGroupOffsetsRequest, response: describeShareGroupOffsetsResponse },
  { request: alterShareGroupOffsetsRequest, response: alterShareGroupOffsetsResponse },
  { request: deleteShareGroupOffsetsRequest, response: deleteShareGroupOffsetsResponse },
  {
    request: streamsGroupTopologyDescriptionUpdateRequest,
    response: streamsGroupTopologyDescriptionUpdateResponse,
  },
  { request: unregisterControllerRequest, response: unregisterControllerResponse },
];

/** Both headers. */
export const headerMessages: readonly AnyMessage[] = [requestHeader, responseHeader];
