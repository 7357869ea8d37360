import { array, bytes, int32, message, string, struct } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const consumerProtocolSubscription = message(
  "ConsumerProtocolSubscription",
  { kind: "data", versions: "0-3", flexibleVersions: "none" },
  {
    topics: array("0+", "string"),
    userData: bytes("0+", { nullableVersions: "0+", default: null }),
    ownedPartitions: array(
      "1+",
      struct("TopicPartition", {
        topic: string("1+", { entityType: "topicName", mapKey: true }),
        partitions: array("1+", "int32"),
      }),
      { ignorable: true },
    ),
    generationId: int32("2+", { default: -1, ignorable: true }),
    rackId: string("3+", { nullableVersions: "3+", default: null, ignorable: true }),
  },
);
export type ConsumerProtocolSubscription = ValueOf<typeof consumerProtocolSubscription>;
export type ConsumerProtocolSubscriptionInput = InputOf<typeof consumerProtocolSubscription>;
