import { array, bytes, int32, int64, message, string, struct } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const groupMetadataKey = message(
  "GroupMetadataKey",
  { kind: "coordinator-key", apiKey: 2, versions: "0", flexibleVersions: "none" },
  { group: string("0") },
);
export type GroupMetadataKey = ValueOf<typeof groupMetadataKey>;
export type GroupMetadataKeyInput = InputOf<typeof groupMetadataKey>;

const memberMetadata = struct("MemberMetadata", {
  memberId: string("0+"),
  groupInstanceId: string("3+", { nullableVersions: "3+", default: null, ignorable: true }),
  clientId: string("0+"),
  clientHost: string("0+"),
  rebalanceTimeout: int32("1+", { default: -1, ignorable: true }),
  sessionTimeout: int32("0+"),
  subscription: bytes("0+"),
  assignment: bytes("0+"),
});

export const groupMetadataValue = message(
  "GroupMetadataValue",
  { kind: "coordinator-value", apiKey: 2, versions: "0-4", flexibleVersions: "4+" },
  {
    protocolType: string("0+"),
    generation: int32("0+"),
    protocol: string("0+", { nullableVersions: "0+" }),
    leader: string("0+", { nullableVersions: "0+" }),
    currentStateTimestamp: int64("2+", { default: -1, ignorable: true }),
    members: array("0+", memberMetadata),
  },
);
export type GroupMetadataValue = ValueOf<typeof groupMetadataValue>;
export type GroupMetadataValueInput = InputOf<typeof groupMetadataValue>;
