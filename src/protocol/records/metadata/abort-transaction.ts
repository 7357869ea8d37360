import { message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const abortTransactionRecord = message(
  "AbortTransactionRecord",
  { kind: "metadata", apiKey: 25, versions: "0", flexibleVersions: "0+" },
  { reason: string("0+", { nullableVersions: "0+", taggedVersions: "0+", tag: 0, default: null }) },
);
export type AbortTransactionRecord = ValueOf<typeof abortTransactionRecord>;
export type AbortTransactionRecordInput = InputOf<typeof abortTransactionRecord>;
