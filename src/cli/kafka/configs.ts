import * as fs from "node:fs";
import { parseProperties } from "../../config/properties.ts";
import {
  alterConfigs,
  describeConfigs,
  listConfigResources,
  type ConfigChange,
  type ConfigResource,
} from "../../client/admin/configs.ts";
import {
  ConfigResourceType,
  type ConfigEntry,
  type ConfigSource,
} from "../../client/admin/config-values.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import {
  alterClientQuotas,
  describeClientQuotas,
  type ClientQuotas,
  type QuotaEntity,
} from "../../client/admin/quotas.ts";
import {
  describeUserScramCredentials,
  type ScramAlteration,
  type ScramMechanism,
} from "../../client/admin/scram-users.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { alterCredentials } from "../credentials.ts";
import type { Options } from "../command.ts";
import { ownSource } from "../config-words.ts";
import { ExitCode } from "../exit-code.ts";
import { usageProblem } from "../problem.ts";
import { write, type Terminal } from "../terminal.ts";
import { oneAction, withKafkaCluster } from "./options.ts";

/** Types of entities that have settings, by their name in this tool. */
const RESOURCE_TYPES: Readonly<Record<string, ConfigResourceType>> = {
  topics: ConfigResourceType.topic,
  brokers: ConfigResourceType.broker,
  "broker-loggers": ConfigResourceType.brokerLogger,
  groups: ConfigResourceType.group,
  "client-metrics": ConfigResourceType.clientMetrics,
};

/** Types that have quotas, and how requests call them. */
const QUOTA_TYPES: Readonly<Record<string, keyof QuotaEntity>> = {
  users: "user",
  clients: "client-id",
  ips: "ip",
};

/** Sources of a setting, in Kafka's words. */
const SOURCES: Readonly<Record<ConfigSource, string>> = {
  topic: "DYNAMIC_TOPIC_CONFIG",
  broker: "DYNAMIC_BROKER_CONFIG",
  brokerDefault: "DYNAMIC_DEFAULT_BROKER_CONFIG",
  static: "STATIC_BROKER_CONFIG",
  default: "DEFAULT_CONFIG",
  brokerLogger: "DYNAMIC_BROKER_LOGGER_CONFIG",
  clientMetrics: "DYNAMIC_CLIENT_METRICS_CONFIG",
  group: "DYNAMIC_GROUP_CONFIG",
  unknown: "UNKNOWN",
};

/** One thing that the flags name; no name stands for every one there is, null for the default. */
interface Entity {
  readonly type: string;
  readonly name: string | null | undefined;
}

/** `moldau kafka-configs`: answers in the words of Kafka's tool. */
export function run(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const action = oneAction(options, ["describe", "alter"]);
  const entities = entitiesOf(options);
  const [first] = entities;
  if (first === undefined) throw usageProblem("--entity-type is missing");
  return withKafkaCluster(terminal, options, async (cluster) => {
    const call = { terminal, cluster, options };
    const type = RESOURCE_TYPES[first.type];
    if (type === undefined) {
      if (action === "describe") await describeQuotas(call, entities);
      else await alterQuotas(call, entities);
    } else if (action === "describe") {
      await describeResources(call, type, first);
    } else {
      await alterResource(call, type, first);
    }
    return ExitCode.ok;
  });
}

interface Call {
  readonly terminal: Terminal;
  readonly cluster: Cluster;
  readonly options: Options;
}

/** Short flags, with the type each stands for. */
const SHORTHANDS: readonly (readonly [flag: string, type: string])[] = [
  ["topic", "topics"],
  ["broker", "brokers"],
  ["broker-logger", "broker-loggers"],
  ["group", "groups"],
  ["client-metrics", "client-metrics"],
  ["user", "users"],
  ["client", "clients"],
  ["ip", "ips"],
];
const DEFAULT_SHORTHANDS: readonly (readonly [flag: string, type: string])[] = [
  ["broker-defaults", "brokers"],
  ["user-defaults", "users"],
  ["client-defaults", "clients"],
  ["ip-defaults", "ips"],
];

function entitiesOf(options: Options): Entity[] {
  const names = [...options.list("entity-name")];
  let defaults = options.list("entity-default").length || (options.has("entity-default") ? 1 : 0);
  const entities = options.list("entity-type").map((type): Entity => {
    if (RESOURCE_TYPES[type] === undefined && QUOTA_TYPES[type] === undefined) {
      const all = [...Object.keys(RESOURCE_TYPES), ...Object.keys(QUOTA_TYPES)].join(", ");
      throw usageProblem(`--entity-type "${type}" is not known`, `it is one of ${all}`);
    }
    const name = names.shift();
    if (name !== undefined) return { type, name };
    return { type, name: defaults-- > 0 ? null : undefined };
  });
  for (const [flag, type] of SHORTHANDS) {
    if (options.has(flag)) entities.push({ type, name: options.text(flag) });
  }
  for (const [flag, type] of DEFAULT_SHORTHANDS) {
    if (options.has(flag)) entities.push({ type, name: null });
  }
  const isUserAndClient = entities.every(({ type }) => type === "users" || type === "clients");
  if (entities.length > 1 && !isUserAndClient) {
    throw usageProblem("only users and clients can be named together");
  }
  return entities;
}

