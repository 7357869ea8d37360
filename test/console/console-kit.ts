import { inspect } from "node:util";
import { hostConsole, type ConsoleHost } from "../../src/cli/console-host.ts";
import { insightOf } from "../../src/cli/broker-insight.ts";
import { connect } from "../../src/client/connect.ts";
import type { Kafka } from "../../src/client/kafka.ts";
import { loadNodeConfig } from "../../src/config/node-config.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { startNode, type RunningNode } from "../../src/server/node.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { scratchFolder } from "../cli/moldau.ts";
import { keepsOldRecords } from "../client/target.ts";

/** A broker with its console, as `moldau start` puts them together, and a client of it. */
export interface ConsoleUnderTest {
  readonly node: RunningNode;
  readonly bootstrap: string;
  /** `http://127.0.0.1:PORT`. */
  readonly address: string;
  readonly kafka: Kafka;
  /** What the console had to say of itself; nothing is expected. */
  readonly errors: string[];
  close(): Promise<void>;
}

export async function startConsole(withInsight = true): Promise<ConsoleUnderTest> {
  const scratch = scratchFolder();
  const { config } = loadNodeConfig({
    dataDirectory: scratch.path,
    flags: {
      port: 0,
      set: [
        "group.initial.rebalance.delay.ms=0",
        "offsets.topic.num.partitions=3",
        keepsOldRecords,
      ],
    },
  });
  const node = await startNode({ platform: nodePlatform, config, logger: silentLogger });
  const bootstrap = `127.0.0.1:${node.port}`;
  const errors: string[] = [];
  const host: ConsoleHost = await hostConsole({
    host: "127.0.0.1",
    port: 0,
    mayMove: false,
    logger: {
      ...silentLogger,
      error: (message, fields) => errors.push(`${message}: ${inspect(fields)}`),
    },
    connect: () => connect(bootstrap, { clientId: "moldau-console" }),
    bootstrap,
    insight: withInsight ? insightOf(node) : undefined,
  });
  const kafka = await connect(bootstrap, { clientId: "shop" });
  return {
    node,
    bootstrap,
    address: `http://127.0.0.1:${host.port}`,
    kafka,
    errors,
    async close() {
      await kafka.close();
      await host.close();
      await node.close();
      scratch.remove();
    },
  };
}

/** Asks again and again until the answer is what is waited for. */
export async function eventually<T>(
  about: string,
  ask: () => Promise<T>,
  holds: (answer: T) => boolean,
  timeoutMs = 30_000,
): Promise<T> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    if (Date.now() > endMs) throw new Error(`${about}: ${JSON.stringify(answer)?.slice(0, 600)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
