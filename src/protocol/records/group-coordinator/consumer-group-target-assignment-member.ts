import { array, message, string, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const consumerGroupTargetAssignmentMemberKey = message(
  "ConsumerGroupTargetAssignmentMemberKey",
  { kind: "coordinator-key", apiKey: 7, versions: "0", flexibleVersions: "none" },
  { groupId: string("0"), memberId: string("0") },
);
export type ConsumerGroupTargetAssignmentMemberKey = ValueOf<
  typeof consumerGroupTargetAssignmentMemberKey
>;
export type ConsumerGroupTargetAssignmentMemberKeyInput = InputOf<
  typeof consumerGroupTargetAssignmentMemberKey
>;

export const consumerGroupTargetAssignmentMemberValue = message(
  "ConsumerGroupTargetAssignmentMemberValue",
  { kind: "coordinator-value", apiKey: 7, versions: "0", flexibleVersions: "0+" },
  {
    topicPartitions: array(
      "0+",
      struct("TopicPartition", { topicId: uuid("0+"), partitions: array("0+", "int32") }),
    ),
  },
);
export type ConsumerGroupTargetAssignmentMemberValue = ValueOf<
  typeof consumerGroupTargetAssignmentMemberValue
>;
export type ConsumerGroupTargetAssignmentMemberValueInput = InputOf<
  typeof consumerGroupTargetAssignmentMemberValue
>;
