import { array, int16, int32, int64, int8, message, string, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const shareSnapshotKey = message(
  "ShareSnapshotKey",
  { kind: "coordinator-key", apiKey: 0, versions: "0", flexibleVersions: "none" },
  { groupId: string("0"), topicId: uuid("0"), partition: int32("0") },
);
export type ShareSnapshotKey = ValueOf<typeof shareSnapshotKey>;
export type ShareSnapshotKeyInput = InputOf<typeof shareSnapshotKey>;

export const shareSnapshotValue = message(
  "ShareSnapshotValue",
  { kind: "coordinator-value", apiKey: 0, versions: "0", flexibleVersions: "0+" },
  {
    snapshotEpoch: int32("0+"),
    stateEpoch: int32("0+"),
    leaderEpoch: int32("0+"),
    startOffset: int64("0+"),
    deliveryCompleteCount: int32("0+", { taggedVersions: "0+", tag: 0, default: -1 }),
    createTimestamp: int64("0+"),
    writeTimestamp: int64("0+"),
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
export type ShareSnapshotValue = ValueOf<typeof shareSnapshotValue>;
export type ShareSnapshotValueInput = InputOf<typeof shareSnapshotValue>;
