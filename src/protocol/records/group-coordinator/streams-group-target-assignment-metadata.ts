import { int32, int64, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const streamsGroupTargetAssignmentMetadataKey = message(
  "StreamsGroupTargetAssignmentMetadataKey",
  { kind: "coordinator-key", apiKey: 20, versions: "0", flexibleVersions: "none" },
  { groupId: string("0") },
);
export type StreamsGroupTargetAssignmentMetadataKey = ValueOf<
  typeof streamsGroupTargetAssignmentMetadataKey
>;
export type StreamsGroupTargetAssignmentMetadataKeyInput = InputOf<
  typeof streamsGroupTargetAssignmentMetadataKey
>;

export const streamsGroupTargetAssignmentMetadataValue = message(
  "StreamsGroupTargetAssignmentMetadataValue",
  { kind: "coordinator-value", apiKey: 20, versions: "0", flexibleVersions: "0+" },
  {
    assignmentEpoch: int32("0+"),
    assignmentTimestamp: int64("0+", { taggedVersions: "0+", tag: 0, default: 0, ignorable: true }),
  },
);
export type StreamsGroupTargetAssignmentMetadataValue = ValueOf<
  typeof streamsGroupTargetAssignmentMetadataValue
>;
export type StreamsGroupTargetAssignmentMetadataValueInput = InputOf<
  typeof streamsGroupTargetAssignmentMetadataValue
>;
