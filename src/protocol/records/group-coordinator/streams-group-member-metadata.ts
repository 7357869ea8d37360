import { array, int32, message, nested, string, struct, uint16 } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const streamsGroupMemberMetadataKey = message(
  "StreamsGroupMemberMetadataKey",
  { kind: "coordinator-key", apiKey: 19, versions: "0", flexibleVersions: "none" },
  { groupId: string("0"), memberId: string("0") },
);
export type StreamsGroupMemberMetadataKey = ValueOf<typeof streamsGroupMemberMetadataKey>;
export type StreamsGroupMemberMetadataKeyInput = InputOf<typeof streamsGroupMemberMetadataKey>;

const endpoint = struct("Endpoint", { host: string("0+"), port: uint16("0+") });

const keyValue = struct("KeyValue", { key: string("0+"), value: string("0+") });

export const streamsGroupMemberMetadataValue = message(
  "StreamsGroupMemberMetadataValue",
  { kind: "coordinator-value", apiKey: 19, versions: "0", flexibleVersions: "0+" },
  {
    instanceId: string("0+", { nullableVersions: "0+" }),
    rackId: string("0+", { nullableVersions: "0+" }),
    clientId: string("0+"),
    clientHost: string("0+"),
    rebalanceTimeoutMs: int32("0+", { default: -1 }),
    topologyEpoch: int32("0+"),
    processId: string("0+"),
    userEndpoint: nested("0+", endpoint, { nullableVersions: "0+", default: null }),
    clientTags: array("0+", keyValue),
  },
);
export type StreamsGroupMemberMetadataValue = ValueOf<typeof streamsGroupMemberMetadataValue>;
export type StreamsGroupMemberMetadataValueInput = InputOf<typeof streamsGroupMemberMetadataValue>;
