import { array, int16, int32, message, nested, string, struct, uint16, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const updateRaftVoterRequest = message(
  "UpdateRaftVoterRequest",
  { kind: "request", apiKey: 82, versions: "0", flexibleVersions: "0+" },
  {
    clusterId: string("0+", { nullableVersions: "0+" }),
    currentLeaderEpoch: int32("0+"),
    voterId: int32("0+"),
    voterDirectoryId: uuid("0+"),
    listeners: array(
      "0+",
      struct("Listener", {
        name: string("0+", { mapKey: true }),
        host: string("0+"),
        port: uint16("0+"),
      }),
    ),
    kRaftVersionFeature: nested(
      "0+",
      struct("KRaftVersionFeature", {
        minSupportedVersion: int16("0+"),
        maxSupportedVersion: int16("0+"),
      }),
    ),
  },
);
export type UpdateRaftVoterRequest = ValueOf<typeof updateRaftVoterRequest>;
export type UpdateRaftVoterRequestInput = InputOf<typeof updateRaftVoterRequest>;

export const updateRaftVoterResponse = message(
  "UpdateRaftVoterResponse",
  { kind: "response", apiKey: 82, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    currentLeader: nested(
      "0+",
      struct("CurrentLeader", {
        leaderId: int32("0+", { default: -1, entityType: "brokerId" }),
        leaderEpoch: int32("0+", { default: -1 }),
        host: string("0+"),
        port: int32("0+"),
      }),
      { taggedVersions: "0+", tag: 0 },
    ),
  },
);
export type UpdateRaftVoterResponse = ValueOf<typeof updateRaftVoterResponse>;
export type UpdateRaftVoterResponseInput = InputOf<typeof updateRaftVoterResponse>;
