import { array, bool, int16, int32, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const alterPartitionReassignmentsRequest = message(
  "AlterPartitionReassignmentsRequest",
  { kind: "request", apiKey: 45, versions: "0-1", flexibleVersions: "0+" },
  {
    timeoutMs: int32("0+", { default: 60000 }),
    allowReplicationFactorChange: bool("1+", { default: true }),
    topics: array(
      "0+",
      struct("ReassignableTopic", {
        name: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("ReassignablePartition", {
            partitionIndex: int32("0+"),
            replicas: array("0+", "int32", {
              nullableVersions: "0+",
              default: null,
              entityType: "brokerId",
            }),
          }),
        ),
      }),
    ),
  },
);
export type AlterPartitionReassignmentsRequest = ValueOf<typeof alterPartitionReassignmentsRequest>;
export type AlterPartitionReassignmentsRequestInput = InputOf<
  typeof alterPartitionReassignmentsRequest
>;

export const alterPartitionReassignmentsResponse = message(
  "AlterPartitionReassignmentsResponse",
  { kind: "response", apiKey: 45, versions: "0-1", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    allowReplicationFactorChange: bool("1+", { default: true, ignorable: true }),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+" }),
    responses: array(
      "0+",
      struct("ReassignableTopicResponse", {
        name: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("ReassignablePartitionResponse", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullableVersions: "0+" }),
          }),
        ),
      }),
    ),
  },
);
export type AlterPartitionReassignmentsResponse = ValueOf<
  typeof alterPartitionReassignmentsResponse
>;
export type AlterPartitionReassignmentsResponseInput = InputOf<
  typeof alterPartitionReassignmentsResponse
>;
