import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../cache.ts";
import { startKafka } from "../kafka.ts";
import { runNodeTests } from "../node-tests.ts";
import type { Part } from "../part.ts";

const name = "client";
const folder = join("test", "client");
/** They have a part of their own, with an Apache Kafka of its own. */
const elsewhere: ReadonlySet<string> = new Set(["security.test.ts", "admin-security.test.ts"]);

/**
 * What the tests need to be quick: no waiting for more members, sessions that end soon. Their records of long ago are
 * not deleted meanwhile.
 */
const settings = {
  "log.initial.task.delay.ms": "3600000",
  "group.initial.rebalance.delay.ms": "0",
  "group.min.session.timeout.ms": "1000",
  "group.consumer.min.session.timeout.ms": "1000",
  "group.consumer.min.heartbeat.interval.ms": "100",
  "group.share.min.record.lock.duration.ms": "1000",
};

export const ownClientPart: Part = {
  name,
  about: "the tests of Moldau's client, which `npm test` runs against Moldau, against Apache Kafka",
  async run({ report, scratch }) {
    const broker = await startKafka({
      dataDir: join(scratch, "kafka"),
      logPath: join(scratch, "kafka.log"),
      settings,
    });
    try {
      const files = readdirSync(join(root, folder))
        .filter((file) => file.endsWith(".test.ts") && !elsewhere.has(file))
        .map((file) => join(folder, file));
      const env = { MOLDAU_TEST_KAFKA: broker.bootstrap };
      await runNodeTests(report, name, { files, env, timeoutMs: 900_000 });
    } finally {
      await broker.stop();
    }
  },
};
