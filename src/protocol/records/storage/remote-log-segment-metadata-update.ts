import { bytes, int32, int64, int8, message, nested, string, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const remoteLogSegmentMetadataUpdateRecord = message(
  "RemoteLogSegmentMetadataUpdateRecord",
  { kind: "metadata", apiKey: 1, versions: "0", flexibleVersions: "0+" },
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
    brokerId: int32("0+"),
    eventTimestampMs: int64("0+"),
    customMetadata: bytes("0+", { nullableVersions: "0+", default: null }),
    remoteLogSegmentState: int8("0+"),
  },
);
export type RemoteLogSegmentMetadataUpdateRecord = ValueOf<
  typeof remoteLogSegmentMetadataUpdateRecord
>;
export type RemoteLogSegmentMetadataUpdateRecordInput = InputOf<
  typeof remoteLogSegmentMetadataUpdateRecord
>;
