import { array, int32, int8, message, string, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const consumerGroupCurrentMemberAssignmentKey = message(
  "ConsumerGroupCurrentMemberAssignmentKey",
  { kind: "coordinator-key", apiKey: 8, versions: "0", flexibleVersions: "none" },
  { groupId: string("0"), memberId: string("0") },
);
export type ConsumerGroupCurrentMemberAssignmentKey = ValueOf<
  typeof consumerGroupCurrentMemberAssignmentKey
>;
export type ConsumerGroupCurrentMemberAssignmentKeyInput = InputOf<
  typeof consumerGroupCurrentMemberAssignmentKey
>;

const topicPartitions = struct("TopicPartitions", {
  topicId: uuid("0+"),
  partitions: array("0+", "int32"),
  assignmentEpochs: array("0+", "int32", { nullableVersions: "0+", taggedVersions: "0+", tag: 0 }),
});

export const consumerGroupCurrentMemberAssignmentValue = message(
  "ConsumerGroupCurrentMemberAssignmentValue",
  { kind: "coordinator-value", apiKey: 8, versions: "0", flexibleVersions: "0+" },
  {
    memberEpoch: int32("0+"),
    previousMemberEpoch: int32("0+"),
    state: int8("0+"),
    assignedPartitions: array("0+", topicPartitions),
    partitionsPendingRevocation: array("0+", topicPartitions),
  },
);
export type ConsumerGroupCurrentMemberAssignmentValue = ValueOf<
  typeof consumerGroupCurrentMemberAssignmentValue
>;
export type ConsumerGroupCurrentMemberAssignmentValueInput = InputOf<
  typeof consumerGroupCurrentMemberAssignmentValue
>;
