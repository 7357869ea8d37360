import { bytes, int16, int32, int64, message } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const expireDelegationTokenRequest = message(
  "ExpireDelegationTokenRequest",
  { kind: "request", apiKey: 40, versions: "1-2", flexibleVersions: "2+" },
  { hmac: bytes("0+"), expiryTimePeriodMs: int64("0+", { saturates: true }) },
);
export type ExpireDelegationTokenRequest = ValueOf<typeof expireDelegationTokenRequest>;
export type ExpireDelegationTokenRequestInput = InputOf<typeof expireDelegationTokenRequest>;

export const expireDelegationTokenResponse = message(
  "ExpireDelegationTokenResponse",
  { kind: "response", apiKey: 40, versions: "1-2", flexibleVersions: "2+" },
  { errorCode: int16("0+"), expiryTimestampMs: int64("0+"), throttleTimeMs: int32("0+") },
);
export type ExpireDelegationTokenResponse = ValueOf<typeof expireDelegationTokenResponse>;
export type ExpireDelegationTokenResponseInput = InputOf<typeof expireDelegationTokenResponse>;
