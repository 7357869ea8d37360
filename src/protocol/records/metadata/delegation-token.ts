import { array, int64, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const delegationTokenRecord = message(
  "DelegationTokenRecord",
  { kind: "metadata", apiKey: 10, versions: "0", flexibleVersions: "0+" },
  {
    owner: string("0+"),
    requester: string("0+"),
    renewers: array("0+", "string"),
    issueTimestamp: int64("0+"),
    maxTimestamp: int64("0+"),
    expirationTimestamp: int64("0+"),
    tokenId: string("0+"),
  },
);
export type DelegationTokenRecord = ValueOf<typeof delegationTokenRecord>;
export type DelegationTokenRecordInput = InputOf<typeof delegationTokenRecord>;
