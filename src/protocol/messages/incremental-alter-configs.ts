import { array, bool, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const incrementalAlterConfigsRequest = message(
  "IncrementalAlterConfigsRequest",
  { kind: "request", apiKey: 44, versions: "0-1", flexibleVersions: "1+" },
  {
    resources: array(
      "0+",
      struct("AlterConfigsResource", {
        resourceType: int8("0+", { mapKey: true }),
        resourceName: string("0+", { mapKey: true }),
        configs: array(
          "0+",
          struct("AlterableConfig", {
            name: string("0+", { mapKey: true }),
            configOperation: int8("0+", { mapKey: true }),
            value: string("0+", { nullableVersions: "0+" }),
          }),
        ),
      }),
    ),
    validateOnly: bool("0+"),
  },
);
export type IncrementalAlterConfigsRequest = ValueOf<typeof incrementalAlterConfigsRequest>;
export type IncrementalAlterConfigsRequestInput = InputOf<typeof incrementalAlterConfigsRequest>;

export const incrementalAlterConfigsResponse = message(
  "IncrementalAlterConfigsResponse",
  { kind: "response", apiKey: 44, versions: "0-1", flexibleVersions: "1+" },
  {
    throttleTimeMs: int32("0+"),
    responses: array(
      "0+",
      struct("AlterConfigsResourceResponse", {
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+" }),
        resourceType: int8("0+"),
        resourceName: string("0+"),
      }),
    ),
  },
);
export type IncrementalAlterConfigsResponse = ValueOf<typeof incrementalAlterConfigsResponse>;
export type IncrementalAlterConfigsResponseInput = InputOf<typeof incrementalAlterConfigsResponse>;
