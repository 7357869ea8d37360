import { array, int32, int8, message, string, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const shareGroupCurrentMemberAssignmentKey = message(
  "ShareGroupCurrentMemberAssignmentKey",
  { kind: "coordinator-key", apiKey: 14, versions: "0", flexibleVersions: "none" },
  { groupId: string("0"), memberId: string("0") },
);
export type ShareGroupCurrentMemberAssignmentKey = ValueOf<
  typeof shareGroupCurrentMemberAssignmentKey
>;
export type ShareGroupCurrentMemberAssignmentKeyInput = InputOf<
  typeof shareGroupCurrentMemberAssignmentKey
>;

const topicPartitions = struct("TopicPartitions", {
  topicId: uuid("0+"),
  partitions: array("0+", "int32"),
});

export const shareGroupCurrentMemberAssignmentValue = message(
  "ShareGroupCurrentMemberAssignmentValue",
  { kind: "coordinator-value", apiKey: 14, versions: "0", flexibleVersions: "0+" },
  {
    memberEpoch: int32("0+"),
    previousMemberEpoch: int32("0+"),
    state: int8("0+"),
    assignedPartitions: array("0+", topicPartitions),
  },
);
export type ShareGroupCurrentMemberAssignmentValue = ValueOf<
  typeof shareGroupCurrentMemberAssignmentValue
>;
export type ShareGroupCurrentMemberAssignmentValueInput = InputOf<
  typeof shareGroupCurrentMemberAssignmentValue
>;
