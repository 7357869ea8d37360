import { array, int16, int32, int64, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const alterShareGroupOffsetsRequest = message(
  "AlterShareGroupOffsetsRequest",
  { kind: "request", apiKey: 91, versions: "0", flexibleVersions: "0+" },
  {
    groupId: string("0+", { entityType: "groupId" }),
    topics: array(
      "0+",
      struct("AlterShareGroupOffsetsRequestTopic", {
        topicName: string("0+", { entityType: "topicName", mapKey: true }),
        partitions: array(
          "0+",
          struct("AlterShareGroupOffsetsRequestPartition", {
            partitionIndex: int32("0+"),
            startOffset: int64("0+"),
          }),
        ),
      }),
    ),
  },
);
export type AlterShareGroupOffsetsRequest = ValueOf<typeof alterShareGroupOffsetsRequest>;
export type AlterShareGroupOffsetsRequestInput = InputOf<typeof alterShareGroupOffsetsRequest>;

export const alterShareGroupOffsetsResponse = message(
  "AlterShareGroupOffsetsResponse",
  { kind: "response", apiKey: 91, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+", default: null }),
    responses: array(
      "0+",
      struct("AlterShareGroupOffsetsResponseTopic", {
        topicName: string("0+", { entityType: "topicName", mapKey: true }),
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("AlterShareGroupOffsetsResponsePartition", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullableVersions: "0+", default: null }),
          }),
        ),
      }),
    ),
  },
);
export type AlterShareGroupOffsetsResponse = ValueOf<typeof alterShareGroupOffsetsResponse>;
export type AlterShareGroupOffsetsResponseInput = InputOf<typeof alterShareGroupOffsetsResponse>;
