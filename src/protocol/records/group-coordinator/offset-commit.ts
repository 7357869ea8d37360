import { int32, int64, message, string, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const offsetCommitKey = message(
  "OffsetCommitKey",
  { kind: "coordinator-key", apiKey: 1, versions: "0", flexibleVersions: "none" },
  { group: string("0"), topic: string("0"), partition: int32("0") },
);
export type OffsetCommitKey = ValueOf<typeof offsetCommitKey>;
export type OffsetCommitKeyInput = InputOf<typeof offsetCommitKey>;

export const offsetCommitValue = message(
  "OffsetCommitValue",
  { kind: "coordinator-value", apiKey: 1, versions: "0-4", flexibleVersions: "4+" },
  {
    offset: int64("0+"),
    leaderEpoch: int32("3+", { default: -1, ignorable: true }),
    metadata: string("0+"),
    commitTimestamp: int64("0+"),
    expireTimestamp: int64("1", { default: -1, ignorable: true }),
    topicId: uuid("4+", { taggedVersions: "4+", tag: 0, ignorable: true }),
  },
);
export type OffsetCommitValue = ValueOf<typeof offsetCommitValue>;
export type OffsetCommitValueInput = InputOf<typeof offsetCommitValue>;
