import { array, bool, int16, int32, int8, message, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const createTopicsRequest = message(
  "CreateTopicsRequest",
  { kind: "request", apiKey: 19, versions: "2-7", flexibleVersions: "5+" },
  {
    topics: array(
      "0+",
      struct("CreatableTopic", {
        name: string("0+", { entityType: "topicName", mapKey: true }),
        numPartitions: int32("0+"),
        replicationFactor: int16("0+"),
        assignments: array(
          "0+",
          struct("CreatableReplicaAssignment", {
            partitionIndex: int32("0+", { mapKey: true }),
            brokerIds: array("0+", "int32", { entityType: "brokerId" }),
          }),
        ),
        configs: array(
          "0+",
          struct("CreatableTopicConfig", {
            name: string("0+", { mapKey: true }),
            value: string("0+", { nullableVersions: "0+" }),
          }),
        ),
      }),
    ),
    timeoutMs: int32("0+", { default: 60000 }),
    validateOnly: bool("1+", { default: false }),
  },
);
export type CreateTopicsRequest = ValueOf<typeof createTopicsRequest>;
export type CreateTopicsRequestInput = InputOf<typeof createTopicsRequest>;

export const createTopicsResponse = message(
  "CreateTopicsResponse",
  { kind: "response", apiKey: 19, versions: "2-7", flexibleVersions: "5+" },
  {
    throttleTimeMs: int32("2+", { ignorable: true }),
    topics: array(
      "0+",
      struct("CreatableTopicResult", {
        name: string("0+", { entityType: "topicName", mapKey: true }),
        topicId: uuid("7+", { ignorable: true }),
        errorCode: int16("0+"),
        errorMessage: string("1+", { nullableVersions: "0+", ignorable: true }),
        topicConfigErrorCode: int16("5+", { taggedVersions: "5+", tag: 0, ignorable: true }),
        numPartitions: int32("5+", { default: -1, ignorable: true }),
        replicationFactor: int16("5+", { default: -1, ignorable: true }),
        configs: array(
          "5+",
          struct("CreatableTopicConfigs", {
            name: string("5+"),
            value: string("5+", { nullableVersions: "5+" }),
            readOnly: bool("5+"),
            configSource: int8("5+", { default: -1, ignorable: true }),
            isSensitive: bool("5+"),
          }),
          { nullableVersions: "5+", ignorable: true },
        ),
      }),
    ),
  },
);
export type CreateTopicsResponse = ValueOf<typeof createTopicsResponse>;
export type CreateTopicsResponseInput = InputOf<typeof createTopicsResponse>;
