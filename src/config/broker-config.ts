import { type BrokerSettingName, type BrokerValues } from "./broker-settings.ts";
import { brokerSettings, brokerSettingsByName } from "./broker-settings.ts";
import {
  ConfigSource,
  ConfigType,
  type ConfigDescription,
  type ConfigSynonym,
  type DescribeOptions,
} from "./config-description.ts";
import { type Setting } from "./setting.ts";

type Texts = ReadonlyMap<string, string>;
const NO_TEXTS: Texts = new Map();

/** Called with the names whose effective value changed. */
export type ConfigListener = (changed: ReadonlySet<string>) => void;

/** What one setting is right now. */
interface Effective {
  readonly value: unknown;
  readonly text: string | null;
}

/**
 * The configuration of this node: typed values by Kafka's names. Static texts come from files, the
 * environment and flags and never change; dynamic ones are the ConfigRecords of the cluster's
 * default and of this broker, and win (KIP-226).
 */
export class BrokerConfig {
  readonly #static: Texts;
  readonly #explicit: ReadonlySet<string>;
  readonly #listeners = new Set<ConfigListener>();
  #clusterDefaults = NO_TEXTS;
  #broker = NO_TEXTS;
  #effective: ReadonlyMap<string, Effective>;

  /** Of texts that were validated; `loadBrokerConfig` is the way to make one from outside. */
  constructor(texts: Texts, explicit: ReadonlySet<string>) {
    this.#static = texts;
    this.#explicit = explicit;
    this.#effective = this.#resolveAll();
  }

  get nodeId(): number {
    return this.get("node.id");
  }

  /** The effective value of a setting. */
  get<Name extends BrokerSettingName>(name: Name): BrokerValues[Name] {
    // The map is filled from the declarations from which `BrokerValues` is inferred.
    return this.#effective.get(name)?.value as BrokerValues[Name];
  }

  /** The effective value as text, `null` when there is none; also of names no declaration knows. */
  text(name: string): string | null {
    return this.#effective.get(name)?.text ?? this.#rawText(name) ?? null;
  }

  /** Whether the operator set this one, in a file, the environment, a flag or dynamically. */
  isExplicit(name: BrokerSettingName): boolean {
    return this.#explicit.has(name) || this.#broker.has(name) || this.#clusterDefaults.has(name);
  }

  /** A setting as one listener sees it: `listener.name.<listener>.<name>` before `<name>`. */
  getFor<Name extends BrokerSettingName>(listener: string, name: Name): BrokerValues[Name] {
    const own = this.#rawText(`listener.name.${listener.toLowerCase()}.${name}`);
    if (own === undefined) return this.get(name);
    const parsed = brokerSettingsByName.get(name)?.type.parse(own);
    return parsed?.ok === true ? (parsed.value as BrokerValues[Name]) : this.get(name);
  }

