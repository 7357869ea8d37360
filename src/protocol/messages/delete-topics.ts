import { array, int16, int32, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const deleteTopicsRequest = message(
  "DeleteTopicsRequest",
  { kind: "request", apiKey: 20, versions: "1-6", flexibleVersions: "4+" },
  {
    topics: array(
      "6+",
      struct("DeleteTopicState", {
        name: string("6+", { nullableVersions: "6+", default: null, entityType: "topicName" }),
        topicId: uuid("6+"),
      }),
    ),
    topicNames: array("0-5", "string", { ignorable: true, entityType: "topicName" }),
    timeoutMs: int32("0+"),
  },
);
export type DeleteTopicsRequest = ValueOf<typeof deleteTopicsRequest>;
export type DeleteTopicsRequestInput = InputOf<typeof deleteTopicsRequest>;

export const deleteTopicsResponse = message(
  "DeleteTopicsResponse",
  { kind: "response", apiKey: 20, versions: "1-6", flexibleVersions: "4+" },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    responses: array(
      "0+",
      struct("DeletableTopicResult", {
        name: string("0+", { nullableVersions: "6+", entityType: "topicName", mapKey: true }),
        topicId: uuid("6+", { ignorable: true }),
        errorCode: int16("0+"),
        errorMessage: string("5+", { nullableVersions: "5+", default: null, ignorable: true }),
      }),
    ),
  },
);
export type DeleteTopicsResponse = ValueOf<typeof deleteTopicsResponse>;
export type DeleteTopicsResponseInput = InputOf<typeof deleteTopicsResponse>;
