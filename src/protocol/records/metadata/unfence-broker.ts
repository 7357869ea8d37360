import { int32, int64, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const unfenceBrokerRecord = message(
  "UnfenceBrokerRecord",
  { kind: "metadata", apiKey: 8, versions: "0", flexibleVersions: "0+" },
  { id: int32("0+", { entityType: "brokerId" }), epoch: int64("0+") },
);
export type UnfenceBrokerRecord = ValueOf<typeof unfenceBrokerRecord>;
export type UnfenceBrokerRecordInput = InputOf<typeof unfenceBrokerRecord>;
