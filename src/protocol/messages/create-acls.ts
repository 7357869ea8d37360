import { array, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const createAclsRequest = message(
  "CreateAclsRequest",
  { kind: "request", apiKey: 30, versions: "1-3", flexibleVersions: "2+" },
  {
    creations: array(
      "0+",
      struct("AclCreation", {
        resourceType: int8("0+"),
        resourceName: string("0+"),
        resourcePatternType: int8("1+", { default: 3 }),
        principal: string("0+"),
        host: string("0+"),
        operation: int8("0+"),
        permissionType: int8("0+"),
      }),
    ),
  },
);
export type CreateAclsRequest = ValueOf<typeof createAclsRequest>;
export type CreateAclsRequestInput = InputOf<typeof createAclsRequest>;

export const createAclsResponse = message(
  "CreateAclsResponse",
  { kind: "response", apiKey: 30, versions: "1-3", flexibleVersions: "2+" },
  {
    throttleTimeMs: int32("0+"),
    results: array(
      "0+",
      struct("AclCreationResult", {
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+" }),
      }),
    ),
  },
);
export type CreateAclsResponse = ValueOf<typeof createAclsResponse>;
export type CreateAclsResponseInput = InputOf<typeof createAclsResponse>;
