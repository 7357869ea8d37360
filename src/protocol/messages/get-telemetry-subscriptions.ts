import { array, bool, int16, int32, message, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const getTelemetrySubscriptionsRequest = message(
  "GetTelemetrySubscriptionsRequest",
  { kind: "request", apiKey: 71, versions: "0", flexibleVersions: "0+" },
  { clientInstanceId: uuid("0+") },
);
export type GetTelemetrySubscriptionsRequest = ValueOf<typeof getTelemetrySubscriptionsRequest>;
export type GetTelemetrySubscriptionsRequestInput = InputOf<
  typeof getTelemetrySubscriptionsRequest
>;

export const getTelemetrySubscriptionsResponse = message(
  "GetTelemetrySubscriptionsResponse",
  { kind: "response", apiKey: 71, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    clientInstanceId: uuid("0+"),
    subscriptionId: int32("0+"),
    acceptedCompressionTypes: array("0+", "int8"),
    pushIntervalMs: int32("0+"),
    telemetryMaxBytes: int32("0+"),
    deltaTemporality: bool("0+"),
    requestedMetrics: array("0+", "string"),
  },
);
export type GetTelemetrySubscriptionsResponse = ValueOf<typeof getTelemetrySubscriptionsResponse>;
export type GetTelemetrySubscriptionsResponseInput = InputOf<
  typeof getTelemetrySubscriptionsResponse
>;
