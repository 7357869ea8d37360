import { array, int16, int32, message, string, struct, uint16, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const beginQuorumEpochRequest = message(
  "BeginQuorumEpochRequest",
  { kind: "request", apiKey: 53, versions: "0-1", flexibleVersions: "1+" },
  {
    clusterId: string("0+", { nullableVersions: "0+", default: null }),
    voterId: int32("1+", { default: -1, ignorable: true, entityType: "brokerId" }),
    topics: array(
      "0+",
      struct("TopicData", {
        topicName: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            voterDirectoryId: uuid("1+", { ignorable: true }),
            leaderId: int32("0+", { entityType: "brokerId" }),
            leaderEpoch: int32("0+"),
          }),
        ),
      }),
    ),
    leaderEndpoints: array(
      "1+",
      struct("LeaderEndpoint", {
        name: string("1+", { mapKey: true }),
        host: string("1+"),
        port: uint16("1+"),
      }),
      { ignorable: true },
    ),
  },
);
export type BeginQuorumEpochRequest = ValueOf<typeof beginQuorumEpochRequest>;
export type BeginQuorumEpochRequestInput = InputOf<typeof beginQuorumEpochRequest>;

export const beginQuorumEpochResponse = message(
  "BeginQuorumEpochResponse",
  { kind: "response", apiKey: 53, versions: "0-1", flexibleVersions: "1+" },
  {
    errorCode: int16("0+"),
    topics: array(
      "0+",
      struct("TopicData", {
        topicName: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            leaderId: int32("0+", { entityType: "brokerId" }),
            leaderEpoch: int32("0+"),
          }),
        ),
      }),
    ),
    nodeEndpoints: array(
      "1+",
      struct("NodeEndpoint", {
        nodeId: int32("1+", { entityType: "brokerId", mapKey: true }),
        host: string("1+"),
        port: uint16("1+"),
      }),
      { taggedVersions: "1+", tag: 0 },
    ),
  },
);
export type BeginQuorumEpochResponse = ValueOf<typeof beginQuorumEpochResponse>;
export type BeginQuorumEpochResponseInput = InputOf<typeof beginQuorumEpochResponse>;
