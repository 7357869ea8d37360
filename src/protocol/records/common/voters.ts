import {
  array,
  int16,
  int32,
  message,
  nested,
  string,
  struct,
  uint16,
  uuid,
} from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const votersRecord = message(
  "VotersRecord",
  { kind: "data", versions: "0", flexibleVersions: "0+" },
  {
    version: int16("0+"),
    voters: array(
      "0+",
      struct("Voter", {
        voterId: int32("0+", { entityType: "brokerId" }),
        voterDirectoryId: uuid("0+"),
        endpoints: array(
          "0+",
          struct("Endpoint", {
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
      }),
    ),
  },
);
export type VotersRecord = ValueOf<typeof votersRecord>;
export type VotersRecordInput = InputOf<typeof votersRecord>;
