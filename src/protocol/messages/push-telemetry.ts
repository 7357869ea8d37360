import { bool, bytes, int16, int32, int8, message, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const pushTelemetryRequest = message(
  "PushTelemetryRequest",
  { kind: "request", apiKey: 72, versions: "0", flexibleVersions: "0+" },
  {
    clientInstanceId: uuid("0+"),
    subscriptionId: int32("0+"),
    terminating: bool("0+"),
    compressionType: int8("0+"),
    metrics: bytes("0+"),
  },
);
export type PushTelemetryRequest = ValueOf<typeof pushTelemetryRequest>;
export type PushTelemetryRequestInput = InputOf<typeof pushTelemetryRequest>;

export const pushTelemetryResponse = message(
  "PushTelemetryResponse",
  { kind: "response", apiKey: 72, versions: "0", flexibleVersions: "0+" },
  { throttleTimeMs: int32("0+"), errorCode: int16("0+") },
);
export type PushTelemetryResponse = ValueOf<typeof pushTelemetryResponse>;
export type PushTelemetryResponseInput = InputOf<typeof pushTelemetryResponse>;
