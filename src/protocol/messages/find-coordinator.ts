import { array, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const findCoordinatorRequest = message(
  "FindCoordinatorRequest",
  { kind: "request", apiKey: 10, versions: "0-6", flexibleVersions: "3+" },
  {
    key: string("0-3"),
    keyType: int8("1+", { default: 0 }),
    coordinatorKeys: array("4+", "string"),
  },
);
export type FindCoordinatorRequest = ValueOf<typeof findCoordinatorRequest>;
export type FindCoordinatorRequestInput = InputOf<typeof findCoordinatorRequest>;

export const findCoordinatorResponse = message(
  "FindCoordinatorResponse",
  { kind: "response", apiKey: 10, versions: "0-6", flexibleVersions: "3+" },
  {
    throttleTimeMs: int32("1+", { ignorable: true }),
    errorCode: int16("0-3"),
    errorMessage: string("1-3", { nullableVersions: "1-3", ignorable: true }),
    nodeId: int32("0-3", { entityType: "brokerId" }),
    host: string("0-3"),
    port: int32("0-3"),
    coordinators: array(
      "4+",
      struct("Coordinator", {
        key: string("4+"),
        nodeId: int32("4+", { entityType: "brokerId" }),
        host: string("4+"),
        port: int32("4+"),
        errorCode: int16("4+"),
        errorMessage: string("4+", { nullableVersions: "4+", ignorable: true }),
      }),
    ),
  },
);
export type FindCoordinatorResponse = ValueOf<typeof findCoordinatorResponse>;
export type FindCoordinatorResponseInput = InputOf<typeof findCoordinatorResponse>;
