import { array, int16, int32, int64, int8, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const writeShareGroupStateRequest = message(
  "WriteShareGroupStateRequest",
  { kind: "request", apiKey: 85, versions: "0-1", flexibleVersions: "0+" },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("WriteStateData", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partition: int32("0+"),
            stateEpoch: int32("0+"),
            leaderEpoch: int32("0+"),
            startOffset: int64("0+"),
            deliveryCompleteCount: int32("1+", { default: -1, ignorable: true }),
            stateBatches: array(
              "0+",
              struct("StateBatch", {
                firstOffset: int64("0+"),
                lastOffset: int64("0+"),
                deliveryState: int8("0+"),
                deliveryCount: int16("0+"),
              }),
            ),
          }),
        ),
      }),
    ),
  },
);
export type WriteShareGroupStateRequest = ValueOf<typeof writeShareGroupStateRequest>;
export type WriteShareGroupStateRequestInput = InputOf<typeof writeShareGroupStateRequest>;

export const writeShareGroupStateResponse = message(
  "WriteShareGroupStateResponse",
  { kind: "response", apiKey: 85, versions: "0-1", flexibleVersions: "0+" },
  {
    results: array(
      "0+",
      struct("WriteStateResult", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionResult", {
            partition: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullableVersions: "0+", default: null }),
          }),
        ),
      }),
    ),
  },
);
export type WriteShareGroupStateResponse = ValueOf<typeof writeShareGroupStateResponse>;
export type WriteShareGroupStateResponseInput = InputOf<typeof writeShareGroupStateResponse>;
