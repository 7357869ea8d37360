import { array, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeUserScramCredentialsRequest = message(
  "DescribeUserScramCredentialsRequest",
  { kind: "request", apiKey: 50, versions: "0", flexibleVersions: "0+" },
  { users: array("0+", struct("UserName", { name: string("0+") }), { nullableVersions: "0+" }) },
);
export type DescribeUserScramCredentialsRequest = ValueOf<
  typeof describeUserScramCredentialsRequest
>;
export type DescribeUserScramCredentialsRequestInput = InputOf<
  typeof describeUserScramCredentialsRequest
>;

export const describeUserScramCredentialsResponse = message(
  "DescribeUserScramCredentialsResponse",
  { kind: "response", apiKey: 50, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    errorMessage: string("0+", { nullableVersions: "0+" }),
    results: array(
      "0+",
      struct("DescribeUserScramCredentialsResult", {
        user: string("0+"),
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+" }),
        credentialInfos: array(
          "0+",
          struct("CredentialInfo", { mechanism: int8("0+"), iterations: int32("0+") }),
        ),
      }),
    ),
  },
);
export type DescribeUserScramCredentialsResponse = ValueOf<
  typeof describeUserScramCredentialsResponse
>;
export type DescribeUserScramCredentialsResponseInput = InputOf<
  typeof describeUserScramCredentialsResponse
>;
