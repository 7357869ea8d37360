import { array, int16, int32, int64, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const listOffsetsRequest = message(
  "ListOffsetsRequest",
  { kind: "request", apiKey: 2, versions: "1-11", flexibleVersions: "6+" },
  {
    replicaId: int32("0+", { entityType: "brokerId" }),
    isolationLevel: int8("2+"),
    topics: array(
      "0+",
      struct("ListOffsetsTopic", {
        name: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("ListOffsetsPartition", {
            partitionIndex: int32("0+"),
            currentLeaderEpoch: int32("4+", { default: -1, ignorable: true }),
            timestamp: int64("0+", { saturates: true }),
          }),
        ),
      }),
    ),
    timeoutMs: int32("10+", { ignorable: true }),
  },
);
export type ListOffsetsRequest = ValueOf<typeof listOffsetsRequest>;
export type ListOffsetsRequestInput = InputOf<typeof listOffsetsRequest>;

export const listOffsetsResponse = message(
  "ListOffsetsResponse",
  { kind: "response", apiKey: 2, versions: "1-11", flexibleVersions: "6+" },
  {
    throttleTimeMs: int32("2+", { ignorable: true }),
    topics: array(
      "0+",
      struct("ListOffsetsTopicResponse", {
        name: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("ListOffsetsPartitionResponse", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            timestamp: int64("1+", { default: -1 }),
            offset: int64("1+", { default: -1 }),
            leaderEpoch: int32("4+", { default: -1 }),
          }),
        ),
      }),
    ),
  },
);
export type ListOffsetsResponse = ValueOf<typeof listOffsetsResponse>;
export type ListOffsetsResponseInput = InputOf<typeof listOffsetsResponse>;
