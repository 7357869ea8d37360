import type { AnyMessage } from "./schema.ts";
import { abortedTxn } from "./records/common/aborted-txn.ts";
import { consumerProtocolAssignment } from "./records/common/consumer-protocol-assignment.ts";
import { consumerProtocolSubscription } from "./records/common/consumer-protocol-subscription.ts";
import { controlRecordTypeSchema } from "./records/common/control-record-type-schema.ts";
import { defaultPrincipalData } from "./records/common/default-principal-data.ts";
import { endTxnMarker } from "./records/common/end-txn-marker.ts";
import { kraftVersionRecord } from "./records/common/kraft-version.ts";
import { leaderChangeMessage } from "./records/common/leader-change-message.ts";
import { snapshotFooterRecord } from "./records/common/snapshot-footer.ts";
import { snapshotHeaderRecord } from "./records/common/snapshot-header.ts";
import { votersRecord } from "./records/common/voters.ts";
import {
  consumerGroupCurrentMemberAssignmentKey,
  consumerGroupCurrentMemberAssignmentValue,
} from "./records/group-coordinator/consumer-group-current-member-assignment.ts";
import {
  consumerGroupMemberMetadataKey,
  consumerGroupMemberMetadataValue,
} from "./records/group-coordinator/consumer-group-member-metadata.ts";
import {
  consumerGroupMetadataKey,
  consumerGroupMetadataValue,
} from "./records/group-coordinator/consumer-group-metadata.ts";
import {
  consumerGroupPartitionMetadataKey,
  consumerGroupPartitionMetadataValue,
} from "./records/group-coordinator/consumer-group-partition-metadata.ts";
import {
  consumerGroupRegularExpressionKey,
  consumerGroupRegularExpressionValue,
} from "./records/group-coordinator/consumer-group-regular-expression.ts";
import {
  consumerGroupTargetAssignmentMemberKey,
  consumerGroupTargetAssignmentMemberValue,
} from "./records/group-coordinator/consumer-group-target-assignment-member.ts";
import {
  consumerGroupTargetAssignmentMetadataKey,
  consumerGroupTargetAssignmentMetadataValue,
} from "./records/group-coordinator/consumer-group-target-assignment-metadata.ts";
import {
  groupMetadataKey,
  groupMetadataValue,
} from "./records/group-coordinator/group-metadata.ts";
import {
  legacyOffsetCommitKey,
  legacyOffsetCommitValue,
} from "./records/group-coordinator/legacy-offset-commit.ts";
import { offsetCommitKey, offsetCommitValue } from "./records/group-coordinator/offset-commit.ts";
import {
  shareGroupCurrentMemberAssignmentKey,
  shareGroupCurrentMemberAssignmentValue,
} from "./records/group-coordinator/share-group-current-member-assignment.ts";
import {
  shareGroupMemberMetadataKey,
  shareGroupMemberMetadataValue,
} from "./records/group-coordinator/share-group-member-metadata.ts";
import {
  shareGroupMetadataKey,
  shareGroupMetadataValue,
} from "./records/group-coordinator/share-group-metadata.ts";
import {
  shareGroupStatePartitionMetadataKey,
  shareGroupStatePartitionMetadataValue,
} from "./records/group-coordinator/share-group-state-partition-metadata.ts";
import {
  shareGroupTargetAssignmentMemberKey,
  shareGroupTargetAssignmentMemberValue,
} from "./records/group-coordinator/share-group-target-assignment-member.ts";
import {
  shareGroupTargetAssignmentMetadataKey,
  shareGroupTargetAssignmentMetadataValue,
} from "./records/group-coordinator/share-group-target-assignment-metadata.ts";
import {
  streamsGroupCurrentMemberAssignmentKey,
  streamsGroupCurrentMemberAssignmentValue,
} from "./records/group-coordinator/streams-group-current-member-assignment.ts";
import {
  streamsGroupMemberMetadataKey,
  streamsGroupMemberMetadataValue,
} from "./records/group-coordinator/streams-group-member-metadata.ts";
import {
  streamsGroupMetadataKey,
  streamsGroupMetadataValue,
} from "./records/group-coordinator/streams-group-metadata.ts";
import {
  streamsGroupTargetAssignmentMemberKey,
  streamsGroupTargetAssignmentMemberValue,
} from "./records/group-coordinator/streams-group-target-assignment-member.ts";
import {
  streamsGroupTargetAssignmentMetadataKey,
  streamsGroupTargetAssignmentMetadataValue,
} from "./records/group-coordinator/streams-group-target-assignment-metadata.ts";
import {
  streamsGroupTopologyKey,
  streamsGroupTopologyValue,
} from "./records/group-coordinator/streams-group-topology.ts";
import { abortTransactionRecord } from "./records/metadata/abort-transaction.ts";
import { accessControlEntryRecord } from "./records/metadata/access-control-entry.ts";
import { beginTransactionRecord } from "./records/metadata/begin-transaction.ts";
import { brokerRegistrationChangeRecord } from "./records/metadata/broker-registration-change.ts";
import { clearElrRecord } from "./records/metadata/clear-elr.ts";
import { clientQuotaRecord } from "./records/metadata/client-quota.ts";
import { configRecord } from "./records/metadata/config.ts";
import { delegationTokenRecord } from "./records/metadata/delegation-token.ts";
import { endTransactionRecord } from "./records/metadata/end-transaction.ts";
import { featureLevelRecord } from "./records/metadata/feature-level.ts";
import { fenceBrokerRecord } from "./records/metadata/fence-broker.ts";
import { noOpRecord } from "./records/metadata/no-op.ts";
import { partitionChangeRecord } from "./records/metadata/partition-change.ts";
import { partitionRecord } from "./records/metadata/partition.ts";
import { producerIdsRecord } from "./records/metadata/producer-ids.ts";
import { registerBrokerRecord } from "./records/metadata/register-broker.ts";
import { registerControllerRecord } from "./records/metadata/register-controller.ts";
import { removeAccessControlEntryRecord } from "./records/metadata/remove-access-control-entry.ts";
import { removeDelegationTokenRecord } from "./records/metadata/remove-delegation-token.ts";
import { removeTopicRecord } from "./records/metadata/remove-topic.ts";
import { removeUserScramCredentialRecord } from "./records/metadata/remove-user-scram-credential.ts";
import { topicRecord } from "./records/metadata/topic.ts";
import { unfenceBrokerRecord } from "./records/metadata/unfence-broker.ts";
import { unregisterBrokerRecord } from "./records/metadata/unregister-broker.ts";
import { unregisterControllerRecord } from "./records/metadata/unregister-controller.ts";
import { userScramCredentialRecord } from "./records/metadata/user-scram-credential.ts";
import { zkMigrationStateRecord } from "./records/metadata/zk-migration-state.ts";
import { quorumStateData } from "./records/raft/quorum-state-data.ts";
import {
  shareSnapshotKey,
  shareSnapshotValue,
} from "./records/share-coordinator/share-snapshot.ts";
import { shareUpdateKey, shareUpdateValue } from "./records/share-coordinator/share-update.ts";
import { producerSnapshot } from "./records/storage/producer-snapshot.ts";
import { remoteLogSegmentMetadataRecord } from "./records/storage/remote-log-segment-metadata.ts";
import { remoteLogSegmentMetadataSnapshotRecord } from "./records/storage/remote-log-segment-metadata-snapshot.ts";
import { remoteLogSegmentMetadataUpdateRecord } from "./records/storage/remote-log-segment-metadata-update.ts";
import { remotePartitionDeleteMetadataRecord } from "./records/storage/remote-partition-delete-metadata.ts";
import {
  transactionLogKey,
  transactionLogValue,
} from "./records/transaction-coordinator/transaction-log.ts";

