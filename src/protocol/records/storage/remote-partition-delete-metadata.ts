import { int32, int64, int8, message, nested, string, struct, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const remotePartitionDeleteMetadataRecord = message(
  "RemotePartitionDeleteMetadataRecord",
  { kind: "metadata", apiKey: 2, versions: "0", flexibleVersions: "0+" },
  {
    topicIdPartition: nested(
      "0+",
      struct("TopicIdPartitionEntry", {
        name: string("0+"),
        id: uuid("0+"),
        partition: int32("0+"),
      }),
    ),
    brokerId: int32("0+"),
    eventTimestampMs: int64("0+"),
    remotePartitionDeleteState: int8("0+"),
  },
);
export type RemotePartitionDeleteMetadataRecord = ValueOf<
  typeof remotePartitionDeleteMetadataRecord
>;
export type RemotePartitionDeleteMetadataRecordInput = InputOf<
  typeof remotePartitionDeleteMetadataRecord
>;
