import { array, bytes, message, string, struct } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const consumerProtocolAssignment = message(
  "ConsumerProtocolAssignment",
  { kind: "data", versions: "0-3", flexibleVersions: "none" },
  {
    assignedPartitions: array(
      "0+",
      struct("TopicPartition", {
        topic: string("0+", { entityType: "topicName", mapKey: true }),
        partitions: array("0+", "int32"),
      }),
    ),
    userData: bytes("0+", { nullableVersions: "0+", default: null }),
  },
);
export type ConsumerProtocolAssignment = ValueOf<typeof consumerProtocolAssignment>;
export type ConsumerProtocolAssignmentInput = InputOf<typeof consumerProtocolAssignment>;
