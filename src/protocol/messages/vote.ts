import {
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  string,
  struct,
  uint16,
  uuid,
} from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const voteRequest = message(
  "VoteRequest",
  { kind: "request", apiKey: 52, versions: "0-2", flexibleVersions: "0+" },
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
            replicaEpoch: int32("0+"),
            replicaId: int32("0+", { entityType: "brokerId" }),
            replicaDirectoryId: uuid("1+", { ignorable: true }),
            voterDirectoryId: uuid("1+", { ignorable: true }),
            lastOffsetEpoch: int32("0+"),
            lastOffset: int64("0+"),
            preVote: bool("2+"),
          }),
        ),
      }),
    ),
  },
);
export type VoteRequest = ValueOf<typeof voteRequest>;
export type VoteRequestInput = InputOf<typeof voteRequest>;

export const voteResponse = message(
  "VoteResponse",
  { kind: "response", apiKey: 52, versions: "0-2", flexibleVersions: "0+" },
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
            voteGranted: bool("0+"),
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
export type VoteResponse = ValueOf<typeof voteResponse>;
export type VoteResponseInput = InputOf<typeof voteResponse>;
