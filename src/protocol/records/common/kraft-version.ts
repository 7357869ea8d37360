import { int16, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const kraftVersionRecord = message(
  "KRaftVersionRecord",
  { kind: "data", versions: "0", flexibleVersions: "0+" },
  { version: int16("0+"), kRaftVersion: int16("0+") },
);
export type KRaftVersionRecord = ValueOf<typeof kraftVersionRecord>;
export type KRaftVersionRecordInput = InputOf<typeof kraftVersionRecord>;
