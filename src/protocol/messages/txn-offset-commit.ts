import { array, int16, int32, int64, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const txnOffsetCommitRequest = message(
  "TxnOffsetCommitRequest",
  { kind: "request", apiKey: 28, versions: "0-6", flexibleVersions: "3+" },
  {
    transactionalId: string("0+", { entityType: "transactionalId" }),
    groupId: string("0+", { entityType: "groupId" }),
    producerId: int64("0+", { entityType: "producerId" }),
    producerEpoch: int16("0+"),
    generationIdOrMemberEpoch: int32("3+", { default: -1 }),
    memberId: string("3+", { default: "" }),
    groupInstanceId: string("3+", { nullableVersions: "3+", default: null }),
    topics: array(
      "0+",
      struct("TxnOffsetCommitRequestTopic", {
        name: string("0-5", { ignorable: true, entityType: "topicName" }),
        topicId: uuid("6+", { ignorable: true }),
        partitions: array(
          "0+",
          struct("TxnOffsetCommitRequestPartition", {
            partitionIndex: int32("0+"),
            committedOffset: int64("0+"),
            committedLeaderEpoch: int32("2+", { default: -1, ignorable: true }),
            committedMetadata: string("0+", { nullableVersions: "0+" }),
          }),
        ),
      }),
    ),
  },
);
export type TxnOffsetCommitRequest = ValueOf<typeof txnOffsetCommitRequest>;
export type TxnOffsetCommitRequestInput = InputOf<typeof txnOffsetCommitRequest>;

export const txnOffsetCommitResponse = message(
  "TxnOffsetCommitResponse",
  { kind: "response", apiKey: 28, versions: "0-6", flexibleVersions: "3+" },
  {
    throttleTimeMs: int32("0+"),
    topics: array(
      "0+",
      struct("TxnOffsetCommitResponseTopic", {
        name: string("0-5", { ignorable: true, entityType: "topicName" }),
        topicId: uuid("6+", { ignorable: true }),
        partitions: array(
          "0+",
          struct("TxnOffsetCommitResponsePartition", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
          }),
        ),
      }),
    ),
  },
);
export type TxnOffsetCommitResponse = ValueOf<typeof txnOffsetCommitResponse>;
export type TxnOffsetCommitResponseInput = InputOf<typeof txnOffsetCommitResponse>;
