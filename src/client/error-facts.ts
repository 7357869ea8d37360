import type { TlsErrorCode } from "../platform/network.ts";
import type { ErrorCode } from "../protocol/error-code.ts";
import type { SaslErrorCode } from "../security/sasl/sasl-error.ts";

/** Names of the protocol's error codes, such as `NOT_LEADER_OR_FOLLOWER`; NONE is none. */
export type ProtocolErrorName = Exclude<keyof typeof ErrorCode, "NONE">;

/** Failures that no broker names. */
export type ClientErrorCode =
  /** No address of the bootstrap list answered. */
  | "BOOTSTRAP_FAILED"
  /** A broker could not be reached; nothing was sent to it. */
  | "CONNECTION_FAILED"
  /** The connection ended before the answer; whether the request was carried out is not known. */
  | "CONNECTION_CLOSED"
  /** No answer within the time of the request, or of the whole call. */
  | "TIMED_OUT"
  /** The caller's signal was aborted. */
  | "CANCELLED"
  /** The broker does not serve this API, or none of the versions that this client speaks. */
  | "UNSUPPORTED_API"
  /** The peer does not speak Kafka's protocol. */
  | "NOT_KAFKA"
  /** The object was closed before. */
  | "CLOSED"
  /** The broker speaks TLS, and this client does not. */
  | "TLS_REQUIRED"
  /** The broker asks for a login, and this client has none. */
  | "SASL_REQUIRED"
  | TlsErrorCode
  | SaslErrorCode
  /** An address that is no `host:port`. */
  | "INVALID_ADDRESS"
  /** An option or argument, or several together, that cannot be. */
  | "INVALID_ARGUMENT"
  /** A record could not be turned into bytes, or its value does not fit the topic's schema. */
  | "ENCODE_FAILED"
  /** Received bytes are not what the topic's codec reads. */
  | "DECODE_FAILED"
  /** A topic is there, and not as it is declared. */
  | "TOPIC_MISMATCH"
  /** There is no committed offset, and none may be chosen instead. */
  | "NO_OFFSET"
  /** Records that were read are not in the log any more: a leader was elected that did not have them (KIP-320). */
  | "LOG_TRUNCATED"
  /** The program did not ask for records in time and lost its partitions. */
  | "MAX_POLL_EXCEEDED"
  /** There is no room for more records. */
  | "BUFFER_FULL"
  /** What the function of a transaction did was taken back. */
  | "TRANSACTION_ABORTED";

/** Every `code` of a `KafkaError`. */
export type KafkaErrorCode = ProtocolErrorName | ClientErrorCode;

