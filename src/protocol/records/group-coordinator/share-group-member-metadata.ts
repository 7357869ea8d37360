import { array, message, string } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const shareGroupMemberMetadataKey = message(
  "ShareGroupMemberMetadataKey",
  { kind: "coordinator-key", apiKey: 10, versions: "0", flexibleVersions: "none" },
  { groupId: string("0"), memberId: string("0") },
);
export type ShareGroupMemberMetadataKey = ValueOf<typeof shareGroupMemberMetadataKey>;
export type ShareGroupMemberMetadataKeyInput = InputOf<typeof shareGroupMemberMetadataKey>;

export const shareGroupMemberMetadataValue = message(
  "ShareGroupMemberMetadataValue",
  { kind: "coordinator-value", apiKey: 10, versions: "0", flexibleVersions: "0+" },
  {
    rackId: string("0+", { nullableVersions: "0+" }),
    clientId: string("0+"),
    clientHost: string("0+"),
    subscribedTopicNames: array("0+", "string"),
  },
);
export type ShareGroupMemberMetadataValue = ValueOf<typeof shareGroupMemberMetadataValue>;
export type ShareGroupMemberMetadataValueInput = InputOf<typeof shareGroupMemberMetadataValue>;
