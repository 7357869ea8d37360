import {
  array,
  bool,
  int16,
  int32,
  int64,
  int8,
  message,
  nested,
  records,
  string,
  struct,
  uuid,
} from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const shareFetchRequest = message(
  "ShareFetchRequest",
  { kind: "request", apiKey: 78, versions: "1-2", flexibleVersions: "0+" },
  {
    groupId: string("0+", { nullableVersions: "0+", default: null, entityType: "groupId" }),
    memberId: string("0+", { nullableVersions: "0+" }),
    shareSessionEpoch: int32("0+"),
    maxWaitMs: int32("0+"),
    minBytes: int32("0+"),
    maxBytes: int32("0+", { default: 0x7fffffff }),
    maxRecords: int32("1+"),
    batchSize: int32("1+"),
    shareAcquireMode: int8("2+", { default: 0, ignorable: true }),
    isRenewAck: bool("2+", { default: false }),
    topics: array(
      "0+",
      struct("FetchTopic", {
        topicId: uuid("0+", { mapKey: true }),
        partitions: array(
          "0+",
          struct("FetchPartition", {
            partitionIndex: int32("0+", { mapKey: true }),
            partitionMaxBytes: int32("0"),
            acknowledgementBatches: array(
              "0+",
              struct("AcknowledgementBatch", {
                firstOffset: int64("0+"),
                lastOffset: int64("0+"),
                acknowledgeTypes: array("0+", "int8"),
              }),
            ),
          }),
        ),
      }),
    ),
    forgottenTopicsData: array(
      "0+",
      struct("ForgottenTopic", { topicId: uuid("0+"), partitions: array("0+", "int32") }),
    ),
  },
);
export type ShareFetchRequest = ValueOf<typeof shareFetchRequest>;
export type ShareFetchRequestInput = InputOf<typeof shareFetchRequest>;

export const shareFetchResponse = message(
  "ShareFetchResponse",
  { kind: "response", apiKey: 78, versions: "1-2", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+", default: null }),
    acquisitionLockTimeoutMs: int32("1+"),
    responses: array(
      "0+",
      struct("ShareFetchableTopicResponse", {
        topicId: uuid("0+", { mapKey: true }),
        partitions: array(
          "0+",
          struct("PartitionData", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullableVersions: "0+", default: null }),
            acknowledgeErrorCode: int16("0+"),
            acknowledgeErrorMessage: string("0+", { nullableVersions: "0+", default: null }),
            currentLeader: nested(
              "0+",
              struct("LeaderIdAndEpoch", { leaderId: int32("0+"), leaderEpoch: int32("0+") }),
            ),
            records: records("0+", { nullableVersions: "0" }),
            acquiredRecords: array(
              "0+",
              struct("AcquiredRecords", {
                firstOffset: int64("0+"),
                lastOffset: int64("0+"),
                deliveryCount: int16("0+"),
              }),
            ),
          }),
        ),
      }),
    ),
    nodeEndpoints: array(
      "0+",
      struct("NodeEndpoint", {
        nodeId: int32("0+", { entityType: "brokerId", mapKey: true }),
        host: string("0+"),
        port: int32("0+"),
        rack: string("0+", { nullableVersions: "0+", default: null }),
      }),
    ),
  },
);
export type ShareFetchResponse = ValueOf<typeof shareFetchResponse>;
export type ShareFetchResponseInput = InputOf<typeof shareFetchResponse>;
