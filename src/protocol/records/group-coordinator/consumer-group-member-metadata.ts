import { array, bytes, int32, message, nested, string, struct } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const consumerGroupMemberMetadataKey = message(
  "ConsumerGroupMemberMetadataKey",
  { kind: "coordinator-key", apiKey: 5, versions: "0", flexibleVersions: "none" },
  { groupId: string("0"), memberId: string("0") },
);
export type ConsumerGroupMemberMetadataKey = ValueOf<typeof consumerGroupMemberMetadataKey>;
export type ConsumerGroupMemberMetadataKeyInput = InputOf<typeof consumerGroupMemberMetadataKey>;

export const consumerGroupMemberMetadataValue = message(
  "ConsumerGroupMemberMetadataValue",
  { kind: "coordinator-value", apiKey: 5, versions: "0", flexibleVersions: "0+" },
  {
    instanceId: string("0+", { nullableVersions: "0+" }),
    rackId: string("0+", { nullableVersions: "0+" }),
    clientId: string("0+"),
    clientHost: string("0+"),
    subscribedTopicNames: array("0+", "string"),
    subscribedTopicRegex: string("0+", { nullableVersions: "0+" }),
    rebalanceTimeoutMs: int32("0+", { default: -1 }),
    serverAssignor: string("0+", { nullableVersions: "0+" }),
    classicMemberMetadata: nested(
      "0+",
      struct("ClassicMemberMetadata", {
        sessionTimeoutMs: int32("0+"),
        supportedProtocols: array(
          "0+",
          struct("ClassicProtocol", { name: string("0+"), metadata: bytes("0+") }),
        ),
      }),
      { nullableVersions: "0+", taggedVersions: "0+", tag: 0 },
    ),
  },
);
export type ConsumerGroupMemberMetadataValue = ValueOf<typeof consumerGroupMemberMetadataValue>;
export type ConsumerGroupMemberMetadataValueInput = InputOf<
  typeof consumerGroupMemberMetadataValue
>;
