import { array, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const listConfigResourcesRequest = message(
  "ListConfigResourcesRequest",
  { kind: "request", apiKey: 74, versions: "0-1", flexibleVersions: "0+" },
  { resourceTypes: array("1+", "int8") },
);
export type ListConfigResourcesRequest = ValueOf<typeof listConfigResourcesRequest>;
export type ListConfigResourcesRequestInput = InputOf<typeof listConfigResourcesRequest>;

export const listConfigResourcesResponse = message(
  "ListConfigResourcesResponse",
  { kind: "response", apiKey: 74, versions: "0-1", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    configResources: array(
      "0+",
      struct("ConfigResource", {
        resourceName: string("0+"),
        resourceType: int8("1+", { default: 16, ignorable: true }),
      }),
    ),
  },
);
export type ListConfigResourcesResponse = ValueOf<typeof listConfigResourcesResponse>;
export type ListConfigResourcesResponseInput = InputOf<typeof listConfigResourcesResponse>;
