import { array, bytes, int16, int32, int64, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const createDelegationTokenRequest = message(
  "CreateDelegationTokenRequest",
  { kind: "request", apiKey: 38, versions: "1-3", flexibleVersions: "2+" },
  {
    ownerPrincipalType: string("3+", { nullableVersions: "3+" }),
    ownerPrincipalName: string("3+", { nullableVersions: "3+" }),
    renewers: array(
      "0+",
      struct("CreatableRenewers", { principalType: string("0+"), principalName: string("0+") }),
    ),
    maxLifetimeMs: int64("0+", { saturates: true }),
  },
);
export type CreateDelegationTokenRequest = ValueOf<typeof createDelegationTokenRequest>;
export type CreateDelegationTokenRequestInput = InputOf<typeof createDelegationTokenRequest>;

export const createDelegationTokenResponse = message(
  "CreateDelegationTokenResponse",
  { kind: "response", apiKey: 38, versions: "1-3", flexibleVersions: "2+" },
  {
    errorCode: int16("0+"),
    principalType: string("0+"),
    principalName: string("0+"),
    tokenRequesterPrincipalType: string("3+"),
    tokenRequesterPrincipalName: string("3+"),
    issueTimestampMs: int64("0+"),
    expiryTimestampMs: int64("0+"),
    maxTimestampMs: int64("0+"),
    tokenId: string("0+"),
    hmac: bytes("0+"),
    throttleTimeMs: int32("0+"),
  },
);
export type CreateDelegationTokenResponse = ValueOf<typeof createDelegationTokenResponse>;
export type CreateDelegationTokenResponseInput = InputOf<typeof createDelegationTokenResponse>;
