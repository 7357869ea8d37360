import { array, int16, int32, message, string, struct } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const streamsGroupTopologyKey = message(
  "StreamsGroupTopologyKey",
  { kind: "coordinator-key", apiKey: 23, versions: "0", flexibleVersions: "none" },
  { groupId: string("0") },
);
export type StreamsGroupTopologyKey = ValueOf<typeof streamsGroupTopologyKey>;
export type StreamsGroupTopologyKeyInput = InputOf<typeof streamsGroupTopologyKey>;

const topicConfig = struct("TopicConfig", { key: string("0+"), value: string("0+") });

const topicInfo = struct("TopicInfo", {
  name: string("0+"),
  partitions: int32("0+"),
  replicationFactor: int16("0+"),
  topicConfigs: array("0+", topicConfig),
});

export const streamsGroupTopologyValue = message(
  "StreamsGroupTopologyValue",
  { kind: "coordinator-value", apiKey: 23, versions: "0", flexibleVersions: "0+" },
  {
    epoch: int32("0+"),
    subtopologies: array(
      "0+",
      struct("Subtopology", {
        subtopologyId: string("0+"),
        sourceTopics: array("0+", "string"),
        sourceTopicRegex: array("0+", "string"),
        stateChangelogTopics: array("0+", topicInfo),
        repartitionSinkTopics: array("0+", "string"),
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
  },
);
export type StreamsGroupTopologyValue = ValueOf<typeof streamsGroupTopologyValue>;
export type StreamsGroupTopologyValueInput = InputOf<typeof streamsGroupTopologyValue>;
