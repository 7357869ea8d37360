import { parseProperties } from "../../config/properties.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { Options } from "../command.ts";
import { readText } from "../connection/settings.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { usageProblem } from "../problem.ts";
import { write, type Terminal } from "../terminal.ts";

/** Names that Kafka's tools have, or had, for the file with a client's properties. */
const CONFIG_FLAGS = [
  "command-config",
  "producer.config",
  "consumer.config",
  "admin.config",
  "config",
] as const;

/** The properties of a client as Kafka's tools take them: from files, then one by one. */
export function clientProperties(
  options: Options,
  flags: readonly string[] = [],
): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const file of configFiles(options)) {
    for (const [name, value] of parseProperties(readText(file))) properties.set(name, value);
  }
  for (const flag of flags) {
    for (const [name, value] of options.pairs(flag)) properties.set(name, value);
  }
  return properties;
}

/** `--config` is a setting of a topic in one tool, and a file in another. */
function configFiles(options: Options): string[] {
  return CONFIG_FLAGS.flatMap((flag) => options.list(flag)).filter((text) => !text.includes("="));
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
export function connectionOptions(
  options: Options,
  propertyFlags: readonly string[] = [],
): Map<string, unknown> {
  if (options.has("bootstrap-controller")) {
    throw usageProblem(
      "--bootstrap-controller is not taken: this client asks brokers",
      "give --bootstrap-server, a broker passes on what is for the controller",
    );
  }
  const values = new Map<string, unknown>();
  const server = options.text("bootstrap-server");
  if (server !== undefined) values.set("bootstrap", server);
  const files = configFiles(options);
  if (files.length > 0) values.set("command-config", files);
  const properties = propertyFlags.flatMap((flag) => options.list(flag));
  if (properties.length > 0) values.set("properties", properties);
  return values;
}

/** Connects as Kafka's flags say. */
export function withKafkaCluster<T>(
  terminal: Terminal,
  options: Options,
  use: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const values = connectionOptions(options);
  const timeoutMs = options.integer("timeout", { min: 1 });
  if (timeoutMs !== undefined) values.set("timeout", `${timeoutMs}ms`);
  return withCluster(terminal, new Options(values), use);
}

/** A column of a table as one of Kafka's tools prints it. */
export interface KafkaColumn {
  readonly title: string;
  /** The least width; longer cells widen the column. A last column of 0 is not filled. */
  readonly width: number;
}

/** Columns filled with blanks, a blank between them. */
export function kafkaTable(
  columns: readonly KafkaColumn[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map(({ title, width }, index) =>
    Math.max(width, title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const isFilled = (columns.at(-1)?.width ?? 0) > 0;
  const lines = [columns.map(({ title }) => title), ...rows].map((cells) =>
    cells.map((cell, index) => {
      const isOpen = index === cells.length - 1 && !isFilled;
      return isOpen ? cell : cell.padEnd(widths[index] ?? 0);
    }),
  );
  return lines.map((cells) => `${cells.join(" ")}\n`).join("");
}

/** Columns as wide as their widest cell, a tab after each. */
export function tabTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  return [header, ...rows]
    .map(
      (cells) => `${cells.map((cell, index) => `${cell.padEnd(widths[index] ?? 0)}\t`).join("")}\n`,
    )
    .join("");
}

/** Says what Kafka's tools say where they go on all the same. */
export function warn(terminal: Terminal, text: string): Promise<void> {
  return write(terminal.stderr, `${text}\n`);
}
