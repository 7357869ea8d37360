import { array, bool, int16, int32, int64, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const apiVersionsRequest = message(
  "ApiVersionsRequest",
  { kind: "request", apiKey: 18, versions: "0-5", flexibleVersions: "3+" },
  {
    clientSoftwareName: string("3+", { ignorable: true }),
    clientSoftwareVersion: string("3+", { ignorable: true }),
    clusterId: string("5+", { nullableVersions: "5+", default: null, ignorable: true }),
    nodeId: int32("5+", { default: -1, ignorable: true }),
  },
);
export type ApiVersionsRequest = ValueOf<typeof apiVersionsRequest>;
export type ApiVersionsRequestInput = InputOf<typeof apiVersionsRequest>;

export const apiVersionsResponse = message(
  "ApiVersionsResponse",
  { kind: "response", apiKey: 18, versions: "0-5", flexibleVersions: "3+" },
  {
    errorCode: int16("0+"),
    apiKeys: array(
      "0+",
      struct("ApiVersion", {
        apiKey: int16("0+", { mapKey: true }),
        minVersion: int16("0+"),
        maxVersion: int16("0+"),
      }),
    ),
    throttleTimeMs: int32("1+", { ignorable: true }),
    supportedFeatures: array(
      "3+",
      struct("SupportedFeatureKey", {
        name: string("3+", { mapKey: true }),
        minVersion: int16("3+"),
        maxVersion: int16("3+"),
      }),
      { taggedVersions: "3+", tag: 0, ignorable: true },
    ),
    finalizedFeaturesEpoch: int64("3+", {
      taggedVersions: "3+",
      tag: 1,
      default: -1,
      ignorable: true,
    }),
    finalizedFeatures: array(
      "3+",
      struct("FinalizedFeatureKey", {
        name: string("3+", { mapKey: true }),
        maxVersionLevel: int16("3+"),
        minVersionLevel: int16("3+"),
      }),
      { taggedVersions: "3+", tag: 2, ignorable: true },
    ),
    zkMigrationReady: bool("3+", { taggedVersions: "3+", tag: 3, default: false, ignorable: true }),
  },
);
export type ApiVersionsResponse = ValueOf<typeof apiVersionsResponse>;
export type ApiVersionsResponseInput = InputOf<typeof apiVersionsResponse>;
