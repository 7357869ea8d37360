import { array, bool, int16, int32, int64, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

const addPartitionsToTxnTopic = struct("AddPartitionsToTxnTopic", {
  name: string("0+", { entityType: "topicName", mapKey: true }),
  partitions: array("0+", "int32"),
});

export const addPartitionsToTxnRequest = message(
  "AddPartitionsToTxnRequest",
  { kind: "request", apiKey: 24, versions: "0-5", flexibleVersions: "3+" },
  {
    transactions: array(
      "4+",
      struct("AddPartitionsToTxnTransaction", {
        transactionalId: string("4+", { entityType: "transactionalId", mapKey: true }),
        producerId: int64("4+", { entityType: "producerId" }),
        producerEpoch: int16("4+"),
        verifyOnly: bool("4+", { default: false }),
        topics: array("4+", addPartitionsToTxnTopic),
      }),
    ),
    v3AndBelowTransactionalId: string("0-3", { entityType: "transactionalId" }),
    v3AndBelowProducerId: int64("0-3", { entityType: "producerId" }),
    v3AndBelowProducerEpoch: int16("0-3"),
    v3AndBelowTopics: array("0-3", addPartitionsToTxnTopic),
  },
);
export type AddPartitionsToTxnRequest = ValueOf<typeof addPartitionsToTxnRequest>;
export type AddPartitionsToTxnRequestInput = InputOf<typeof addPartitionsToTxnRequest>;

const addPartitionsToTxnPartitionResult = struct("AddPartitionsToTxnPartitionResult", {
  partitionIndex: int32("0+", { mapKey: true }),
  partitionErrorCode: int16("0+"),
});

const addPartitionsToTxnTopicResult = struct("AddPartitionsToTxnTopicResult", {
  name: string("0+", { entityType: "topicName", mapKey: true }),
  resultsByPartition: array("0+", addPartitionsToTxnPartitionResult),
});

export const addPartitionsToTxnResponse = message(
  "AddPartitionsToTxnResponse",
  { kind: "response", apiKey: 24, versions: "0-5", flexibleVersions: "3+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("4+", { ignorable: true }),
    resultsByTransaction: array(
      "4+",
      struct("AddPartitionsToTxnResult", {
        transactionalId: string("4+", { entityType: "transactionalId", mapKey: true }),
        topicResults: array("4+", addPartitionsToTxnTopicResult),
      }),
    ),
    resultsByTopicV3AndBelow: array("0-3", addPartitionsToTxnTopicResult),
  },
);
export type AddPartitionsToTxnResponse = ValueOf<typeof addPartitionsToTxnResponse>;
export type AddPartitionsToTxnResponseInput = InputOf<typeof addPartitionsToTxnResponse>;
