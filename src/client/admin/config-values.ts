import {
  ConfigResourceType as ResourceTypeCode,
  ConfigSource as SourceCode,
  ConfigType as TypeCode,
} from "../../protocol/constants.ts";
import { vocabulary, type WordOf } from "./vocabulary.ts";

/** Kinds of things that have settings. */
export const ConfigResourceType = {
  topic: "topic",
  /** Settings of one broker; with an empty name those that all brokers have by default. */
  broker: "broker",
  /** The levels of one broker's loggers (KIP-412). */
  brokerLogger: "brokerLogger",
  /** Subscriptions to the metrics of clients (KIP-714). */
  clientMetrics: "clientMetrics",
  /** Settings of one group (KIP-848); with an empty name there are none. */
  group: "group",
} as const;
export type ConfigResourceType = (typeof ConfigResourceType)[keyof typeof ConfigResourceType];

export const resourceTypes = vocabulary([
  ["topic", ResourceTypeCode.TOPIC],
  ["broker", ResourceTypeCode.BROKER],
  ["brokerLogger", ResourceTypeCode.BROKER_LOGGER],
  ["clientMetrics", ResourceTypeCode.CLIENT_METRICS],
  ["group", ResourceTypeCode.GROUP],
]);

const sources = vocabulary([
  ["topic", SourceCode.DYNAMIC_TOPIC_CONFIG],
  ["broker", SourceCode.DYNAMIC_BROKER_CONFIG],
  ["brokerDefault", SourceCode.DYNAMIC_DEFAULT_BROKER_CONFIG],
  ["static", SourceCode.STATIC_BROKER_CONFIG],
  ["default", SourceCode.DEFAULT_CONFIG],
  ["brokerLogger", SourceCode.DYNAMIC_BROKER_LOGGER_CONFIG],
  ["clientMetrics", SourceCode.DYNAMIC_CLIENT_METRICS_CONFIG],
  ["group", SourceCode.DYNAMIC_GROUP_CONFIG],
]);

const types = vocabulary([
  ["boolean", TypeCode.BOOLEAN],
  ["string", TypeCode.STRING],
  ["int", TypeCode.INT],
  ["short", TypeCode.SHORT],
  ["long", TypeCode.LONG],
  ["double", TypeCode.DOUBLE],
  ["list", TypeCode.LIST],
  ["class", TypeCode.CLASS],
  ["password", TypeCode.PASSWORD],
]);

/**
 * Where a value comes from: set for the `topic`, the `broker`, the `group` and so on; for all brokers
 * (`brokerDefault`); in the broker's properties (`static`); or Kafka's own `default`.
 */
export type ConfigSource = WordOf<typeof sources> | "unknown";
/** What values a setting takes. */
export type ConfigType = WordOf<typeof types> | "unknown";

/** A setting and its value. */
export interface ConfigValue {
  readonly name: string;
  /** Null when it is not set, and when it is sensitive: brokers do not tell those. */
  readonly value: string | null;
  readonly source: ConfigSource;
  /** Whether it is Kafka's own default. */
  readonly isDefault: boolean;
  /** Cannot be changed while the broker runs. */
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
}

/** One of the places that a value is looked for in, the first one counts. */
export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

/** A setting with all that is known of it. */
export interface ConfigEntry extends ConfigValue {
  readonly type: ConfigType;
  readonly synonyms: readonly ConfigSynonym[];
  /** Kafka's description, where it was asked for (KIP-569). */
  readonly documentation: string | null;
}

interface WireValue {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource: number;
  readonly isSensitive: boolean;
}

interface WireEntry extends WireValue {
  readonly configType: number;
  readonly synonyms: readonly {
    readonly name: string;
    readonly value: string | null;
    readonly source: number;
  }[];
  readonly documentation: string | null;
}

export function configValueOf(wire: WireValue): ConfigValue {
  const { name, value, readOnly: isReadOnly, isSensitive, configSource } = wire;
  const source = sources.wordOf(configSource);
  return { name, value, source, isDefault: source === "default", isReadOnly, isSensitive };
}

export function configEntryOf(wire: WireEntry): ConfigEntry {
  return {
    ...configValueOf(wire),
    type: types.wordOf(wire.configType),
    synonyms: wire.synonyms.map(({ name, value, source }) => ({
      name,
      value,
      source: sources.wordOf(source),
    })),
    documentation: wire.documentation,
  };
}
