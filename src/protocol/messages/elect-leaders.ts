import { array, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const electLeadersRequest = message(
  "ElectLeadersRequest",
  { kind: "request", apiKey: 43, versions: "0-2", flexibleVersions: "2+" },
  {
    electionType: int8("1+"),
    topicPartitions: array(
      "0+",
      struct("TopicPartitions", {
        topic: string("0+", { entityType: "topicName", mapKey: true }),
        partitions: array("0+", "int32"),
      }),
      { nullableVersions: "0+" },
    ),
    timeoutMs: int32("0+", { default: 60000 }),
  },
);
export type ElectLeadersRequest = ValueOf<typeof electLeadersRequest>;
export type ElectLeadersRequestInput = InputOf<typeof electLeadersRequest>;

export const electLeadersResponse = message(
  "ElectLeadersResponse",
  { kind: "response", apiKey: 43, versions: "0-2", flexibleVersions: "2+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("1+"),
    replicaElectionResults: array(
      "0+",
      struct("ReplicaElectionResult", {
        topic: string("0+", { entityType: "topicName" }),
        partitionResult: array(
          "0+",
          struct("PartitionResult", {
            partitionId: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullableVersions: "0+" }),
          }),
        ),
      }),
    ),
  },
);
export type ElectLeadersResponse = ValueOf<typeof electLeadersResponse>;
export type ElectLeadersResponseInput = InputOf<typeof electLeadersResponse>;
