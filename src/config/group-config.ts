import { type BrokerConfig } from "./broker-config.ts";
import { type BrokerSettingName, type BrokerValues } from "./broker-settings.ts";
import {
  type ConfigDescription,
  type ConfigRefusal,
  ConfigSource,
  type ConfigSynonym,
  type DescribeOptions,
} from "./config-description.ts";
import {
  type GroupSettingName,
  groupSettings,
  groupSettingsByName,
  type GroupValues,
} from "./group-settings.ts";
import { brokerSynonyms, describeResource, effectiveValue, invalidText } from "./inherited.ts";
import { type Setting } from "./setting.ts";

/** A group's own settings, as its ConfigRecords have them. */
export type GroupOverrides = ReadonlyMap<string, string>;

type NumberSetting = {
  [Name in BrokerSettingName]: BrokerValues[Name] extends number ? Name : never;
}[BrokerSettingName];
type GroupNumber = {
  [Name in GroupSettingName]: GroupValues[Name] extends number ? Name : never;
}[GroupSettingName];

/** What a group may ask for lies between these settings of the broker. */
interface Limits {
  readonly min?: NumberSetting;
  readonly max?: NumberSetting;
}

const LIMITS: ReadonlyMap<GroupNumber, Limits> = new Map<GroupNumber, Limits>([
  ...limitsOf("consumer"),
  ...limitsOf("share"),
  ...limitsOf("streams"),
  [
    "share.delivery.count.limit",
    {
      min: "group.share.min.delivery.count.limit",
      max: "group.share.max.delivery.count.limit",
    },
  ],
  [
    "share.record.lock.duration.ms",
    {
      min: "group.share.min.record.lock.duration.ms",
      max: "group.share.max.record.lock.duration.ms",
    },
  ],
  [
    "share.partition.max.record.locks",
    {
      min: "group.share.min.partition.max.record.locks",
      max: "group.share.max.partition.max.record.locks",
    },
  ],
  ["streams.num.standby.replicas", { max: "group.streams.max.standby.replicas" }],
  ["streams.num.warmup.replicas", { max: "group.streams.max.warmup.replicas" }],
  ["streams.task.offset.interval.ms", { min: "group.streams.min.task.offset.interval.ms" }],
]);

function limitsOf(type: "consumer" | "share" | "streams"): [GroupNumber, Limits][] {
  const what = ["heartbeat.interval.ms", "session.timeout.ms", "assignment.interval.ms"] as const;
  return what.map((setting) => [
    `${type}.${setting}`,
    { min: `group.${type}.min.${setting}`, max: `group.${type}.max.${setting}` },
  ]);
}

/** Topics whose names begin so are the cluster's own. */
const INTERNAL_TOPIC_PREFIX = "__";

/** The effective value of a group's setting. */
export function groupValue<Name extends GroupSettingName>(
  broker: BrokerConfig,
  overrides: GroupOverrides,
  name: Name,
): GroupValues[Name] {
  const declared = groupSettingsByName.get(name);
  if (name === "streams.assignor.name" && !overrides.has(name)) {
    // The broker's list is in order of preference; the cast is the one below.
    return broker.get("group.streams.assignors")[0] as GroupValues[Name];
  }
  // `effectiveValue` parses with the declaration from which `GroupValues` is inferred.
  return (
    declared === undefined ? undefined : effectiveValue(broker, overrides, declared).value
  ) as GroupValues[Name];
}

/** Whether a group may have these settings, all of its own ones together. */
export function validateGroupConfig(
  broker: BrokerConfig,
  groupId: string,
  overrides: GroupOverrides,
): ConfigRefusal | undefined {
  if (groupId === "") {
    return { error: "INVALID_REQUEST", message: "there is no default group to configure" };
  }
  const message =
    invalidText(overrides, groupSettingsByName, "group") ??
    outOfLimits(broker, overrides) ??
    conflict(broker, overrides);
  return message === undefined ? undefined : { error: "INVALID_CONFIG", message };
}

function outOfLimits(broker: BrokerConfig, overrides: GroupOverrides): string | undefined {
  for (const [name, { min, max }] of LIMITS) {
    if (!overrides.has(name)) continue;
    const value = groupValue(broker, overrides, name);
    if (min !== undefined && value < broker.get(min)) {
      return `${name} must be at least ${broker.get(min)} (${min})`;
    }
    if (max !== undefined && value > broker.get(max)) {
      return `${name} must be at most ${broker.get(max)} (${max})`;
    }
  }
  return undefined;
}

function conflict(broker: BrokerConfig, overrides: GroupOverrides): string | undefined {
  for (const type of ["consumer", "share", "streams"] as const) {
    const heartbeat = groupValue(broker, overrides, `${type}.heartbeat.interval.ms`);
    const session = groupValue(broker, overrides, `${type}.session.timeout.ms`);
    if (heartbeat < session) continue;
    const [lower, upper] = [`${type}.heartbeat.interval.ms`, `${type}.session.timeout.ms`];
    return `${lower} (${heartbeat}) must be below ${upper} (${session})`;
  }
  const topic = groupValue(broker, overrides, "errors.deadletterqueue.topic.name");
  if (topic.startsWith(INTERNAL_TOPIC_PREFIX)) {
    return `a dead letter queue cannot be a topic whose name begins with ${INTERNAL_TOPIC_PREFIX}`;
  }
  const assignor = overrides.get("streams.assignor.name");
  const assignors = broker.get("group.streams.assignors");
  if (assignor !== undefined && !assignors.includes(assignor.trim())) {
    return `streams.assignor.name ${assignor} is none of ${assignors.join(", ")}`;
  }
  return undefined;
}

/** Everything DescribeConfigs says about a group. */
export function describeGroupConfig(
  broker: BrokerConfig,
  overrides: GroupOverrides,
  options: DescribeOptions = {},
): ConfigDescription[] {
  return describeResource(
    overrides,
    groupSettings,
    ConfigSource.DYNAMIC_GROUP_CONFIG,
    options,
    (declared) =>
      declared.name === "streams.assignor.name"
        ? groupValue(broker, overrides, "streams.assignor.name")
        : effectiveValue(broker, overrides, declared).text,
    (declared) => groupSynonyms(broker, declared),
  );
}

/** A group's setting without a broker's behind it names itself as its default. */
function groupSynonyms(broker: BrokerConfig, declared: Setting): ConfigSynonym[] {
  if (declared.inherits.length > 0) return brokerSynonyms(broker, declared);
  const value = declared.type.defaultText ?? null;
  return [{ name: declared.name, value, source: ConfigSource.DEFAULT_CONFIG }];
}
