import { array, int16, int32, int64, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeShareGroupOffsetsRequest = message(
  "DescribeShareGroupOffsetsRequest",
  { kind: "request", apiKey: 90, versions: "0-1", flexibleVersions: "0+" },
  {
    groups: array(
      "0+",
      struct("DescribeShareGroupOffsetsRequestGroup", {
        groupId: string("0+", { entityType: "groupId" }),
        topics: array(
          "0+",
          struct("DescribeShareGroupOffsetsRequestTopic", {
            topicName: string("0+", { entityType: "topicName" }),
            partitions: array("0+", "int32"),
          }),
          { nullableVersions: "0+" },
        ),
      }),
    ),
  },
);
export type DescribeShareGroupOffsetsRequest = ValueOf<typeof describeShareGroupOffsetsRequest>;
export type DescribeShareGroupOffsetsRequestInput = InputOf<
  typeof describeShareGroupOffsetsRequest
>;

export const describeShareGroupOffsetsResponse = message(
  "DescribeShareGroupOffsetsResponse",
  { kind: "response", apiKey: 90, versions: "0-1", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    groups: array(
      "0+",
      struct("DescribeShareGroupOffsetsResponseGroup", {
        groupId: string("0+", { entityType: "groupId" }),
        topics: array(
          "0+",
          struct("DescribeShareGroupOffsetsResponseTopic", {
            topicName: string("0+", { entityType: "topicName" }),
            topicId: uuid("0+"),
            partitions: array(
              "0+",
              struct("DescribeShareGroupOffsetsResponsePartition", {
                partitionIndex: int32("0+"),
                startOffset: int64("0+"),
                leaderEpoch: int32("0+"),
                lag: int64("1+", { default: -1, ignorable: true }),
                errorCode: int16("0+"),
                errorMessage: string("0+", { nullableVersions: "0+", default: null }),
              }),
            ),
          }),
        ),
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+", default: null }),
      }),
    ),
  },
);
export type DescribeShareGroupOffsetsResponse = ValueOf<typeof describeShareGroupOffsetsResponse>;
export type DescribeShareGroupOffsetsResponseInput = InputOf<
  typeof describeShareGroupOffsetsResponse
>;
