import { bytes, int32, int8, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const userScramCredentialRecord = message(
  "UserScramCredentialRecord",
  { kind: "metadata", apiKey: 11, versions: "0", flexibleVersions: "0+" },
  {
    name: string("0+"),
    mechanism: int8("0+"),
    salt: bytes("0+"),
    storedKey: bytes("0+"),
    serverKey: bytes("0+"),
    iterations: int32("0+"),
  },
);
export type UserScramCredentialRecord = ValueOf<typeof userScramCredentialRecord>;
export type UserScramCredentialRecordInput = InputOf<typeof userScramCredentialRecord>;
