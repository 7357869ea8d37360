import { array, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const deleteAclsRequest = message(
  "DeleteAclsRequest",
  { kind: "request", apiKey: 31, versions: "1-3", flexibleVersions: "2+" },
  {
    filters: array(
      "0+",
      struct("DeleteAclsFilter", {
        resourceTypeFilter: int8("0+"),
        resourceNameFilter: string("0+", { nullableVersions: "0+" }),
        patternTypeFilter: int8("1+", { default: 3 }),
        principalFilter: string("0+", { nullableVersions: "0+" }),
        hostFilter: string("0+", { nullableVersions: "0+" }),
        operation: int8("0+"),
        permissionType: int8("0+"),
      }),
    ),
  },
);
export type DeleteAclsRequest = ValueOf<typeof deleteAclsRequest>;
export type DeleteAclsRequestInput = InputOf<typeof deleteAclsRequest>;

export const deleteAclsResponse = message(
  "DeleteAclsResponse",
  { kind: "response", apiKey: 31, versions: "1-3", flexibleVersions: "2+" },
  {
    throttleTimeMs: int32("0+"),
    filterResults: array(
      "0+",
      struct("DeleteAclsFilterResult", {
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+" }),
        matchingAcls: array(
          "0+",
          struct("DeleteAclsMatchingAcl", {
            errorCode: int16("0+"),
            errorMessage: string("0+", { nullableVersions: "0+" }),
            resourceType: int8("0+"),
            resourceName: string("0+"),
            patternType: int8("1+", { default: 3 }),
            principal: string("0+"),
            host: string("0+"),
            operation: int8("0+"),
            permissionType: int8("0+"),
          }),
        ),
      }),
    ),
  },
);
export type DeleteAclsResponse = ValueOf<typeof deleteAclsResponse>;
export type DeleteAclsResponseInput = InputOf<typeof deleteAclsResponse>;
