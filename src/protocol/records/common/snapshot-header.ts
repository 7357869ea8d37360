import { int16, int64, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const snapshotHeaderRecord = message(
  "SnapshotHeaderRecord",
  { kind: "data", versions: "0", flexibleVersions: "0+" },
  { version: int16("0+"), lastContainedLogTimestamp: int64("0+") },
);
export type SnapshotHeaderRecord = ValueOf<typeof snapshotHeaderRecord>;
export type SnapshotHeaderRecordInput = InputOf<typeof snapshotHeaderRecord>;
