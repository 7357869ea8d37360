import { array, int16, int32, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const leaveGroupRequest = message(
  "LeaveGroupRequest",
  { kind: "request", apiKey: 13, versions: "0-5", flexibleVersions: "4+" },
  {
    groupId: string("0+", { entityType: "groupId" }),
    memberId: string("0-2"),
    members: array(
      "3+",
      struct("MemberIdentity", {
        memberId: string("3+"),
        groupInstanceId: string("3+", { nullableVersions: "3+", default: null }),
        reason: string("5+", { nullableVersions: "5+", default: null, ignorable: true }),
      }),
    ),
  },
);
export type LeaveGroupRequest = ValueOf<typeof leaveGroupRequest>;
export type LeaveGroupRequestInput = InputOf<typeof leaveGroupRequest>;

export const leaveGroupResponse = message(
  "LeaveGroupResponse",
  { kind: "response", apiKey: 13, versions: "0-5", flexibleVersions: "4+" },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    errorCode: int16("0+"),
    members: array(
      "3+",
      struct("MemberResponse", {
        memberId: string("3+"),
        groupInstanceId: string("3+", { nullableVersions: "3+" }),
        errorCode: int16("3+"),
      }),
    ),
  },
);
export type LeaveGroupResponse = ValueOf<typeof leaveGroupResponse>;
export type LeaveGroupResponseInput = InputOf<typeof leaveGroupResponse>;
