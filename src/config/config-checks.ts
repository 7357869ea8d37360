/** What must hold between settings, beyond the bounds of each. The rules are Kafka's own. */
import { type BrokerConfig } from "./broker-config.ts";
import { type BrokerSettingName, type BrokerValues } from "./broker-settings.ts";
import { type ConfigProblem } from "./config-error.ts";

type NumberSetting = {
  [Name in BrokerSettingName]: BrokerValues[Name] extends number ? Name : never;
}[BrokerSettingName];

/** `lower` must not be above `upper`; with `strict` it must be below. */
interface Order {
  readonly lower: NumberSetting;
  readonly upper: NumberSetting;
  readonly strict?: boolean;
}

/** The limits that a group may ask for enclose the default that it gets. */
function enclosed(prefix: "group.consumer" | "group.share" | "group.streams"): Order[] {
  const orders: Order[] = [];
  for (const what of [
    "heartbeat.interval.ms",
    "session.timeout.ms",
    "assignment.interval.ms",
  ] as const) {
    orders.push({ lower: `${prefix}.min.${what}`, upper: `${prefix}.max.${what}` });
    orders.push({ lower: `${prefix}.min.${what}`, upper: `${prefix}.${what}` });
    orders.push({ lower: `${prefix}.${what}`, upper: `${prefix}.max.${what}` });
  }
  orders.push({
    lower: `${prefix}.heartbeat.interval.ms`,
    upper: `${prefix}.session.timeout.ms`,
    strict: true,
  });
  return orders;
}

const ORDERS: readonly Order[] = [
  ...enclosed("group.consumer"),
  ...enclosed("group.share"),
  ...enclosed("group.streams"),
  { lower: "group.share.min.delivery.count.limit", upper: "group.share.delivery.count.limit" },
  { lower: "group.share.delivery.count.limit", upper: "group.share.max.delivery.count.limit" },
  {
    lower: "group.share.min.record.lock.duration.ms",
    upper: "group.share.record.lock.duration.ms",
  },
  {
    lower: "group.share.record.lock.duration.ms",
    upper: "group.share.max.record.lock.duration.ms",
  },
  {
    lower: "group.share.min.partition.max.record.locks",
    upper: "group.share.partition.max.record.locks",
  },
  {
    lower: "group.share.partition.max.record.locks",
    upper: "group.share.max.partition.max.record.locks",
  },
  { lower: "group.share.max.size", upper: "group.share.max.share.sessions" },
  { lower: "group.streams.num.standby.replicas", upper: "group.streams.max.standby.replicas" },
  { lower: "group.streams.num.warmup.replicas", upper: "group.streams.max.warmup.replicas" },
  {
    lower: "group.streams.min.task.offset.interval.ms",
    upper: "group.streams.task.offset.interval.ms",
  },
  { lower: "replica.fetch.wait.max.ms", upper: "replica.socket.timeout.ms" },
  { lower: "replica.fetch.wait.max.ms", upper: "replica.lag.time.max.ms" },
];

/** Compressions that a stored topic can have: none, gzip, snappy, lz4, zstd. */
const COMPRESSION_CODES = 5;
const CLEANER_BYTES_PER_THREAD_MIN = 1_048_576;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Everything that is wrong between settings, the listeners aside. */
export function settingProblems(
  config: BrokerConfig,
  originOf: (name: string) => string | undefined,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const report: Report = (setting, reason, remedy) => {
    const value = config.text(setting) ?? undefined;
    problems.push({ setting, value, origin: originOf(setting), reason, remedy });
  };
  for (const order of ORDERS) checkOrder(config, order, report);
  checkNode(config, report);
  checkLogs(config, report);
  checkConnections(config, report);
  checkGroups(config, report);
  return problems;
}

type Report = (setting: BrokerSettingName, reason: string, remedy: string) => void;

function checkOrder(config: BrokerConfig, { lower, upper, strict }: Order, report: Report): void {
  const [low, high] = [config.get(lower), config.get(upper)];
  if (strict === true ? low < high : low <= high) return;
  // Whichever the operator touched is the one to talk about.
  const blamed = config.isExplicit(lower) || !config.isExplicit(upper) ? lower : upper;
  const other = blamed === lower ? upper : lower;
  const side = blamed === lower ? "below" : "above";
  const must = strict === true ? `be ${side}` : `not be ${side === "below" ? "above" : "below"}`;
  report(
    blamed,
    `it must ${must} ${other}, which is ${config.get(other)}`,
    `Change ${blamed}, or ${other} with it.`,
  );
}

