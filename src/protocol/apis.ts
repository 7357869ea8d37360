/**
 * Every API of Apache Kafka 4.4 by key: versions, where it is served, and which headers it has.
 * The schemas are in `messages/<name>.ts`, which whoever handles an API imports; all of them
 * together are in `all-messages.ts`.
 */

/** Keys of the APIs. */
export const ApiKey = {
  PRODUCE: 0,
  FETCH: 1,
  LIST_OFFSETS: 2,
  METADATA: 3,
  LEADER_AND_ISR: 4,
  STOP_REPLICA: 5,
  UPDATE_METADATA: 6,
  CONTROLLED_SHUTDOWN: 7,
  OFFSET_COMMIT: 8,
  OFFSET_FETCH: 9,
  FIND_COORDINATOR: 10,
  JOIN_GROUP: 11,
  HEARTBEAT: 12,
  LEAVE_GROUP: 13,
  SYNC_GROUP: 14,
  DESCRIBE_GROUPS: 15,
  LIST_GROUPS: 16,
  SASL_HANDSHAKE: 17,
  API_VERSIONS: 18,
  CREATE_TOPICS: 19,
  DELETE_TOPICS: 20,
  DELETE_RECORDS: 21,
  INIT_PRODUCER_ID: 22,
  OFFSET_FOR_LEADER_EPOCH: 23,
  ADD_PARTITIONS_TO_TXN: 24,
  ADD_OFFSETS_TO_TXN: 25,
  END_TXN: 26,
  WRITE_TXN_MARKERS: 27,
  TXN_OFFSET_COMMIT: 28,
  DESCRIBE_ACLS: 29,
  CREATE_ACLS: 30,
  DELETE_ACLS: 31,
  DESCRIBE_CONFIGS: 32,
  ALTER_CONFIGS: 33,
  ALTER_REPLICA_LOG_DIRS: 34,
  DESCRIBE_LOG_DIRS: 35,
  SASL_AUTHENTICATE: 36,
  CREATE_PARTITIONS: 37,
  CREATE_DELEGATION_TOKEN: 38,
  RENEW_DELEGATION_TOKEN: 39,
  EXPIRE_DELEGATION_TOKEN: 40,
  DESCRIBE_DELEGATION_TOKEN: 41,
  DELETE_GROUPS: 42,
  ELECT_LEADERS: 43,
  INCREMENTAL_ALTER_CONFIGS: 44,
  ALTER_PARTITION_REASSIGNMENTS: 45,
  LIST_PARTITION_REASSIGNMENTS: 46,
  OFFSET_DELETE: 47,
  DESCRIBE_CLIENT_QUOTAS: 48,
  ALTER_CLIENT_QUOTAS: 49,
  DESCRIBE_USER_SCRAM_CREDENTIALS: 50,
  ALTER_USER_SCRAM_CREDENTIALS: 51,
  VOTE: 52,
  BEGIN_QUORUM_EPOCH: 53,
  END_QUORUM_EPOCH: 54,
  DESCRIBE_QUORUM: 55,
  ALTER_PARTITION: 56,
  UPDATE_FEATURES: 57,
  ENVELOPE: 58,
  FETCH_SNAPSHOT: 59,
  DESCRIBE_CLUSTER: 60,
  DESCRIBE_PRODUCERS: 61,
  BROKER_REGISTRATION: 62,
  BROKER_HEARTBEAT: 63,
  UNREGISTER_BROKER: 64,
  DESCRIBE_TRANSACTIONS: 65,
  LIST_TRANSACTIONS: 66,
  ALLOCATE_PRODUCER_IDS: 67,
  CONSUMER_GROUP_HEARTBEAT: 68,
  CONSUMER_GROUP_DESCRIBE: 69,
  CONTROLLER_REGISTRATION: 70,
  GET_TELEMETRY_SUBSCRIPTIONS: 71,
  PUSH_TELEMETRY: 72,
  ASSIGN_REPLICAS_TO_DIRS: 73,
  LIST_CONFIG_RESOURCES: 74,
  DESCRIBE_TOPIC_PARTITIONS: 75,
  SHARE_GROUP_HEARTBEAT: 76,
  SHARE_GROUP_DESCRIBE: 77,
  SHARE_FETCH: 78,
  SHARE_ACKNOWLEDGE: 79,
  ADD_RAFT_VOTER: 80,
  REMOVE_RAFT_VOTER: 81,
  UPDATE_RAFT_VOTER: 82,
  INITIALIZE_SHARE_GROUP_STATE: 83,
  READ_SHARE_GROUP_STATE: 84,
  WRITE_SHARE_GROUP_STATE: 85,
  DELETE_SHARE_GROUP_STATE: 86,
  READ_SHARE_GROUP_STATE_SUMMARY: 87,
  STREAMS_GROUP_HEARTBEAT: 88,
  STREAMS_GROUP_DESCRIBE: 89,
  DESCRIBE_SHARE_GROUP_OFFSETS: 90,
  ALTER_SHARE_GROUP_OFFSETS: 91,
  DELETE_SHARE_GROUP_OFFSETS: 92,
  STREAMS_GROUP_TOPOLOGY_DESCRIPTION_UPDATE: 93,
  UNREGISTER_CONTROLLER: 94,
} as const;
export type ApiKey = (typeof ApiKey)[keyof typeof ApiKey];

