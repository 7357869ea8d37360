import { int8, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const configRecord = message(
  "ConfigRecord",
  { kind: "metadata", apiKey: 4, versions: "0", flexibleVersions: "0+" },
  {
    resourceType: int8("0+"),
    resourceName: string("0+"),
    name: string("0+"),
    value: string("0+", { nullableVersions: "0+" }),
  },
);
export type ConfigRecord = ValueOf<typeof configRecord>;
export type ConfigRecordInput = InputOf<typeof configRecord>;
