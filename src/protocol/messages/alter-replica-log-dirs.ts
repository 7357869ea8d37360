import { array, int16, int32, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const alterReplicaLogDirsRequest = message(
  "AlterReplicaLogDirsRequest",
  { kind: "request", apiKey: 34, versions: "1-2", flexibleVersions: "2+" },
  {
    dirs: array(
      "0+",
      struct("AlterReplicaLogDir", {
        path: string("0+", { mapKey: true }),
        topics: array(
          "0+",
          struct("AlterReplicaLogDirTopic", {
            name: string("0+", { entityType: "topicName", mapKey: true }),
            partitions: array("0+", "int32"),
          }),
        ),
      }),
    ),
  },
);
export type AlterReplicaLogDirsRequest = ValueOf<typeof alterReplicaLogDirsRequest>;
export type AlterReplicaLogDirsRequestInput = InputOf<typeof alterReplicaLogDirsRequest>;

export const alterReplicaLogDirsResponse = message(
  "AlterReplicaLogDirsResponse",
  { kind: "response", apiKey: 34, versions: "1-2", flexibleVersions: "2+" },
  {
    throttleTimeMs: int32("0+"),
    results: array(
      "0+",
      struct("AlterReplicaLogDirTopicResult", {
        topicName: string("0+", { entityType: "topicName" }),
        partitions: array(
          "0+",
          struct("AlterReplicaLogDirPartitionResult", {
            partitionIndex: int32("0+"),
            errorCode: int16("0+"),
          }),
        ),
      }),
    ),
  },
);
export type AlterReplicaLogDirsResponse = ValueOf<typeof alterReplicaLogDirsResponse>;
export type AlterReplicaLogDirsResponseInput = InputOf<typeof alterReplicaLogDirsResponse>;
