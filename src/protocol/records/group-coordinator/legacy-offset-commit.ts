import { int32, int64, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const legacyOffsetCommitKey = message(
  "LegacyOffsetCommitKey",
  { kind: "coordinator-key", apiKey: 0, versions: "0", flexibleVersions: "none" },
  { group: string("0"), topic: string("0"), partition: int32("0") },
);
export type LegacyOffsetCommitKey = ValueOf<typeof legacyOffsetCommitKey>;
export type LegacyOffsetCommitKeyInput = InputOf<typeof legacyOffsetCommitKey>;

export const legacyOffsetCommitValue = message(
  "LegacyOffsetCommitValue",
  { kind: "coordinator-value", apiKey: 0, versions: "0", flexibleVersions: "none" },
  { offset: int64("0"), metadata: string("0"), commitTimestamp: int64("0") },
);
export type LegacyOffsetCommitValue = ValueOf<typeof legacyOffsetCommitValue>;
export type LegacyOffsetCommitValueInput = InputOf<typeof legacyOffsetCommitValue>;
