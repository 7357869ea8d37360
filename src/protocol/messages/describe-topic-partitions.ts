import { array, bool, int16, int32, message, nested, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeTopicPartitionsRequest = message(
  "DescribeTopicPartitionsRequest",
  { kind: "request", apiKey: 75, versions: "0", flexibleVersions: "0+" },
  {
    topics: array(
      "0+",
      struct("TopicRequest", { name: string("0+", { entityType: "topicName" }) }),
    ),
    responsePartitionLimit: int32("0+", { default: 2000 }),
    cursor: nested(
      "0+",
      struct("Cursor", {
        topicName: string("0+", { entityType: "topicName" }),
        partitionIndex: int32("0+"),
      }),
      { nullableVersions: "0+", default: null },
    ),
  },
);
export type DescribeTopicPartitionsRequest = ValueOf<typeof describeTopicPartitionsRequest>;
export type DescribeTopicPartitionsRequestInput = InputOf<typeof describeTopicPartitionsRequest>;

export const describeTopicPartitionsResponse = message(
  "DescribeTopicPartitionsResponse",
  { kind: "response", apiKey: 75, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+", { ignorable: true }),
    topics: array(
      "0+",
      struct("DescribeTopicPartitionsResponseTopic", {
        errorCode: int16("0+"),
        name: string("0+", { nullableVersions: "0+", entityType: "topicName", mapKey: true }),
        topicId: uuid("0+", { ignorable: true }),
        isInternal: bool("0+", { default: false, ignorable: true }),
        partitions: array(
          "0+",
          struct("DescribeTopicPartitionsResponsePartition", {
            errorCode: int16("0+"),
            partitionIndex: int32("0+"),
            leaderId: int32("0+", { entityType: "brokerId" }),
            leaderEpoch: int32("0+", { default: -1, ignorable: true }),
            replicaNodes: array("0+", "int32", { entityType: "brokerId" }),
            isrNodes: array("0+", "int32", { entityType: "brokerId" }),
            eligibleLeaderReplicas: array("0+", "int32", {
              nullableVersions: "0+",
              default: null,
              entityType: "brokerId",
            }),
            lastKnownElr: array("0+", "int32", {
              nullableVersions: "0+",
              default: null,
              entityType: "brokerId",
            }),
            offlineReplicas: array("0+", "int32", { ignorable: true, entityType: "brokerId" }),
          }),
        ),
        topicAuthorizedOperations: int32("0+", { default: -2147483648 }),
      }),
    ),
    nextCursor: nested(
      "0+",
      struct("Cursor", {
        topicName: string("0+", { entityType: "topicName" }),
        partitionIndex: int32("0+"),
      }),
      { nullableVersions: "0+", default: null },
    ),
  },
);
export type DescribeTopicPartitionsResponse = ValueOf<typeof describeTopicPartitionsResponse>;
export type DescribeTopicPartitionsResponseInput = InputOf<typeof describeTopicPartitionsResponse>;
