import { array, int16, int32, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const listPartitionReassignmentsRequest = message(
  "ListPartitionReassignmentsRequest",
  { kind: "request", apiKey: 46, versions: "0", flexibleVersions: "0+" },
  {
    timeoutMs: int32("0+", { default: 60000 }),
    topics: array(
      "0+",
      struct("ListPartitionReassignmentsTopics", {
        name: string("0+", { entityType: "topicName" }),
        partitionIndexes: array("0+", "int32"),
      }),
      { nullableVersions: "0+", default: null },
    ),
  },
);
export type ListPartitionReassignmentsRequest = ValueOf<typeof listPartitionReassignmentsRequest>;
export type ListPartitionReassignmentsRequestInput = InputOf<
  typeof listPartitionReassignmentsRequest
>;

export const listPartitionReassignmentsResponse = message(
  "ListPartitionReassignmentsResponse",
  { kind: "response", apiKey: 46, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+" }),
    topics: array(
      "0+",
      struct("OngoingTopicReassignment", {
        name: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("OngoingPartitionReassignment", {
            partitionIndex: int32("0+"),
            replicas: array("0+", "int32", { entityType: "brokerId" }),
            addingReplicas: array("0+", "int32", { entityType: "brokerId" }),
            removingReplicas: array("0+", "int32", { entityType: "brokerId" }),
          }),
        ),
      }),
    ),
  },
);
export type ListPartitionReassignmentsResponse = ValueOf<typeof listPartitionReassignmentsResponse>;
export type ListPartitionReassignmentsResponseInput = InputOf<
  typeof listPartitionReassignmentsResponse
>;
