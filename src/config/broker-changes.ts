/** Changes of a running broker's settings (KIP-226): what may be changed, where, and to what. */
import { type BrokerConfig, listenerSetting } from "./broker-config.ts";
import { brokerSettingsByName } from "./broker-settings.ts";
import { type ConfigRefusal } from "./config-description.ts";
import { settingProblems } from "./config-checks.ts";
import { problemText } from "./config-error.ts";
import { invalidValue } from "./inherited.ts";
import { listenerProblems } from "./listeners.ts";
import { topicSettingsByName } from "./topic-settings.ts";

/** Key and trust stores belong to a listener; without its prefix they cannot be changed. */
const PER_LISTENER_ALONE: ReadonlySet<string> = new Set([
  "ssl.keystore.type",
  "ssl.keystore.location",
  "ssl.keystore.password",
  "ssl.key.password",
  "ssl.keystore.certificate.chain",
  "ssl.keystore.key",
  "ssl.truststore.type",
  "ssl.truststore.location",
  "ssl.truststore.password",
  "ssl.truststore.certificates",
]);

/** With a listener's prefix, only these can be set for the whole cluster. */
const CLUSTER_WIDE_OF_LISTENERS: ReadonlySet<string> = new Set([
  "max.connections",
  "max.connection.creation.rate",
  "num.network.threads",
]);

/**
 * Whether a broker resource (the cluster's default when its name is empty) may have these settings,
 * all of its own ones together. Kafka says INVALID_REQUEST here, whatever is wrong.
 */
export function validateBrokerChange(
  config: BrokerConfig,
  resourceName: string,
  texts: ReadonlyMap<string, string>,
): ConfigRefusal | undefined {
  const message =
    refusedNames([...texts.keys()], resourceName === "") ??
    refusedValue(texts) ??
    conflict(config, resourceName, texts);
  return message === undefined ? undefined : { error: "INVALID_REQUEST", message };
}

function refusedNames(names: readonly string[], isClusterDefault: boolean): string | undefined {
  const fixed = names.filter((name) => {
    const declared = brokerSettingsByName.get(name);
    return declared !== undefined && declared.changes === "read-only";
  });
  if (fixed.length > 0) return `these settings change with a restart alone: ${fixed.join(", ")}`;
  const unprefixed = names.filter((name) => PER_LISTENER_ALONE.has(name));
  if (unprefixed.length > 0) {
    return `these settings need the prefix of a listener: ${unprefixed.join(", ")}`;
  }
  if (!isClusterDefault) return undefined;
  const own = names.filter((name) => {
    const ofListener = listenerSetting(name);
    if (ofListener !== undefined) return !CLUSTER_WIDE_OF_LISTENERS.has(ofListener.name);
    return brokerSettingsByName.get(name)?.changes === "per-broker";
  });
  return own.length === 0 ? undefined : `these settings need the id of a broker: ${own.join(", ")}`;
}

function refusedValue(texts: ReadonlyMap<string, string>): string | undefined {
  for (const [name, text] of texts) {
    const declared = brokerSettingsByName.get(name) ?? listenerSetting(name);
    // Names that nobody declared may be set, as in Kafka: plugins read them there.
    if (declared === undefined) continue;
    const parsed = declared.type.parse(text);
    const secret = declared.type.kind === "password";
    if (!parsed.ok) return invalidValue(name, secret ? "[hidden]" : text, parsed.reason);
    const isClass = declared.type.kind === "class" || declared.name === "metric.reporters";
    if (isClass && parsed.text !== "" && parsed.text !== declared.type.defaultText) {
      return invalidValue(name, text, "Moldau loads no Java classes");
    }
  }
  return undefined;
}

function conflict(
  config: BrokerConfig,
  resourceName: string,
  texts: ReadonlyMap<string, string>,
): string | undefined {
  const proposed = config.proposed(resourceName, texts);
  const origin = (): undefined => undefined;
  const [problem] = [...settingProblems(proposed, origin), ...listenerProblems(proposed, origin)];
  return problem === undefined ? refusedPoolSize(config, proposed) : problemText(problem);
}

/** Sizes of pools that a running broker of Kafka changes step by step, to half or double at most. */
const POOL_SIZES = [
  "num.io.threads",
  "num.replica.fetchers",
  "num.recovery.threads.per.data.dir",
  "background.threads",
  "num.network.threads",
  "log.cleaner.threads",
] as const;

function refusedPoolSize(config: BrokerConfig, proposed: BrokerConfig): string | undefined {
  for (const name of POOL_SIZES) {
    const before = config.get(name);
    const after = proposed.get(name);
    if (after < Math.floor(before / 2)) {
      return invalidValue(name, String(after), `less than half of the current ${before}`);
    }
    if (after > before * 2) {
      return invalidValue(name, String(after), `more than double the current ${before}`);
    }
  }
  return undefined;
}

/**
 * The default of a setting that is a list, to which APPEND and SUBTRACT apply where nothing is set;
 * `undefined` when the setting is none, and they are refused. Of groups and client metrics Kafka
 * knows no lists.
 */
export function listDefault(
  resource: "topic" | "broker" | "group" | "client-metrics",
  name: string,
): readonly string[] | undefined {
  let declared;
  if (resource === "topic") declared = topicSettingsByName.get(name);
  if (resource === "broker") declared = brokerSettingsByName.get(name) ?? listenerSetting(name);
  if (declared?.type.kind !== "list") return undefined;
  const text = declared.type.defaultText ?? "";
  return text === "" ? [] : text.split(",");
}
