import { message, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const removeAccessControlEntryRecord = message(
  "RemoveAccessControlEntryRecord",
  { kind: "metadata", apiKey: 19, versions: "0", flexibleVersions: "0+" },
  { id: uuid("0+") },
);
export type RemoveAccessControlEntryRecord = ValueOf<typeof removeAccessControlEntryRecord>;
export type RemoveAccessControlEntryRecordInput = InputOf<typeof removeAccessControlEntryRecord>;
