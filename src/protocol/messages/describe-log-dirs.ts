import { array, bool, int16, int32, int64, message, string, struct } from "../schema.ts";
import type { InputOf, ValueOf } from "../schema.ts";

export const describeLogDirsRequest = message(
  "DescribeLogDirsRequest",
  { kind: "request", apiKey: 35, versions: "1-5", flexibleVersions: "2+" },
  {
    topics: array(
      "0+",
      struct("DescribableLogDirTopic", {
        topic: string("0+", { entityType: "topicName", mapKey: true }),
        partitions: array("0+", "int32"),
      }),
      { nullableVersions: "0+" },
    ),
  },
);
export type DescribeLogDirsRequest = ValueOf<typeof describeLogDirsRequest>;
export type DescribeLogDirsRequestInput = InputOf<typeof describeLogDirsRequest>;

export const describeLogDirsResponse = message(
  "DescribeLogDirsResponse",
  { kind: "response", apiKey: 35, versions: "1-5", flexibleVersions: "2+" },
  {
    throttleTimeMs: int32("0+"),
    errorCode: int16("3+", { ignorable: true }),
    results: array(
      "0+",
      struct("DescribeLogDirsResult", {
        errorCode: int16("0+"),
        logDir: string("0+"),
        topics: array(
          "0+",
          struct("DescribeLogDirsTopic", {
            name: string("0+", { entityType: "topicName" }),
            partitions: array(
              "0+",
              struct("DescribeLogDirsPartition", {
                partitionIndex: int32("0+"),
                partitionSize: int64("0+"),
                offsetLag: int64("0+"),
                isFutureKey: bool("0+"),
              }),
            ),
          }),
        ),
        totalBytes: int64("4+", { default: -1, ignorable: true }),
        usableBytes: int64("4+", { default: -1, ignorable: true }),
        isCordoned: bool("5+", { default: false, ignorable: true }),
      }),
    ),
  },
);
export type DescribeLogDirsResponse = ValueOf<typeof describeLogDirsResponse>;
export type DescribeLogDirsResponseInput = InputOf<typeof describeLogDirsResponse>;
