import { int16, int32, message, string } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const unregisterBrokerRequest = message(
  "UnregisterBrokerRequest",
  { kind: "request", apiKey: 64, versions: "0", flexibleVersions: "0+" },
  { brokerId: int32("0+", { entityType: "brokerId" }) },
);
export type UnregisterBrokerRequest = ValueOf<typeof unregisterBrokerRequest>;
export type UnregisterBrokerRequestInput = InputOf<typeof unregisterBrokerRequest>;

export const unregisterBrokerResponse = message(
  "UnregisterBrokerResponse",
  { kind: "response", apiKey: 64, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+" }),
  },
);
export type UnregisterBrokerResponse = ValueOf<typeof unregisterBrokerResponse>;
export type UnregisterBrokerResponseInput = InputOf<typeof unregisterBrokerResponse>;
