import { int16, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const controlRecordTypeSchema = message(
  "ControlRecordTypeSchema",
  { kind: "data", versions: "0", flexibleVersions: "none" },
  { type: int16("0+") },
);
export type ControlRecordTypeSchema = ValueOf<typeof controlRecordTypeSchema>;
export type ControlRecordTypeSchemaInput = InputOf<typeof controlRecordTypeSchema>;
