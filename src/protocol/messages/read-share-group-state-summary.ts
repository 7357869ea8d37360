import { array, int16, int32, int64, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const readShareGroupStateSummaryRequest = message(
  "ReadShareGroupStateSummaryRequest",
  { kind: "request", apiKey: 87, versions: "0-1", flexibleVersions: "0+" },
  {
    groupId: string("0+"),
    topics: array(
      "0+",
      struct("ReadStateSummaryData", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionData", { partition: int32("0+"), leaderEpoch: int32("0+") }),
        ),
      }),
    ),
  },
);
export type ReadShareGroupStateSummaryRequest = ValueOf<typeof readShareGroupStateSummaryRequest>;
export type ReadShareGroupStateSummaryRequestInput = InputOf<
  typeof readShareGroupStateSummaryRequest
>;

export const readShareGroupStateSummaryResponse = message(
  "ReadShareGroupStateSummaryResponse",
  { kind: "response", apiKey: 87, versions: "0-1", flexibleVersions: "0+" },
  {
    results: array(
      "0+",
      struct("ReadStateSummaryResult", {
        topicId: uuid("0+"),
        partitions: array(
          "0+",
          struct("PartitionResult", {
            partition: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullableVersions: "0+", default: null }),
            stateEpoch: int32("0+"),
            leaderEpoch: int32("0+"),
            startOffset: int64("0+"),
            deliveryCompleteCount: int32("1+", { default: -1, ignorable: true }),
          }),
        ),
      }),
    ),
  },
);
export type ReadShareGroupStateSummaryResponse = ValueOf<typeof readShareGroupStateSummaryResponse>;
export type ReadShareGroupStateSummaryResponseInput = InputOf<
  typeof readShareGroupStateSummaryResponse
>;
