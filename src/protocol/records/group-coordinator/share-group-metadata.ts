import { bigint64, int32, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const shareGroupMetadataKey = message(
  "ShareGroupMetadataKey",
  { kind: "coordinator-key", apiKey: 11, versions: "0", flexibleVersions: "none" },
  { groupId: string("0") },
);
export type ShareGroupMetadataKey = ValueOf<typeof shareGroupMetadataKey>;
export type ShareGroupMetadataKeyInput = InputOf<typeof shareGroupMetadataKey>;

export const shareGroupMetadataValue = message(
  "ShareGroupMetadataValue",
  { kind: "coordinator-value", apiKey: 11, versions: "0", flexibleVersions: "0+" },
  { epoch: int32("0+"), metadataHash: bigint64("0+") },
);
export type ShareGroupMetadataValue = ValueOf<typeof shareGroupMetadataValue>;
export type ShareGroupMetadataValueInput = InputOf<typeof shareGroupMetadataValue>;
