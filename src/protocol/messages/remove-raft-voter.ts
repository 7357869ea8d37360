import { int16, int32, message, string, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const removeRaftVoterRequest = message(
  "RemoveRaftVoterRequest",
  { kind: "request", apiKey: 81, versions: "0", flexibleVersions: "0+" },
  {
    clusterId: string("0+", { nullableVersions: "0+" }),
    voterId: int32("0+"),
    voterDirectoryId: uuid("0+"),
  },
);
export type RemoveRaftVoterRequest = ValueOf<typeof removeRaftVoterRequest>;
export type RemoveRaftVoterRequestInput = InputOf<typeof removeRaftVoterRequest>;

export const removeRaftVoterResponse = message(
  "RemoveRaftVoterResponse",
  { kind: "response", apiKey: 81, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+", ignorable: true }),
  },
);
export type RemoveRaftVoterResponse = ValueOf<typeof removeRaftVoterResponse>;
export type RemoveRaftVoterResponseInput = InputOf<typeof removeRaftVoterResponse>;
