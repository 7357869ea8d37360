import { array, bytes, int16, int32, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const syncGroupRequest = message(
  "SyncGroupRequest",
  { kind: "request", apiKey: 14, versions: "0-5", flexibleVersions: "4+" },
  {
    groupId: string("0+", { entityType: "groupId" }),
    generationId: int32("0+"),
    memberId: string("0+"),
    groupInstanceId: string("3+", { nullableVersions: "3+", default: null }),
    protocolType: string("5+", { nullableVersions: "5+", default: null, ignorable: true }),
    protocolName: string("5+", { nullableVersions: "5+", default: null, ignorable: true }),
    assignments: array(
      "0+",
      struct("SyncGroupRequestAssignment", { memberId: string("0+"), assignment: bytes("0+") }),
    ),
  },
);
export type SyncGroupRequest = ValueOf<typeof syncGroupRequest>;
export type SyncGroupRequestInput = InputOf<typeof syncGroupRequest>;

export const syncGroupResponse = message(
  "SyncGroupResponse",
  { kind: "response", apiKey: 14, versions: "0-5", flexibleVersions: "4+" },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    errorCode: int16("0+"),
    protocolType: string("5+", { nullableVersions: "5+", default: null, ignorable: true }),
    protocolName: string("5+", { nullableVersions: "5+", default: null, ignorable: true }),
    assignment: bytes("0+"),
  },
);
export type SyncGroupResponse = ValueOf<typeof syncGroupResponse>;
export type SyncGroupResponseInput = InputOf<typeof syncGroupResponse>;