async function describeResources(
  { terminal, cluster, options }: Call,
  type: ConfigResourceType,
  { name }: Entity,
): Promise<void> {
  const resources =
    name === undefined ? await everyResource(cluster, type) : [{ type, name: name ?? "" }];
  for (const resource of resources) {
    const [described] = await describeConfigs(cluster, [resource]);
    const entries = described === undefined ? [] : valueOf(described);
    await write(terminal.stdout, describedText(resource, entries, options, name !== undefined));
  }
}

async function everyResource(
  cluster: Cluster,
  type: ConfigResourceType,
): Promise<readonly ConfigResource[]> {
  const isOfBroker = type === ConfigResourceType.broker || type === ConfigResourceType.brokerLogger;
  if (!isOfBroker) return listConfigResources(cluster, [type]);
  const brokers = [...cluster.brokers.keys()].sort((a, b) => a - b);
  const named = brokers.map((id) => ({ type, name: String(id) }));
  return type === ConfigResourceType.broker ? [...named, { type, name: "" }] : named;
}

function describedText(
  resource: ConfigResource,
  entries: readonly ConfigEntry[],
  options: Options,
  isNamed: boolean,
): string {
  const all = options.has("all");
  const own = ownSource(resource);
  const shown = entries
    .filter(({ source }) => all || source === own)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const { type, name } = resource;
  const mayBeMissing =
    type === ConfigResourceType.group || type === ConfigResourceType.clientMetrics;
  if (mayBeMissing && isNamed && shown.length === 0) {
    const word = type === ConfigResourceType.group ? "group" : "client-metric";
    return `The ${word} '${name}' doesn't exist and doesn't have dynamic config.\n`;
  }
  const title =
    name === ""
      ? "Default configs for brokers in the cluster are:"
      : `${all ? "All" : "Dynamic"} configs for ${inWords(resource)} are:`;
  return `${[title, ...shown.map(entryText)].join("\n")}\n`;
}

function inWords({ type, name }: ConfigResource): string {
  const words = new Map<ConfigResourceType, string>([
    [ConfigResourceType.topic, "topic"],
    [ConfigResourceType.broker, "broker"],
    [ConfigResourceType.brokerLogger, "broker-logger"],
    [ConfigResourceType.group, "group"],
    [ConfigResourceType.clientMetrics, "client-metric"],
  ]);
  const word = words.get(type) ?? "entity";
  return name === "" ? `default ${word}s in the cluster` : `${word} ${name}`;
}

function entryText({ name, value, isSensitive, synonyms }: ConfigEntry): string {
  const from = synonyms.map(
    (synonym) => `${SOURCES[synonym.source]}:${synonym.name}=${synonym.value ?? "null"}`,
  );
  return `  ${name}=${value ?? "null"} sensitive=${isSensitive} synonyms={${from.join(", ")}}`;
}

async function alterResource(
  { terminal, cluster, options }: Call,
  type: ConfigResourceType,
  { name }: Entity,
): Promise<void> {
  if (name === undefined) throw usageProblem("--alter takes --entity-name or --entity-default");
  const resource = { type, name: name ?? "" };
  const [outcome] = await alterConfigs(cluster, [{ resource, changes: changesOf(options) }]);
  if (outcome !== undefined) valueOf(outcome);
  await write(terminal.stdout, `Completed updating config for ${inWords(resource)}.\n`);
}

function changesOf(options: Options): ConfigChange[] {
  const changes: ConfigChange[] = additionsOf(options).map(([name, value]) => ({ name, value }));
  for (const name of deletionsOf(options)) changes.push({ name, value: null });
  if (changes.length === 0) throw usageProblem("--alter takes --add-config or --delete-config");
  return changes;
}

function additionsOf(options: Options): (readonly [name: string, value: string])[] {
  const file = options.text("add-config-file");
  return [
    ...(file === undefined ? [] : parseProperties(fs.readFileSync(file, "utf8"))),
    ...parseAdditions(options.text("add-config") ?? ""),
  ];
}

