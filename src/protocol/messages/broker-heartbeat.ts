import { array, bool, int16, int32, int64, message } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const brokerHeartbeatRequest = message(
  "BrokerHeartbeatRequest",
  { kind: "request", apiKey: 63, versions: "0-2", flexibleVersions: "0+" },
  {
    brokerId: int32("0+", { entityType: "brokerId" }),
    brokerEpoch: int64("0+", { default: -1 }),
    currentMetadataOffset: int64("0+"),
    wantFence: bool("0+"),
    wantShutDown: bool("0+"),
    offlineLogDirs: array("1+", "uuid", { taggedVersions: "1+", tag: 0 }),
    cordonedLogDirs: array("2+", "uuid", {
      nullableVersions: "2+",
      taggedVersions: "2+",
      tag: 1,
      default: null,
    }),
  },
);
export type BrokerHeartbeatRequest = ValueOf<typeof brokerHeartbeatRequest>;
export type BrokerHeartbeatRequestInput = InputOf<typeof brokerHeartbeatRequest>;

export const brokerHeartbeatResponse = message(
  "BrokerHeartbeatResponse",
  { kind: "response", apiKey: 63, versions: "0-2", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    isCaughtUp: bool("0+", { default: false }),
    isFenced: bool("0+", { default: true }),
    shouldShutDown: bool("0+"),
  },
);
export type BrokerHeartbeatResponse = ValueOf<typeof brokerHeartbeatResponse>;
export type BrokerHeartbeatResponseInput = InputOf<typeof brokerHeartbeatResponse>;
