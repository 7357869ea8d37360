import { array, int16, int32, int64, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeProducersRequest = message(
  "DescribeProducersRequest",
  { kind: "request", apiKey: 61, versions: "0", flexibleVersions: "0+" },
  {
    topics: array(
      "0+",
      struct("TopicRequest", {
        name: string("0+", { entityType: "topicName", mapKey: true }),
        partitionIndexes: array("0+", "int32"),
      }),
    ),
  },
);
export type DescribeProducersRequest = ValueOf<typeof describeProducersRequest>;
export type DescribeProducersRequestInput = InputOf<typeof describeProducersRequest>;

export const describeProducersResponse = message(
  "DescribeProducersResponse",
  { kind: "response", apiKey: 61, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    topics: array(
      "0+",
      struct("TopicResponse", {
        name: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("PartitionResponse", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullableVersions: "0+", default: null }),
            activeProducers: array(
              "0+",
              struct("ProducerState", {
                producerId: int64("0+", { entityType: "producerId" }),
                producerEpoch: int32("0+"),
                lastSequence: int32("0+", { default: -1 }),
                lastTimestamp: int64("0+", { default: -1 }),
                coordinatorEpoch: int32("0+"),
                currentTxnStartOffset: int64("0+", { default: -1 }),
              }),
            ),
          }),
        ),
      }),
    ),
  },
);
export type DescribeProducersResponse = ValueOf<typeof describeProducersResponse>;
export type DescribeProducersResponseInput = InputOf<typeof describeProducersResponse>;
