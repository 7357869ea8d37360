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
} from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const registerBrokerRecord = message(
  "RegisterBrokerRecord",
  { kind: "metadata", apiKey: 0, versions: "0-4", flexibleVersions: "0+" },
  {
    brokerId: int32("0+", { entityType: "brokerId" }),
    isMigratingZkBroker: bool("2+", { default: false }),
    incarnationId: uuid("0+"),
    brokerEpoch: int64("0+"),
    endPoints: array(
      "0+",
      struct("BrokerEndpoint", {
        name: string("0+", { mapKey: true }),
        host: string("0+"),
        port: uint16("0+"),
        securityProtocol: int16("0+"),
      }),
    ),
    features: array(
      "0+",
      struct("BrokerFeature", {
        name: string("0+", { mapKey: true }),
        minSupportedVersion: int16("0+"),
        maxSupportedVersion: int16("0+"),
      }),
    ),
    rack: string("0+", { nullableVersions: "0+" }),
    fenced: bool("0+", { default: true }),
    inControlledShutdown: bool("1+", { default: false }),
    logDirs: array("3+", "uuid", { taggedVersions: "3+", tag: 0 }),
    cordonedLogDirs: array("4+", "uuid", {
      nullableVersions: "4+",
      taggedVersions: "4+",
      tag: 1,
      default: null,
    }),
  },
);
export type RegisterBrokerRecord = ValueOf<typeof registerBrokerRecord>;
export type RegisterBrokerRecordInput = InputOf<typeof registerBrokerRecord>;
