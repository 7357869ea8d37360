import * as fs from "node:fs";
import { parseProperties } from "../config/properties.ts";
import { withCluster } from "./cluster-options.ts";
import { Options } from "./command.ts";
import { messageOf } from "../core/errors.ts";
import type { Cluster } from "../client/cluster/cluster.ts";
import { Problem, usageProblem } from "./problem.ts";
import type { Terminal } from "./terminal.ts";

const CONFIG_FLAGS = ["command-config", "producer.config", "consumer.config", "config"] as const;

/**
 * The properties of a client as Kafka's tools take them: from a file, then one by one. Refuses security
 * protocols other than PLAINTEXT, which would otherwise be dropped in silence.
 */
export function clientProperties(
  options: Options,
  flags: readonly string[] = [],
): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const flag of CONFIG_FLAGS) {
    const file = options.text(flag);
    if (file === undefined) continue;
    for (const [name, value] of parseProperties(readFile(file))) properties.set(name, value);
  }
  for (const flag of flags) {
    for (const [name, value] of options.pairs(flag)) properties.set(name, value);
  }
  const protocol = properties.get("security.protocol") ?? "PLAINTEXT";
  if (protocol.toUpperCase() !== "PLAINTEXT") {
    throw new Problem("MLD2003", `security.protocol=${protocol} is not there yet`, {
      remedy: "connect to a PLAINTEXT listener",
    });
  }
  return properties;
}

function readFile(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (thrown) {
    throw new Problem("MLD1002", `cannot read ${file}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** The one of several actions that was asked for. */
export function oneAction<T extends string>(options: Options, actions: readonly T[]): T {
  const asked = actions.filter((action) => options.has(action));
  const [first, second] = asked;
  const all = actions.map((action) => `--${action}`).join(", ");
  if (first === undefined) throw usageProblem(`say what to do: one of ${all}`);
  if (second !== undefined) throw usageProblem(`only one of ${all} at a time`);
  return first;
}

/** A value that the command cannot do without. */
export function needed(options: Options, name: string): string {
  const value = options.text(name) ?? options.list(name)[0];
  if (value === undefined) throw usageProblem(`--${name} is missing`);
  return value;
}

/** What the commands of ours take in place of Kafka's flags for the connection. */
export function connectionOptions(options: Options): Map<string, unknown> {
  const values = new Map<string, unknown>();
  const server = options.text("bootstrap-server");
  if (server !== undefined) values.set("bootstrap", server);
  const timeoutMs = options.integer("timeout", { min: 1 });
  if (timeoutMs !== undefined) values.set("timeout", `${timeoutMs}ms`);
  return values;
}

/** Connects as Kafka's flags say. */
export function withKafkaCluster<T>(
  terminal: Terminal,
  options: Options,
  use: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  return withCluster(terminal, new Options(connectionOptions(options)), use);
}
