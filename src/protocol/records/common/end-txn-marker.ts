import { int32, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const endTxnMarker = message(
  "EndTxnMarker",
  { kind: "data", versions: "0", flexibleVersions: "none" },
  { coordinatorEpoch: int32("0+") },
);
export type EndTxnMarker = ValueOf<typeof endTxnMarker>;
export type EndTxnMarkerInput = InputOf<typeof endTxnMarker>;
