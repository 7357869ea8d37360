import { message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const endTransactionRecord = message(
  "EndTransactionRecord",
  { kind: "metadata", apiKey: 24, versions: "0", flexibleVersions: "0+" },
  {},
);
export type EndTransactionRecord = ValueOf<typeof endTransactionRecord>;
export type EndTransactionRecordInput = InputOf<typeof endTransactionRecord>;
