import { array, int16, int32, int64, int8, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const readShareGroupStateRequest = message(
  "ReadShareGroupStateRequest",
  { kind: "request", apiKey: 84, versions: "0", flexibleVersions: "0+" },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("ReadStateData", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", { partition: int32("0+"), leaderEpoch: int32("0+") }),
        ),
      }),
    ),
  },
);
export type ReadShareGroupStateRequest = ValueOf<typeof readShareGroupStateRequest>;
export type ReadShareGroupStateRequestInput = InputOf<typeof readShareGroupStateRequest>;

export const readShareGroupStateResponse = message(
  "ReadShareGroupStateResponse",
  { kind: "response", apiKey: 84, versions: "0", flexibleVersions: "0+" },
  {
    results: array(
      "0+",
      struct("ReadStateResult", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionResult", {
            partition: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullableVersions: "0+", default: null }),
            stateEpoch: int32("0+"),
            startOffset: int64("0+"),
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
export type ReadShareGroupStateResponse = ValueOf<typeof readShareGroupStateResponse>;
export type ReadShareGroupStateResponseInput = InputOf<typeof readShareGroupStateResponse>;
