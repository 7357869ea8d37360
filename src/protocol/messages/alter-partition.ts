import { array, int16, int32, int64, int8, message, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const alterPartitionRequest = message(
  "AlterPartitionRequest",
  { kind: "request", apiKey: 56, versions: "2-3", flexibleVersions: "0+" },
  {
    brokerId: int32("0+", { entityType: "brokerId" }),
    brokerEpoch: int64("0+", { default: -1 }),
    topics: array(
      "0+",
      struct("TopicData", {
        topicId: uuid("2+", { ignorable: true }),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            leaderEpoch: int32("0+"),
            newIsr: array("0-2", "int32", { entityType: "brokerId" }),
            newIsrWithEpochs: array(
              "3+",
              struct("BrokerState", {
                brokerId: int32("3+", { entityType: "brokerId" }),
                brokerEpoch: int64("3+", { default: -1 }),
              }),
            ),
            leaderRecoveryState: int8("1+", { default: 0 }),
            partitionEpoch: int32("0+"),
          }),
        ),
      }),
    ),
  },
);
export type AlterPartitionRequest = ValueOf<typeof alterPartitionRequest>;
export type AlterPartitionRequestInput = InputOf<typeof alterPartitionRequest>;

export const alterPartitionResponse = message(
  "AlterPartitionResponse",
  { kind: "response", apiKey: 56, versions: "2-3", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    topics: array(
      "0+",
      struct("TopicData", {
        topicId: uuid("2+", { ignorable: true }),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            leaderId: int32("0+", { entityType: "brokerId" }),
            leaderEpoch: int32("0+"),
            isr: array("0+", "int32", { entityType: "brokerId" }),
            leaderRecoveryState: int8("1+", { default: 0, ignorable: true }),
            partitionEpoch: int32("0+"),
          }),
        ),
      }),
    ),
  },
);
export type AlterPartitionResponse = ValueOf<typeof alterPartitionResponse>;
export type AlterPartitionResponseInput = InputOf<typeof alterPartitionResponse>;
