import { int8, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const zkMigrationStateRecord = message(
  "ZkMigrationStateRecord",
  { kind: "metadata", apiKey: 21, versions: "0", flexibleVersions: "0+" },
  { zkMigrationState: int8("0+") },
);
export type ZkMigrationStateRecord = ValueOf<typeof zkMigrationStateRecord>;
export type ZkMigrationStateRecordInput = InputOf<typeof zkMigrationStateRecord>;
