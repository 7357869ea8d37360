import { array, int32, int64, message, string, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const quorumStateData = message(
  "QuorumStateData",
  { kind: "data", versions: "0-1", flexibleVersions: "0+" },
  {
    clusterId: string("0"),
    leaderId: int32("0+", { default: -1 }),
    leaderEpoch: int32("0+", { default: -1 }),
    votedId: int32("0+", { default: -1 }),
    votedDirectoryId: uuid("1+"),
    appliedOffset: int64("0"),
    currentVoters: array("0", struct("Voter", { voterId: int32("0") }), { nullableVersions: "0" }),
  },
);
export type QuorumStateData = ValueOf<typeof quorumStateData>;
export type QuorumStateDataInput = InputOf<typeof quorumStateData>;
