import { array, int16, int32, int8, message, nested, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

const topologyDescriptionNode = struct("TopologyDescriptionNode", {
  name: string("0+"),
  nodeType: int8("0+"),
  sourceTopics: array("0+", "string", { entityType: "topicName" }),
  sinkTopic: string("0+", { nullableVersions: "0+", default: null, entityType: "topicName" }),
  stores: array("0+", "string"),
  successors: array("0+", "string"),
});

const topologyDescriptionSubtopology = struct("TopologyDescriptionSubtopology", {
  subtopologyId: string("0+"),
  nodes: array("0+", topologyDescriptionNode),
});

const topologyDescriptionGlobalStore = struct("TopologyDescriptionGlobalStore", {
  source: nested("0+", topologyDescriptionNode),
  processor: nested("0+", topologyDescriptionNode),
});

const topologyDescription = struct("TopologyDescription", {
  subtopologies: array("0+", topologyDescriptionSubtopology),
  globalStores: array("0+", topologyDescriptionGlobalStore),
});

export const streamsGroupTopologyDescriptionUpdateRequest = message(
  "StreamsGroupTopologyDescriptionUpdateRequest",
  { kind: "request", apiKey: 93, versions: "0", flexibleVersions: "0+" },
  {
    groupId: string("0+", { entityType: "groupId" }),
    memberId: string("0+"),
    topologyEpoch: int32("0+"),
    topologyDescription: nested("0+", topologyDescription),
  },
);
export type StreamsGroupTopologyDescriptionUpdateRequest = ValueOf<
  typeof streamsGroupTopologyDescriptionUpdateRequest
>;
export type StreamsGroupTopologyDescriptionUpdateRequestInput = InputOf<
  typeof streamsGroupTopologyDescriptionUpdateRequest
>;

export const streamsGroupTopologyDescriptionUpdateResponse = message(
  "StreamsGroupTopologyDescriptionUpdateResponse",
  { kind: "response", apiKey: 93, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+", default: null }),
  },
);
export type StreamsGroupTopologyDescriptionUpdateResponse = ValueOf<
  typeof streamsGroupTopologyDescriptionUpdateResponse
>;
export type StreamsGroupTopologyDescriptionUpdateResponseInput = InputOf<
  typeof streamsGroupTopologyDescriptionUpdateResponse
>;
