import { array, int16, int32, int64, message, struct, uuid } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const assignReplicasToDirsRequest = message(
  "AssignReplicasToDirsRequest",
  { kind: "request", apiKey: 73, versions: "0", flexibleVersions: "0+" },
  {
    brokerId: int32("0+", { entityType: "brokerId" }),
    brokerEpoch: int64("0+", { default: -1 }),
    directories: array(
      "0+",
      struct("DirectoryData", {
        id: uuid("0+"),
        topics: array(
          "0+",
          struct("TopicData", {
            topicId: uuid("0+"),
            partitions: array("0+", struct("PartitionData", { partitionIndex: int32("0+") })),
          }),
        ),
      }),
    ),
  },
);
export type AssignReplicasToDirsRequest = ValueOf<typeof assignReplicasToDirsRequest>;
export type AssignReplicasToDirsRequestInput = InputOf<typeof assignReplicasToDirsRequest>;

export const assignReplicasToDirsResponse = message(
  "AssignReplicasToDirsResponse",
  { kind: "response", apiKey: 73, versions: "0", flexibleVersions: "0+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("0+"),
    directories: array(
      "0+",
      struct("DirectoryData", {
        id: uuid("0+"),
        topics: array(
          "0+",
          struct("TopicData", {
            topicId: uuid("0+"),
            partitions: array(
              "0+",
              struct("PartitionData", { partitionIndex: int32("0+"), errorCode: int16("0+") }),
            ),
          }),
        ),
      }),
    ),
  },
);
export type AssignReplicasToDirsResponse = ValueOf<typeof assignReplicasToDirsResponse>;
export type AssignReplicasToDirsResponseInput = InputOf<typeof assignReplicasToDirsResponse>;
