import { join } from "node:path";
import { javaTelemetry } from "../cache.ts";
import { startKafka } from "../kafka.ts";
import type { Part } from "../part.ts";
import { runClientTests } from "./client-tests.ts";

const name = "client-telemetry";

export const clientTelemetryPart: Part = {
  name,
  about:
    "the metrics that an Apache Kafka asks Moldau's client for (KIP-714), as its own classes read them",
  async run(context) {
    const file = join(context.scratch, "telemetry.txt");
    const broker = await startKafka({
      dataDir: join(context.scratch, "kafka"),
      logPath: join(context.scratch, "kafka.log"),
      classPath: await javaTelemetry(),
      settings: { "metric.reporters": "TelemetryFile", "telemetry.file": file },
    });
    try {
      const env = { MOLDAU_TEST_KAFKA: broker.bootstrap, MOLDAU_TEST_TELEMETRY: file };
      await runClientTests(context, name, ["telemetry.test.ts"], env);
    } finally {
      await broker.stop();
    }
  },
};
