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

export const streamsGroupDescribeRequest = message(
  "StreamsGroupDescribeRequest",
  { kind: "request", apiKey: 89, versions: "0-1", flexibleVersions: "0+" },
  {
    groupIds: array("0+", "string", { entityType: "groupId" }),
    includeAuthorizedOperations: bool("0+"),
    includeTopologyDescription: bool("1+", { default: false }),
  },
);
export type StreamsGroupDescribeRequest = ValueOf<typeof streamsGroupDescribeRequest>;
export type StreamsGroupDescribeRequestInput = InputOf<typeof streamsGroupDescribeRequest>;

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

const assignment = struct("Assignment", {
  activeTasks: array("0+", taskIds),
  standbyTasks: array("0+", taskIds),
  warmupTasks: array("0+", taskIds),
});

const keyValue = struct("KeyValue", { key: string("0+"), value: string("0+") });

const topicInfo = struct("TopicInfo", {
  name: string("0+", { entityType: "topicName" }),
  partitions: int32("0+"),
  replicationFactor: int16("0+"),
  topicConfigs: array("0+", keyValue),
});

const topologyDescriptionNode = struct("TopologyDescriptionNode", {
  name: string("1+"),
  nodeType: int8("1+"),
  sourceTopics: array("1+", "string", { entityType: "topicName" }),
  sinkTopic: string("1+", { nullableVersions: "1+", default: null, entityType: "topicName" }),
  stores: array("1+", "string"),
  successors: array("1+", "string"),
});

const topologyDescriptionSubtopology = struct("TopologyDescriptionSubtopology", {
  subtopologyId: string("1+"),
  nodes: array("1+", topologyDescriptionNode),
});

const topologyDescriptionGlobalStore = struct("TopologyDescriptionGlobalStore", {
  source: nested("1+", topologyDescriptionNode),
  processor: nested("1+", topologyDescriptionNode),
});

const topologyDescription = struct("TopologyDescription", {
  subtopologies: array("1+", topologyDescriptionSubtopology),
  globalStores: array("1+", topologyDescriptionGlobalStore),
});

export const streamsGroupDescribeResponse = message(
  "StreamsGroupDescribeResponse",
  { kind: "response", apiKey: 89, versions: "0-1", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    groups: array(
      "0+",
      struct("DescribedGroup", {
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+", default: null }),
        groupId: string("0+", { entityType: "groupId" }),
        groupState: string("0+"),
        groupEpoch: int32("0+"),
        assignmentEpoch: int32("0+"),
        topology: nested(
          "0+",
          struct("Topology", {
            epoch: int32("0+"),
            subtopologies: array(
              "0+",
              struct("Subtopology", {
                subtopologyId: string("0+"),
                sourceTopics: array("0+", "string", { entityType: "topicName" }),
                repartitionSinkTopics: array("0+", "string", { entityType: "topicName" }),
                stateChangelogTopics: array("0+", topicInfo),
                repartitionSourceTopics: array("0+", topicInfo),
              }),
              { nullableVersions: "0+", default: null },
            ),
          }),
          { nullableVersions: "0+", default: null },
        ),
        members: array(
          "0+",
          struct("Member", {
            memberId: string("0+"),
            memberEpoch: int32("0+"),
            instanceId: string("0+", { nullableVersions: "0+", default: null }),
            rackId: string("0+", { nullableVersions: "0+", default: null }),
            clientId: string("0+"),
            clientHost: string("0+"),
            topologyEpoch: int32("0+"),
            processId: string("0+"),
            userEndpoint: nested("0+", endpoint, { nullableVersions: "0+", default: null }),
            clientTags: array("0+", keyValue),
            taskOffsets: array("0+", taskOffset),
            taskEndOffsets: array("0+", taskOffset),
            assignment: nested("0+", assignment),
            targetAssignment: nested("0+", assignment),
            isClassic: bool("0+"),
          }),
        ),
        authorizedOperations: int32("0+", { default: -2147483648 }),
        topologyDescription: nested("1+", topologyDescription, {
          nullableVersions: "1+",
          default: null,
        }),
        topologyDescriptionStatus: int8("1+", { default: 0 }),
        assignorName: string("1+", { nullableVersions: "1+", default: null, ignorable: true }),
      }),
    ),
  },
);
export type StreamsGroupDescribeResponse = ValueOf<typeof streamsGroupDescribeResponse>;
export type StreamsGroupDescribeResponseInput = InputOf<typeof streamsGroupDescribeResponse>;
