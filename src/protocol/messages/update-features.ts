import { array, bool, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const updateFeaturesRequest = message(
  "UpdateFeaturesRequest",
  { kind: "request", apiKey: 57, versions: "0-2", flexibleVersions: "0+" },
  {
    timeoutMs: int32("0+", { default: 60000 }),
    featureUpdates: array(
      "0+",
      struct("FeatureUpdateKey", {
        feature: string("0+", { mapKey: true }),
        maxVersionLevel: int16("0+"),
        allowDowngrade: bool("0"),
        upgradeType: int8("1+", { default: 1 }),
      }),
    ),
    validateOnly: bool("1+", { default: false }),
  },
);
export type UpdateFeaturesRequest = ValueOf<typeof updateFeaturesRequest>;
export type UpdateFeaturesRequestInput = InputOf<typeof updateFeaturesRequest>;

export const updateFeaturesResponse = message(
  "UpdateFeaturesResponse",
  { kind: "response", apiKey: 57, versions: "0-2", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+" }),
    results: array(
      "0-1",
      struct("UpdatableFeatureResult", {
        feature: string("0+", { mapKey: true }),
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+" }),
      }),
      { ignorable: true },
    ),
  },
);
export type UpdateFeaturesResponse = ValueOf<typeof updateFeaturesResponse>;
export type UpdateFeaturesResponseInput = InputOf<typeof updateFeaturesResponse>;