/** Codes by what is behind them: each cause is a class of errors. */
export const codesByCause = {
  connection: [
    "BOOTSTRAP_FAILED",
    "CONNECTION_FAILED",
    "CONNECTION_CLOSED",
    "TLS_INTERRUPTED",
    "NOT_KAFKA",
    "NETWORK_EXCEPTION",
    "BROKER_NOT_AVAILABLE",
    "REBOOTSTRAP_REQUIRED",
  ],
  timeout: ["TIMED_OUT", "REQUEST_TIMED_OUT"],
  cancelled: ["CANCELLED"],
  closed: ["CLOSED"],
  authentication: [
    "TLS_REQUIRED",
    "TLS_NOT_SPOKEN",
    "TLS_UNKNOWN_CA",
    "TLS_WRONG_HOST",
    "TLS_CERTIFICATE_EXPIRED",
    "TLS_CERTIFICATE_REFUSED",
    "TLS_FAILED",
    "TLS_OPTIONS",
    "SASL_REQUIRED",
    "SASL_OPTIONS",
    "SASL_PROTOCOL",
    "SASL_SERVER_UNPROVEN",
    "SASL_TOKEN_UNAVAILABLE",
    "SASL_TOKEN_REFUSED",
    "SASL_AUTHENTICATION_FAILED",
    "UNSUPPORTED_SASL_MECHANISM",
    "ILLEGAL_SASL_STATE",
    "SECURITY_DISABLED",
    "DELEGATION_TOKEN_AUTH_DISABLED",
    "DELEGATION_TOKEN_NOT_FOUND",
    "DELEGATION_TOKEN_OWNER_MISMATCH",
    "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED",
    "DELEGATION_TOKEN_EXPIRED",
    "INVALID_PRINCIPAL_TYPE",
    "UNACCEPTABLE_CREDENTIAL",
  ],
  authorization: [
    "TOPIC_AUTHORIZATION_FAILED",
    "GROUP_AUTHORIZATION_FAILED",
    "CLUSTER_AUTHORIZATION_FAILED",
    "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    "DELEGATION_TOKEN_AUTHORIZATION_FAILED",
  ],
  unsupported: [
    "UNSUPPORTED_API",
    "UNSUPPORTED_VERSION",
    "UNSUPPORTED_FOR_MESSAGE_FORMAT",
    "UNSUPPORTED_COMPRESSION_TYPE",
    "UNSUPPORTED_ENDPOINT_TYPE",
    "MISMATCHED_ENDPOINT_TYPE",
  ],
  partition: [
    "UNKNOWN_TOPIC_OR_PARTITION",
    "UNKNOWN_TOPIC_ID",
    "INCONSISTENT_TOPIC_ID",
    "LEADER_NOT_AVAILABLE",
    "NOT_LEADER_OR_FOLLOWER",
    "REPLICA_NOT_AVAILABLE",
    "LISTENER_NOT_FOUND",
    "KAFKA_STORAGE_ERROR",
    "FENCED_LEADER_EPOCH",
    "UNKNOWN_LEADER_EPOCH",
    "OFFSET_NOT_AVAILABLE",
    "NOT_ENOUGH_REPLICAS",
    "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
    "PREFERRED_LEADER_NOT_AVAILABLE",
    "ELIGIBLE_LEADERS_NOT_AVAILABLE",
    "ELECTION_NOT_NEEDED",
    "NEW_LEADER_ELECTED",
    "INELIGIBLE_REPLICA",
    "NOT_CONTROLLER",
  ],
  offset: [
    "OFFSET_OUT_OF_RANGE",
    "OFFSET_MOVED_TO_TIERED_STORAGE",
    "POSITION_OUT_OF_RANGE",
    "NO_OFFSET",
    "LOG_TRUNCATED",
  ],
  record: [
    "ENCODE_FAILED",
    "DECODE_FAILED",
    "MESSAGE_TOO_LARGE",
    "RECORD_LIST_TOO_LARGE",
    "CORRUPT_MESSAGE",
    "INVALID_RECORD",
    "INVALID_TIMESTAMP",
    "INVALID_REQUIRED_ACKS",
    "BUFFER_FULL",
  ],
  coordinator: [
    "COORDINATOR_LOAD_IN_PROGRESS",
    "COORDINATOR_NOT_AVAILABLE",
    "NOT_COORDINATOR",
    "TRANSACTION_COORDINATOR_FENCED",
  ],
  group: [
    "ILLEGAL_GENERATION",
    "INCONSISTENT_GROUP_PROTOCOL",
    "INVALID_GROUP_ID",
    "UNKNOWN_MEMBER_ID",
    "MEMBER_ID_REQUIRED",
    "INVALID_SESSION_TIMEOUT",
    "REBALANCE_IN_PROGRESS",
    "INVALID_COMMIT_OFFSET_SIZE",
    "OFFSET_METADATA_TOO_LARGE",
    "NON_EMPTY_GROUP",
    "GROUP_ID_NOT_FOUND",
    "GROUP_MAX_SIZE_REACHED",
    "GROUP_SUBSCRIBED_TO_TOPIC",
    "GROUP_DELETION_FAILED",
    "FENCED_INSTANCE_ID",
    "UNRELEASED_INSTANCE_ID",
    "FENCED_MEMBER_EPOCH",
    "STALE_MEMBER_EPOCH",
    "UNSUPPORTED_ASSIGNOR",
    "UNSTABLE_OFFSET_COMMIT",
    "INVALID_REGULAR_EXPRESSION",
    "MAX_POLL_EXCEEDED",
    "STREAMS_INVALID_TOPOLOGY",
    "STREAMS_INVALID_TOPOLOGY_EPOCH",
    "STREAMS_TOPOLOGY_FENCED",
    "STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED",
  ],
  transaction: [
    "TRANSACTION_ABORTED",
    "TRANSACTION_ABORTABLE",
    "OUT_OF_ORDER_SEQUENCE_NUMBER",
    "DUPLICATE_SEQUENCE_NUMBER",
    "INVALID_PRODUCER_EPOCH",
    "INVALID_PRODUCER_ID_MAPPING",
    "INVALID_TXN_STATE",
    "INVALID_TRANSACTION_TIMEOUT",
    "CONCURRENT_TRANSACTIONS",
    "UNKNOWN_PRODUCER_ID",
    "PRODUCER_FENCED",
    "TRANSACTIONAL_ID_NOT_FOUND",
  ],
  session: [
    "FETCH_SESSION_ID_NOT_FOUND",
    "INVALID_FETCH_SESSION_EPOCH",
    "FETCH_SESSION_TOPIC_ID_ERROR",
    "SHARE_SESSION_NOT_FOUND",
    "INVALID_SHARE_SESSION_EPOCH",
    "SHARE_SESSION_LIMIT_REACHED",
    "INVALID_RECORD_STATE",
    "FENCED_STATE_EPOCH",
    "UNKNOWN_SUBSCRIPTION_ID",
    "TELEMETRY_TOO_LARGE",
  ],
  quota: ["THROTTLING_QUOTA_EXCEEDED"],
  request: [
    "INVALID_ADDRESS",
    "INVALID_ARGUMENT",
    "TOPIC_MISMATCH",
    "INVALID_REQUEST",
    "INVALID_FETCH_SIZE",
    "INVALID_TOPIC_EXCEPTION",
    "TOPIC_ALREADY_EXISTS",
    "INVALID_PARTITIONS",
    "INVALID_REPLICATION_FACTOR",
    "INVALID_REPLICA_ASSIGNMENT",
    "INVALID_CONFIG",
    "POLICY_VIOLATION",
    "OPERATION_NOT_ATTEMPTED",
    "LOG_DIR_NOT_FOUND",
    "REASSIGNMENT_IN_PROGRESS",
    "NO_REASSIGNMENT_IN_PROGRESS",
    "TOPIC_DELETION_DISABLED",
    "RESOURCE_NOT_FOUND",
    "DUPLICATE_RESOURCE",
    "INVALID_UPDATE_VERSION",
    "FEATURE_UPDATE_FAILED",
    "INVALID_REGISTRATION",
    "INVALID_VOTER_KEY",
    "DUPLICATE_VOTER",
    "VOTER_NOT_FOUND",
    "BROKER_ID_NOT_REGISTERED",
    "CONTROLLER_ID_NOT_REGISTERED",
    "UNKNOWN_CONTROLLER_ID",
    "DUPLICATE_BROKER_REGISTRATION",
  ],
  broker: [
    "UNKNOWN_SERVER_ERROR",
    "PRINCIPAL_DESERIALIZATION_FAILURE",
    "STALE_CONTROLLER_EPOCH",
    "STALE_BROKER_EPOCH",
    "INCONSISTENT_VOTER_SET",
    "INCONSISTENT_CLUSTER_ID",
    "SNAPSHOT_NOT_FOUND",
  ],
} as const satisfies Readonly<Record<string, readonly KafkaErrorCode[]>>;