/** Stored records by the module of Apache Kafka that they belong to. */
export const storedRecords = {
  common: [
    abortedTxn,
    consumerProtocolAssignment,
    consumerProtocolSubscription,
    controlRecordTypeSchema,
    defaultPrincipalData,
    endTxnMarker,
    kraftVersionRecord,
    leaderChangeMessage,
    snapshotFooterRecord,
    snapshotHeaderRecord,
    votersRecord,
  ],
  "group-coordinator": [
    consumerGroupCurrentMemberAssignmentKey,
    consumerGroupCurrentMemberAssignmentValue,
    consumerGroupMemberMetadataKey,
    consumerGroupMemberMetadataValue,
    consumerGroupMetadataKey,
    consumerGroupMetadataValue,
    consumerGroupPartitionMetadataKey,
    consumerGroupPartitionMetadataValue,
    consumerGroupRegularExpressionKey,
    consumerGroupRegularExpressionValue,
    consumerGroupTargetAssignmentMemberKey,
    consumerGroupTargetAssignmentMemberValue,
    consumerGroupTargetAssignmentMetadataKey,
    consumerGroupTargetAssignmentMetadataValue,
    groupMetadataKey,
    groupMetadataValue,
    legacyOffsetCommitKey,
    legacyOffsetCommitValue,
    offsetCommitKey,
    offsetCommitValue,
    shareGroupCurrentMemberAssignmentKey,
    shareGroupCurrentMemberAssignmentValue,
    shareGroupMemberMetadataKey,
    shareGroupMemberMetadataValue,
    shareGroupMetadataKey,
    shareGroupMetadataValue,
    shareGroupStatePartitionMetadataKey,
    shareGroupStatePartitionMetadataValue,
    shareGroupTargetAssignmentMemberKey,
    shareGroupTargetAssignmentMemberValue,
    shareGroupTargetAssignmentMetadataKey,
    shareGroupTargetAssignmentMetadataValue,
    streamsGroupCurrentMemberAssignmentKey,
    streamsGroupCurrentMemberAssignmentValue,
    streamsGroupMemberMetadataKey,
    streamsGroupMemberMetadataValue,
    streamsGroupMetadataKey,
    streamsGroupMetadataValue,
    streamsGroupTargetAssignmentMemberKey,
    streamsGroupTargetAssignmentMemberValue,
    streamsGroupTargetAssignmentMetadataKey,
    streamsGroupTargetAssignmentMetadataValue,
    streamsGroupTopologyKey,
    streamsGroupTopologyValue,
  ],
  metadata: [
    abortTransactionRecord,
    accessControlEntryRecord,
    beginTransactionRecord,
    brokerRegistrationChangeRecord,
    clearElrRecord,
    clientQuotaRecord,
    configRecord,
    delegationTokenRecord,
    endTransactionRecord,
    featureLevelRecord,
    fenceBrokerRecord,
    noOpRecord,
    partitionChangeRecord,
    partitionRecord,
    producerIdsRecord,
    registerBrokerRecord,
    registerControllerRecord,
    removeAccessControlEntryRecord,
    removeDelegationTokenRecord,
    removeTopicRecord,
    removeUserScramCredentialRecord,
    topicRecord,
    unfenceBrokerRecord,
    unregisterBrokerRecord,
    unregisterControllerRecord,
    userScramCredentialRecord,
    zkMigrationStateRecord,
  ],
  raft: [quorumStateData],
  "share-coordinator": [shareSnapshotKey, shareSnapshotValue, shareUpdateKey, shareUpdateValue],
  storage: [
    producerSnapshot,
    remoteLogSegmentMetadataRecord,
    remoteLogSegmentMetadataSnapshotRecord,
    remoteLogSegmentMetadataUpdateRecord,
    remotePartitionDeleteMetadataRecord,
  ],
  "transaction-coordinator": [transactionLogKey, transactionLogValue],
} as const satisfies Readonly<Record<string, readonly AnyMessage[]>>;
