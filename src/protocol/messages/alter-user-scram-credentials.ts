import { array, bytes, int16, int32, int8, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const alterUserScramCredentialsRequest = message(
  "AlterUserScramCredentialsRequest",
  { kind: "request", apiKey: 51, versions: "0", flexibleVersions: "0+" },
  {
    deletions: array(
      "0+",
      struct("ScramCredentialDeletion", { name: string("0+"), mechanism: int8("0+") }),
    ),
    upsertions: array(
      "0+",
      struct("ScramCredentialUpsertion", {
        name: string("0+"),
        mechanism: int8("0+"),
        iterations: int32("0+"),
        salt: bytes("0+"),
        saltedPassword: bytes("0+"),
      }),
    ),
  },
);
export type AlterUserScramCredentialsRequest = ValueOf<typeof alterUserScramCredentialsRequest>;
export type AlterUserScramCredentialsRequestInput = InputOf<
  typeof alterUserScramCredentialsRequest
>;

export const alterUserScramCredentialsResponse = message(
  "AlterUserScramCredentialsResponse",
  { kind: "response", apiKey: 51, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    results: array(
      "0+",
      struct("AlterUserScramCredentialsResult", {
        user: string("0+"),
        errorCode: int16("0+"),
        errorMessage: string("0+", { nullableVersions: "0+" }),
      }),
    ),
  },
);
export type AlterUserScramCredentialsResponse = ValueOf<typeof alterUserScramCredentialsResponse>;
export type AlterUserScramCredentialsResponseInput = InputOf<
  typeof alterUserScramCredentialsResponse
>;
