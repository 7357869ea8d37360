import {
  array,
  bool,
  int16,
  int32,
  int64,
  int8,
  message,
  nested,
  string,
  struct,
  uint16,
} from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

const keyValue = struct("KeyValue", { key: string("0+"), value: string("0+") });

const topicInfo = struct("TopicInfo", {
  name: string("0+", { entityType: "topicName" }),
  partitions: int32("0+"),
  replicationFactor: int16("0+"),
  topicConfigs: array("0+", keyValue),
});

const endpoint = struct("Endpoint", { host: string("0+"), port: uint16("0+") });

const taskOffset = struct("TaskOffset", {
  subtopologyId: string("0+"),
  partition: int32("0+"),
  offset: int64("0+"),
});

const taskIds = struct("TaskIds", {
  subtopologyId: string("0+"),
  partitions: array("0+", "int32"),
});

export const streamsGroupHeartbeatRequest = message(
  "StreamsGroupHeartbeatRequest",
  { kind: "request", apiKey: 88, versions: "0-1", flexibleVersions: "0+" },
  {
    groupId: string("0+", { entityType: "groupId" }),
    memberId: string("0+"),
    memberEpoch: int32("0+"),
    endpointInformationEpoch: int32("0+"),
    instanceId: string("0+", { nullableVersions: "0+", default: null }),
    rackId: string("0+", { nullableVersions: "0+", default: null }),
    rebalanceTimeoutMs: int32("0+", { default: -1 }),
    topology: nested(
      "0+",
      struct("Topology", {
        epoch: int32("0+"),
        subtopologies: array(
          "0+",
          struct("Subtopology", {
            subtopologyId: string("0+"),
            sourceTopics: array("0+", "string", { entityType: "topicName" }),
            sourceTopicRegex: array("0+", "string"),
            stateChangelogTopics: array("0+", topicInfo),
            repartitionSinkTopics: array("0+", "string", { entityType: "topicName" }),
            repartitionSourceTopics: array("0+", topicInfo),
            copartitionGroups: array(
              "0+",
              struct("CopartitionGroup", {
                sourceTopics: array("0+", "int16"),
                sourceTopicRegex: array("0+", "int16"),
                repartitionSourceTopics: array("0+", "int16"),
              }),
            ),
          }),
        ),
      }),
      { nullableVersions: "0+", default: null },
    ),
    activeTasks: array("0+", taskIds, { nullableVersions: "0+", default: null }),
    standbyTasks: array("0+", taskIds, { nullableVersions: "0+", default: null }),
    warmupTasks: array("0+", taskIds, { nullableVersions: "0+", default: null }),
    processId: string("0+", { nullableVersions: "0+", default: null }),
    userEndpoint: nested("0+", endpoint, { nullableVersions: "0+", default: null }),
    clientTags: array("0+", keyValue, { nullableVersions: "0+", default: null }),
    taskOffsets: array("0+", taskOffset, { nullableVersions: "0+", default: null }),
    taskEndOffsets: array("0+", taskOffset, { nullableVersions: "0+", default: null }),
    shutdownApplication: bool("0+", { default: false }),
  },
);
export type StreamsGroupHeartbeatRequest = ValueOf<typeof streamsGroupHeartbeatRequest>;
export type StreamsGroupHeartbeatRequestInput = InputOf<typeof streamsGroupHeartbeatRequest>;

const status = struct("Status", { statusCode: int8("0+"), statusDetail: string("0+") });

const topicPartition = struct("TopicPartition", {
  topic: string("0+", { entityType: "topicName" }),
  partitions: array("0+", "int32"),
});

const streamsGroupHeartbeatResponseTaskIds = struct("TaskIds", {
  subtopologyId: string("0+"),
  partitions: array("0+", "int32"),
});

const streamsGroupHeartbeatResponseEndpoint = struct("Endpoint", {
  host: string("0+"),
  port: uint16("0+"),
});

export const streamsGroupHeartbeatResponse = message(
  "StreamsGroupHeartbeatResponse",
  { kind: "response", apiKey: 88, versions: "0-1", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+", default: null }),
    memberId: string("0+"),
    memberEpoch: int32("0+"),
    heartbeatIntervalMs: int32("0+"),
    acceptableRecoveryLagLegacy: int32("0"),
    taskOffsetIntervalMs: int32("0+"),
    acceptableRecoveryLag: int64("1+", { default: -1, ignorable: true }),
    status: array("0+", status, { nullableVersions: "0+" }),
    activeTasks: array("0+", streamsGroupHeartbeatResponseTaskIds, {
      nullableVersions: "0+",
      default: null,
    }),
    standbyTasks: array("0+", streamsGroupHeartbeatResponseTaskIds, {
      nullableVersions: "0+",
      default: null,
    }),
    warmupTasks: array("0+", streamsGroupHeartbeatResponseTaskIds, {
      nullableVersions: "0+",
      default: null,
    }),
    topologyDescriptionRequired: bool("1+", { default: false }),
    endpointInformationEpoch: int32("0+"),
    partitionsByUserEndpoint: array(
      "0+",
      struct("EndpointToPartitions", {
        userEndpoint: nested("0+", streamsGroupHeartbeatResponseEndpoint),
        activePartitions: array("0+", topicPartition),
        standbyPartitions: array("0+", topicPartition),
      }),
      { nullableVersions: "0+", default: null },
    ),
  },
);
export type StreamsGroupHeartbeatResponse = ValueOf<typeof streamsGroupHeartbeatResponse>;
export type StreamsGroupHeartbeatResponseInput = InputOf<typeof streamsGroupHeartbeatResponse>;
