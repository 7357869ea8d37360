import { int8, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const removeUserScramCredentialRecord = message(
  "RemoveUserScramCredentialRecord",
  { kind: "metadata", apiKey: 22, versions: "0", flexibleVersions: "0+" },
  { name: string("0+"), mechanism: int8("0+") },
);
export type RemoveUserScramCredentialRecord = ValueOf<typeof removeUserScramCredentialRecord>;
export type RemoveUserScramCredentialRecordInput = InputOf<typeof removeUserScramCredentialRecord>;
