import { type BrokerConfig } from "./broker-config.ts";
import {
  type ConfigDescription,
  type ConfigRefusal,
  ConfigSource,
  type DescribeOptions,
} from "./config-description.ts";
import { brokerSynonyms, describeResource, effectiveValue, invalidText } from "./inherited.ts";
import { logConfigOf, type TopicOverrides } from "./log-config.ts";
import { topicSettings, topicSettingsByName } from "./topic-settings.ts";

/** Whether a topic may have these settings, all of its own ones together. */
export function validateTopicConfig(
  broker: BrokerConfig,
  overrides: TopicOverrides,
): ConfigRefusal | undefined {
  const message =
    invalidText(overrides, topicSettingsByName, "topic") ?? conflict(broker, overrides);
  return message === undefined ? undefined : { error: "INVALID_CONFIG", message };
}

function conflict(broker: BrokerConfig, overrides: TopicOverrides): string | undefined {
  const config = logConfigOf(broker, overrides);
  if (config.minCompactionLagMs > config.maxCompactionLagMs) {
    return (
      `min.compaction.lag.ms (${config.minCompactionLagMs}) must not be above ` +
      `max.compaction.lag.ms (${config.maxCompactionLagMs})`
    );
  }
  if (overrides.get("remote.storage.enable")?.trim().toLowerCase() === "true") {
    return "tiered storage is not available on this broker, so no topic can be kept in it";
  }
  return undefined;
}

/** Everything DescribeConfigs says about a topic. */
export function describeTopicConfig(
  broker: BrokerConfig,
  overrides: TopicOverrides,
  options: DescribeOptions = {},
): ConfigDescription[] {
  return describeResource(
    overrides,
    topicSettings,
    ConfigSource.DYNAMIC_TOPIC_CONFIG,
    options,
    (declared) => effectiveValue(broker, overrides, declared).text,
    (declared) => brokerSynonyms(broker, declared),
  );
}
