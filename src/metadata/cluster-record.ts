import { MoldauError } from "../core/errors.ts";
import { abortTransactionRecord } from "../protocol/records/metadata/abort-transaction.ts";
import { accessControlEntryRecord } from "../protocol/records/metadata/access-control-entry.ts";
import { beginTransactionRecord } from "../protocol/records/metadata/begin-transaction.ts";
import { brokerRegistrationChangeRecord } from "../protocol/records/metadata/broker-registration-change.ts";
import { clearElrRecord } from "../protocol/records/metadata/clear-elr.ts";
import { clientQuotaRecord } from "../protocol/records/metadata/client-quota.ts";
import { configRecord } from "../protocol/records/metadata/config.ts";
import { delegationTokenRecord } from "../protocol/records/metadata/delegation-token.ts";
import { endTransactionRecord } from "../protocol/records/metadata/end-transaction.ts";
import { featureLevelRecord } from "../protocol/records/metadata/feature-level.ts";
import { fenceBrokerRecord } from "../protocol/records/metadata/fence-broker.ts";
import { noOpRecord } from "../protocol/records/metadata/no-op.ts";
import { partitionChangeRecord } from "../protocol/records/metadata/partition-change.ts";
import { partitionRecord } from "../protocol/records/metadata/partition.ts";
import { producerIdsRecord } from "../protocol/records/metadata/producer-ids.ts";
import { registerBrokerRecord } from "../protocol/records/metadata/register-broker.ts";
import { registerControllerRecord } from "../protocol/records/metadata/register-controller.ts";
import { removeAccessControlEntryRecord } from "../protocol/records/metadata/remove-access-control-entry.ts";
import { removeDelegationTokenRecord } from "../protocol/records/metadata/remove-delegation-token.ts";
import { removeTopicRecord } from "../protocol/records/metadata/remove-topic.ts";
import { removeUserScramCredentialRecord } from "../protocol/records/metadata/remove-user-scram-credential.ts";
import { topicRecord } from "../protocol/records/metadata/topic.ts";
import { unfenceBrokerRecord } from "../protocol/records/metadata/unfence-broker.ts";
import { unregisterBrokerRecord } from "../protocol/records/metadata/unregister-broker.ts";
import { unregisterControllerRecord } from "../protocol/records/metadata/unregister-controller.ts";
import { userScramCredentialRecord } from "../protocol/records/metadata/user-scram-credential.ts";
import { zkMigrationStateRecord } from "../protocol/records/metadata/zk-migration-state.ts";
import type { ValueOf } from "../protocol/schema.ts";

/** Every record of the metadata log, by the name of its schema. */
export const clusterRecordSchemas = {
  RegisterBrokerRecord: registerBrokerRecord,
  UnregisterBrokerRecord: unregisterBrokerRecord,
  TopicRecord: topicRecord,
  PartitionRecord: partitionRecord,
  ConfigRecord: configRecord,
  PartitionChangeRecord: partitionChangeRecord,
  FenceBrokerRecord: fenceBrokerRecord,
  UnfenceBrokerRecord: unfenceBrokerRecord,
  RemoveTopicRecord: removeTopicRecord,
  DelegationTokenRecord: delegationTokenRecord,
  UserScramCredentialRecord: userScramCredentialRecord,
  FeatureLevelRecord: featureLevelRecord,
  ClientQuotaRecord: clientQuotaRecord,
  ProducerIdsRecord: producerIdsRecord,
  BrokerRegistrationChangeRecord: brokerRegistrationChangeRecord,
  AccessControlEntryRecord: accessControlEntryRecord,
  RemoveAccessControlEntryRecord: removeAccessControlEntryRecord,
  NoOpRecord: noOpRecord,
  ZkMigrationStateRecord: zkMigrationStateRecord,
  RemoveUserScramCredentialRecord: removeUserScramCredentialRecord,
  BeginTransactionRecord: beginTransactionRecord,
  EndTransactionRecord: endTransactionRecord,
  AbortTransactionRecord: abortTransactionRecord,
  RemoveDelegationTokenRecord: removeDelegationTokenRecord,
  RegisterControllerRecord: registerControllerRecord,
  ClearElrRecord: clearElrRecord,
  UnregisterControllerRecord: unregisterControllerRecord,
} as const;

export type ClusterRecordKind = keyof typeof clusterRecordSchemas;

/** The value of a record kind: every field, in the type of all its versions. */
export type ClusterRecordValue<K extends ClusterRecordKind> = ValueOf<
  (typeof clusterRecordSchemas)[K]
>;

/** A record of the metadata log: what is said, and the version in which it is stored. */
export type ClusterRecord = {
  [K in ClusterRecordKind]: {
    readonly kind: K;
    readonly version: number;
    readonly value: ClusterRecordValue<K>;
  };
}[ClusterRecordKind];

/** Bytes of the metadata log that this program cannot follow. Going on would lose what they say. */
export class MetadataReplayError extends MoldauError {
  override readonly name = "MetadataReplayError";

  constructor(message: string, cause?: unknown) {
    super(message, {
      code: "METADATA_REPLAY",
      cause,
      remedy: "Start the version that wrote the metadata log, or a newer one.",
    });
  }
}
