import { array, int16, int32, int64, int8, message, string, struct } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const transactionLogKey = message(
  "TransactionLogKey",
  { kind: "coordinator-key", apiKey: 0, versions: "0", flexibleVersions: "none" },
  { transactionalId: string("0") },
);
export type TransactionLogKey = ValueOf<typeof transactionLogKey>;
export type TransactionLogKeyInput = InputOf<typeof transactionLogKey>;

export const transactionLogValue = message(
  "TransactionLogValue",
  { kind: "coordinator-value", apiKey: 0, versions: "0-1", flexibleVersions: "1+" },
  {
    producerId: int64("0+"),
    previousProducerId: int64("1+", { taggedVersions: "1+", tag: 0, default: -1 }),
    nextProducerId: int64("1+", { taggedVersions: "1+", tag: 1, default: -1 }),
    producerEpoch: int16("0+"),
    nextProducerEpoch: int16("1+", { taggedVersions: "1+", tag: 3, default: -1 }),
    transactionTimeoutMs: int32("0+"),
    transactionStatus: int8("0+"),
    transactionPartitions: array(
      "0+",
      struct("PartitionsSchema", { topic: string("0+"), partitionIds: array("0+", "int32") }),
      { nullableVersions: "0+" },
    ),
    transactionLastUpdateTimestampMs: int64("0+"),
    transactionStartTimestampMs: int64("0+"),
    clientTransactionVersion: int16("1+", { taggedVersions: "1+", tag: 2, default: 0 }),
  },
);
export type TransactionLogValue = ValueOf<typeof transactionLogValue>;
export type TransactionLogValueInput = InputOf<typeof transactionLogValue>;
