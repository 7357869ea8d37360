import { array, bytes, int16, int32, int64, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeDelegationTokenRequest = message(
  "DescribeDelegationTokenRequest",
  { kind: "request", apiKey: 41, versions: "1-3", flexibleVersions: "2+" },
  {
    owners: array(
      "0+",
      struct("DescribeDelegationTokenOwner", {
        principalType: string("0+"),
        principalName: string("0+"),
      }),
      { nullableVersions: "0+" },
    ),
  },
);
export type DescribeDelegationTokenRequest = ValueOf<typeof describeDelegationTokenRequest>;
export type DescribeDelegationTokenRequestInput = InputOf<typeof describeDelegationTokenRequest>;

export const describeDelegationTokenResponse = message(
  "DescribeDelegationTokenResponse",
  { kind: "response", apiKey: 41, versions: "1-3", flexibleVersions: "2+" },
  {
    errorCode: int16("0+"),
    tokens: array(
      "0+",
      struct("DescribedDelegationToken", {
        principalType: string("0+"),
        principalName: string("0+"),
        tokenRequesterPrincipalType: string("3+"),
        tokenRequesterPrincipalName: string("3+"),
        issueTimestamp: int64("0+"),
        expiryTimestamp: int64("0+"),
        maxTimestamp: int64("0+"),
        tokenId: string("0+"),
        hmac: bytes("0+"),
        renewers: array(
          "0+",
          struct("DescribedDelegationTokenRenewer", {
            principalType: string("0+"),
            principalName: string("0+"),
          }),
        ),
      }),
    ),
    throttleTimeMs: int32("0+"),
  },
);
export type DescribeDelegationTokenResponse = ValueOf<typeof describeDelegationTokenResponse>;
export type DescribeDelegationTokenResponseInput = InputOf<typeof describeDelegationTokenResponse>;
