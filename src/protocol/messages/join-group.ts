import { array, bool, bytes, int16, int32, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const joinGroupRequest = message(
  "JoinGroupRequest",
  { kind: "request", apiKey: 11, versions: "0-9", flexibleVersions: "6+" },
  {
    groupId: string("0+", { entityType: "groupId" }),
    sessionTimeoutMs: int32("0+"),
    rebalanceTimeoutMs: int32("1+", { default: -1, ignorable: true }),
    memberId: string("0+"),
    groupInstanceId: string("5+", { nullableVersions: "5+", default: null }),
    protocolType: string("0+"),
    protocols: array(
      "0+",
      struct("JoinGroupRequestProtocol", {
        name: string("0+", { mapKey: true }),
        metadata: bytes("0+"),
      }),
    ),
    reason: string("8+", { nullableVersions: "8+", default: null, ignorable: true }),
  },
);
export type JoinGroupRequest = ValueOf<typeof joinGroupRequest>;
export type JoinGroupRequestInput = InputOf<typeof joinGroupRequest>;

export const joinGroupResponse = message(
  "JoinGroupResponse",
  { kind: "response", apiKey: 11, versions: "0-9", flexibleVersions: "6+" },
  {
    throttleTimeMs: int32("2+", { ignorable: true }),
    errorCode: int16("0+"),
    generationId: int32("0+", { default: -1 }),
    protocolType: string("7+", { nullableVersions: "7+", default: null, ignorable: true }),
    protocolName: string("0+", { nullableVersions: "7+" }),
    leader: string("0+"),
    skipAssignment: bool("9+", { default: false }),
    memberId: string("0+"),
    members: array(
      "0+",
      struct("JoinGroupResponseMember", {
        memberId: string("0+"),
        groupInstanceId: string("5+", { nullableVersions: "5+", default: null, ignorable: true }),
        metadata: bytes("0+"),
      }),
    ),
  },
);
export type JoinGroupResponse = ValueOf<typeof joinGroupResponse>;
export type JoinGroupResponseInput = InputOf<typeof joinGroupResponse>;
