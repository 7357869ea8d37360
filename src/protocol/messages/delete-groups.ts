import { array, int16, int32, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const deleteGroupsRequest = message(
  "DeleteGroupsRequest",
  { kind: "request", apiKey: 42, versions: "0-3", flexibleVersions: "2+" },
  { groupsNames: array("0+", "string", { entityType: "groupId" }) },
);
export type DeleteGroupsRequest = ValueOf<typeof deleteGroupsRequest>;
export type DeleteGroupsRequestInput = InputOf<typeof deleteGroupsRequest>;

export const deleteGroupsResponse = message(
  "DeleteGroupsResponse",
  { kind: "response", apiKey: 42, versions: "0-3", flexibleVersions: "2+" },
  {
    throttleTimeMs: int32("0+"),
    results: array(
      "0+",
      struct("DeletableGroupResult", {
        groupId: string("0+", { entityType: "groupId", mapKey: true }),
        errorCode: int16("0+"),
        errorMessage: string("3+", { nullableVersions: "3+", default: null, ignorable: true }),
      }),
    ),
  },
);
export type DeleteGroupsResponse = ValueOf<typeof deleteGroupsResponse>;
export type DeleteGroupsResponseInput = InputOf<typeof deleteGroupsResponse>;
