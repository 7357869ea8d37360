import {
  array,
  bool,
  bytes,
  int32,
  int64,
  int8,
  message,
  nested,
  string,
  struct,
  uuid,
} from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const remoteLogSegmentMetadataRecord = message(
  "RemoteLogSegmentMetadataRecord",
  { kind: "metadata", apiKey: 0, versions: "0", flexibleVersions: "0+" },
  {
    remoteLogSegmentId: nested(
      "0+",
      struct("RemoteLogSegmentIdEntry", {
        topicIdPartition: nested(
          "0+",
          struct("TopicIdPartitionEntry", {
            name: string("0+"),
            id: uuid("0+"),
            partition: int32("0+"),
          }),
        ),
        id: uuid("0+"),
      }),
    ),
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
export type RemoteLogSegmentMetadataRecord = ValueOf<typeof remoteLogSegmentMetadataRecord>;
export type RemoteLogSegmentMetadataRecordInput = InputOf<typeof remoteLogSegmentMetadataRecord>;
