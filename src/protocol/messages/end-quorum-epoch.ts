import { array, int16, int32, message, string, struct, uint16, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const endQuorumEpochRequest = message(
  "EndQuorumEpochRequest",
  { kind: "request", apiKey: 54, versions: "0-1", flexibleVersions: "1+" },
  {
    clusterId: string("0+", { nullableVersions: "0+", default: null }),
    topics: array(
      "0+",
      struct("TopicData", {
        topicName: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            leaderId: int32("0+", { entityType: "brokerId" }),
            leaderEpoch: int32("0+"),
            preferredSuccessors: array("0", "int32", { ignorable: true }),
            preferredCandidates: array(
              "1+",
              struct("ReplicaInfo", {
                candidateId: int32("1+", { entityType: "brokerId" }),
                candidateDirectoryId: uuid("1+"),
              }),
              { ignorable: true },
            ),
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
export type EndQuorumEpochRequest = ValueOf<typeof endQuorumEpochRequest>;
export type EndQuorumEpochRequestInput = InputOf<typeof endQuorumEpochRequest>;

export const endQuorumEpochResponse = message(
  "EndQuorumEpochResponse",
  { kind: "response", apiKey: 54, versions: "0-1", flexibleVersions: "1+" },
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
export type EndQuorumEpochResponse = ValueOf<typeof endQuorumEpochResponse>;
export type EndQuorumEpochResponseInput = InputOf<typeof endQuorumEpochResponse>;
