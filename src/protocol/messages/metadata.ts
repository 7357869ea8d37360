import { array, bool, int16, int32, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const metadataRequest = message(
  "MetadataRequest",
  { kind: "request", apiKey: 3, versions: "0-13", flexibleVersions: "9+" },
  {
    topics: array(
      "0+",
      struct("MetadataRequestTopic", {
        topicId: uuid("10+", { ignorable: true }),
        name: string("0+", { nullableVersions: "10+", entityType: "topicName" }),
      }),
      { nullableVersions: "1+" },
    ),
    allowAutoTopicCreation: bool("4+", { default: true }),
    includeClusterAuthorizedOperations: bool("8-10"),
    includeTopicAuthorizedOperations: bool("8+"),
  },
);
export type MetadataRequest = ValueOf<typeof metadataRequest>;
export type MetadataRequestInput = InputOf<typeof metadataRequest>;

export const metadataResponse = message(
  "MetadataResponse",
  { kind: "response", apiKey: 3, versions: "0-13", flexibleVersions: "9+" },
  {
    throttleTimeMs: int32("3+", { ignorable: true }),
    brokers: array(
      "0+",
      struct("MetadataResponseBroker", {
        nodeId: int32("0+", { entityType: "brokerId", mapKey: true }),
        host: string("0+"),
        port: int32("0+"),
        rack: string("1+", { nullableVersions: "1+", default: null, ignorable: true }),
      }),
    ),
    clusterId: string("2+", { nullableVersions: "2+", default: null, ignorable: true }),
    controllerId: int32("1+", { default: -1, ignorable: true, entityType: "brokerId" }),
    topics: array(
      "0+",
      struct("MetadataResponseTopic", {
        errorCode: int16("0+"),
        name: string("0+", { nullableVersions: "12+", entityType: "topicName", mapKey: true }),
        topicId: uuid("10+", { ignorable: true }),
        isInternal: bool("1+", { default: false, ignorable: true }),
        partitions: array(
          "0+",
          struct("MetadataResponsePartition", {
            errorCode: int16("0+"),
            partitionIndex: int32("0+"),
            leaderId: int32("0+", { entityType: "brokerId" }),
            leaderEpoch: int32("7+", { default: -1, ignorable: true }),
            replicaNodes: array("0+", "int32", { entityType: "brokerId" }),
            isrNodes: array("0+", "int32", { entityType: "brokerId" }),
            offlineReplicas: array("5+", "int32", { ignorable: true, entityType: "brokerId" }),
          }),
        ),
        topicAuthorizedOperations: int32("8+", { default: -2147483648 }),
      }),
    ),
    clusterAuthorizedOperations: int32("8-10", { default: -2147483648 }),
    errorCode: int16("13+", { ignorable: true }),
  },
);
export type MetadataResponse = ValueOf<typeof metadataResponse>;
export type MetadataResponseInput = InputOf<typeof metadataResponse>;
