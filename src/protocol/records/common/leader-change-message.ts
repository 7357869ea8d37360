import { array, int16, int32, message, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

const voter = struct("Voter", { voterId: int32("0+"), voterDirectoryId: uuid("1+") });

export const leaderChangeMessage = message(
  "LeaderChangeMessage",
  { kind: "data", versions: "0-1", flexibleVersions: "0+" },
  {
    version: int16("0+"),
    leaderId: int32("0+", { entityType: "brokerId" }),
    voters: array("0+", voter),
    grantingVoters: array("0+", voter),
  },
);
export type LeaderChangeMessage = ValueOf<typeof leaderChangeMessage>;
export type LeaderChangeMessageInput = InputOf<typeof leaderChangeMessage>;
