import { array, int32, message, string, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const consumerGroupPartitionMetadataKey = message(
  "ConsumerGroupPartitionMetadataKey",
  { kind: "coordinator-key", apiKey: 4, versions: "0", flexibleVersions: "none" },
  { groupId: string("0") },
);
export type ConsumerGroupPartitionMetadataKey = ValueOf<typeof consumerGroupPartitionMetadataKey>;
export type ConsumerGroupPartitionMetadataKeyInput = InputOf<
  typeof consumerGroupPartitionMetadataKey
>;

export const consumerGroupPartitionMetadataValue = message(
  "ConsumerGroupPartitionMetadataValue",
  { kind: "coordinator-value", apiKey: 4, versions: "0", flexibleVersions: "0+" },
  {
    topics: array(
      "0+",
      struct("TopicMetadata", {
        topicId: uuid("0+"),
        topicName: string("0+"),
        numPartitions: int32("0+"),
        partitionMetadata: array(
          "0+",
          struct("PartitionMetadata", { partition: int32("0+"), racks: array("0+", "string") }),
        ),
      }),
    ),
  },
);
export type ConsumerGroupPartitionMetadataValue = ValueOf<
  typeof consumerGroupPartitionMetadataValue
>;
export type ConsumerGroupPartitionMetadataValueInput = InputOf<
  typeof consumerGroupPartitionMetadataValue
>;
