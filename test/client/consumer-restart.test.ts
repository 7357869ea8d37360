import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { connect } from "../../src/client/connect.ts";
import type { ConsumeOptions } from "../../src/client/consumer/consumer-options.ts";
import { loadNodeConfig } from "../../src/config/node-config.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { startNode, type RunningNode } from "../../src/server/node.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { scratchFolder } from "../cli/moldau.ts";
import { eventually, textOf, values } from "./consumer-scene.ts";
import { onKafka } from "./target.ts";

/** A node that goes away and comes back where it was. */
class RestartingNode {
  readonly #dataDirectory: string;
  #node: RunningNode | undefined;
  #port = 0;

  constructor(dataDirectory: string) {
    this.#dataDirectory = dataDirectory;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const { config } = loadNodeConfig({
      dataDirectory: this.#dataDirectory,
      flags: { port: this.#port, set: ["group.initial.rebalance.delay.ms=0"] },
    });
    this.#node = await startNode({ platform: nodePlatform, config, logger: silentLogger });
    this.#port = this.#node.port;
  }

  async stop(): Promise<void> {
    await this.#node?.close();
  }
}

async function startRestarting(t: TestContext): Promise<RestartingNode> {
  const scratch = scratchFolder();
  const node = new RestartingNode(scratch.path);
  await node.start();
  t.after(async () => {
    await node.stop();
    scratch.remove();
  });
  return node;
}

const skip = onKafka ? "the Kafka that all tests share is not restarted" : false;
const kinds: readonly ConsumeOptions[] = [{}, { group: "g", sessionTimeoutMs: 6_000 }];

for (const options of kinds) {
  const how = options.group === undefined ? "alone" : "in a group";
  test(`a loop ${how} goes on when its broker has been away`, { skip }, async (t) => {
    const node = await startRestarting(t);
    const kafka = await connect(node.bootstrap);
    t.after(() => kafka.close());
    await kafka.admin.createTopic({ name: "t", partitions: 1, replicationFactor: 1 });
    const producer = kafka.producer();
    const send = (from: number, to: number) =>
      producer.sendAll(
        "t",
        values(from, to).map((value) => ({ value })),
      );
    await send(0, 10);
    const consumer = kafka.consume("t", { heartbeatIntervalMs: 100, ...options });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const record of consumer) seen.push(textOf(record));
    })();
    await eventually("ten are read", () => seen.length >= 10);
    await consumer.commit().catch(() => undefined);
    for (let round = 1; round <= 2; round++) {
      await node.stop();
      const sending = send(round * 10, round * 10 + 10);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await node.start();
      await sending;
      await eventually("the next ten are read", () => seen.length >= round * 10 + 10);
    }
    await consumer.close();
    await reading;
    // In a group what was not stored when the broker went may come again, but nothing is left out.
    const first = seen.filter((value, index) => seen.indexOf(value) === index);
    assert.deepEqual(first, values(0, 30));
    if (options.group === undefined) assert.deepEqual(seen, values(0, 30));
    await producer.close();
  });
}