function deletionsOf(options: Options): string[] {
  const names = (options.text("delete-config") ?? "").split(",").map((name) => name.trim());
  return names.filter((name) => name !== "");
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

const quotaWords: Readonly<Record<keyof QuotaEntity, string>> = {
  user: "user-principal",
  "client-id": "client-id",
  ip: "ip",
};

/** Quotas of users, clients and addresses; credentials of users. */
async function describeQuotas(
  { terminal, cluster }: Call,
  entities: readonly Entity[],
): Promise<void> {
  const filter = Object.fromEntries(
    entities.map(({ type, name }) => [
      QUOTA_TYPES[type] ?? type,
      name === undefined ? { any: true } : name,
    ]),
  );
  const found = await describeClientQuotas(cluster, filter, { strict: true });
  await write(terminal.stdout, found.map(quotaText).join(""));
  const [user] = entities;
  if (entities.length > 1 || user?.type !== "users" || user.name === null) return;
  const names = user.name === undefined ? null : [user.name];
  const lines: string[] = [];
  for (const { name, value, error } of await describeUserScramCredentials(cluster, names)) {
    if (error?.code === "RESOURCE_NOT_FOUND") continue;
    if (error !== undefined) throw error;
    const texts = value.map(({ mechanism, iterations }) => `${mechanism}=iterations=${iterations}`);
    lines.push(`SCRAM credential configs for user-principal '${name}' are ${texts.join(", ")}\n`);
  }
  await write(terminal.stdout, lines.join(""));
}

function quotaText({ entity, quotas }: ClientQuotas): string {
  const order = ["user", "client-id", "ip"] as const;
  const names = order.flatMap((type) => {
    const name = entity[type];
    if (name === undefined) return [];
    return [name === null ? `the default ${quotaWords[type]}` : `${quotaWords[type]} '${name}'`];
  });
  const values = Object.entries(quotas)
    .map(([name, value]) => `${name}=${Number.isInteger(value) ? value.toFixed(1) : value}`)
    .join(", ");
  return `Quota configs for ${names.join(", ")} are ${values}\n`;
}

const SCRAM_NAME = /^SCRAM-SHA-(?:256|512)$/;

async function alterQuotas(
  { terminal, cluster, options }: Call,
  entities: readonly Entity[],
): Promise<void> {
  const unnamed = entities.find(({ name }) => name === undefined);
  if (unnamed !== undefined) throw usageProblem("--alter takes --entity-name or --entity-default");
  const additions = additionsOf(options);
  const deletions = deletionsOf(options);
  const [first] = entities;
  const credentials = [
    ...additions
      .filter(([name]) => SCRAM_NAME.test(name))
      .map(([name, value]) => scramOf(first?.name ?? "", name, value)),
    ...deletions
      .filter((name) => SCRAM_NAME.test(name))
      .map((name): ScramAlteration => ({
        user: first?.name ?? "",
        mechanism: name as ScramMechanism,
        password: null,
      })),
  ];
  const quotas = Object.fromEntries([
    ...additions
      .filter(([name]) => !SCRAM_NAME.test(name))
      .map(([name, value]) => [name, numberOf(name, value)] as const),
    ...deletions.filter((name) => !SCRAM_NAME.test(name)).map((name) => [name, null] as const),
  ]);
  if (credentials.length + Object.keys(quotas).length === 0) {
    throw usageProblem("--alter takes --add-config or --delete-config");
  }
  if (Object.keys(quotas).length > 0) {
    const entity = Object.fromEntries(
      entities.map(({ type, name }) => [QUOTA_TYPES[type] ?? type, name]),
    );
    for (const outcome of await alterClientQuotas(cluster, [{ entity, quotas }])) valueOf(outcome);
  }
  if (credentials.length > 0) {
    if (first?.type !== "users" || first.name === null)
      throw usageProblem("SCRAM credentials are for a named user");
    for (const outcome of await alterCredentials(cluster, credentials)) valueOf(outcome);
  }
  const last = entities.at(-1);
  const word = (last?.type ?? "").replace(/s$/, "");
  const name = last?.name === null ? `default ${word}s in the cluster` : `${word} ${last?.name}`;
  await write(terminal.stdout, `Completed updating config for ${name}.\n`);
}

function numberOf(name: string, value: string): number {
  const number = Number(value);
  if (value !== "" && !Number.isNaN(number)) return number;
  throw usageProblem(`${name} takes a number, not "${value}"`);
}

/** `iterations=8192,password=secret`. */
function scramOf(user: string, mechanism: string, text: string): ScramAlteration {
  const password = /(?:^|,)password=(.*)$/s.exec(text)?.[1];
  const iterations = /(?:^|,)iterations=(\d+)/.exec(text)?.[1];
  if (password === undefined) {
    throw usageProblem(`${mechanism} needs a password`, `write ${mechanism}=[password=…]`);
  }
  return {
    user,
    mechanism: mechanism as ScramMechanism,
    password,
    ...(iterations === undefined ? {} : { iterations: Number(iterations) }),
  };
}
