import type { TestContext } from "node:test";
import { loadNodeConfig } from "../../src/config/node-config.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { startNode } from "../../src/server/node.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { scratchFolder } from "../cli/moldau.ts";

/** The cluster that the tests of the client run against. */
export interface Target {
  readonly product: "moldau" | "kafka";
  /** `host:port` of its PLAINTEXT listener. */
  readonly bootstrap: string;
  close(): Promise<void>;
}

/** Address of an Apache Kafka that takes the place of Moldau (`npm run interop -- client` sets it). */
const kafkaBootstrap = process.env["MOLDAU_TEST_KAFKA"];

/** Whether the tests run against Apache Kafka. */
export const onKafka = kafkaBootstrap !== undefined && kafkaBootstrap !== "";

/** Tests write records of long ago, and look at them for longer than until the first look for what may go. */
export const keepsOldRecords = "log.initial.task.delay.ms=3600000";

/** Apache Kafka where one is named, else a Moldau node in this process. */
export async function startTarget(settings: readonly string[] = []): Promise<Target> {
  if (kafkaBootstrap !== undefined && kafkaBootstrap !== "") {
    return { product: "kafka", bootstrap: kafkaBootstrap, close: () => Promise.resolve() };
  }
  const scratch = scratchFolder();
  const { config } = loadNodeConfig({
    dataDirectory: scratch.path,
    flags: { port: 0, set: ["group.initial.rebalance.delay.ms=0", keepsOldRecords, ...settings] },
  });
  const node = await startNode({ platform: nodePlatform, config, logger: silentLogger });
  return {
    product: "moldau",
    bootstrap: `127.0.0.1:${node.port}`,
    async close() {
      await node.close();
      scratch.remove();
    },
  };
}

/** Skips a test of what Moldau does not serve yet; on Apache Kafka it runs. */
export function skipOnMoldau(t: TestContext, what: string): boolean {
  if (onKafka) return false;
  t.skip(`Moldau does not serve ${what} yet; runs against Apache Kafka in npm run interop`);
  return true;
}

let names = 0;
/** A name that no other test uses, on a broker that outlives the run. */
export function uniqueName(about: string): string {
  names++;
  return `${about}-${process.pid}-${Date.now().toString(36)}-${names}`;
}
