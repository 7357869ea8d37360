import { array, int16, int32, int64, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeTransactionsRequest = message(
  "DescribeTransactionsRequest",
  { kind: "request", apiKey: 65, versions: "0", flexibleVersions: "0+" },
  { transactionalIds: array("0+", "string", { entityType: "transactionalId" }) },
);
export type DescribeTransactionsRequest = ValueOf<typeof describeTransactionsRequest>;
export type DescribeTransactionsRequestInput = InputOf<typeof describeTransactionsRequest>;

export const describeTransactionsResponse = message(
  "DescribeTransactionsResponse",
  { kind: "response", apiKey: 65, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    transactionStates: array(
      "0+",
      struct("TransactionState", {
        errorCode: int16("0+"),
        transactionalId: string("0+", { entityType: "transactionalId" }),
        transactionState: string("0+"),
        transactionTimeoutMs: int32("0+"),
        transactionStartTimeMs: int64("0+"),
        producerId: int64("0+", { entityType: "producerId" }),
        producerEpoch: int16("0+"),
        topics: array(
          "0+",
          struct("TopicData", {
            topic: string("0+", { entityType: "topicName", mapKey: true }),
            partitions: array("0+", "int32"),
          }),
        ),
      }),
    ),
  },
);
export type DescribeTransactionsResponse = ValueOf<typeof describeTransactionsResponse>;
export type DescribeTransactionsResponseInput = InputOf<typeof describeTransactionsResponse>;
