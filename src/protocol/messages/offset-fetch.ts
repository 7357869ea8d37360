import { array, bool, int16, int32, int64, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const offsetFetchRequest = message(
  "OffsetFetchRequest",
  { kind: "request", apiKey: 9, versions: "1-10", flexibleVersions: "6+" },
  {
    groupId: string("0-7", { entityType: "groupId" }),
    topics: array(
      "0-7",
      struct("OffsetFetchRequestTopic", {
        name: string("0-7", { entityType: "topicName" }),
        partitionIndexes: array("0-7", "int32"),
      }),
      { nullableVersions: "2-7" },
    ),
    groups: array(
      "8+",
      struct("OffsetFetchRequestGroup", {
        groupId: string("8+", { entityType: "groupId" }),
        memberId: string("9+", { nullableVersions: "9+", default: null, ignorable: true }),
        memberEpoch: int32("9+", { default: -1, ignorable: true }),
        topics: array(
          "8+",
          struct("OffsetFetchRequestTopics", {
            name: string("8-9", { ignorable: true, entityType: "topicName" }),
            topicId: uuid("10+", { ignorable: true }),
            partitionIndexes: array("8+", "int32"),
          }),
          { nullableVersions: "8+" },
        ),
      }),
    ),
    requireStable: bool("7+", { default: false }),
  },
);
export type OffsetFetchRequest = ValueOf<typeof offsetFetchRequest>;
export type OffsetFetchRequestInput = InputOf<typeof offsetFetchRequest>;

export const offsetFetchResponse = message(
  "OffsetFetchResponse",
  { kind: "response", apiKey: 9, versions: "1-10", flexibleVersions: "6+" },
  {
    throttleTimeMs: int32("3+", { ignorable: true }),
    topics: array(
      "0-7",
      struct("OffsetFetchResponseTopic", {
        name: string("0-7", { entityType: "topicName" }),
        partitions: array(
          "0-7",
          struct("OffsetFetchResponsePartition", {
            partitionIndex: int32("0-7"),
            committedOffset: int64("0-7"),
            committedLeaderEpoch: int32("5-7", { default: -1, ignorable: true }),
            metadata: string("0-7", { nullableVersions: "0-7" }),
            errorCode: int16("0-7"),
          }),
        ),
      }),
    ),
    errorCode: int16("2-7", { default: 0, ignorable: true }),
    groups: array(
      "8+",
      struct("OffsetFetchResponseGroup", {
        groupId: string("8+", { entityType: "groupId" }),
        topics: array(
          "8+",
          struct("OffsetFetchResponseTopics", {
            name: string("8-9", { ignorable: true, entityType: "topicName" }),
            topicId: uuid("10+", { ignorable: true }),
            partitions: array(
              "8+",
              struct("OffsetFetchResponsePartitions", {
                partitionIndex: int32("8+"),
                committedOffset: int64("8+"),
                committedLeaderEpoch: int32("8+", { default: -1, ignorable: true }),
                metadata: string("8+", { nullableVersions: "8+" }),
                errorCode: int16("8+"),
              }),
            ),
          }),
        ),
        errorCode: int16("8+", { default: 0 }),
      }),
    ),
  },
);
export type OffsetFetchResponse = ValueOf<typeof offsetFetchResponse>;
export type OffsetFetchResponseInput = InputOf<typeof offsetFetchResponse>;
