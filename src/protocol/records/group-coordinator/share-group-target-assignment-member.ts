import { array, message, string, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const shareGroupTargetAssignmentMemberKey = message(
  "ShareGroupTargetAssignmentMemberKey",
  { kind: "coordinator-key", apiKey: 13, versions: "0", flexibleVersions: "none" },
  { groupId: string("0"), memberId: string("0") },
);
export type ShareGroupTargetAssignmentMemberKey = ValueOf<
  typeof shareGroupTargetAssignmentMemberKey
>;
export type ShareGroupTargetAssignmentMemberKeyInput = InputOf<
  typeof shareGroupTargetAssignmentMemberKey
>;

export const shareGroupTargetAssignmentMemberValue = message(
  "ShareGroupTargetAssignmentMemberValue",
  { kind: "coordinator-value", apiKey: 13, versions: "0", flexibleVersions: "0+" },
  {
    topicPartitions: array(
      "0+",
      struct("TopicPartition", { topicId: uuid("0+"), partitions: array("0+", "int32") }),
    ),
  },
);
export type ShareGroupTargetAssignmentMemberValue = ValueOf<
  typeof shareGroupTargetAssignmentMemberValue
>;
export type ShareGroupTargetAssignmentMemberValueInput = InputOf<
  typeof shareGroupTargetAssignmentMemberValue
>;
