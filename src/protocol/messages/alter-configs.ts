import { array, bool, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const alterConfigsRequest = message(
  "AlterConfigsRequest",
  { kind: "request", apiKey: 33, versions: "0-2", flexibleVersions: "2+" },
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
            value: string("0+", { nullableVersions: "0+" }),
          }),
        ),
      }),
    ),
    validateOnly: bool("0+"),
  },
);
export type AlterConfigsRequest = ValueOf<typeof alterConfigsRequest>;
export type AlterConfigsRequestInput = InputOf<typeof alterConfigsRequest>;

export const alterConfigsResponse = message(
  "AlterConfigsResponse",
  { kind: "response", apiKey: 33, versions: "0-2", flexibleVersions: "2+" },
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
export type AlterConfigsResponse = ValueOf<typeof alterConfigsResponse>;
export type AlterConfigsResponseInput = InputOf<typeof alterConfigsResponse>;
