/** `moldau/client`: speaks to any Kafka. */
export { Admin } from "./admin/admin.ts";
export type { AclOperation } from "./admin/acl-words.ts";
export type {
  AclBinding,
  AclFilter,
  AclPatternType,
  AclPermission,
  AclResourceType,
  NewAcl,
} from "./admin/acls.ts";
export type {
  BrokerDescription,
  ClusterDescription,
  ControllerDescription,
  DescribeClusterOptions,
} from "./admin/brokers.ts";
export {
  ConfigResourceType,
  type ConfigEntry,
  type ConfigSource,
  type ConfigSynonym,
  type ConfigType,
  type ConfigValue,
} from "./admin/config-values.ts";
export type {
  ConfigAlteration,
  ConfigChange,
  ConfigChanges,
  ConfigResource,
  DescribeConfigsOptions,
} from "./admin/configs.ts";
export type {
  CreateDelegationTokenOptions,
  DelegationToken,
  DescribeDelegationTokensOptions,
  ExpireDelegationTokenOptions,
  RenewDelegationTokenOptions,
} from "./admin/delegation-tokens.ts";
export type {
  AnyGroupDescription,
  DescribeGroupsOptions,
  GroupSelector,
} from "./admin/describe-groups.ts";
export type {
  DescribeTopicsOptions,
  ListTopicsOptions,
  PartitionDescription,
  TopicDescription,
} from "./admin/describe-topics.ts";
export {
  TopicMismatch,
  type EnsuredTopic,
  type EnsureOptions,
  type TopicDifference,
} from "./admin/ensure.ts";
export type { FeatureDescription, Features, FeatureUpdate } from "./admin/features.ts";
export type {
  ClassicGroupDescription,
  ClassicGroupMember,
  ConsumerGroupDescription,
  ConsumerGroupMember,
  GroupDescription,
  GroupMember,
  ShareGroupDescription,
  ShareGroupMember,
} from "./admin/group-descriptions.ts";
export type {
  GroupOffset,
  GroupOffsetsOptions,
  GroupOffsetsQuery,
  OffsetAlteration,
  OneGroupOffsetsOptions,
} from "./admin/group-offsets.ts";
export type { GroupState, GroupType } from "./admin/group-words.ts";
export type {
  GroupListing,
  ListGroupsOptions,
  MemberSelector,
  RemoveMembersOptions,
} from "./admin/groups.ts";
export type { GroupLag, GroupLagOptions, GroupPartitionLag } from "./admin/lag.ts";
export type {
  BrokerLogDirs,
  DescribeLogDirsOptions,
  LogDir,
  LogDirReplica,
  Replica,
  ReplicaLogDirs,
  ReplicaMove,
  ReplicaOutcome,
  ReplicaPlace,
  ReplicaSize,
} from "./admin/log-dirs.ts";
export type {
  DeletedRecords,
  FoundOffset,
  ListOffsetsOptions,
  OffsetPlace,
  OffsetQuery,
  PartitionRange,
  RecordsToDelete,
} from "./admin/offsets.ts";
export { valuesOf, type Outcome, type PartitionOutcome, type Settled } from "./admin/outcome.ts";
export type {
  NewVoter,
  QuorumDescription,
  QuorumEndpoint,
  QuorumReplica,
  VoterKey,
  VoterOptions,
} from "./admin/quorum.ts";
export type {
  ClientQuotas,
  DescribeClientQuotasOptions,
  QuotaAlteration,
  QuotaEntity,
  QuotaEntityType,
  QuotaFilter,
} from "./admin/quotas.ts";
export type {
  ElectedLeader,
  ElectionType,
  OngoingReassignment,
  Reassignment,
  ReassignOptions,
} from "./admin/reassignments.ts";
export type {
  ScramAlteration,
  ScramCredential,
  ScramDeletion,
  ScramMechanism,
  ScramUpsertion,
} from "./admin/scram-users.ts";
export type { ShareGroupOffset, ShareOffsetAlteration } from "./admin/share-offsets.ts";
export type {
  StreamsGroupDescription,
  StreamsGroupMember,
  StreamsInternalTopic,
  StreamsNode,
  StreamsSubtopology,
  StreamsTask,
  StreamsTaskOffset,
  StreamsTasks,
  StreamsTopology,
} from "./admin/streams-groups.ts";
export type {
  CreatedTopic,
  CreatePartitionsOptions,
  CreateTopicsOptions,
  GrowOptions,
  NewPartitions,
  NewTopic,
  TopicSelector,
  ValidateOption,
} from "./admin/topics.ts";
export type {
  AbortTransactionSpec,
  DescribeProducersOptions,
  FencedProducer,
  ListTransactionsOptions,
  ProducerState,
  TransactionDescription,
  TransactionListing,
  TransactionState,
} from "./admin/transactions.ts";
export {
  Cluster,
  type BrokerMetadata,
  type CallOptions,
  type ClientPlatform,
  type ClusterOptions,
  type CoordinatorType,
  type LeaderAndEpoch,
  type PartitionMetadata,
  type TopicMetadata,
} from "./cluster/cluster.ts";
export type { BatchesOptions } from "./consumer/batch-iterator.ts";
export type {
  CommitMode,
  ConsumeOptions,
  DecodeErrorPolicy,
  OutOfRangePolicy,
  Position,
  StartPlace,
} from "./consumer/consumer-options.ts";
export { ConsumerRecord } from "./consumer/consumer-record.ts";
export { Consumer, type Lag, type PartitionLag } from "./consumer/consumer.ts";
export { DEAD_LETTER_PREFIX } from "./consumer/dead-letters.ts";
export type { ReadableOptions } from "./consumer/streams.ts";
export type { ForEachOptions } from "./consumer/for-each.ts";
export type { PollOptions } from "./consumer/poller.ts";
export type { Rebalance } from "./consumer/rebalance-events.ts";
export { RecordDecodeError } from "./consumer/topic-decoder.ts";
export type { RecordOf, TopicsToRead } from "./consumer/topic-selection.ts";
export { connect, type ConnectOptions } from "./connect.ts";
export { Kafka, type KafkaOptions } from "./kafka.ts";
export {
  json,
  SchemaError,
  type Codec,
  type CodecLike,
  type CodecName,
  type InputOf,
  type NamedCodecs,
  type OutputOf,
} from "./topics/codec.ts";
export { Headers, type HeadersInput, type HeaderValue } from "./topics/headers.ts";
export {
  topic,
  type AnyTopic,
  type HeaderShape,
  type HeadersOf,
  type Topic,
  type TopicOptions,
} from "./topics/topic.ts";
export {
  AuthenticationError,
  AuthorizationError,
  BrokerError,
  CancelledError,
  ClosedError,
  ConnectionError,
  CoordinatorError,
  GroupError,
  isKafkaError,
  KafkaError,
  OffsetError,
  PartitionError,
  QuotaError,
  RecordError,
  RequestError,
  SessionError,
  TimeoutError,
  TransactionError,
  UnsupportedError,
  type AnyKafkaError,
  type ClientErrorCode,
  type KafkaErrorCode,
  type KafkaErrorContext,
  type ProtocolErrorName,
} from "./errors.ts";
export type {
  CommitTrace,
  ConnectionEvent,
  ConsumerFetchTrace,
  MetadataEvent,
  ProducerBatchTrace,
  RebalanceEvent,
  RequestTrace,
} from "./diagnostics/channels.ts";
export type {
  ClientMetrics,
  ConsumerMetrics,
  Distribution,
  ProducerMetrics,
} from "./diagnostics/client-metrics.ts";
export type { GroupMetadata, OffsetToCommit } from "./group/membership.ts";
export { OffsetCommitError, type OffsetFailure } from "./group/group-offsets.ts";
export { listOffsets, OffsetSpec, type PartitionOffset } from "./consumer/list-offsets.ts";
export type { CloseOptions, FlushOptions, SendOptions } from "./producer/engine.ts";
export type { FailedRecord, FailedRecords } from "./producer/failed-records.ts";
export type { Acks, Partitioner, PartitionerInput, ProducerOptions } from "./producer/options.ts";
export { Producer } from "./producer/producer.ts";
export type {
  RawRecord,
  RecordFor,
  RecordMetadata,
  TopicLike,
  TopicRecord,
} from "./producer/producer-record.ts";
export { Transaction, type EndOptions, type OffsetSource } from "./producer/transaction.ts";
export {
  TransactionalProducer,
  type TransactionalProducerOptions,
  type TransactionOptions,
} from "./producer/transactional-producer.ts";
export { ShareConsumer, type ShareRecordOf, type TopicsToShare } from "./share/share-consumer.ts";
export type { RefusedAcknowledgement } from "./share/share-core.ts";
export type { ShareForEachOptions } from "./share/share-for-each.ts";
export type {
  AcknowledgeMode,
  AcquireMode,
  ShareDecodeErrorPolicy,
  ShareOptions,
} from "./share/share-options.ts";
export { ShareLease } from "./share/share-lease.ts";
export { ShareRecord } from "./share/share-record.ts";
export { oauthBearerOidc } from "./oauth-bearer-oidc.ts";
export type { OidcOptions } from "../security/sasl/oidc.ts";
export type { OAuthToken, OAuthTokenSource } from "../security/sasl/oauth-token.ts";
export type {
  OAuthBearerOptions,
  PlainOptions,
  SaslMechanism,
  SaslOptions,
  ScramOptions,
} from "../security/sasl/sasl-options.ts";
export type { Pem, TlsOptions } from "../platform/network.ts";
