import {
  ConfigResourceType,
  type ConfigEntry,
  type ConfigSource,
} from "../client/admin/config-values.ts";
import { describeConfigs, type ConfigResource } from "../client/admin/configs.ts";
import { valueOf } from "../client/admin/outcome.ts";
import type { Cluster } from "../client/cluster/cluster.ts";
import type { KafkaError } from "../client/errors.ts";
import { Problem, problemOf, usageProblem } from "./problem.ts";
import type { ConfigRow } from "./shapes/config.ts";
import { CONFIG_TYPES } from "./words.ts";
import { nearest } from "./suggest.ts";

const sources: Readonly<Partial<Record<ConfigSource, string>>> = {
  brokerDefault: "all brokers",
  static: "file",
};

/** Who set a value, for people. */
export function sourceText(source: ConfigSource): string {
  return sources[source] ?? source;
}

export type ConfigTypeWord = (typeof CONFIG_TYPES)[number];

const types: Readonly<Record<ConfigTypeWord, ConfigResourceType>> = {
  topic: ConfigResourceType.topic,
  broker: ConfigResourceType.broker,
  "broker-logger": ConfigResourceType.brokerLogger,
  group: ConfigResourceType.group,
  "client-metrics": ConfigResourceType.clientMetrics,
};

/** What stands for the settings that all brokers have. */
const DEFAULT_BROKER = "default";

/** The type that a word, or its plural, stands for. */
export function configType(text: string): ConfigTypeWord {
  const type = CONFIG_TYPES.find((one) => one === text || `${one}s` === text);
  if (type !== undefined) return type;
  const near = nearest(text, CONFIG_TYPES);
  throw usageProblem(
    `nothing of the type "${text}" has settings`,
    near === undefined ? `it is one of ${CONFIG_TYPES.join(", ")}` : `did you mean: ${near}`,
  );
}

/** A resource by the words of the command line. */
export function configResource(type: ConfigTypeWord, name: string): ConfigResource {
  if (type === "broker" && name === DEFAULT_BROKER) return { type: types[type], name: "" };
  if ((type === "broker" || type === "broker-logger") && !/^\d+$/.test(name)) {
    throw usageProblem(`a broker has a number, and "${name}" is none`, "see: moldau broker list");
  }
  return { type: types[type], name };
}

/** Where a value of this very resource is set while the cluster runs. */
export function ownSource({ type, name }: ConfigResource): ConfigSource {
  switch (type) {
    case ConfigResourceType.topic:
      return "topic";
    case ConfigResourceType.brokerLogger:
      return "brokerLogger";
    case ConfigResourceType.group:
      return "group";
    case ConfigResourceType.clientMetrics:
      return "clientMetrics";
    case ConfigResourceType.broker:
      return name === "" ? "brokerDefault" : "broker";
  }
}

/** What a setting would be if it were not set for this resource; undefined where that is not told. */
export function valueWithout(
  entry: ConfigEntry | undefined,
  resource: ConfigResource,
): string | null | undefined {
  const own = ownSource(resource);
  const rest = entry?.synonyms.filter(({ source }) => source !== own) ?? [];
  if (rest[0] !== undefined) return rest[0].value;
  return entry?.isDefault === true ? entry.value : undefined;
}

/** Settings of one resource as rows. */
export async function configRows(
  cluster: Cluster,
  type: ConfigTypeWord,
  resource: ConfigResource,
): Promise<ConfigRow[]> {
  const [described] = await describeConfigs(cluster, [resource], { includeDocumentation: true });
  const entries = described === undefined ? [] : valueOf(described);
  return entries
    .map((entry) => rowOf(type, resource, entry))
    .sort((a, b) => (a.setting < b.setting ? -1 : 1));
}

function rowOf(type: ConfigTypeWord, resource: ConfigResource, entry: ConfigEntry): ConfigRow {
  const fallback = valueWithout(entry, resource);
  return {
    type,
    name: resource.name,
    setting: entry.name,
    value: entry.value,
    source: sourceText(entry.source),
    default: fallback ?? null,
    kind: entry.type === "unknown" ? "" : entry.type,
    readOnly: entry.isReadOnly,
    sensitive: entry.isSensitive,
    synonyms: entry.synonyms.map(({ name, value, source }) => ({
      setting: name,
      value,
      source: sourceText(source),
    })),
    documentation: entry.documentation,
  };
}

/** An error of changing settings, with the name that was meant where one of them is none. */
export function explainSetting(
  error: KafkaError | undefined,
  asked: readonly string[],
  known: Iterable<string>,
): KafkaError | Problem | undefined {
  if (error?.code !== "INVALID_CONFIG") return error;
  const names = new Set(known);
  const wrong = asked.find((name) => !names.has(name) && error.message.includes(name));
  const near = wrong === undefined ? undefined : nearest(wrong, names);
  if (near === undefined) return error;
  const { code, message } = problemOf(error);
  return new Problem(code, message, { remedy: `did you mean: ${near}`, cause: error });
}
