import { array, int16, int32, int64, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const offsetForLeaderEpochRequest = message(
  "OffsetForLeaderEpochRequest",
  { kind: "request", apiKey: 23, versions: "2-4", flexibleVersions: "4+" },
  {
    replicaId: int32("3+", { default: -2, ignorable: true, entityType: "brokerId" }),
    topics: array(
      "0+",
      struct("OffsetForLeaderTopic", {
        topic: string("0+", { entityType: "topicName", mapKey: true }),
        partitions: array(
          "0+",
          struct("OffsetForLeaderPartition", {
            partition: int32("0+"),
            currentLeaderEpoch: int32("2+", { default: -1, ignorable: true }),
            leaderEpoch: int32("0+"),
          }),
        ),
      }),
    ),
  },
);
export type OffsetForLeaderEpochRequest = ValueOf<typeof offsetForLeaderEpochRequest>;
export type OffsetForLeaderEpochRequestInput = InputOf<typeof offsetForLeaderEpochRequest>;

export const offsetForLeaderEpochResponse = message(
  "OffsetForLeaderEpochResponse",
  { kind: "response", apiKey: 23, versions: "2-4", flexibleVersions: "4+" },
  {
    throttleTimeMs: int32("2+", { ignorable: true }),
    topics: array(
      "0+",
      struct("OffsetForLeaderTopicResult", {
        topic: string("0+", { entityType: "topicName", mapKey: true }),
        partitions: array(
          "0+",
          struct("EpochEndOffset", {
            errorCode: int16("0+"),
            partition: int32("0+"),
            leaderEpoch: int32("1+", { default: -1, ignorable: true }),
            endOffset: int64("0+", { default: -1 }),
          }),
        ),
      }),
    ),
  },
);
export type OffsetForLeaderEpochResponse = ValueOf<typeof offsetForLeaderEpochResponse>;
export type OffsetForLeaderEpochResponseInput = InputOf<typeof offsetForLeaderEpochResponse>;
