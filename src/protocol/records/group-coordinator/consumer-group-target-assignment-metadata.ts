import { int32, int64, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const consumerGroupTargetAssignmentMetadataKey = message(
  "ConsumerGroupTargetAssignmentMetadataKey",
  { kind: "coordinator-key", apiKey: 6, versions: "0", flexibleVersions: "none" },
  { groupId: string("0") },
);
export type ConsumerGroupTargetAssignmentMetadataKey = ValueOf<
  typeof consumerGroupTargetAssignmentMetadataKey
>;
export type ConsumerGroupTargetAssignmentMetadataKeyInput = InputOf<
  typeof consumerGroupTargetAssignmentMetadataKey
>;

export const consumerGroupTargetAssignmentMetadataValue = message(
  "ConsumerGroupTargetAssignmentMetadataValue",
  { kind: "coordinator-value", apiKey: 6, versions: "0", flexibleVersions: "0+" },
  {
    assignmentEpoch: int32("0+"),
    assignmentTimestamp: int64("0+", { taggedVersions: "0+", tag: 0, default: 0, ignorable: true }),
  },
);
export type ConsumerGroupTargetAssignmentMetadataValue = ValueOf<
  typeof consumerGroupTargetAssignmentMetadataValue
>;
export type ConsumerGroupTargetAssignmentMetadataValueInput = InputOf<
  typeof consumerGroupTargetAssignmentMetadataValue
>;
