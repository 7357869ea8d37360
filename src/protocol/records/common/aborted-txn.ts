import { int64, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const abortedTxn = message(
  "AbortedTxn",
  { kind: "data", versions: "0", flexibleVersions: "none" },
  {
    producerId: int64("0+"),
    firstOffset: int64("0+"),
    lastOffset: int64("0+"),
    lastStableOffset: int64("0+"),
  },
);
export type AbortedTxn = ValueOf<typeof abortedTxn>;
export type AbortedTxnInput = InputOf<typeof abortedTxn>;
