import { join } from "node:path";
import { runNodeTests } from "../node-tests.ts";
import type { Part } from "../part.ts";
import { startSecuredKafka } from "../secured-kafka.ts";

const name = "client-security";
const files = [
  join("test", "client", "security.test.ts"),
  join("test", "client", "admin-security.test.ts"),
  join("test", "cli", "security.test.ts"),
];

export const clientSecurityPart: Part = {
  name,
  about:
    "Moldau's client and commands with TLS and logins, against listeners of an Apache Kafka of its own",
  async run({ report, scratch }) {
    const { broker, targetFile } = await startSecuredKafka(scratch);
    try {
      const env = { MOLDAU_TEST_SECURED_KAFKA: targetFile };
      await runNodeTests(report, name, { files, env, timeoutMs: 300_000 });
    } finally {
      await broker.stop();
    }
  },
};
