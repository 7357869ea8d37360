import { array, bool, bytes, int32, int64, int8, message, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const remoteLogSegmentMetadataSnapshotRecord = message(
  "RemoteLogSegmentMetadataSnapshotRecord",
  { kind: "metadata", apiKey: 3, versions: "0", flexibleVersions: "0+" },
  {
    segmentId: uuid("0+"),
    startOffset: int64("0+"),
    endOffset: int64("0+"),
    brokerId: int32("0+"),
    maxTimestampMs: int64("0+"),
    eventTimestampMs: int64("0+"),
    segmentLeaderEpochs: array(
      "0+",
      struct("SegmentLeaderEpochEntry", { leaderEpoch: int32("0+"), offset: int64("0+") }),
    ),
    segmentSizeInBytes: int32("0+"),
    customMetadata: bytes("0+", { nullableVersions: "0+", default: null }),
    remoteLogSegmentState: int8("0+"),
    txnIndexEmpty: bool("0+", { taggedVersions: "0+", tag: 0 }),
  },
);
export type RemoteLogSegmentMetadataSnapshotRecord = ValueOf<
  typeof remoteLogSegmentMetadataSnapshotRecord
>;
export type RemoteLogSegmentMetadataSnapshotRecordInput = InputOf<
  typeof remoteLogSegmentMetadataSnapshotRecord
>;
