import { Options } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { clientProperties, connectionOptions, needed } from "../kafka-options.ts";
import { usageProblem } from "../problem.ts";
import type { Terminal } from "../terminal.ts";

/** `moldau kafka-console-producer`: `produce`, told in Kafka's flags. */
export async function runProducer(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const topic = needed(options, "topic");
  const client = clientProperties(options, ["producer-property", "command-property"]);
  const reader = new Map([...options.pairs("property"), ...options.pairs("reader-property")]);
  const values = connectionOptions(options);
  if (reader.get("parse.key") === "true") {
    values.set("key-separator", reader.get("key.separator") ?? "\\t");
  }
  if (reader.get("parse.headers") === "true") {
    throw usageProblem("parse.headers is not there", "use: moldau produce -f ndjson");
  }
  const codec = options.has("compression-codec")
    ? (options.text("compression-codec") ?? "gzip")
    : client.get("compression.type");
  if (codec !== undefined) values.set("compression", codec);
  const acks = options.text("request-required-acks") ?? client.get("acks");
  if (acks !== undefined) values.set("acks", acks);
  // Kafka's tool lets the broker create the topic.
  values.set("create", true);
  const { run } = await import("./produce.ts");
  return run(terminal, [topic], new Options(values));
}

/** `moldau kafka-console-consumer`: `consume`, told in Kafka's flags. */
export async function runConsumer(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const topic = needed(options, "topic");
  const client = clientProperties(options, ["consumer-property", "command-property"]);
  const formatter = new Map([...options.pairs("property"), ...options.pairs("formatter-property")]);
  const values = connectionOptions(options);
  const partition = options.text("partition");
  const offset = options.text("offset");
  if (offset !== undefined && partition === undefined) {
    throw usageProblem("--offset takes --partition");
  }
  const group = options.text("group") ?? client.get("group.id");
  if (group !== undefined) values.set("group", group);
  if (partition !== undefined) values.set("partition", partition);
  values.set("from", startOf(options, client));
  const count = options.text("max-messages");
  if (count !== undefined) values.set("count", count);
  const idleMs = options.integer("timeout-ms", { min: 0 });
  if (idleMs !== undefined) values.set("idle", `${idleMs}ms`);
  const isolation = options.text("isolation-level") ?? client.get("isolation.level");
  if (isolation !== "read_committed") values.set("uncommitted", true);
  values.set("template", templateOf(formatter));
  values.set("count-told", true);
  const { run } = await import("./consume.ts");
  return run(terminal, [topic], new Options(values));
}

function startOf(options: Options, client: ReadonlyMap<string, string>): string {
  const offset = options.text("offset");
  if (offset !== undefined) return offset;
  return options.has("from-beginning") ? "earliest" : (client.get("auto.offset.reset") ?? "latest");
}

/** What Kafka's DefaultMessageFormatter prints, as a template of `consume`. */
function templateOf(formatter: ReadonlyMap<string, string>): string {
  const on = (name: string, byDefault: boolean): boolean =>
    (formatter.get(name) ?? String(byDefault)) === "true";
  const escaped = (text: string): string => text.replaceAll("%", "%%");
  const separator = escaped(formatter.get("key.separator") ?? "\\t");
  const parts = [
    ...(on("print.timestamp", false) ? ["%K"] : []),
    ...(on("print.partition", false) ? ["Partition:%p"] : []),
    ...(on("print.offset", false) ? ["Offset:%o"] : []),
    ...(on("print.headers", false) ? ["%H"] : []),
    ...(on("print.key", false) ? ["%n"] : []),
    ...(on("print.value", true) ? ["%N"] : []),
  ];
  return parts.join(separator) + escaped(formatter.get("line.separator") ?? "\\n");
}
