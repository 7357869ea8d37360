import { array, bool, int16, int32, int64, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const writeTxnMarkersRequest = message(
  "WriteTxnMarkersRequest",
  { kind: "request", apiKey: 27, versions: "1-2", flexibleVersions: "1+" },
  {
    markers: array(
      "0+",
      struct("WritableTxnMarker", {
        producerId: int64("0+", { entityType: "producerId" }),
        producerEpoch: int16("0+"),
        transactionResult: bool("0+"),
        topics: array(
          "0+",
          struct("WritableTxnMarkerTopic", {
            name: string("0+", { entityType: "topicName" }),
            partitionIndexes: array("0+", "int32"),
          }),
        ),
        coordinatorEpoch: int32("0+"),
        transactionVersion: int8("2+", { default: 0, ignorable: true }),
      }),
    ),
  },
);
export type WriteTxnMarkersRequest = ValueOf<typeof writeTxnMarkersRequest>;
export type WriteTxnMarkersRequestInput = InputOf<typeof writeTxnMarkersRequest>;

export const writeTxnMarkersResponse = message(
  "WriteTxnMarkersResponse",
  { kind: "response", apiKey: 27, versions: "1-2", flexibleVersions: "1+" },
  {
    markers: array(
      "0+",
      struct("WritableTxnMarkerResult", {
        producerId: int64("0+", { entityType: "producerId" }),
        topics: array(
          "0+",
          struct("WritableTxnMarkerTopicResult", {
            name: string("0+", { entityType: "topicName" }),
            partitions: array(
              "0+",
              struct("WritableTxnMarkerPartitionResult", {
                partitionIndex: int32("0+"),
                errorCode: int16("0+"),
              }),
            ),
          }),
        ),
      }),
    ),
  },
);
export type WriteTxnMarkersResponse = ValueOf<typeof writeTxnMarkersResponse>;
export type WriteTxnMarkersResponseInput = InputOf<typeof writeTxnMarkersResponse>;