/** Which kind of node serves an API. */
export type ApiListener = "broker" | "controller";

/** What is known of an API besides its schemas. */
export interface Api {
  readonly key: ApiKey;
  /** Kafka's name, such as `CreateTopics`. */
  readonly name: string;
  /** Lowest and highest version with a schema; -1 and -1 for an API that is retired. */
  readonly minVersion: number;
  readonly maxVersion: number;
  /** The highest version that is no longer subject to change. */
  readonly maxStableVersion: number;
  /** The range Apache Kafka 4.4 announces in ApiVersions. */
  readonly advertised: readonly [min: number, max: number];
  /** First version with compact lengths and tagged fields, in request and response; -1: none. */
  readonly flexibleFrom: number;
  readonly listeners: readonly ApiListener[];
  /** Needs the right to act as a node of the cluster. */
  readonly clusterAction: boolean;
  /** A broker may pass it on to the controller. */
  readonly forwardable: boolean;
}

type Row = readonly [
  key: ApiKey,
  name: string,
  versions: readonly [min: number, maxStable: number, max: number],
  advertised: readonly [min: number, max: number],
  flexibleFrom: number,
  listeners: string,
  marks: string,
];

// Listeners: b broker, c controller. Marks: a cluster action, f forwardable.
const rows: readonly Row[] = [
  [ApiKey.PRODUCE, "Produce", [3, 13, 13], [0, 13], 9, "b", ""],
  [ApiKey.FETCH, "Fetch", [4, 18, 18], [4, 18], 12, "bc", ""],
  [ApiKey.LIST_OFFSETS, "ListOffsets", [1, 11, 11], [1, 11], 6, "b", ""],
  [ApiKey.METADATA, "Metadata", [0, 13, 13], [0, 13], 9, "b", ""],
  [ApiKey.LEADER_AND_ISR, "LeaderAndIsr", [-1, -1, -1], [-1, -1], -1, "", "a"],
  [ApiKey.STOP_REPLICA, "StopReplica", [-1, -1, -1], [-1, -1], -1, "", "a"],
  [ApiKey.UPDATE_METADATA, "UpdateMetadata", [-1, -1, -1], [-1, -1], -1, "", "a"],
  [ApiKey.CONTROLLED_SHUTDOWN, "ControlledShutdown", [-1, -1, -1], [-1, -1], -1, "", "a"],
  [ApiKey.OFFSET_COMMIT, "OffsetCommit", [2, 10, 10], [2, 10], 8, "b", ""],
  [ApiKey.OFFSET_FETCH, "OffsetFetch", [1, 10, 10], [1, 10], 6, "b", ""],
  [ApiKey.FIND_COORDINATOR, "FindCoordinator", [0, 6, 6], [0, 6], 3, "b", ""],
  [ApiKey.JOIN_GROUP, "JoinGroup", [0, 9, 9], [0, 9], 6, "b", ""],
  [ApiKey.HEARTBEAT, "Heartbeat", [0, 4, 4], [0, 4], 4, "b", ""],
  [ApiKey.LEAVE_GROUP, "LeaveGroup", [0, 5, 5], [0, 5], 4, "b", ""],
  [ApiKey.SYNC_GROUP, "SyncGroup", [0, 5, 5], [0, 5], 4, "b", ""],
  [ApiKey.DESCRIBE_GROUPS, "DescribeGroups", [0, 6, 6], [0, 6], 5, "b", ""],
  [ApiKey.LIST_GROUPS, "ListGroups", [0, 5, 5], [0, 5], 3, "b", ""],
  [ApiKey.SASL_HANDSHAKE, "SaslHandshake", [0, 1, 1], [0, 1], -1, "bc", ""],
  [ApiKey.API_VERSIONS, "ApiVersions", [0, 5, 5], [0, 5], 3, "bc", ""],
  [ApiKey.CREATE_TOPICS, "CreateTopics", [2, 7, 7], [2, 7], 5, "bc", "f"],
  [ApiKey.DELETE_TOPICS, "DeleteTopics", [1, 6, 6], [1, 6], 4, "bc", "f"],
  [ApiKey.DELETE_RECORDS, "DeleteRecords", [0, 2, 2], [0, 2], 2, "b", ""],
  [ApiKey.INIT_PRODUCER_ID, "InitProducerId", [0, 5, 6], [0, 5], 2, "b", ""],
  [ApiKey.OFFSET_FOR_LEADER_EPOCH, "OffsetForLeaderEpoch", [2, 4, 4], [2, 4], 4, "b", ""],
  [ApiKey.ADD_PARTITIONS_TO_TXN, "AddPartitionsToTxn", [0, 5, 5], [0, 5], 3, "b", ""],
  [ApiKey.ADD_OFFSETS_TO_TXN, "AddOffsetsToTxn", [0, 4, 4], [0, 4], 3, "b", ""],
  [ApiKey.END_TXN, "EndTxn", [0, 5, 5], [0, 5], 3, "b", ""],
  [ApiKey.WRITE_TXN_MARKERS, "WriteTxnMarkers", [1, 2, 2], [1, 2], 1, "b", "a"],
  [ApiKey.TXN_OFFSET_COMMIT, "TxnOffsetCommit", [0, 6, 6], [0, 6], 3, "b", ""],
  [ApiKey.DESCRIBE_ACLS, "DescribeAcls", [1, 3, 3], [1, 3], 2, "bc", ""],
  [ApiKey.CREATE_ACLS, "CreateAcls", [1, 3, 3], [1, 3], 2, "bc", "f"],
  [ApiKey.DELETE_ACLS, "DeleteAcls", [1, 3, 3], [1, 3], 2, "bc", "f"],
  [ApiKey.DESCRIBE_CONFIGS, "DescribeConfigs", [1, 4, 4], [1, 4], 4, "bc", ""],
  [ApiKey.ALTER_CONFIGS, "AlterConfigs", [0, 2, 2], [0, 2], 2, "bc", "f"],
  [ApiKey.ALTER_REPLICA_LOG_DIRS, "AlterReplicaLogDirs", [1, 2, 2], [1, 2], 2, "b", ""],
  [ApiKey.DESCRIBE_LOG_DIRS, "DescribeLogDirs", [1, 5, 5], [1, 5], 2, "b", ""],
  [ApiKey.SASL_AUTHENTICATE, "SaslAuthenticate", [0, 2, 2], [0, 2], 2, "bc", ""],
  [ApiKey.CREATE_PARTITIONS, "CreatePartitions", [0, 3, 3], [0, 3], 2, "bc", "f"],
  [ApiKey.CREATE_DELEGATION_TOKEN, "CreateDelegationToken", [1, 3, 3], [1, 3], 2, "bc", "f"],
  [ApiKey.RENEW_DELEGATION_TOKEN, "RenewDelegationToken", [1, 2, 2], [1, 2], 2, "bc", "f"],
  [ApiKey.EXPIRE_DELEGATION_TOKEN, "ExpireDelegationToken", [1, 2, 2], [1, 2], 2, "bc", "f"],
  [ApiKey.DESCRIBE_DELEGATION_TOKEN, "DescribeDelegationToken", [1, 3, 3], [1, 3], 2, "bc", ""],
  [ApiKey.DELETE_GROUPS, "DeleteGroups", [0, 3, 3], [0, 3], 2, "b", ""],
  [ApiKey.ELECT_LEADERS, "ElectLeaders", [0, 2, 2], [0, 2], 2, "bc", "f"],
  [ApiKey.INCREMENTAL_ALTER_CONFIGS, "IncrementalAlterConfigs", [0, 1, 1], [0, 1], 1, "bc", "f"],
  [
    ApiKey.ALTER_PARTITION_REASSIGNMENTS,
    "AlterPartitionReassignments",
    [0, 1, 1],
    [0, 1],
    0,
    "bc",
    "f",
  ],
  [
    ApiKey.LIST_PARTITION_REASSIGNMENTS,
    "ListPartitionReassignments",
    [0, 0, 0],
    [0, 0],
    0,
    "bc",
    "f",
  ],
  [ApiKey.OFFSET_DELETE, "OffsetDelete", [0, 0, 0], [0, 0], -1, "b", ""],
  [ApiKey.DESCRIBE_CLIENT_QUOTAS, "DescribeClientQuotas", [0, 1, 1], [0, 1], 1, "b", ""],
  [ApiKey.ALTER_CLIENT_QUOTAS, "AlterClientQuotas", [0, 1, 1], [0, 1], 1, "bc", "f"],
  [
    ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS,
    "DescribeUserScramCredentials",
    [0, 0, 0],
    [0, 0],
    0,
    "bc",
    "",
  ],
  [
    ApiKey.ALTER_USER_SCRAM_CREDENTIALS,
    "AlterUserScramCredentials",
    [0, 0, 0],
    [0, 0],
    0,
    "bc",
    "f",
  ],
  [ApiKey.VOTE, "Vote", [0, 2, 2], [0, 2], 0, "c", "a"],
  [ApiKey.BEGIN_QUORUM_EPOCH, "BeginQuorumEpoch", [0, 1, 1], [0, 1], 1, "c", "a"],
  [ApiKey.END_QUORUM_EPOCH, "EndQuorumEpoch", [0, 1, 1], [0, 1], 1, "c", "a"],
  [ApiKey.DESCRIBE_QUORUM, "DescribeQuorum", [0, 2, 2], [0, 2], 0, "bc", "af"],
  [ApiKey.ALTER_PARTITION, "AlterPartition", [2, 3, 3], [2, 3], 2, "c", "a"],
  [ApiKey.UPDATE_FEATURES, "UpdateFeatures", [0, 2, 2], [0, 2], 0, "bc", "af"],
  [ApiKey.ENVELOPE, "Envelope", [0, 0, 0], [0, 0], 0, "c", "a"],
  [ApiKey.FETCH_SNAPSHOT, "FetchSnapshot", [0, 1, 1], [0, 1], 0, "c", ""],
  [ApiKey.DESCRIBE_CLUSTER, "DescribeCluster", [0, 2, 2], [0, 2], 0, "bc", ""],
  [ApiKey.DESCRIBE_PRODUCERS, "DescribeProducers", [0, 0, 0], [0, 0], 0, "b", ""],
  [ApiKey.BROKER_REGISTRATION, "BrokerRegistration", [0, 4, 4], [0, 4], 0, "c", "a"],
  [ApiKey.BROKER_HEARTBEAT, "BrokerHeartbeat", [0, 2, 2], [0, 2], 0, "c", "a"],
  [ApiKey.UNREGISTER_BROKER, "UnregisterBroker", [0, 0, 0], [0, 0], 0, "bc", "f"],
  [ApiKey.DESCRIBE_TRANSACTIONS, "DescribeTransactions", [0, 0, 0], [0, 0], 0, "b", ""],
  [ApiKey.LIST_TRANSACTIONS, "ListTransactions", [0, 2, 2], [0, 2], 0, "b", ""],
  [ApiKey.ALLOCATE_PRODUCER_IDS, "AllocateProducerIds", [0, 0, 0], [0, 0], 0, "c", "af"],
  [ApiKey.CONSUMER_GROUP_HEARTBEAT, "ConsumerGroupHeartbeat", [0, 1, 1], [0, 1], 0, "b", ""],
  [ApiKey.CONSUMER_GROUP_DESCRIBE, "ConsumerGroupDescribe", [0, 1, 1], [0, 1], 0, "b", ""],
  [ApiKey.CONTROLLER_REGISTRATION, "ControllerRegistration", [0, 0, 0], [0, 0], 0, "c", ""],
  [ApiKey.GET_TELEMETRY_SUBSCRIPTIONS, "GetTelemetrySubscriptions", [0, 0, 0], [0, 0], 0, "b", ""],
  [ApiKey.PUSH_TELEMETRY, "PushTelemetry", [0, 0, 0], [0, 0], 0, "b", ""],
  [ApiKey.ASSIGN_REPLICAS_TO_DIRS, "AssignReplicasToDirs", [0, 0, 0], [0, 0], 0, "c", ""],
  [ApiKey.LIST_CONFIG_RESOURCES, "ListConfigResources", [0, 1, 1], [0, 1], 0, "b", ""],
  [ApiKey.DESCRIBE_TOPIC_PARTITIONS, "DescribeTopicPartitions", [0, 0, 0], [0, 0], 0, "b", ""],
  [ApiKey.SHARE_GROUP_HEARTBEAT, "ShareGroupHeartbeat", [1, 1, 1], [1, 1], 1, "b", ""],
  [ApiKey.SHARE_GROUP_DESCRIBE, "ShareGroupDescribe", [1, 1, 1], [1, 1], 1, "b", ""],
  [ApiKey.SHARE_FETCH, "ShareFetch", [1, 2, 2], [1, 2], 1, "b", ""],
  [ApiKey.SHARE_ACKNOWLEDGE, "ShareAcknowledge", [1, 2, 2], [1, 2], 1, "b", ""],
  [ApiKey.ADD_RAFT_VOTER, "AddRaftVoter", [0, 1, 1], [0, 1], 0, "bc", "f"],
  [ApiKey.REMOVE_RAFT_VOTER, "RemoveRaftVoter", [0, 0, 0], [0, 0], 0, "bc", "f"],
  [ApiKey.UPDATE_RAFT_VOTER, "UpdateRaftVoter", [0, 0, 0], [0, 0], 0, "c", ""],
  [
    ApiKey.INITIALIZE_SHARE_GROUP_STATE,
    "InitializeShareGroupState",
    [0, 0, 0],
    [0, 0],
    0,
    "b",
    "a",
  ],
  [ApiKey.READ_SHARE_GROUP_STATE, "ReadShareGroupState", [0, 0, 0], [0, 0], 0, "b", "a"],
  [ApiKey.WRITE_SHARE_GROUP_STATE, "WriteShareGroupState", [0, 1, 1], [0, 1], 0, "b", "a"],
  [ApiKey.DELETE_SHARE_GROUP_STATE, "DeleteShareGroupState", [0, 0, 0], [0, 0], 0, "b", "a"],
  [
    ApiKey.READ_SHARE_GROUP_STATE_SUMMARY,
    "ReadShareGroupStateSummary",
    [0, 1, 1],
    [0, 1],
    0,
    "b",
    "a",
  ],
  [ApiKey.STREAMS_GROUP_HEARTBEAT, "StreamsGroupHeartbeat", [0, 1, 1], [0, 1], 0, "b", ""],
  [ApiKey.STREAMS_GROUP_DESCRIBE, "StreamsGroupDescribe", [0, 1, 1], [0, 1], 0, "b", ""],
  [ApiKey.DESCRIBE_SHARE_GROUP_OFFSETS, "DescribeShareGroupOffsets", [0, 1, 1], [0, 1], 0, "b", ""],
  [ApiKey.ALTER_SHARE_GROUP_OFFSETS, "AlterShareGroupOffsets", [0, 0, 0], [0, 0], 0, "b", ""],
  [ApiKey.DELETE_SHARE_GROUP_OFFSETS, "DeleteShareGroupOffsets", [0, 0, 0], [0, 0], 0, "b", ""],
  [
    ApiKey.STREAMS_GROUP_TOPOLOGY_DESCRIPTION_UPDATE,
    "StreamsGroupTopologyDescriptionUpdate",
    [0, 0, 0],
    [0, 0],
    0,
    "b",
    "",
  ],
  [ApiKey.UNREGISTER_CONTROLLER, "UnregisterController", [0, 0, 0], [0, 0], 0, "bc", "f"],
];