  /**
   * Takes over what the metadata log says about a broker resource: the empty name is the cluster's
   * default, the others are node ids. Resources of other brokers are not ours and change nothing. A
   * value that no longer passes validation is left out, as if it were not set.
   */
  applyDynamic(resourceName: string, texts: Texts): void {
    if (resourceName === "") this.#clusterDefaults = new Map(texts);
    else if (resourceName === String(this.nodeId)) this.#broker = new Map(texts);
    else return;
    const before = this.#effective;
    this.#effective = this.#resolveAll();
    const changed = new Set<string>();
    for (const [name, { text }] of this.#effective) {
      if (before.get(name)?.text !== text) changed.add(name);
    }
    if (changed.size > 0) for (const listener of this.#listeners) listener(changed);
  }

  /** This configuration as it would be with that dynamic change; nothing here changes. */
  proposed(resourceName: string, texts: Texts): BrokerConfig {
    const other = new BrokerConfig(this.#static, this.#explicit);
    other.applyDynamic("", this.#clusterDefaults);
    other.applyDynamic(String(this.nodeId), this.#broker);
    other.applyDynamic(resourceName, texts);
    return other;
  }

  /** Calls back after every change of effective values; the answer ends it. */
  onChange(listener: ConfigListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Everything DescribeConfigs says about this broker. */
  describe(options: DescribeOptions = {}): ConfigDescription[] {
    const names = new Set<string>();
    for (const declared of brokerSettings) {
      if (!declared.internal && !declared.dynamicOnly) names.add(declared.name);
    }
    for (const texts of [this.#static, this.#clusterDefaults, this.#broker]) {
      for (const name of texts.keys()) names.add(name);
    }
    return this.#describeNames(
      names,
      options,
      (name) => this.text(name),
      () => true,
    );
  }

  /** The same about the cluster's default: only what is set there. */
  describeClusterDefaults(options: DescribeOptions = {}): ConfigDescription[] {
    const isDefault = (synonym: ConfigSynonym): boolean =>
      synonym.source === ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG;
    const texts = this.#clusterDefaults;
    return this.#describeNames(texts.keys(), options, (name) => texts.get(name) ?? null, isDefault);
  }

  /** Where a setting's value comes from, the winning one first. */
  synonymsOf(name: string): ConfigSynonym[] {
    const declared = brokerSettingsByName.get(name);
    const names = declared?.synonyms ?? listenerSynonyms(name);
    const sensitive = isSensitive(declared ?? brokerSettingsByName.get(names.at(-1) ?? name));
    const found: ConfigSynonym[] = [];
    const add = (
      textOf: (name: string) => string | null | undefined,
      source: ConfigSource,
    ): void => {
      for (const synonym of names) {
        const value = textOf(synonym);
        if (value === undefined || value === null) continue;
        found.push({ name: synonym, value: sensitive ? null : value, source });
      }
    };
    add((of) => this.#broker.get(of), ConfigSource.DYNAMIC_BROKER_CONFIG);
    add((of) => this.#clusterDefaults.get(of), ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);
    add((of) => this.#static.get(of), ConfigSource.STATIC_BROKER_CONFIG);
    add(defaultTextOf, ConfigSource.DEFAULT_CONFIG);
    // What stands before the setting itself belongs to a synonym that Kafka does not report.
    const own = found.findIndex((synonym) => synonym.name === name);
    return own === -1 ? [] : found.slice(own);
  }

  #describeNames(
    names: Iterable<string>,
    options: DescribeOptions,
    textOf: (name: string) => string | null,
    keep: (synonym: ConfigSynonym) => boolean,
  ): ConfigDescription[] {
    const described: ConfigDescription[] = [];
    for (const name of names) {
      if (options.names !== undefined && options.names !== null && !options.names.has(name))
        continue;
      const declared = brokerSettingsByName.get(name) ?? listenerSetting(name);
      const sensitive = isSensitive(declared);
      const synonyms = this.synonymsOf(name).filter(keep);
      described.push({
        name,
        value: sensitive ? null : textOf(name),
        // Of names with a listener's prefix Kafka says so too, though it lets them be changed.
        readOnly: (brokerSettingsByName.get(name)?.changes ?? "read-only") === "read-only",
        configSource: synonyms[0]?.source ?? ConfigSource.DEFAULT_CONFIG,
        isSensitive: sensitive,
        synonyms: options.includeSynonyms === true ? synonyms : [],
        configType: declared === undefined ? ConfigType.unknown : ConfigType[declared.type.kind],
        documentation: options.includeDocumentation === true ? (declared?.about ?? null) : null,
      });
    }
    return described;
  }

  #rawText(name: string): string | undefined {
    return this.#broker.get(name) ?? this.#clusterDefaults.get(name) ?? this.#static.get(name);
  }

  #resolveAll(): ReadonlyMap<string, Effective> {
    return new Map(brokerSettings.map((declared) => [declared.name, this.#resolve(declared)]));
  }

  #resolve(declared: Setting): Effective {
    for (const texts of [this.#broker, this.#clusterDefaults, this.#static]) {
      const text = texts.get(declared.name);
      const parsed = text === undefined ? undefined : declared.type.parse(text);
      if (parsed?.ok === true) return parsed;
      // As in Kafka a dynamic synonym, such as the milliseconds, also ends what this one said.
      const others = declared.synonyms.filter((synonym) => synonym !== declared.name);
      if (others.some((synonym) => texts.has(synonym))) break;
    }
    return { value: declared.type.defaultValue, text: declared.type.defaultText ?? null };
  }
}

const LISTENER_PREFIX = /^listener\.name\.([^.]+)\.(.+)$/;

/** The declaration behind `listener.name.<listener>.[<mechanism>.]<setting>`. */
export function listenerSetting(name: string): Setting | undefined {
  const base = LISTENER_PREFIX.exec(name)?.[2];
  if (base === undefined) return undefined;
  return brokerSettingsByName.get(base) ?? brokerSettingsByName.get(afterFirstDot(base));
}

function listenerSynonyms(name: string): readonly string[] {
  const declared = listenerSetting(name);
  return declared === undefined ? [name] : [name, declared.name];
}

/** Settings that records alone set have no default of the broker's behind them. */
function defaultTextOf(name: string): string | null | undefined {
  const declared = brokerSettingsByName.get(name);
  return declared?.dynamicOnly === true ? undefined : declared?.type.defaultText;
}

function afterFirstDot(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}

/** Of a setting that nobody declared nothing is known, so it may be a secret. */
function isSensitive(declared: Setting | undefined): boolean {
  return declared === undefined || declared.type.kind === "password";
}
