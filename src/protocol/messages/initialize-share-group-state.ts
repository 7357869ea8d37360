import { array, int16, int32, int64, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const initializeShareGroupStateRequest = message(
  "InitializeShareGroupStateRequest",
  { kind: "request", apiKey: 83, versions: "0", flexibleVersions: "0+" },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("InitializeStateData", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partition: int32("0+"),
            stateEpoch: int32("0+"),
            startOffset: int64("0+"),
          }),
        ),
      }),
    ),
  },
);
export type InitializeShareGroupStateRequest = ValueOf<typeof initializeShareGroupStateRequest>;
export type InitializeShareGroupStateRequestInput = InputOf<
  typeof initializeShareGroupStateRequest
>;

export const initializeShareGroupStateResponse = message(
  "InitializeShareGroupStateResponse",
  { kind: "response", apiKey: 83, versions: "0", flexibleVersions: "0+" },
  {
    results: array(
      "0+",
      struct("InitializeStateResult", {
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
export type InitializeShareGroupStateResponse = ValueOf<typeof initializeShareGroupStateResponse>;
export type InitializeShareGroupStateResponseInput = InputOf<
  typeof initializeShareGroupStateResponse
>;
