import { array, bool, float64, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeClientQuotasRequest = message(
  "DescribeClientQuotasRequest",
  { kind: "request", apiKey: 48, versions: "0-1", flexibleVersions: "1+" },
  {
    components: array(
      "0+",
      struct("ComponentData", {
        entityType: string("0+"),
        matchType: int8("0+"),
        match: string("0+", { nullableVersions: "0+" }),
      }),
    ),
    strict: bool("0+"),
  },
);
export type DescribeClientQuotasRequest = ValueOf<typeof describeClientQuotasRequest>;
export type DescribeClientQuotasRequestInput = InputOf<typeof describeClientQuotasRequest>;

export const describeClientQuotasResponse = message(
  "DescribeClientQuotasResponse",
  { kind: "response", apiKey: 48, versions: "0-1", flexibleVersions: "1+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+" }),
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
        values: array("0+", struct("ValueData", { key: string("0+"), value: float64("0+") })),
      }),
      { nullableVersions: "0+" },
    ),
  },
);
export type DescribeClientQuotasResponse = ValueOf<typeof describeClientQuotasResponse>;
export type DescribeClientQuotasResponseInput = InputOf<typeof describeClientQuotasResponse>;
