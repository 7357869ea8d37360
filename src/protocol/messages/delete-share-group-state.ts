import { array, int16, int32, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const deleteShareGroupStateRequest = message(
  "DeleteShareGroupStateRequest",
  { kind: "request", apiKey: 86, versions: "0", flexibleVersions: "0+" },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("DeleteStateData", {
        topicId: uuid("0+"),
        partitions: array("0+", struct("PartitionData", { partition: int32("0+") })),
      }),
    ),
  },
);
export type DeleteShareGroupStateRequest = ValueOf<typeof deleteShareGroupStateRequest>;
export type DeleteShareGroupStateRequestInput = InputOf<typeof deleteShareGroupStateRequest>;

export const deleteShareGroupStateResponse = message(
  "DeleteShareGroupStateResponse",
  { kind: "response", apiKey: 86, versions: "0", flexibleVersions: "0+" },
  {
    results: array(
      "0+",
      struct("DeleteStateResult", {
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
export type DeleteShareGroupStateResponse = ValueOf<typeof deleteShareGroupStateResponse>;
export type DeleteShareGroupStateResponseInput = InputOf<typeof deleteShareGroupStateResponse>;