const RETIRED = -1;

/** Every API in order of its key. */
export const apis: readonly Api[] = rows.map(
  ([
    key,
    name,
    [minVersion, maxStableVersion, maxVersion],
    advertised,
    flexibleFrom,
    at,
    marks,
  ]) => ({
    key,
    name,
    minVersion,
    maxVersion,
    maxStableVersion,
    advertised,
    flexibleFrom,
    listeners: (["broker", "controller"] as const).filter((listener) => at.includes(listener[0]!)),
    clusterAction: marks.includes("a"),
    forwardable: marks.includes("f"),
  }),
);

/** The API with this key, or `undefined`. Keys have no gaps. */
export function apiOf(key: number): Api | undefined {
  return apis[key];
}

/** Name for logs and errors, such as `Fetch`, or `api 123` where there is none. */
export function apiName(key: number): string {
  return apis[key]?.name ?? `api ${key}`;
}

/** Whether a schema for this version of the API exists. */
export function hasVersion(api: Api, version: number): boolean {
  return api.minVersion !== RETIRED && version >= api.minVersion && version <= api.maxVersion;
}

/** Version of the header before a request: 2 with tagged fields, else 1. */
export function requestHeaderVersion(api: Api, version: number): 1 | 2 {
  return isFlexible(api, version) ? 2 : 1;
}

/**
 * Version of the header before a response: 1 with tagged fields, else 0. ApiVersions always has 0,
 * since the client cannot know yet what the broker speaks (KIP-511).
 */
export function responseHeaderVersion(api: Api, version: number): 0 | 1 {
  return api.key !== ApiKey.API_VERSIONS && isFlexible(api, version) ? 1 : 0;
}

function isFlexible(api: Api, version: number): boolean {
  return api.flexibleFrom !== -1 && version >= api.flexibleFrom;
}
