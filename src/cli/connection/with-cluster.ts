import { Cluster, parseAddress, type ClusterOptions } from "../../client/cluster/cluster.ts";
import { nodePlatform } from "../../platform/node/platform.ts";
import { createLogger, type Logger } from "../../telemetry/logger.ts";
import type { Options } from "../command.ts";
import { usageProblem } from "../problem.ts";
import { wantsColors, type Terminal } from "../terminal.ts";
import { connectionSettings, type ConnectionSettings } from "./settings.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
const CLIENT_ID = "moldau-cli";

/** How long to wait for answers, as `--timeout` says. */
export function timeoutMsOf(options: Options): number {
  return options.duration("timeout") ?? DEFAULT_TIMEOUT_MS;
}

/** Connects as the options say, runs, and closes the connections. */
export async function withCluster<T>(
  terminal: Terminal,
  options: Options,
  use: (cluster: Cluster, properties: ReadonlyMap<string, string>) => Promise<T>,
): Promise<T> {
  const settings = connectionSettings(terminal, options);
  const cluster = await Cluster.connect(await clusterOptions(terminal, options, settings), {
    timeoutMs: timeoutMsOf(options),
  });
  try {
    return await use(cluster, settings.properties);
  } finally {
    cluster.close();
  }
}

/** What the client is told of the connection. */
export async function clusterOptions(
  terminal: Terminal,
  options: Options,
  { properties }: ConnectionSettings,
): Promise<ClusterOptions> {
  const bootstrap = bootstrapOf(properties);
  const secured =
    properties.has("security.protocol") &&
    properties.get("security.protocol")?.toUpperCase() !== "PLAINTEXT";
  const security = secured
    ? await (await import("./secure.ts")).securityOptions(terminal, options, properties)
    : {};
  return {
    platform: nodePlatform,
    bootstrap,
    clientId: properties.get("client.id") ?? CLIENT_ID,
    rack: properties.get("client.rack"),
    requestTimeoutMs: requestTimeoutOf(options, properties),
    logger: loggerFor(terminal, options),
    ...security,
  };
}

function requestTimeoutOf(options: Options, properties: ReadonlyMap<string, string>): number {
  const text = options.has("timeout") ? undefined : properties.get("request.timeout.ms");
  if (text === undefined) return timeoutMsOf(options);
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw usageProblem(`request.timeout.ms is milliseconds, not "${text}"`);
}

/** The addresses to begin with. */
export function bootstrapOf(properties: ReadonlyMap<string, string>): string[] {
  const text = properties.get("bootstrap.servers") ?? "";
  const addresses = text
    .split(",")
    .map((address) => address.trim())
    .filter((address) => address !== "");
  if (addresses.length === 0) throw usageProblem("no broker is named", "name one: -b host:9092");
  for (const address of addresses) parseAddress(address);
  return addresses;
}

export function loggerFor(terminal: Terminal, options: Options): Logger {
  return createLogger({
    level: options.has("verbose") ? "trace" : "warn",
    format: "text",
    sink: (line) => terminal.stderr.write(line),
    nowMs: () => nodePlatform.clock.nowMs(),
    colors: wantsColors(terminal, terminal.stderr),
  });
}
