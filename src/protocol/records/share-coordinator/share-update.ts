import { array, int16, int32, int64, int8, message, string, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const shareUpdateKey = message(
  "ShareUpdateKey",
  { kind: "coordinator-key", apiKey: 1, versions: "0", flexibleVersions: "none" },
  { groupId: string("0"), topicId: uuid("0"), partition: int32("0") },
);
export type ShareUpdateKey = ValueOf<typeof shareUpdateKey>;
export type ShareUpdateKeyInput = InputOf<typeof shareUpdateKey>;

export const shareUpdateValue = message(
  "ShareUpdateValue",
  { kind: "coordinator-value", apiKey: 1, versions: "0", flexibleVersions: "0+" },
  {
    snapshotEpoch: int32("0+"),
    leaderEpoch: int32("0+"),
    startOffset: int64("0+"),
    deliveryCompleteCount: int32("0+", { taggedVersions: "0+", tag: 0, default: -1 }),
    stateBatches: array(
      "0+",
      struct("StateBatch", {
        firstOffset: int64("0+"),
        lastOffset: int64("0+"),
        deliveryState: int8("0+"),
        deliveryCount: int16("0+"),
      }),
    ),
  },
);
export type ShareUpdateValue = ValueOf<typeof shareUpdateValue>;
export type ShareUpdateValueInput = InputOf<typeof shareUpdateValue>;
