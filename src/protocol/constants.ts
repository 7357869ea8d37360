/**
 * Numbers with a meaning of their own in messages and records, under Kafka's names. Those of record
 * batches are in the records room.
 */

/** What a Fetch or ListOffsets may see (KIP-98). */
export const IsolationLevel = { READ_UNCOMMITTED: 0, READ_COMMITTED: 1 } as const;
export type IsolationLevel = (typeof IsolationLevel)[keyof typeof IsolationLevel];

/** Timestamps of ListOffsets that stand for a place in the log. */
export const ListOffsetsTimestamp = {
  LATEST: -1,
  EARLIEST: -2,
  MAX_TIMESTAMP: -3,
  EARLIEST_LOCAL: -4,
  LATEST_TIERED: -5,
  EARLIEST_PENDING_UPLOAD: -6,
} as const;

/** Replica ids in Fetch, ListOffsets and OffsetForLeaderEpoch that are no broker. */
export const ReplicaId = { CONSUMER: -1, DEBUGGING: -2, FUTURE_LOCAL: -3 } as const;

/** Types in the key of a control record. */
export const ControlRecordType = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const;

/** Which coordinator FindCoordinator asks for. */
export const CoordinatorType = { GROUP: 0, TRANSACTION: 1, SHARE: 2 } as const;

/** Where DescribeConfigs has a value from. */
export const ConfigSource = {
  UNKNOWN: 0,
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  DYNAMIC_CLIENT_METRICS_CONFIG: 7,
  DYNAMIC_GROUP_CONFIG: 8,
} as const;

/** Types of values in DescribeConfigs. */
export const ConfigType = {
  UNKNOWN: 0,
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
} as const;

/** What a config belongs to. */
export const ConfigResourceType = {
  UNKNOWN: 0,
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
} as const;

/** Operations of IncrementalAlterConfigs. */
export const AlterConfigOp = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

/** How UpdateFeatures may change a level. */
export const FeatureUpgradeType = {
  UNKNOWN: 0,
  UPGRADE: 1,
  SAFE_DOWNGRADE: 2,
  UNSAFE_DOWNGRADE: 3,
} as const;

/** Which leaders ElectLeaders elects (KIP-460). */
export const ElectionType = { PREFERRED: 0, UNCLEAN: 1 } as const;
/** What DescribeCluster asks about. */
export const EndpointType = { UNKNOWN: 0, BROKER: 1, CONTROLLER: 2 } as const;
/** Whether a partition recovers from an election of a replica out of sync (KIP-704). */
export const LeaderRecoveryState = { RECOVERED: 0, RECOVERING: 1 } as const;

/** Security protocols by the ids in broker registrations. */
export const SecurityProtocol = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const;

/** Epochs of fetch sessions (KIP-227); share sessions have the same. */
export const FetchSession = { INVALID_ID: 0, INITIAL_EPOCH: 0, FINAL_EPOCH: -1 } as const;

/** Offset where there is none. */
export const INVALID_OFFSET = -1;
/** Timestamp where there is none. */
export const UNKNOWN_TIMESTAMP = -1;
/** Node id of a leader where there is none. */
export const NO_LEADER = -1;
/** Epoch of a leader where it is not known. */
export const UNDEFINED_EPOCH = -1;
/** Producer id of batches that are not idempotent. */
export const NO_PRODUCER_ID = -1;
/** Epoch of batches that are not idempotent. */
export const NO_PRODUCER_EPOCH = -1;
/** Sequence of batches that are not idempotent. */
export const NO_SEQUENCE = -1;
/** Generation of a member that is in none. */
export const UNKNOWN_GENERATION_ID = -1;
/** Member id of one that has none yet. */
export const UNKNOWN_MEMBER_ID = "";
/** Authorized operations where nobody asked for them. */
export const AUTHORIZED_OPERATIONS_OMITTED = -2_147_483_648;

/** Topics that Kafka keeps for itself. */
export const InternalTopic = {
  CONSUMER_OFFSETS: "__consumer_offsets",
  TRANSACTION_STATE: "__transaction_state",
  SHARE_GROUP_STATE: "__share_group_state",
  CLUSTER_METADATA: "__cluster_metadata",
} as const;
/** Longest name of a topic. */
export const TOPIC_NAME_MAX = 249;