function checkNode(config: BrokerConfig, report: Report): void {
  if (config.get("broker.id") !== config.nodeId) {
    report(
      "broker.id",
      `it differs from node.id, which is ${config.nodeId}`,
      "Leave broker.id out; node.id is enough.",
    );
  }
}

function checkLogs(config: BrokerConfig, report: Report): void {
  const retentionMs =
    config.get("log.retention.ms") ??
    times(config.get("log.retention.minutes"), MINUTE_MS) ??
    config.get("log.retention.hours") * HOUR_MS;
  if (retentionMs === 0) {
    report(
      firstSet(config, ["log.retention.ms", "log.retention.minutes", "log.retention.hours"]),
      "0 would delete records as soon as they are written",
      "Set it to -1 to keep records for ever, or to 1 or more.",
    );
  }
  if ((config.get("log.roll.ms") ?? 1) < 1) {
    report("log.roll.ms", "it must be at least 1", "Set log.roll.ms to 1 or more.");
  }
  if ((config.get("log.roll.jitter.ms") ?? 0) < 0) {
    report("log.roll.jitter.ms", "it must be at least 0", "Set log.roll.jitter.ms to 0 or more.");
  }
  const threads = config.get("log.cleaner.threads");
  if (config.get("log.cleaner.dedupe.buffer.size") < threads * CLEANER_BYTES_PER_THREAD_MIN) {
    report(
      "log.cleaner.dedupe.buffer.size",
      `each of the ${threads} cleaner threads needs 1 MiB of it`,
      "Set it to 134217728, or take fewer threads.",
    );
  }
  const cordoned = config.get("cordoned.log.dirs");
  const directories = logDirsOf(config);
  const unknown = cordoned.find(
    (directory) => directory !== "*" && !directories.includes(directory),
  );
  if (unknown !== undefined || (cordoned.includes("*") && cordoned.length > 1)) {
    report(
      "cordoned.log.dirs",
      unknown === undefined ? "* stands alone" : `${unknown} is none of the log directories`,
      `Name some of ${directories.join(", ")}, or * alone for all.`,
    );
  }
}

function checkConnections(config: BrokerConfig, report: Report): void {
  const queued = config.get("queued.max.request.bytes");
  const largest = config.get("socket.request.max.bytes");
  if (queued > 0 && queued < largest) {
    report(
      "queued.max.request.bytes",
      `a single request may have ${largest} bytes (socket.request.max.bytes)`,
      `Set it to ${largest} or more, or to -1 for no limit.`,
    );
  }
  const overrides = config.get("max.connections.per.ip.overrides");
  if (config.get("max.connections.per.ip") === 0 && overrides === "") {
    report(
      "max.connections.per.ip",
      "0 lets nobody connect, because max.connections.per.ip.overrides is empty",
      "Set it to 1 or more, or name the addresses that may connect.",
    );
  }
}

function checkGroups(config: BrokerConfig, report: Report): void {
  if (!config.get("group.coordinator.rebalance.protocols").includes("classic")) {
    report(
      "group.coordinator.rebalance.protocols",
      "classic cannot be left out",
      "Add classic to it.",
    );
  }
  for (const setting of [
    "offsets.topic.compression.codec",
    "share.coordinator.state.topic.compression.codec",
  ] as const) {
    const code = config.get(setting);
    if (code >= 0 && code < COMPRESSION_CODES) continue;
    report(
      setting,
      "no compression has this number",
      "Set it to 0 (none), 1 (gzip), 2 (snappy), 3 (lz4) or 4 (zstd).",
    );
  }
}

/** The directories of the logs: `log.dirs`, else `log.dir`. */
export function logDirsOf(config: BrokerConfig): readonly string[] {
  return config.get("log.dirs") ?? config.get("log.dir");
}

/** The directory of the metadata log. */
export function metadataLogDirOf(config: BrokerConfig): string {
  return config.get("metadata.log.dir") ?? logDirsOf(config)[0] ?? "";
}

function times(value: number | null, factor: number): number | undefined {
  return value === null ? undefined : value * factor;
}

function firstSet(
  config: BrokerConfig,
  names: readonly [BrokerSettingName, ...BrokerSettingName[]],
): BrokerSettingName {
  return names.find((name) => config.isExplicit(name)) ?? names[0];
}
