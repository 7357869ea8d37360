import {
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  string,
  struct,
  uint16,
  uuid,
} from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const brokerRegistrationRequest = message(
  "BrokerRegistrationRequest",
  { kind: "request", apiKey: 62, versions: "0-4", flexibleVersions: "0+" },
  {
    brokerId: int32("0+", { entityType: "brokerId" }),
    clusterId: string("0+"),
    incarnationId: uuid("0+"),
    listeners: array(
      "0+",
      struct("Listener", {
        name: string("0+", { mapKey: true }),
        host: string("0+"),
        port: uint16("0+"),
        securityProtocol: int16("0+"),
      }),
    ),
    features: array(
      "0+",
      struct("Feature", {
        name: string("0+", { mapKey: true }),
        minSupportedVersion: int16("0+"),
        maxSupportedVersion: int16("0+"),
      }),
    ),
    rack: string("0+", { nullableVersions: "0+" }),
    isMigratingZkBroker: bool("1+", { default: false }),
    logDirs: array("2+", "uuid", { ignorable: true }),
    previousBrokerEpoch: int64("3+", { default: -1, ignorable: true }),
  },
);
export type BrokerRegistrationRequest = ValueOf<typeof brokerRegistrationRequest>;
export type BrokerRegistrationRequestInput = InputOf<typeof brokerRegistrationRequest>;

export const brokerRegistrationResponse = message(
  "BrokerRegistrationResponse",
  { kind: "response", apiKey: 62, versions: "0-4", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    brokerEpoch: int64("0+", { default: -1 }),
  },
);
export type BrokerRegistrationResponse = ValueOf<typeof brokerRegistrationResponse>;
export type BrokerRegistrationResponseInput = InputOf<typeof brokerRegistrationResponse>;
