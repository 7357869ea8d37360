import { int32, int64, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const fenceBrokerRecord = message(
  "FenceBrokerRecord",
  { kind: "metadata", apiKey: 7, versions: "0", flexibleVersions: "0+" },
  { id: int32("0+", { entityType: "brokerId" }), epoch: int64("0+") },
);
export type FenceBrokerRecord = ValueOf<typeof fenceBrokerRecord>;
export type FenceBrokerRecordInput = InputOf<typeof fenceBrokerRecord>;
