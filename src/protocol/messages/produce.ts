import {
  array,
  int16,
  int32,
  int64,
  message,
  nested,
  records,
  string,
  struct,
  uuid,
} from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const produceRequest = message(
  "ProduceRequest",
  { kind: "request", apiKey: 0, versions: "3-13", flexibleVersions: "9+" },
  {
    transactionalId: string("3+", {
      nullableVersions: "3+",
      default: null,
      entityType: "transactionalId",
    }),
    acks: int16("0+"),
    timeoutMs: int32("0+"),
    topicData: array(
      "0+",
      struct("TopicProduceData", {
        name: string("0-12", { ignorable: true, entityType: "topicName", mapKey: true }),
        topicId: uuid("13+", { ignorable: true, mapKey: true }),
        partitionData: array(
          "0+",
          struct("PartitionProduceData", {
            index: int32("0+"),
            records: records("0+", { nullableVersions: "0+" }),
          }),
        ),
      }),
    ),
  },
);
export type ProduceRequest = ValueOf<typeof produceRequest>;
export type ProduceRequestInput = InputOf<typeof produceRequest>;

export const produceResponse = message(
  "ProduceResponse",
  { kind: "response", apiKey: 0, versions: "3-13", flexibleVersions: "9+" },
  {
    responses: array(
      "0+",
      struct("TopicProduceResponse", {
        name: string("0-12", { ignorable: true, entityType: "topicName", mapKey: true }),
        topicId: uuid("13+", { ignorable: true, mapKey: true }),
        partitionResponses: array(
          "0+",
          struct("PartitionProduceResponse", {
            index: int32("0+"),
            errorCode: int16("0+"),
            baseOffset: int64("0+"),
            logAppendTimeMs: int64("2+", { default: -1, ignorable: true }),
            logStartOffset: int64("5+", { default: -1, ignorable: true }),
            recordErrors: array(
              "8+",
              struct("BatchIndexAndErrorMessage", {
                batchIndex: int32("8+"),
                batchIndexErrorMessage: string("8+", { nullableVersions: "8+", default: null }),
              }),
              { ignorable: true },
            ),
            errorMessage: string("8+", { nullableVersions: "8+", default: null, ignorable: true }),
            currentLeader: nested(
              "10+",
              struct("LeaderIdAndEpoch", {
                leaderId: int32("10+", { default: -1, entityType: "brokerId" }),
                leaderEpoch: int32("10+", { default: -1 }),
              }),
              { taggedVersions: "10+", tag: 0 },
            ),
          }),
        ),
      }),
    ),
    throttleTimeMs: int32("1+", { default: 0, ignorable: true }),
    nodeEndpoints: array(
      "10+",
      struct("NodeEndpoint", {
        nodeId: int32("10+", { entityType: "brokerId", mapKey: true }),
        host: string("10+"),
        port: int32("10+"),
        rack: string("10+", { nullableVersions: "10+", default: null }),
      }),
      { taggedVersions: "10+", tag: 0 },
    ),
  },
);
export type ProduceResponse = ValueOf<typeof produceResponse>;
export type ProduceResponseInput = InputOf<typeof produceResponse>;
