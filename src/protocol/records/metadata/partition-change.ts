import { array, int32, int8, message, uuid } from "../../schema.ts";
import type { InputOf, ValueOf } from "../../schema.ts";

export const partitionChangeRecord = message(
  "PartitionChangeRecord",
  { kind: "metadata", apiKey: 5, versions: "0-2", flexibleVersions: "0+" },
  {
    partitionId: int32("0+", { default: -1 }),
    topicId: uuid("0+"),
    isr: array("0+", "int32", {
      nullableVersions: "0+",
      taggedVersions: "0+",
      tag: 0,
      default: null,
      entityType: "brokerId",
    }),
    leader: int32("0+", { taggedVersions: "0+", tag: 1, default: -2, entityType: "brokerId" }),
    replicas: array("0+", "int32", {
      nullableVersions: "0+",
      taggedVersions: "0+",
      tag: 2,
      default: null,
      entityType: "brokerId",
    }),
    removingReplicas: array("0+", "int32", {
      nullableVersions: "0+",
      taggedVersions: "0+",
      tag: 3,
      default: null,
      entityType: "brokerId",
    }),
    addingReplicas: array("0+", "int32", {
      nullableVersions: "0+",
      taggedVersions: "0+",
      tag: 4,
      default: null,
      entityType: "brokerId",
    }),
    leaderRecoveryState: int8("0+", { taggedVersions: "0+", tag: 5, default: -1 }),
    directories: array("1+", "uuid", {
      nullableVersions: "1+",
      taggedVersions: "1+",
      tag: 8,
      default: null,
    }),
    eligibleLeaderReplicas: array("2+", "int32", {
      nullableVersions: "2+",
      taggedVersions: "2+",
      tag: 6,
      default: null,
      entityType: "brokerId",
    }),
    lastKnownElr: array("2+", "int32", {
      nullableVersions: "2+",
      taggedVersions: "2+",
      tag: 7,
      default: null,
      entityType: "brokerId",
    }),
  },
);
export type PartitionChangeRecord = ValueOf<typeof partitionChangeRecord>;
export type PartitionChangeRecordInput = InputOf<typeof partitionChangeRecord>;
