import { array, message, string, struct } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const streamsGroupTargetAssignmentMemberKey = message(
  "StreamsGroupTargetAssignmentMemberKey",
  { kind: "coordinator-key", apiKey: 21, versions: "0", flexibleVersions: "none" },
  { groupId: string("0"), memberId: string("0") },
);
export type StreamsGroupTargetAssignmentMemberKey = ValueOf<
  typeof streamsGroupTargetAssignmentMemberKey
>;
export type StreamsGroupTargetAssignmentMemberKeyInput = InputOf<
  typeof streamsGroupTargetAssignmentMemberKey
>;

const taskIds = struct("TaskIds", {
  subtopologyId: string("0+"),
  partitions: array("0+", "int32"),
});

export const streamsGroupTargetAssignmentMemberValue = message(
  "StreamsGroupTargetAssignmentMemberValue",
  { kind: "coordinator-value", apiKey: 21, versions: "0", flexibleVersions: "0+" },
  {
    activeTasks: array("0+", taskIds),
    standbyTasks: array("0+", taskIds),
    warmupTasks: array("0+", taskIds),
  },
);
export type StreamsGroupTargetAssignmentMemberValue = ValueOf<
  typeof streamsGroupTargetAssignmentMemberValue
>;
export type StreamsGroupTargetAssignmentMemberValueInput = InputOf<
  typeof streamsGroupTargetAssignmentMemberValue
>;
