import { array, message, string, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const shareGroupStatePartitionMetadataKey = message(
  "ShareGroupStatePartitionMetadataKey",
  { kind: "coordinator-key", apiKey: 15, versions: "0", flexibleVersions: "none" },
  { groupId: string("0") },
);
export type ShareGroupStatePartitionMetadataKey = ValueOf<
  typeof shareGroupStatePartitionMetadataKey
>;
export type ShareGroupStatePartitionMetadataKeyInput = InputOf<
  typeof shareGroupStatePartitionMetadataKey
>;

const topicPartitionsInfo = struct("TopicPartitionsInfo", {
  topicId: uuid("0+"),
  topicName: string("0+"),
  partitions: array("0+", "int32"),
});

const topicInfo = struct("TopicInfo", { topicId: uuid("0+"), topicName: string("0+") });

export const shareGroupStatePartitionMetadataValue = message(
  "ShareGroupStatePartitionMetadataValue",
  { kind: "coordinator-value", apiKey: 15, versions: "0", flexibleVersions: "0+" },
  {
    initializingTopics: array("0+", topicPartitionsInfo),
    initializedTopics: array("0+", topicPartitionsInfo),
    deletingTopics: array("0+", topicInfo),
  },
);
export type ShareGroupStatePartitionMetadataValue = ValueOf<
  typeof shareGroupStatePartitionMetadataValue
>;
export type ShareGroupStatePartitionMetadataValueInput = InputOf<
  typeof shareGroupStatePartitionMetadataValue
>;
