/** `moldau/client`: speaks to any Kafka. */
export {
  Admin,
  ConfigResourceType,
  type ConfigChange,
  type ConfigEntry,
  type ConfigResource,
  type CreatedTopic,
  type GroupDescription,
  type GroupListing,
  type GroupMember,
  type NewTopic,
  type Outcome,
  type ReplicaSize,
} from "./admin/admin.ts";
export {
  Cluster,
  type BrokerMetadata,
  type CallOptions,
  type ClientPlatform,
  type ClusterOptions,
  type PartitionMetadata,
  type TopicMetadata,
} from "./cluster/cluster.ts";
export { Consumer, type ConsumerOptions, type Position } from "./consumer/assigned-consumer.ts";
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
export { KafkaError, type KafkaErrorContext } from "./errors.ts";
export type { ConsumedRecord } from "./consumer/fetched-records.ts";
export { GroupConsumer, type GroupConsumerOptions } from "./group/group-consumer.ts";
export type { CommittedOffset } from "./group/group-offsets.ts";
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
