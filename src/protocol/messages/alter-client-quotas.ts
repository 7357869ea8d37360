import { array, bool, float64, int16, int32, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const alterClientQuotasRequest = message(
  "AlterClientQuotasRequest",
  { kind: "request", apiKey: 49, versions: "0-1", flexibleVersions: "1+" },
  {
    entries: array(
      "0+",
      struct("EntryData", {
        entity: array(
          "0+",
          struct("EntityData", {
            entityType: string("0+"),
            entityName: string("0+", { nullableVersions: "0+" }),
          }),
        ),
        ops: array(
          "0+",
          struct("OpData", { key: string("0+"), value: float64("0+"), remove: bool("0+") }),
        ),
      }),
    ),
    validateOnly: bool("0+"),
  },
);
export type AlterClientQuotasRequest = ValueOf<typeof alterClientQuotasRequest>;
export type AlterClientQuotasRequestInput = InputOf<typeof alterClientQuotasRequest>;

export const alterClientQuotasResponse = message(
  "AlterClientQuotasResponse",
  { kind: "response", apiKey: 49, versions: "0-1", flexibleVersions: "1+" },
  {
    throttleTimeMs: int32("0+"),
    entries: array(
      "0+",
      struct("EntryData", {
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+" }),
        entity: array(
          "0+",
          struct("EntityData", {
            entityType: string("0+"),
            entityName: string("0+", { nullableVersions: "0+" }),
          }),
        ),
      }),
    ),
  },
);
export type AlterClientQuotasResponse = ValueOf<typeof alterClientQuotasResponse>;
export type AlterClientQuotasResponseInput = InputOf<typeof alterClientQuotasResponse>;
