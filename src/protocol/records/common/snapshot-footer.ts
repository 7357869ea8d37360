import { int16, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const snapshotFooterRecord = message(
  "SnapshotFooterRecord",
  { kind: "data", versions: "0", flexibleVersions: "0+" },
  { version: int16("0+") },
);
export type SnapshotFooterRecord = ValueOf<typeof snapshotFooterRecord>;
export type SnapshotFooterRecordInput = InputOf<typeof snapshotFooterRecord>;
