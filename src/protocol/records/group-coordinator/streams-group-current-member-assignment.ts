import { array, int32, int8, message, string, struct } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const streamsGroupCurrentMemberAssignmentKey = message(
  "StreamsGroupCurrentMemberAssignmentKey",
  { kind: "coordinator-key", apiKey: 22, versions: "0", flexibleVersions: "none" },
  { groupId: string("0"), memberId: string("0") },
);
export type StreamsGroupCurrentMemberAssignmentKey = ValueOf<
  typeof streamsGroupCurrentMemberAssignmentKey
>;
export type StreamsGroupCurrentMemberAssignmentKeyInput = InputOf<
  typeof streamsGroupCurrentMemberAssignmentKey
>;

const taskIds = struct("TaskIds", {
  subtopologyId: string("0+"),
  partitions: array("0+", "int32"),
  assignmentEpochs: array("0+", "int32", { nullableVersions: "0+", taggedVersions: "0+", tag: 0 }),
});

export const streamsGroupCurrentMemberAssignmentValue = message(
  "StreamsGroupCurrentMemberAssignmentValue",
  { kind: "coordinator-value", apiKey: 22, versions: "0", flexibleVersions: "0+" },
  {
    memberEpoch: int32("0+"),
    previousMemberEpoch: int32("0+"),
    state: int8("0+"),
    activeTasks: array("0+", taskIds),
    standbyTasks: array("0+", taskIds),
    warmupTasks: array("0+", taskIds),
    activeTasksPendingRevocation: array("0+", taskIds),
    standbyTasksPendingRevocation: array("0+", taskIds),
    warmupTasksPendingRevocation: array("0+", taskIds),
  },
);
export type StreamsGroupCurrentMemberAssignmentValue = ValueOf<
  typeof streamsGroupCurrentMemberAssignmentValue
>;
export type StreamsGroupCurrentMemberAssignmentValueInput = InputOf<
  typeof streamsGroupCurrentMemberAssignmentValue
>;
