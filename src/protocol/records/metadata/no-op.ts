import { message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const noOpRecord = message(
  "NoOpRecord",
  { kind: "metadata", apiKey: 20, versions: "0", flexibleVersions: "0+" },
  {},
);
export type NoOpRecord = ValueOf<typeof noOpRecord>;
export type NoOpRecordInput = InputOf<typeof noOpRecord>;
