import {
  type ConfigDescription,
  type ConfigRefusal,
  ConfigSource,
  type DescribeOptions,
} from "./config-description.ts";
import { clientMetricsSettings, clientMetricsSettingsByName } from "./client-settings.ts";
import { describeResource, invalidValue } from "./inherited.ts";

/** Bounds of the push interval (KIP-714). */
const INTERVAL_MS_MIN = 100;
const INTERVAL_MS_MAX = 3_600_000;

/** What a pattern may look at. */
const MATCH_KEYS: ReadonlySet<string> = new Set([
  "client_instance_id",
  "client_id",
  "client_software_name",
  "client_software_version",
  "client_source_address",
  "client_source_port",
]);

/** Whether a subscription to the metrics of clients may have these settings. */
export function validateClientMetricsConfig(
  subscription: string,
  texts: ReadonlyMap<string, string>,
): ConfigRefusal | undefined {
  if (subscription === "") return refused("INVALID_REQUEST", "a subscription needs a name");
  for (const [name, text] of texts) {
    const declared = clientMetricsSettingsByName.get(name);
    if (declared === undefined) {
      return refused("INVALID_REQUEST", `Unknown client metrics configuration: ${name}`);
    }
    const parsed = declared.type.parse(text);
    if (!parsed.ok) return refused("INVALID_CONFIG", invalidValue(name, text, parsed.reason));
    if (name === "interval.ms") {
      const intervalMs = Number(text);
      if (intervalMs < INTERVAL_MS_MIN || intervalMs > INTERVAL_MS_MAX) {
        const reason = `it must lie between ${INTERVAL_MS_MIN} and ${INTERVAL_MS_MAX}`;
        return refused("INVALID_REQUEST", invalidValue(name, text, reason));
      }
    }
    if (name === "match") {
      const wrong = parsed.text.split(",").find((pattern) => !isMatchPattern(pattern));
      if (wrong !== undefined && parsed.text !== "") {
        return refused(
          "INVALID_CONFIG",
          `"${wrong}" is no pattern of a client, such as client_id=a.*`,
        );
      }
    }
  }
  return undefined;
}

function refused(error: ConfigRefusal["error"], message: string): ConfigRefusal {
  return { error, message };
}

/** `key=regular expression`, the key one of the known ones. */
function isMatchPattern(text: string): boolean {
  const [key, pattern, more] = text.split("=");
  if (key === undefined || pattern === undefined || more !== undefined || pattern.trim() === "") {
    return false;
  }
  if (!MATCH_KEYS.has(key.trim())) return false;
  try {
    return new RegExp(pattern.trim()) instanceof RegExp;
  } catch {
    return false;
  }
}

/** Everything DescribeConfigs says about a subscription. */
export function describeClientMetricsConfig(
  texts: ReadonlyMap<string, string>,
  options: DescribeOptions = {},
): ConfigDescription[] {
  return describeResource(
    texts,
    clientMetricsSettings,
    ConfigSource.DYNAMIC_CLIENT_METRICS_CONFIG,
    options,
    (declared) => {
      const parsed = declared.type.parse(texts.get(declared.name) ?? "");
      return parsed.ok && texts.has(declared.name)
        ? parsed.text
        : (declared.type.defaultText ?? null);
    },
    () => [],
  );
}
