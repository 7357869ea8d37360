import { array, bigint64, int32, message, string, struct } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const streamsGroupMetadataKey = message(
  "StreamsGroupMetadataKey",
  { kind: "coordinator-key", apiKey: 17, versions: "0", flexibleVersions: "none" },
  { groupId: string("0") },
);
export type StreamsGroupMetadataKey = ValueOf<typeof streamsGroupMetadataKey>;
export type StreamsGroupMetadataKeyInput = InputOf<typeof streamsGroupMetadataKey>;

const lastAssignmentConfig = struct("LastAssignmentConfig", {
  key: string("0+"),
  value: string("0+"),
});

export const streamsGroupMetadataValue = message(
  "StreamsGroupMetadataValue",
  { kind: "coordinator-value", apiKey: 17, versions: "0", flexibleVersions: "0+" },
  {
    epoch: int32("0+"),
    metadataHash: bigint64("0+"),
    validatedTopologyEpoch: int32("0+", { taggedVersions: "0+", tag: 0, default: -1 }),
    lastAssignmentConfigs: array("0+", lastAssignmentConfig, {
      nullableVersions: "0+",
      taggedVersions: "0+",
      tag: 1,
    }),
    storedDescriptionTopologyEpoch: int32("0+", { taggedVersions: "0+", tag: 2, default: -1 }),
    failedDescriptionTopologyEpoch: int32("0+", { taggedVersions: "0+", tag: 3, default: -1 }),
  },
);
export type StreamsGroupMetadataValue = ValueOf<typeof streamsGroupMetadataValue>;
export type StreamsGroupMetadataValueInput = InputOf<typeof streamsGroupMetadataValue>;
