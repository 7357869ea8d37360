/** Settings of topics and groups, which the broker's settings give where they are not set. */
import { type BrokerConfig } from "./broker-config.ts";
import { ConfigSource, ConfigType } from "./config-description.ts";
import {
  type ConfigDescription,
  type ConfigSynonym,
  type DescribeOptions,
} from "./config-description.ts";
import { type Setting } from "./setting.ts";
import { type Parsed } from "./value-type.ts";

type Texts = ReadonlyMap<string, string>;

/**
 * The text that the broker's settings give, in the unit of the setting; else its own default. Below
 * the setting's bound it means the bound: any negative retention of a broker is no limit.
 */
export function inheritedText(broker: BrokerConfig, declared: Setting): string | null {
  for (const { name, multiplyBy } of declared.inherits) {
    const text = broker.text(name);
    if (text === null) continue;
    const { min } = declared.type.bounds;
    if (min !== undefined && Number(text) * multiplyBy < min) return String(min);
    return multiplyBy === 1 ? text : String(Number(text) * multiplyBy);
  }
  return declared.type.defaultText ?? null;
}

/**
 * The effective value of a setting. A text that no longer passes validation counts as absent, so
 * that what was stored under older rules stays usable.
 */
export function effectiveValue(
  broker: BrokerConfig,
  own: Texts,
  declared: Setting,
): { readonly value: unknown; readonly text: string | null } {
  for (const text of [own.get(declared.name), inheritedText(broker, declared)]) {
    if (text === undefined || text === null) continue;
    const parsed: Parsed<unknown> = declared.type.parse(text);
    if (parsed.ok) return parsed;
  }
  return { value: declared.type.defaultValue, text: declared.type.defaultText ?? null };
}

/** Describes a resource with settings of its own: a topic, a group, a metrics subscription. */
export function describeResource(
  own: Texts,
  declarations: Iterable<Setting>,
  source: ConfigSource,
  options: DescribeOptions,
  effective: (declared: Setting) => string | null,
  inheritedSynonyms: (declared: Setting) => ConfigSynonym[],
): ConfigDescription[] {
  const described: ConfigDescription[] = [];
  for (const declared of declarations) {
    const { name } = declared;
    if (options.names !== undefined && options.names !== null && !options.names.has(name)) continue;
    if (declared.internal && !own.has(name)) continue;
    const value = effective(declared);
    const synonyms = inheritedSynonyms(declared);
    if (own.has(name)) synonyms.unshift({ name, value, source });
    described.push({
      name,
      value,
      readOnly: false,
      configSource: synonyms[0]?.source ?? ConfigSource.DEFAULT_CONFIG,
      isSensitive: false,
      synonyms: options.includeSynonyms === true ? synonyms : [],
      configType: ConfigType[declared.type.kind],
      documentation: options.includeDocumentation === true ? declared.about : null,
    });
  }
  return described;
}

/** Where the broker's settings get a value from that a topic or group inherits. */
export function brokerSynonyms(broker: BrokerConfig, declared: Setting): ConfigSynonym[] {
  const [first] = declared.inherits;
  return first === undefined ? [] : broker.synonymsOf(first.name);
}

/** Refuses unknown names and values that their declarations refuse. */
export function invalidText(
  texts: Texts,
  declarations: ReadonlyMap<string, Setting>,
  what: string,
): string | undefined {
  for (const [name, text] of texts) {
    const declared = declarations.get(name);
    if (declared === undefined) return `Unknown ${what} config name: ${name}`;
    const parsed = declared.type.parse(text);
    if (!parsed.ok) return invalidValue(name, text, parsed.reason);
  }
  return undefined;
}

/** The sentence clients know for a value that is refused. */
export function invalidValue(name: string, text: string, reason: string): string {
  return `Invalid value ${text} for configuration ${name}: ${reason}`;
}