export type ErrorCause = keyof typeof codesByCause;
export type CodeOfCause<C extends ErrorCause> = (typeof codesByCause)[C][number];

/** What a code says besides whether it is retriable, which the protocol's room knows. */
export interface ErrorFacts {
  /** What happened, in words; of codes that say it themselves none. */
  readonly sentence?: string;
  /** What a person can do about it. */
  readonly remedy?: string;
}

/** Codes after which whatever met them (client, producer, member) cannot go on as it is. */
export const fatalCodes: ReadonlySet<KafkaErrorCode> = new Set<KafkaErrorCode>([
  "CLOSED",
  "NOT_KAFKA",
  "UNSUPPORTED_API",
  "UNSUPPORTED_VERSION",
  "TLS_REQUIRED",
  "TLS_NOT_SPOKEN",
  "TLS_UNKNOWN_CA",
  "TLS_WRONG_HOST",
  "TLS_CERTIFICATE_EXPIRED",
  "TLS_CERTIFICATE_REFUSED",
  "TLS_FAILED",
  "TLS_OPTIONS",
  "SASL_REQUIRED",
  "SASL_OPTIONS",
  "SASL_PROTOCOL",
  "SASL_SERVER_UNPROVEN",
  "SASL_TOKEN_REFUSED",
  "SASL_AUTHENTICATION_FAILED",
  "UNSUPPORTED_SASL_MECHANISM",
  "ILLEGAL_SASL_STATE",
  "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
  "TRANSACTION_COORDINATOR_FENCED",
  "PRODUCER_FENCED",
  "INVALID_PRODUCER_EPOCH",
  "INVALID_PRODUCER_ID_MAPPING",
  "FENCED_INSTANCE_ID",
]);

