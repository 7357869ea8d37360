import { array, int16, int32, int64, message, string, struct, uint16, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeQuorumRequest = message(
  "DescribeQuorumRequest",
  { kind: "request", apiKey: 55, versions: "0-2", flexibleVersions: "0+" },
  {
    topics: array(
      "0+",
      struct("TopicData", {
        topicName: string("0+", { entityType: "topicName" }),
        partitions: array("0+", struct("PartitionData", { partitionIndex: int32("0+") })),
      }),
    ),
  },
);
export type DescribeQuorumRequest = ValueOf<typeof describeQuorumRequest>;
export type DescribeQuorumRequestInput = InputOf<typeof describeQuorumRequest>;

const replicaState = struct("ReplicaState", {
  replicaId: int32("0+", { entityType: "brokerId" }),
  replicaDirectoryId: uuid("2+"),
  logEndOffset: int64("0+"),
  lastFetchTimestamp: int64("1+", { default: -1, ignorable: true }),
  lastCaughtUpTimestamp: int64("1+", { default: -1, ignorable: true }),
});

export const describeQuorumResponse = message(
  "DescribeQuorumResponse",
  { kind: "response", apiKey: 55, versions: "0-2", flexibleVersions: "0+" },
  {
    errorCode: int16("0+"),
    errorMessage: string("2+", { nullableVersions: "2+", ignorable: true }),
    topics: array(
      "0+",
      struct("TopicData", {
        topicName: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("2+", { nullableVersions: "2+", ignorable: true }),
            leaderId: int32("0+", { entityType: "brokerId" }),
            leaderEpoch: int32("0+"),
            highWatermark: int64("0+"),
            currentVoters: array("0+", replicaState),
            observers: array("0+", replicaState),
          }),
        ),
      }),
    ),
    nodes: array(
      "2+",
      struct("Node", {
        nodeId: int32("2+", { entityType: "brokerId", mapKey: true }),
        listeners: array(
          "2+",
          struct("Listener", {
            name: string("2+", { mapKey: true }),
            host: string("2+"),
            port: uint16("2+"),
          }),
        ),
      }),
    ),
  },
);
export type DescribeQuorumResponse = ValueOf<typeof describeQuorumResponse>;
export type DescribeQuorumResponseInput = InputOf<typeof describeQuorumResponse>;
