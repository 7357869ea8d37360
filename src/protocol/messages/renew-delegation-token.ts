import { bytes, int16, int32, int64, message } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const renewDelegationTokenRequest = message(
  "RenewDelegationTokenRequest",
  { kind: "request", apiKey: 39, versions: "1-2", flexibleVersions: "2+" },
  { hmac: bytes("0+"), renewPeriodMs: int64("0+", { saturates: true }) },
);
export type RenewDelegationTokenRequest = ValueOf<typeof renewDelegationTokenRequest>;
export type RenewDelegationTokenRequestInput = InputOf<typeof renewDelegationTokenRequest>;

export const renewDelegationTokenResponse = message(
  "RenewDelegationTokenResponse",
  { kind: "response", apiKey: 39, versions: "1-2", flexibleVersions: "2+" },
  { errorCode: int16("0+"), expiryTimestampMs: int64("0+"), throttleTimeMs: int32("0+") },
);
export type RenewDelegationTokenResponse = ValueOf<typeof renewDelegationTokenResponse>;
export type RenewDelegationTokenResponseInput = InputOf<typeof renewDelegationTokenResponse>;
