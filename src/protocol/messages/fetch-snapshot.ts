import {
  array,
  int16,
  int32,
  int64,
  message,
  nested,
  records,
  string,
  struct,
  uint16,
  uuid,
} from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const fetchSnapshotRequest = message(
  "FetchSnapshotRequest",
  { kind: "request", apiKey: 59, versions: "0-1", flexibleVersions: "0+" },
  {
    clusterId: string("0+", {
      nullableVersions: "0+",
      taggedVersions: "0+",
      tag: 0,
      default: null,
    }),
    replicaId: int32("0+", { default: -1, entityType: "brokerId" }),
    maxBytes: int32("0+", { default: 0x7fffffff }),
    topics: array(
      "0+",
      struct("TopicSnapshot", {
        name: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("PartitionSnapshot", {
            partition: int32("0+"),
            currentLeaderEpoch: int32("0+"),
            snapshotId: nested(
              "0+",
              struct("SnapshotId", { endOffset: int64("0+"), epoch: int32("0+") }),
            ),
            position: int64("0+"),
            replicaDirectoryId: uuid("1+", { taggedVersions: "1+", tag: 0, ignorable: true }),
          }),
        ),
      }),
    ),
  },
);
export type FetchSnapshotRequest = ValueOf<typeof fetchSnapshotRequest>;
export type FetchSnapshotRequestInput = InputOf<typeof fetchSnapshotRequest>;

export const fetchSnapshotResponse = message(
  "FetchSnapshotResponse",
  { kind: "response", apiKey: 59, versions: "0-1", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+", { ignorable: true }),
    errorCode: int16("0+"),
    topics: array(
      "0+",
      struct("TopicSnapshot", {
        name: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("PartitionSnapshot", {
            index: int32("0+"),
            errorCode: int16("0+"),
            snapshotId: nested(
              "0+",
              struct("SnapshotId", { endOffset: int64("0+"), epoch: int32("0+") }),
            ),
            currentLeader: nested(
              "0+",
              struct("LeaderIdAndEpoch", {
                leaderId: int32("0+", { entityType: "brokerId" }),
                leaderEpoch: int32("0+"),
              }),
              { taggedVersions: "0+", tag: 0 },
            ),
            size: int64("0+"),
            position: int64("0+"),
            unalignedRecords: records("0+"),
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
export type FetchSnapshotResponse = ValueOf<typeof fetchSnapshotResponse>;
export type FetchSnapshotResponseInput = InputOf<typeof fetchSnapshotResponse>;
