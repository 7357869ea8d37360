import { message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const removeDelegationTokenRecord = message(
  "RemoveDelegationTokenRecord",
  { kind: "metadata", apiKey: 26, versions: "0", flexibleVersions: "0+" },
  { tokenId: string("0+") },
);
export type RemoveDelegationTokenRecord = ValueOf<typeof removeDelegationTokenRecord>;
export type RemoveDelegationTokenRecordInput = InputOf<typeof removeDelegationTokenRecord>;
