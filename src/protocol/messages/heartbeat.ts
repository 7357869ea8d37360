import { int16, int32, message, string } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const heartbeatRequest = message(
  "HeartbeatRequest",
  { kind: "request", apiKey: 12, versions: "0-4", flexibleVersions: "4+" },
  {
    groupId: string("0+", { entityType: "groupId" }),
    generationId: int32("0+"),
    memberId: string("0+"),
    groupInstanceId: string("3+", { nullableVersions: "3+", default: null }),
  },
);
export type HeartbeatRequest = ValueOf<typeof heartbeatRequest>;
export type HeartbeatRequestInput = InputOf<typeof heartbeatRequest>;

export const heartbeatResponse = message(
  "HeartbeatResponse",
  { kind: "response", apiKey: 12, versions: "0-4", flexibleVersions: "4+" },
  { throttleTimeMs: int32("1+", { ignorable: true }), errorCode: int16("0+") },
);
export type HeartbeatResponse = ValueOf<typeof heartbeatResponse>;
export type HeartbeatResponseInput = InputOf<typeof heartbeatResponse>;
