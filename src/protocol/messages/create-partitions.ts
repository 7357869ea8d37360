import { array, bool, int16, int32, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const createPartitionsRequest = message(
  "CreatePartitionsRequest",
  { kind: "request", apiKey: 37, versions: "0-3", flexibleVersions: "2+" },
  {
    topics: array(
      "0+",
      struct("CreatePartitionsTopic", {
        name: string("0+", { entityType: "topicName", mapKey: true }),
        count: int32("0+"),
        assignments: array(
          "0+",
          struct("CreatePartitionsAssignment", {
            brokerIds: array("0+", "int32", { entityType: "brokerId" }),
          }),
          { nullableVersions: "0+" },
        ),
      }),
    ),
    timeoutMs: int32("0+"),
    validateOnly: bool("0+"),
  },
);
export type CreatePartitionsRequest = ValueOf<typeof createPartitionsRequest>;
export type CreatePartitionsRequestInput = InputOf<typeof createPartitionsRequest>;

export const createPartitionsResponse = message(
  "CreatePartitionsResponse",
  { kind: "response", apiKey: 37, versions: "0-3", flexibleVersions: "2+" },
  {
    throttleTimeMs: int32("0+"),
    results: array(
      "0+",
      struct("CreatePartitionsTopicResult", {
        name: string("0+", { entityType: "topicName" }),
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+", default: null }),
      }),
    ),
  },
);
export type CreatePartitionsResponse = ValueOf<typeof createPartitionsResponse>;
export type CreatePartitionsResponseInput = InputOf<typeof createPartitionsResponse>;
