import { Cluster, parseAddress } from "../client/cluster/cluster.ts";
import { nodePlatform } from "../platform/node/platform.ts";
import { createLogger } from "../telemetry/logger.ts";
import { DEFAULT_BOOTSTRAP } from "./cluster-option-specs.ts";
import type { Options } from "./command.ts";
import { wantsColors, type Terminal } from "./terminal.ts";

const DEFAULT_TIMEOUT_MS = 30_000;

export function timeoutMsOf(options: Options): number {
  return options.duration("timeout") ?? DEFAULT_TIMEOUT_MS;
}

/** Connects as the options say, runs, and closes the connections. */
export async function withCluster<T>(
  terminal: Terminal,
  options: Options,
  use: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const text = options.text("bootstrap") ?? terminal.env["MOLDAU_BOOTSTRAP"] ?? DEFAULT_BOOTSTRAP;
  const bootstrap = text.split(",").filter((address) => address.trim() !== "");
  for (const address of bootstrap) parseAddress(address);
  const cluster = await Cluster.connect({
    platform: nodePlatform,
    bootstrap,
    clientId: "moldau-cli",
    requestTimeoutMs: timeoutMsOf(options),
    logger: createLogger({
      level: options.has("verbose") ? "trace" : "warn",
      format: "text",
      sink: (line) => terminal.stderr.write(line),
      nowMs: () => nodePlatform.clock.nowMs(),
      colors: wantsColors(terminal, terminal.stderr),
    }),
  });
  try {
    return await use(cluster);
  } finally {
    cluster.close();
  }
}
