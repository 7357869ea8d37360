import { int16, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const featureLevelRecord = message(
  "FeatureLevelRecord",
  { kind: "metadata", apiKey: 12, versions: "0", flexibleVersions: "0+" },
  { name: string("0+"), featureLevel: int16("0+") },
);
export type FeatureLevelRecord = ValueOf<typeof featureLevelRecord>;
export type FeatureLevelRecordInput = InputOf<typeof featureLevelRecord>;
