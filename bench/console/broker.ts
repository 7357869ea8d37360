/**
 * A broker in a process of its own, with a console that waits to be opened (`--console on`) or without one, put
 * together as `moldau start` does. Prints a line of JSON when it is ready; each line it reads asks for the longest
 * pause of its event loop since the line before.
 */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { loadNodeConfig } from "../../src/config/node-config.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { startNode } from "../../src/server/node.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";

const { values } = parseArgs({
  options: { folder: { type: "string" }, console: { type: "string", default: "on" } },
});
const { config } = loadNodeConfig({
  dataDirectory: values.folder ?? "",
  flags: { port: 0, set: ["group.initial.rebalance.delay.ms=0", "offsets.topic.num.partitions=3"] },
});
const node = await startNode({ platform: nodePlatform, config, logger: silentLogger });
const bootstrap = `127.0.0.1:${node.port}`;
let consolePort: number | undefined;
if (values.console === "on") {
  const [{ hostConsole }, { insightOf }] = await Promise.all([
    import("../../src/cli/console-host.ts"),
    import("../../src/cli/broker-insight.ts"),
  ]);
  const host = await hostConsole({
    host: "127.0.0.1",
    port: 0,
    mayMove: false,
    logger: { ...silentLogger, error: (text, fields) => console.error(text, fields) },
    connect: async () => {
      const { connect } = await import("../../src/client/connect.ts");
      return connect(bootstrap, { clientId: "moldau-console" });
    },
    bootstrap,
    insight: insightOf(node),
  });
  consolePort = host.port;
}
console.log(JSON.stringify({ port: node.port, consolePort }));

const TICK_MS = 2;
/** Longest time between two turns of the loop, and longest time on a processor between them. */
let longest = { wallMs: 0, cpuMs: 0 };
let last = { wallMs: performance.now(), cpuMs: cpuMs() };

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

setInterval(() => {
  const now = { wallMs: performance.now(), cpuMs: cpuMs() };
  longest = {
    wallMs: Math.max(longest.wallMs, now.wallMs - last.wallMs - TICK_MS),
    cpuMs: Math.max(longest.cpuMs, now.cpuMs - last.cpuMs),
  };
  last = now;
}, TICK_MS);
for await (const _line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(longest));
  longest = { wallMs: 0, cpuMs: 0 };
}
process.exit(0);
