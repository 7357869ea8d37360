import { message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const beginTransactionRecord = message(
  "BeginTransactionRecord",
  { kind: "metadata", apiKey: 23, versions: "0", flexibleVersions: "0+" },
  { name: string("0+", { nullableVersions: "0+", taggedVersions: "0+", tag: 0, default: null }) },
);
export type BeginTransactionRecord = ValueOf<typeof beginTransactionRecord>;
export type BeginTransactionRecordInput = InputOf<typeof beginTransactionRecord>;
