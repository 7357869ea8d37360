import { array, bool, float64, message, string, struct } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const clientQuotaRecord = message(
  "ClientQuotaRecord",
  { kind: "metadata", apiKey: 14, versions: "0", flexibleVersions: "0+" },
  {
    entity: array(
      "0+",
      struct("EntityData", {
        entityType: string("0+"),
        entityName: string("0+", { nullableVersions: "0+" }),
      }),
    ),
    key: string("0+"),
    value: float64("0+"),
    remove: bool("0+"),
  },
);
export type ClientQuotaRecord = ValueOf<typeof clientQuotaRecord>;
export type ClientQuotaRecordInput = InputOf<typeof clientQuotaRecord>;
