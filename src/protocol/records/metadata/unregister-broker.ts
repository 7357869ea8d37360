import { int32, int64, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const unregisterBrokerRecord = message(
  "UnregisterBrokerRecord",
  { kind: "metadata", apiKey: 1, versions: "0", flexibleVersions: "0+" },
  { brokerId: int32("0+", { entityType: "brokerId" }), brokerEpoch: int64("0+") },
);
export type UnregisterBrokerRecord = ValueOf<typeof unregisterBrokerRecord>;
export type UnregisterBrokerRecordInput = InputOf<typeof unregisterBrokerRecord>;
