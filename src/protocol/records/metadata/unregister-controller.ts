import { int32, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const unregisterControllerRecord = message(
  "UnregisterControllerRecord",
  { kind: "metadata", apiKey: 29, versions: "0", flexibleVersions: "0+" },
  { controllerId: int32("0+") },
);
export type UnregisterControllerRecord = ValueOf<typeof unregisterControllerRecord>;
export type UnregisterControllerRecordInput = InputOf<typeof unregisterControllerRecord>;
