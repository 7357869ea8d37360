import { int32, int64, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const producerIdsRecord = message(
  "ProducerIdsRecord",
  { kind: "metadata", apiKey: 15, versions: "0", flexibleVersions: "0+" },
  {
    brokerId: int32("0+", { entityType: "brokerId" }),
    brokerEpoch: int64("0+", { default: -1 }),
    nextProducerId: int64("0+"),
  },
);
export type ProducerIdsRecord = ValueOf<typeof producerIdsRecord>;
export type ProducerIdsRecordInput = InputOf<typeof producerIdsRecord>;
