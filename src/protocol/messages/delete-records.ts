import { array, int16, int32, int64, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const deleteRecordsRequest = message(
  "DeleteRecordsRequest",
  { kind: "request", apiKey: 21, versions: "0-2", flexibleVersions: "2+" },
  {
    topics: array(
      "0+",
      struct("DeleteRecordsTopic", {
        name: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("DeleteRecordsPartition", { partitionIndex: int32("0+"), offset: int64("0+") }),
        ),
      }),
    ),
    timeoutMs: int32("0+"),
  },
);
export type DeleteRecordsRequest = ValueOf<typeof deleteRecordsRequest>;
export type DeleteRecordsRequestInput = InputOf<typeof deleteRecordsRequest>;

export const deleteRecordsResponse = message(
  "DeleteRecordsResponse",
  { kind: "response", apiKey: 21, versions: "0-2", flexibleVersions: "2+" },
  {
    throttleTimeMs: int32("0+"),
    topics: array(
      "0+",
      struct("DeleteRecordsTopicResult", {
        name: string("0+", { entityType: "topicName", mapKey: true }),
        partitions: array(
          "0+",
          struct("DeleteRecordsPartitionResult", {
            partitionIndex: int32("0+", { mapKey: true }),
            lowWatermark: int64("0+"),
            errorCode: int16("0+"),
          }),
        ),
      }),
    ),
  },
);
export type DeleteRecordsResponse = ValueOf<typeof deleteRecordsResponse>;
export type DeleteRecordsResponseInput = InputOf<typeof deleteRecordsResponse>;
