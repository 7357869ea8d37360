import { array, int16, int32, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const deleteShareGroupOffsetsRequest = message(
  "DeleteShareGroupOffsetsRequest",
  { kind: "request", apiKey: 92, versions: "0", flexibleVersions: "0+" },
  {
    groupId: string("0+", { entityType: "groupId" }),
    topics: array(
      "0+",
      struct("DeleteShareGroupOffsetsRequestTopic", {
        topicName: string("0+", { entityType: "topicName" }),
      }),
    ),
  },
);
export type DeleteShareGroupOffsetsRequest = ValueOf<typeof deleteShareGroupOffsetsRequest>;
export type DeleteShareGroupOffsetsRequestInput = InputOf<typeof deleteShareGroupOffsetsRequest>;

export const deleteShareGroupOffsetsResponse = message(
  "DeleteShareGroupOffsetsResponse",
  { kind: "response", apiKey: 92, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+", default: null }),
    responses: array(
      "0+",
      struct("DeleteShareGroupOffsetsResponseTopic", {
        topicName: string("0+", { entityType: "topicName" }),
        topicId: uuid("0+"),
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+", default: null }),
      }),
    ),
  },
);
export type DeleteShareGroupOffsetsResponse = ValueOf<typeof deleteShareGroupOffsetsResponse>;
export type DeleteShareGroupOffsetsResponseInput = InputOf<typeof deleteShareGroupOffsetsResponse>;
