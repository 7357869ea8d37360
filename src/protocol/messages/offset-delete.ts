import { array, int16, int32, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const offsetDeleteRequest = message(
  "OffsetDeleteRequest",
  { kind: "request", apiKey: 47, versions: "0", flexibleVersions: "none" },
  {
    groupId: string("0+", { entityType: "groupId" }),
    topics: array(
      "0+",
      struct("OffsetDeleteRequestTopic", {
        name: string("0+", { entityType: "topicName", mapKey: true }),
        partitions: array(
          "0+",
          struct("OffsetDeleteRequestPartition", { partitionIndex: int32("0+") }),
        ),
      }),
    ),
  },
);
export type OffsetDeleteRequest = ValueOf<typeof offsetDeleteRequest>;
export type OffsetDeleteRequestInput = InputOf<typeof offsetDeleteRequest>;

export const offsetDeleteResponse = message(
  "OffsetDeleteResponse",
  { kind: "response", apiKey: 47, versions: "0", flexibleVersions: "none" },
  {
    errorCode: int16("0+"),
    throttleTimeMs: int32("0+", { ignorable: true }),
    topics: array(
      "0+",
      struct("OffsetDeleteResponseTopic", {
        name: string("0+", { entityType: "topicName", mapKey: true }),
        partitions: array(
          "0+",
          struct("OffsetDeleteResponsePartition", {
            partitionIndex: int32("0+", { mapKey: true }),
            errorCode: int16("0+"),
          }),
        ),
      }),
    ),
  },
);
export type OffsetDeleteResponse = ValueOf<typeof offsetDeleteResponse>;
export type OffsetDeleteResponseInput = InputOf<typeof offsetDeleteResponse>;
