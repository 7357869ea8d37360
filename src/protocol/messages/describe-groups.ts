import { array, bool, bytes, int16, int32, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeGroupsRequest = message(
  "DescribeGroupsRequest",
  { kind: "request", apiKey: 15, versions: "0-6", flexibleVersions: "5+" },
  {
    groups: array("0+", "string", { entityType: "groupId" }),
    includeAuthorizedOperations: bool("3+"),
  },
);
export type DescribeGroupsRequest = ValueOf<typeof describeGroupsRequest>;
export type DescribeGroupsRequestInput = InputOf<typeof describeGroupsRequest>;

export const describeGroupsResponse = message(
  "DescribeGroupsResponse",
  { kind: "response", apiKey: 15, versions: "0-6", flexibleVersions: "5+" },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    groups: array(
      "0+",
      struct("DescribedGroup", {
        errorCode: int16("0+"),
        errorMessage: string("6+", { nullableVersions: "6+", default: null }),
        groupId: string("0+", { entityType: "groupId" }),
        groupState: string("0+"),
        protocolType: string("0+"),
        protocolData: string("0+"),
        members: array(
          "0+",
          struct("DescribedGroupMember", {
            memberId: string("0+"),
            groupInstanceId: string("4+", {
              nullableVersions: "4+",
              default: null,
              ignorable: true,
            }),
            clientId: string("0+"),
            clientHost: string("0+"),
            memberMetadata: bytes("0+"),
            memberAssignment: bytes("0+"),
          }),
        ),
        authorizedOperations: int32("3+", { default: -2147483648 }),
      }),
    ),
  },
);
export type DescribeGroupsResponse = ValueOf<typeof describeGroupsResponse>;
export type DescribeGroupsResponseInput = InputOf<typeof describeGroupsResponse>;
