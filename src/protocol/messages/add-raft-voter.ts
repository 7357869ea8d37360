import { array, bool, int16, int32, message, string, struct, uint16, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const addRaftVoterRequest = message(
  "AddRaftVoterRequest",
  { kind: "request", apiKey: 80, versions: "0-1", flexibleVersions: "0+" },
  {
    clusterId: string("0+", { nullableVersions: "0+" }),
    timeoutMs: int32("0+"),
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
    ackWhenCommitted: bool("1+", { default: true }),
  },
);
export type AddRaftVoterRequest = ValueOf<typeof addRaftVoterRequest>;
export type AddRaftVoterRequestInput = InputOf<typeof addRaftVoterRequest>;

export const addRaftVoterResponse = message(
  "AddRaftVoterResponse",
  { kind: "response", apiKey: 80, versions: "0-1", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+", ignorable: true }),
  },
);
export type AddRaftVoterResponse = ValueOf<typeof addRaftVoterResponse>;
export type AddRaftVoterResponseInput = InputOf<typeof addRaftVoterResponse>;
