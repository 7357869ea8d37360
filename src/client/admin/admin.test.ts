import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Admin } from "./admin.ts";

/** Something that is done in another way here, and how. */
interface Elsewhere {
  readonly elsewhere: string;
}

/** What Kafka's `Admin` is called here, method by method. */
const methods: Readonly<Record<string, keyof Admin | Elsewhere>> = {
  abortTransaction: "abortTransaction",
  addRaftVoter: "addRaftVoter",
  alterClientQuotas: "alterClientQuotas",
  alterConsumerGroupOffsets: "alterGroupOffsets",
  alterPartitionReassignments: "alterPartitionReassignments",
  alterReplicaLogDirs: "alterReplicaLogDirs",
  alterShareGroupOffsets: "alterShareGroupOffsets",
  alterStreamsGroupOffsets: "alterGroupOffsets",
  alterUserScramCredentials: "alterUserScramCredentials",
  clientInstanceId: "clientInstanceId",
  close: "close",
  create: { elsewhere: "connect(...).admin, or new Admin(cluster)" },
  createAcls: "createAcls",
  createDelegationToken: "createDelegationToken",
  createPartitions: "createPartitionsOf",
  createTopics: "createTopics",
  deleteAcls: "deleteAcls",
  deleteConsumerGroupOffsets: "deleteGroupOffsets",
  deleteConsumerGroups: "deleteGroups",
  deleteRecords: "deleteRecords",
  deleteShareGroupOffsets: "deleteShareGroupOffsets",
  deleteShareGroups: "deleteGroups",
  deleteStreamsGroupOffsets: "deleteGroupOffsets",
  deleteStreamsGroups: "deleteGroups",
  deleteTopics: "deleteTopics",
  describeAcls: "describeAcls",
  describeClassicGroups: "describeGroups",
  describeClientQuotas: "describeClientQuotas",
  describeCluster: "describeCluster",
  describeConfigs: "describeConfigsOf",
  describeConsumerGroups: "describeGroups",
  describeDelegationToken: "describeDelegationTokens",
  describeFeatures: "describeFeatures",
  describeLogDirs: "describeLogDirs",
  describeMetadataQuorum: "describeMetadataQuorum",
  describeProducers: "describeProducers",
  describeReplicaLogDirs: "describeReplicaLogDirs",
  describeShareGroups: "describeGroups",
  describeStreamsGroups: "describeGroups",
  describeTopics: "describeTopics",
  describeTransactions: "describeTransactions",
  describeUserScramCredentials: "describeUserScramCredentials",
  electLeaders: "electLeaders",
  expireDelegationToken: "expireDelegationToken",
  fenceProducers: "fenceProducers",
  forceTerminateTransaction: "forceTerminateTransaction",
  incrementalAlterConfigs: "alterConfigsOf",
  listClientMetricsResources: "listConfigResources",
  listConfigResources: "listConfigResources",
  listConsumerGroupOffsets: "groupOffsetsOf",
  listConsumerGroups: "listGroups",
  listGroups: "listGroups",
  listOffsets: "listOffsets",
  listPartitionReassignments: "listPartitionReassignments",
  listShareGroupOffsets: "shareGroupOffsetsOf",
  listStreamsGroupOffsets: "groupOffsetsOf",
  listTopics: "listTopics",
  listTransactions: "listTransactions",
  metrics: { elsewhere: "cluster.metrics, which all that shares the connections counts in" },
  registerMetricForSubscription: { elsewhere: "cluster.metrics" },
  removeMembersFromConsumerGroup: "removeMembers",
  removeRaftVoter: "removeRaftVoter",
  renewDelegationToken: "renewDelegationToken",
  unregisterBroker: "unregisterBroker",
  unregisterController: "unregisterController",
  unregisterMetricFromSubscription: { elsewhere: "cluster.metrics" },
  updateFeatures: "updateFeatures",
};

/** Where the interop suite keeps Apache Kafka's own client. */
const libraries = fileURLToPath(
  new URL("../../../.cache/interop/java-broker/lib", import.meta.url),
);
const jar = fs.existsSync(libraries)
  ? fs.readdirSync(libraries).find((name) => /^kafka-clients-.*\.jar$/.test(name))
  : undefined;

test("every method of the table is there", () => {
  for (const [theirs, ours] of Object.entries(methods)) {
    if (typeof ours !== "string") continue;
    assert.equal(typeof Admin.prototype[ours], "function", `${theirs} is ${ours}`);
  }
});

test(
  "every method of Apache Kafka's Admin is in the table",
  { skip: jar === undefined ? "Apache Kafka's client is not fetched (npm run interop)" : false },
  () => {
    const args = ["-cp", join(libraries, jar ?? ""), "org.apache.kafka.clients.admin.Admin"];
    const { stdout, status } = spawnSync("javap", args, { encoding: "utf8" });
    assert.equal(status, 0, "javap has read the client");
    const names = [...stdout.matchAll(/ (\w+)\(.*\);/g)].map(([, name = ""]) => name);
    assert.deepEqual([...new Set(names)].sort(), Object.keys(methods).sort());
  },
);

test("the methods that Kafka does not have are few and on purpose", () => {
  const ours = new Set(Object.values(methods).filter((one) => typeof one === "string"));
  const own = Object.getOwnPropertyNames(Admin.prototype)
    .filter((name) => name !== "constructor" && ![...ours].some((one) => one === name))
    .sort();
  assert.deepEqual(own, [
    // One thing at a time, thrown where it fails.
    "alterConfigs",
    "createPartitions",
    "createTopic",
    "deleteGroup",
    "deleteTopic",
    "describeConfigs",
    "describeGroup",
    "describeTopic",
    // Declared topics.
    "ensure",
    // What is reckoned from several answers.
    "groupLag",
    "groupLagOf",
    "groupOffsets",
    "replicaSizes",
    "topicOffsets",
    "topicOffsetsOf",
  ]);
});
