import { int8, message, string, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const accessControlEntryRecord = message(
  "AccessControlEntryRecord",
  { kind: "metadata", apiKey: 18, versions: "0", flexibleVersions: "0+" },
  {
    id: uuid("0+"),
    resourceType: int8("0+"),
    resourceName: string("0+"),
    patternType: int8("0+"),
    principal: string("0+"),
    host: string("0+"),
    operation: int8("0+"),
    permissionType: int8("0+"),
  },
);
export type AccessControlEntryRecord = ValueOf<typeof accessControlEntryRecord>;
export type AccessControlEntryRecordInput = InputOf<typeof accessControlEntryRecord>;
