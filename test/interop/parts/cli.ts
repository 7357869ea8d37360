import { join } from "node:path";
import { startKafka } from "../kafka.ts";
import { runNodeTests } from "../node-tests.ts";
import { startCluster } from "./client-cluster.ts";
import type { Part } from "../part.ts";

const name = "cli";
/** Those that have a cluster to work on; the others are about nodes, or about no cluster at all. */
const files = [
  "topics",
  "records",
  "groups",
  "configs",
  "cluster",
  "transactions",
  "processes",
  "kafka-commands",
  "kafka-same",
  "kcat",
].map((file) => join("test", "cli", `${file}.test.ts`));

/** One of the brokers ends in the course of them. */
const manyBrokers = [join("test", "cli", "many-brokers.test.ts")];

export const cliPart: Part = {
  name,
  about: "Moldau's commands against Apache Kafka, and kafka-* beside Kafka's own tools",
  async run({ report, scratch }) {
    const broker = await startKafka({
      dataDir: join(scratch, "kafka"),
      logPath: join(scratch, "kafka.log"),
      settings: {
        "group.initial.rebalance.delay.ms": "0",
        // Records of long ago are not deleted while the tests look at them.
        "log.initial.task.delay.ms": "3600000",
      },
    });
    try {
      const env = { MOLDAU_TEST_KAFKA: broker.bootstrap, MOLDAU_TEST_JAVA_TOOLS: "1" };
      await runNodeTests(report, name, { files, env, timeoutMs: 600_000 });
    } finally {
      await broker.stop();
    }
    const { brokers, targetFile } = await startCluster(join(scratch, "cluster"));
    try {
      const env = { MOLDAU_TEST_KAFKA_CLUSTER: targetFile };
      await runNodeTests(report, name, { files: manyBrokers, env, timeoutMs: 300_000 });
    } finally {
      for (const one of brokers.reverse()) if (one.process.alive) await one.stop();
    }
  },
};
