import { array, int16, int32, message, nested, string, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const shareGroupHeartbeatRequest = message(
  "ShareGroupHeartbeatRequest",
  { kind: "request", apiKey: 76, versions: "1", flexibleVersions: "0+" },
  {
    groupId: string("0+", { entityType: "groupId" }),
    memberId: string("0+"),
    memberEpoch: int32("0+"),
    rackId: string("0+", { nullableVersions: "0+", default: null }),
    subscribedTopicNames: array("0+", "string", {
      nullableVersions: "0+",
      default: null,
      entityType: "topicName",
    }),
  },
);
export type ShareGroupHeartbeatRequest = ValueOf<typeof shareGroupHeartbeatRequest>;
export type ShareGroupHeartbeatRequestInput = InputOf<typeof shareGroupHeartbeatRequest>;

const topicPartitions = struct("TopicPartitions", {
  topicId: uuid("0+"),
  partitions: array("0+", "int32"),
});

export const shareGroupHeartbeatResponse = message(
  "ShareGroupHeartbeatResponse",
  { kind: "response", apiKey: 76, versions: "1", flexibleVersions: "0+" },
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
export type ShareGroupHeartbeatResponse = ValueOf<typeof shareGroupHeartbeatResponse>;
export type ShareGroupHeartbeatResponseInput = InputOf<typeof shareGroupHeartbeatResponse>;
