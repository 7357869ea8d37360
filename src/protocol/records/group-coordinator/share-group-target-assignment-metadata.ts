import { int32, int64, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const shareGroupTargetAssignmentMetadataKey = message(
  "ShareGroupTargetAssignmentMetadataKey",
  { kind: "coordinator-key", apiKey: 12, versions: "0", flexibleVersions: "none" },
  { groupId: string("0") },
);
export type ShareGroupTargetAssignmentMetadataKey = ValueOf<
  typeof shareGroupTargetAssignmentMetadataKey
>;
export type ShareGroupTargetAssignmentMetadataKeyInput = InputOf<
  typeof shareGroupTargetAssignmentMetadataKey
>;

export const shareGroupTargetAssignmentMetadataValue = message(
  "ShareGroupTargetAssignmentMetadataValue",
  { kind: "coordinator-value", apiKey: 12, versions: "0", flexibleVersions: "0+" },
  {
    assignmentEpoch: int32("0+"),
    assignmentTimestamp: int64("0+", { taggedVersions: "0+", tag: 0, default: 0, ignorable: true }),
  },
);
export type ShareGroupTargetAssignmentMetadataValue = ValueOf<
  typeof shareGroupTargetAssignmentMetadataValue
>;
export type ShareGroupTargetAssignmentMetadataValueInput = InputOf<
  typeof shareGroupTargetAssignmentMetadataValue
>;
