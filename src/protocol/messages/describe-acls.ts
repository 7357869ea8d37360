import { array, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeAclsRequest = message(
  "DescribeAclsRequest",
  { kind: "request", apiKey: 29, versions: "1-3", flexibleVersions: "2+" },
  {
    resourceTypeFilter: int8("0+"),
    resourceNameFilter: string("0+", { nullableVersions: "0+" }),
    patternTypeFilter: int8("1+", { default: 3 }),
    principalFilter: string("0+", { nullableVersions: "0+" }),
    hostFilter: string("0+", { nullableVersions: "0+" }),
    operation: int8("0+"),
    permissionType: int8("0+"),
  },
);
export type DescribeAclsRequest = ValueOf<typeof describeAclsRequest>;
export type DescribeAclsRequestInput = InputOf<typeof describeAclsRequest>;

export const describeAclsResponse = message(
  "DescribeAclsResponse",
  { kind: "response", apiKey: 29, versions: "1-3", flexibleVersions: "2+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+" }),
    resources: array(
      "0+",
      struct("DescribeAclsResource", {
        resourceType: int8("0+"),
        resourceName: string("0+"),
        patternType: int8("1+", { default: 3 }),
        acls: array(
          "0+",
          struct("AclDescription", {
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
export type DescribeAclsResponse = ValueOf<typeof describeAclsResponse>;
export type DescribeAclsResponseInput = InputOf<typeof describeAclsResponse>;
