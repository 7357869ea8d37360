import * as fs from "node:fs";
import {
  Admin,
  ConfigResourceType,
  type ConfigChange,
  type ConfigEntry,
  type ConfigResource,
} from "../../client/admin/old-admin.ts";
import { parseProperties } from "../../config/properties.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { clientProperties, oneAction, withKafkaCluster } from "../kafka-options.ts";
import { Problem, usageProblem } from "../problem.ts";
import { write, type Terminal } from "../terminal.ts";

const TYPES: Readonly<Record<string, ConfigResourceType>> = {
  topics: ConfigResourceType.topic,
  brokers: ConfigResourceType.broker,
  "broker-loggers": ConfigResourceType.brokerLogger,
  groups: ConfigResourceType.group,
};

/** Sources of a setting by their number on the wire, in Kafka's words. */
const SOURCES: Readonly<Record<number, string>> = {
  1: "DYNAMIC_TOPIC_CONFIG",
  2: "DYNAMIC_BROKER_CONFIG",
  3: "DYNAMIC_DEFAULT_BROKER_CONFIG",
  4: "STATIC_BROKER_CONFIG",
  5: "DEFAULT_CONFIG",
  6: "DYNAMIC_BROKER_LOGGER_CONFIG",
  7: "DYNAMIC_CLIENT_METRICS_CONFIG",
  8: "DYNAMIC_GROUP_CONFIG",
};

/** Where a setting of this very resource is kept when somebody set it in the running cluster. */
function ownSource({ type, name }: ConfigResource): number {
  if (type === ConfigResourceType.topic) return 1;
  if (type === ConfigResourceType.brokerLogger) return 6;
  if (type === ConfigResourceType.group) return 8;
  return name === "" ? 3 : 2;
}

/** `moldau kafka-configs`: answers in the words of Kafka's tool. */
export function run(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const action = oneAction(options, ["describe", "alter"]);
  clientProperties(options);
  const { type, name } = entityOf(options);
  return withKafkaCluster(terminal, options, async (cluster) => {
    const admin = new Admin(cluster);
    const resources =
      name === undefined ? await everyEntity(admin, cluster, type) : [{ type, name }];
    if (action === "describe") {
      for (const resource of resources) await describe(terminal, admin, resource, options);
      return ExitCode.ok;
    }
    if (name === undefined) throw usageProblem("--alter takes --entity-name or --entity-default");
    await admin.alterConfigs({ type, name }, changesOf(options));
    await write(terminal.stdout, `Completed updating config for ${inWords({ type, name })}.\n`);
    return ExitCode.ok;
  });
}

/** What the flags name; no name stands for every one there is. */
function entityOf(options: Options): { type: ConfigResourceType; name: string | undefined } {
  const shorthands = [
    ["topic", ConfigResourceType.topic],
    ["broker", ConfigResourceType.broker],
    ["group", ConfigResourceType.group],
  ] as const;
  for (const [flag, type] of shorthands) {
    if (options.has(flag)) return { type, name: options.text(flag) };
  }
  if (options.has("broker-defaults")) return { type: ConfigResourceType.broker, name: "" };
  const text = options.text("entity-type") ?? "";
  const type = Object.hasOwn(TYPES, text) ? TYPES[text] : undefined;
  if (type === undefined) {
    const known = Object.keys(TYPES).join(", ");
    throw new Problem("MLD2003", `settings of ${text || "nothing"} are not there yet`, {
      remedy: `--entity-type takes one of ${known}`,
      exitCode: ExitCode.usage,
    });
  }
  return { type, name: options.has("entity-default") ? "" : options.text("entity-name") };
}

async function everyEntity(
  admin: Admin,
  cluster: { readonly brokers: ReadonlyMap<number, unknown> },
  type: ConfigResourceType,
): Promise<ConfigResource[]> {
  if (type === ConfigResourceType.topic) {
    const topics = await admin.listTopics({ includeInternal: true });
    return topics.map((topic) => ({ type, name: topic.name ?? "" }));
  }
  if (type === ConfigResourceType.group) {
    return (await admin.listGroups()).map(({ group }) => ({ type, name: group }));
  }
  return [
    ...[...cluster.brokers.keys()].map((id) => ({ type, name: String(id) })),
    { type, name: "" },
  ];
}

function inWords({ type, name }: ConfigResource): string {
  const words = new Map<ConfigResourceType, string>([
    [ConfigResourceType.topic, "topic"],
    [ConfigResourceType.broker, "broker"],
    [ConfigResourceType.brokerLogger, "broker-logger"],
    [ConfigResourceType.group, "group"],
  ]);
  const word = words.get(type) ?? "entity";
  return name === "" ? `default ${word}s in the cluster` : `${word} ${name}`;
}

async function describe(
  terminal: Terminal,
  admin: Admin,
  resource: ConfigResource,
  options: Options,
): Promise<void> {
  const entries = await admin.describeConfigs(resource);
  const all = options.has("all");
  const shown = entries
    .filter(({ configSource }) => all || configSource === ownSource(resource))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const title = `${all ? "All" : "Dynamic"} configs for ${inWords(resource)} are:`;
  await write(terminal.stdout, `${[title, ...shown.map(entryText)].join("\n")}\n`);
}

function entryText({ name, value, isSensitive, synonyms }: ConfigEntry): string {
  const from = synonyms.map(
    (synonym) =>
      `${SOURCES[synonym.source] ?? "UNKNOWN"}:${synonym.name}=${synonym.value ?? "null"}`,
  );
  return `  ${name}=${value ?? "null"} sensitive=${isSensitive} synonyms={${from.join(", ")}}`;
}

function changesOf(options: Options): ConfigChange[] {
  const changes: ConfigChange[] = [];
  const file = options.text("add-config-file");
  if (file !== undefined) {
    for (const [name, value] of parseProperties(fs.readFileSync(file, "utf8"))) {
      changes.push({ name, value });
    }
  }
  for (const [name, value] of parseAdditions(options.text("add-config") ?? "")) {
    changes.push({ name, value });
  }
  for (const name of (options.text("delete-config") ?? "").split(",")) {
    if (name.trim() !== "") changes.push({ name: name.trim(), value: null });
  }
  if (changes.length === 0) throw usageProblem("--alter takes --add-config or --delete-config");
  return changes;
}

/** `a=1,b=[x,y]`: commas within brackets belong to the value, the brackets do not. */
export function parseAdditions(text: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  const pattern = /\s*([^=,\s]+)\s*=\s*(?:\[([^\]]*)\]|([^,]*))\s*(?:,|$)/gy;
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    pairs.push([match[1] ?? "", (match[2] ?? match[3] ?? "").trim()]);
    end = match.index + match[0].length;
  }
  if (text.slice(end).trim() !== "") {
    throw usageProblem(
      `--add-config does not understand "${text.slice(end)}"`,
      "write name=value,name=[a,b]",
    );
  }
  return pairs;
}