/** Codes after which a member has to join its group again. */
export const rejoinCodes: ReadonlySet<KafkaErrorCode> = new Set<KafkaErrorCode>([
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "MEMBER_ID_REQUIRED",
  "REBALANCE_IN_PROGRESS",
  "FENCED_MEMBER_EPOCH",
  "MAX_POLL_EXCEEDED",
]);

/** Codes of this side after which the same call may succeed later. */
export const retriableClientCodes: ReadonlySet<KafkaErrorCode> = new Set<KafkaErrorCode>([
  "CONNECTION_FAILED",
  "CONNECTION_CLOSED",
  "TIMED_OUT",
  "TLS_INTERRUPTED",
  "BUFFER_FULL",
  "REBOOTSTRAP_REQUIRED",
]);

export const facts: Readonly<Partial<Record<KafkaErrorCode, ErrorFacts>>> = {
  BOOTSTRAP_FAILED: {
    remedy: "Check that a broker runs at the address, and that it can be reached from here.",
  },
  CONNECTION_FAILED: {
    remedy:
      "Check that the broker runs and that this machine reaches the address it advertises (advertised.listeners).",
  },
  NOT_KAFKA: {
    remedy: "Check the port, and whether the listener wants TLS.",
  },
  UNSUPPORTED_API: { remedy: "Use a newer broker, or do without what needs this API." },
  TIMED_OUT: { remedy: "Give it more time (timeoutMs), or see what keeps the broker busy." },
  UNKNOWN_SERVER_ERROR: { sentence: "the broker failed; its log says why" },
  OFFSET_OUT_OF_RANGE: {
    sentence: "there is no such offset",
    remedy: "Begin at the earliest or the latest offset, or at one in between.",
  },
  CORRUPT_MESSAGE: { sentence: "the records were damaged on their way" },
  UNKNOWN_TOPIC_OR_PARTITION: { sentence: "there is no such topic or partition" },
  LEADER_NOT_AVAILABLE: { sentence: "it has no leader at the moment" },
  NOT_LEADER_OR_FOLLOWER: { sentence: "another broker leads it now" },
  REQUEST_TIMED_OUT: { sentence: "the broker could not do it in time" },
  MESSAGE_TOO_LARGE: {
    sentence: "a record is larger than the topic allows (max.message.bytes)",
    remedy: "Send smaller records, compress them, or raise max.message.bytes of the topic.",
  },
  RECORD_LIST_TOO_LARGE: {
    sentence: "the batch is larger than a segment of the topic (segment.bytes)",
  },
  COORDINATOR_NOT_AVAILABLE: { sentence: "its coordinator is not available" },
  COORDINATOR_LOAD_IN_PROGRESS: { sentence: "its coordinator is still loading" },
  NOT_COORDINATOR: { sentence: "another broker coordinates it now" },
  INVALID_TOPIC_EXCEPTION: {
    sentence: "the name of the topic is not allowed",
    remedy: "Use letters, digits, dots, underscores and dashes, at most 249 of them.",
  },
  NOT_ENOUGH_REPLICAS: {
    sentence: "too few replicas are in sync (min.insync.replicas)",
    remedy: "See which brokers are down or behind.",
  },
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: {
    sentence: "it was written, but too few replicas are in sync (min.insync.replicas)",
    remedy: "See which brokers are down or behind.",
  },
  ILLEGAL_GENERATION: { sentence: "the member is of an older generation of the group" },
  UNKNOWN_MEMBER_ID: { sentence: "the group does not know this member (any more)" },
  REBALANCE_IN_PROGRESS: { sentence: "the group is rebalancing" },
  FENCED_MEMBER_EPOCH: { sentence: "the group has moved on without this member" },
  FENCED_INSTANCE_ID: {
    sentence: "another member has the same instance id",
    remedy: "Give every member an instance id of its own (group.instance.id).",
  },
  UNRELEASED_INSTANCE_ID: {
    sentence: "a member with this instance id is still part of the group",
  },
  INCONSISTENT_GROUP_PROTOCOL: {
    sentence: "the members of the group have no assignor in common, or another protocol",
    remedy: "Let all members use the same group protocol and at least one common assignor.",
  },
  GROUP_MAX_SIZE_REACHED: { sentence: "the group is full (group.max.size)" },
  TOPIC_AUTHORIZATION_FAILED: {
    sentence: "not allowed to use this topic",
    remedy: "Ask for an ACL of the topic for this principal.",
  },
  GROUP_AUTHORIZATION_FAILED: {
    sentence: "not allowed to use this group",
    remedy: "Ask for an ACL of the group for this principal.",
  },
  CLUSTER_AUTHORIZATION_FAILED: {
    sentence: "not allowed to do this to the cluster",
    remedy: "Ask for an ACL of the cluster for this principal.",
  },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: {
    sentence: "not allowed to use this transactional id",
    remedy: "Ask for an ACL of the transactional id for this principal.",
  },
  SASL_AUTHENTICATION_FAILED: {
    sentence: "name, password or token were refused",
    remedy: "Check the credentials and the mechanism.",
  },
  UNSUPPORTED_SASL_MECHANISM: { sentence: "the broker does not offer this SASL mechanism" },
  UNSUPPORTED_VERSION: { sentence: "the broker does not support this" },
  TOPIC_ALREADY_EXISTS: { sentence: "it exists already" },
  INVALID_PARTITIONS: { sentence: "the number of partitions is not possible" },
  INVALID_REPLICATION_FACTOR: { sentence: "there are fewer brokers than replicas asked for" },
  INVALID_CONFIG: { sentence: "a setting is not valid" },
  INVALID_RECORD: { sentence: "the broker does not accept the record" },
  POLICY_VIOLATION: { sentence: "a policy of the cluster forbids it" },
  KAFKA_STORAGE_ERROR: { sentence: "the disk of the broker failed" },
  NON_EMPTY_GROUP: { sentence: "it still has members" },
  GROUP_ID_NOT_FOUND: { sentence: "there is no such group" },
  TOPIC_DELETION_DISABLED: {
    sentence: "deleting topics is switched off (delete.topic.enable)",
  },
  UNKNOWN_TOPIC_ID: { sentence: "there is no topic with this id" },
  INCONSISTENT_TOPIC_ID: { sentence: "the topic was deleted and created anew" },
  FENCED_LEADER_EPOCH: { sentence: "a newer leader has been elected" },
  UNKNOWN_LEADER_EPOCH: { sentence: "the broker does not know of this election yet" },
  OUT_OF_ORDER_SEQUENCE_NUMBER: {
    sentence: "records of this producer before these ones are missing",
  },
  DUPLICATE_SEQUENCE_NUMBER: { sentence: "these records have been written before" },
  PRODUCER_FENCED: {
    sentence: "a newer producer uses the same transactional id",
    remedy: "Give every producer that runs at the same time a transactional id of its own.",
  },
  INVALID_PRODUCER_EPOCH: { sentence: "the epoch of the producer is over" },
  INVALID_TXN_STATE: { sentence: "the transaction is not in a state in which this can be done" },
  CONCURRENT_TRANSACTIONS: { sentence: "the transaction before is still being completed" },
  TRANSACTION_ABORTABLE: { sentence: "the transaction has to be aborted" },
  UNSTABLE_OFFSET_COMMIT: { sentence: "offsets of a transaction that is still open" },
  SHARE_SESSION_NOT_FOUND: { sentence: "the broker does not know the share session (any more)" },
  INVALID_SHARE_SESSION_EPOCH: { sentence: "the share session is not where the client thinks" },
  SHARE_SESSION_LIMIT_REACHED: {
    sentence: "the broker keeps no more share sessions (group.share.max.share.sessions)",
  },
  INVALID_RECORD_STATE: {
    sentence: "the record is not locked for this member (any more)",
    remedy:
      "Take fewer records at a time (maxRecords), or renew the locks of those that take long.",
  },
  THROTTLING_QUOTA_EXCEEDED: { sentence: "a quota is used up for the moment" },
  REBOOTSTRAP_REQUIRED: { sentence: "this broker is not part of the cluster that was meant" },
};
