import { array, int32, int64, int8, message } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const brokerRegistrationChangeRecord = message(
  "BrokerRegistrationChangeRecord",
  { kind: "metadata", apiKey: 17, versions: "0-3", flexibleVersions: "0+" },
  {
    brokerId: int32("0+", { entityType: "brokerId" }),
    brokerEpoch: int64("0+"),
    fenced: int8("0+", { taggedVersions: "0+", tag: 0 }),
    inControlledShutdown: int8("1+", { taggedVersions: "1+", tag: 1 }),
    logDirs: array("2+", "uuid", { taggedVersions: "2+", tag: 2 }),
    cordonedLogDirs: array("3+", "uuid", {
      nullableVersions: "3+",
      taggedVersions: "3+",
      tag: 3,
      default: null,
    }),
  },
);
export type BrokerRegistrationChangeRecord = ValueOf<typeof brokerRegistrationChangeRecord>;
export type BrokerRegistrationChangeRecordInput = InputOf<typeof brokerRegistrationChangeRecord>;
