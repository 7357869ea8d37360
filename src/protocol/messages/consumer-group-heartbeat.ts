import { array, int16, int32, message, nested, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const consumerGroupHeartbeatRequest = message(
  "ConsumerGroupHeartbeatRequest",
  { kind: "request", apiKey: 68, versions: "0-1", flexibleVersions: "0+" },
  {
    groupId: string("0+", { entityType: "groupId" }),
    memberId: string("0+"),
    memberEpoch: int32("0+"),
    instanceId: string("0+", { nullableVersions: "0+", default: null }),
    rackId: string("0+", { nullableVersions: "0+", default: null }),
    rebalanceTimeoutMs: int32("0+", { default: -1 }),
    subscribedTopicNames: array("0+", "string", {
      nullableVersions: "0+",
      default: null,
      entityType: "topicName",
    }),
    subscribedTopicRegex: string("1+", { nullableVersions: "1+", default: null }),
    serverAssignor: string("0+", { nullableVersions: "0+", default: null }),
    topicPartitions: array(
      "0+",
      struct("TopicPartitions", { topicId: uuid("0+"), partitions: array("0+", "int32") }),
      { nullableVersions: "0+", default: null },
    ),
  },
);
export type ConsumerGroupHeartbeatRequest = ValueOf<typeof consumerGroupHeartbeatRequest>;
export type ConsumerGroupHeartbeatRequestInput = InputOf<typeof consumerGroupHeartbeatRequest>;

const topicPartitions = struct("TopicPartitions", {
  topicId: uuid("0+"),
  partitions: array("0+", "int32"),
});

export const consumerGroupHeartbeatResponse = message(
  "ConsumerGroupHeartbeatResponse",
  { kind: "response", apiKey: 68, versions: "0-1", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+", default: null }),
    memberId: string("0+", { nullableVersions: "0+", default: null }),
    memberEpoch: int32("0+"),
    heartbeatIntervalMs: int32("0+"),
    assignment: nested(
      "0+",
      struct("Assignment", { topicPartitions: array("0+", topicPartitions) }),
      { nullableVersions: "0+", default: null },
    ),
  },
);
export type ConsumerGroupHeartbeatResponse = ValueOf<typeof consumerGroupHeartbeatResponse>;
export type ConsumerGroupHeartbeatResponseInput = InputOf<typeof consumerGroupHeartbeatResponse>;
