import { array, int16, int32, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const listGroupsRequest = message(
  "ListGroupsRequest",
  { kind: "request", apiKey: 16, versions: "0-5", flexibleVersions: "3+" },
  { statesFilter: array("4+", "string"), typesFilter: array("5+", "string") },
);
export type ListGroupsRequest = ValueOf<typeof listGroupsRequest>;
export type ListGroupsRequestInput = InputOf<typeof listGroupsRequest>;

export const listGroupsResponse = message(
  "ListGroupsResponse",
  { kind: "response", apiKey: 16, versions: "0-5", flexibleVersions: "3+" },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    errorCode: int16("0+"),
    groups: array(
      "0+",
      struct("ListedGroup", {
        groupId: string("0+", { entityType: "groupId" }),
        protocolType: string("0+"),
        groupState: string("4+", { ignorable: true }),
        groupType: string("5+", { ignorable: true }),
      }),
    ),
  },
);
export type ListGroupsResponse = ValueOf<typeof listGroupsResponse>;
export type ListGroupsResponseInput = InputOf<typeof listGroupsResponse>;
