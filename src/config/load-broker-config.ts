import { BrokerConfig, listenerSetting } from "./broker-config.ts";
import { brokerSettings, brokerSettingsByName } from "./broker-settings.ts";
import { settingProblems } from "./config-checks.ts";
import { refuse, type ConfigProblem } from "./config-error.ts";
import { listenerProblems } from "./listeners.ts";
import { nearestName } from "./nearest-name.ts";
import { type Setting } from "./setting.ts";

/** Settings that came from one place. A later layer wins over an earlier one, name by name. */
export interface ConfigLayer {
  /** The place in words, for messages: `server.properties`, `the environment`, `--set`. */
  readonly origin: string;
  readonly texts: ReadonlyMap<string, string>;
  /** More exact places of single settings, such as the variable. */
  readonly origins?: ReadonlyMap<string, string>;
  /** Moldau's own choice and nobody's wish: no notices come of it. */
  readonly implied?: boolean;
}

/** Something the operator should know once, at start. */
export interface ConfigNotice {
  readonly kind: "unknown-setting" | "without-effect" | "dynamic-only";
  readonly settings: readonly string[];
  readonly message: string;
}

export interface LoadedConfig {
  readonly config: BrokerConfig;
  readonly notices: readonly ConfigNotice[];
}

/** Merges the layers, validates every value and throws `ConfigError` with all that is wrong. */
export function loadBrokerConfig(layers: readonly ConfigLayer[]): LoadedConfig {
  const texts = new Map<string, string>();
  const origins = new Map<string, ConfigLayer>();
  for (const layer of layers) {
    for (const [name, text] of withAliases(layer.texts)) {
      texts.set(name, text);
      origins.set(name, layer);
    }
  }
  const originOf = (name: string): string | undefined =>
    origins.get(name)?.origins?.get(name) ?? origins.get(name)?.origin;
  refuse(valueProblems(texts, originOf));
  const explicit = new Set<string>();
  for (const [name, layer] of origins) if (layer.implied !== true) explicit.add(name);
  const config = new BrokerConfig(texts, explicit);
  refuse([...settingProblems(config, originOf), ...listenerProblems(config, originOf)]);
  return { config, notices: noticesOf(texts, explicit) };
}

/** `broker.id` is the older name of `node.id`; whoever sets one sets both. */
function withAliases(texts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const nodeId = texts.get("node.id");
  const brokerId = texts.get("broker.id");
  if (nodeId === undefined && brokerId !== undefined)
    return new Map(texts).set("node.id", brokerId);
  if (brokerId === undefined && nodeId !== undefined)
    return new Map(texts).set("broker.id", nodeId);
  return texts;
}

function valueProblems(
  texts: ReadonlyMap<string, string>,
  originOf: (name: string) => string | undefined,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [name, text] of texts) {
    const declared = brokerSettingsByName.get(name) ?? listenerSetting(name);
    if (declared === undefined || declared.dynamicOnly) continue;
    const parsed = declared.type.parse(text);
    if (parsed.ok) continue;
    const secret = declared.type.kind === "password";
    problems.push({
      setting: name,
      value: secret ? undefined : text,
      origin: originOf(name),
      reason: parsed.reason,
      remedy: remedyOf(declared),
    });
  }
  for (const declared of brokerSettings) {
    if (declared.type.defaultText !== undefined || texts.has(declared.name)) continue;
    problems.push({
      setting: declared.name,
      value: undefined,
      origin: undefined,
      reason: "it has no default and was not set",
      remedy: remedyOf(declared),
    });
  }
  return problems;
}

/** What to write instead, from the declaration. */
export function remedyOf(declared: Setting): string {
  const { defaultText } = declared.type;
  const leave =
    defaultText === undefined || defaultText === null || defaultText === ""
      ? ""
      : `, or leave it out for ${defaultText}`;
  return `Set ${declared.name} to ${valueInWords(declared)}${leave}.`;
}

/** `a whole number of at least 1`, for remedies and documents. */
export function valueInWords(declared: Setting): string {
  const { kind, bounds } = declared.type;
  if (bounds.rule !== undefined) return bounds.rule;
  if (bounds.oneOf !== undefined) {
    return `${kind === "list" ? "some of" : "one of"} ${bounds.oneOf.join(", ")}`;
  }
  const nouns = {
    boolean: "true or false",
    string: "a text",
    int: "a whole number",
    short: "a whole number",
    long: "a whole number",
    double: "a number",
    list: "names separated by commas",
    class: "a class name",
    password: "a secret",
  };
  const noun = nouns[kind];
  if (bounds.min !== undefined && bounds.max !== undefined) {
    return `${noun} from ${bounds.min} to ${bounds.max}`;
  }
  if (bounds.min !== undefined) return `${noun} of at least ${bounds.min}`;
  if (bounds.max !== undefined) return `${noun} of at most ${bounds.max}`;
  return bounds.nonEmpty === true && kind !== "list" ? `${noun} that is not empty` : noun;
}

function noticesOf(
  texts: ReadonlyMap<string, string>,
  explicit: ReadonlySet<string>,
): ConfigNotice[] {
  const notices: ConfigNotice[] = [];
  const idle: string[] = [];
  for (const name of [...texts.keys()].filter((given) => explicit.has(given)).sort()) {
    const declared = brokerSettingsByName.get(name) ?? listenerSetting(name);
    if (declared === undefined) notices.push(unknownNotice(name));
    else if (declared.dynamicOnly) notices.push(dynamicOnlyNotice(name));
    else if (!declared.effective) idle.push(name);
  }
  if (idle.length > 0) {
    notices.push({
      kind: "without-effect",
      settings: idle,
      message: `known, but without effect in Moldau yet: ${idle.join(", ")}`,
    });
  }
  return notices;
}

function unknownNotice(name: string): ConfigNotice {
  const nearest = nearestName(name, brokerSettingsByName.keys());
  const hint = nearest === undefined ? "" : `; is ${nearest} meant?`;
  return {
    kind: "unknown-setting",
    settings: [name],
    message: `no setting is called ${name}${hint}`,
  };
}

function dynamicOnlyNotice(name: string): ConfigNotice {
  return {
    kind: "dynamic-only",
    settings: [name],
    message: `${name} is ignored here: it is set in the running cluster, with kafka-configs`,
  };
}
