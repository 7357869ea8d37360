/**
 * `KAFKA_*` variables as settings, by the rule of the apache/kafka image, with what that image and
 * confluentinc/cp-kafka do besides. The environment comes in as an argument.
 */
import { type ConfigLayer } from "./load-broker-config.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Levels of the log, as people know them from log4j. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export interface LogLevels {
  /** Of everything that has no level of its own; `undefined` leaves the default. */
  readonly root: LogLevel | undefined;
  /** By the name of a Java logger, such as `kafka.controller`. */
  readonly loggers: ReadonlyMap<string, LogLevel>;
}

export interface EnvironmentConfig {
  readonly layer: ConfigLayer;
  /** From `CLUSTER_ID`. */
  readonly clusterId: string | undefined;
  readonly logLevels: LogLevels;
}

/** Variables with the prefix that are not settings; most steer the Java machine. */
const NOT_SETTINGS: ReadonlySet<string> = new Set([
  "KAFKA_VERSION",
  "KAFKA_HEAP_OPTS",
  "KAFKA_LOG4J_OPTS",
  "KAFKA_OPTS",
  "KAFKA_JMX_OPTS",
  "KAFKA_JVM_PERFORMANCE_OPTS",
  "KAFKA_GC_LOG_OPTS",
  "KAFKA_LOG4J_ROOT_LOGLEVEL",
  "KAFKA_LOG4J_LOGGERS",
  "KAFKA_TOOLS_LOG4J_LOGLEVEL",
  "KAFKA_JMX_HOSTNAME",
  // The image maps this one to jmx.port, which nothing reads.
  "KAFKA_JMX_PORT",
]);

const PREFIX = "KAFKA_";

/** Origin of listeners that nobody named. */
export const DERIVED_LISTENERS = "KAFKA_ADVERTISED_LISTENERS, with every host replaced";

/**
 * The setting that a variable stands for; `undefined` when it stands for none. Every `KAFKA_` in
 * the name goes, not only the first; then one underscore is a dot, two an underscore, three a dash.
 */
export function settingOfVariable(variable: string): string | undefined {
  if (!variable.startsWith(PREFIX) || NOT_SETTINGS.has(variable)) return undefined;
  const name = variable
    .replaceAll(PREFIX, "")
    .toLowerCase()
    .replaceAll("_", ".")
    .replaceAll("...", "-")
    .replaceAll("..", "_");
  return name === "" ? undefined : name;
}

/**
 * What the environment says. `args` are `NAME=value` as the image's run script takes them; they win
 * over variables of the same name. Empty values count, as they do in the images.
 */
export function readEnvironment(env: Environment, args: readonly string[] = []): EnvironmentConfig {
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined) variables.set(name, value);
  }
  for (const arg of args) {
    const equals = arg.indexOf("=");
    if (equals > 0) variables.set(arg.slice(0, equals), arg.slice(equals + 1));
  }
  const texts = new Map<string, string>();
  const origins = new Map<string, string>();
  for (const [variable, value] of variables) {
    const name = settingOfVariable(variable);
    if (name === undefined) continue;
    texts.set(name, value);
    origins.set(name, variable);
  }
  deriveListeners(texts, origins);
  const clusterId = variables.get("CLUSTER_ID");
  return {
    layer: { origin: "the environment", texts, origins },
    clusterId: clusterId === "" ? undefined : clusterId,
    logLevels: readLogLevels(variables),
  };
}

/** Who says what to advertise and not where to listen, listens there on every interface. */
function deriveListeners(texts: Map<string, string>, origins: Map<string, string>): void {
  const advertised = texts.get("advertised.listeners");
  if (advertised === undefined || texts.has("listeners")) return;
  if (texts.get("process.roles")?.trim() === "controller") return;
  texts.set("listeners", onEveryInterface(advertised));
  origins.set("listeners", DERIVED_LISTENERS);
}

/** The same listeners with every host replaced by 0.0.0.0. */
export function onEveryInterface(listeners: string): string {
  return listeners.replace(/:\/\/(\[[^\]]*\]|[^:,]*):/g, "://0.0.0.0:");
}

const LEVELS: Readonly<Record<string, LogLevel>> = {
  ALL: "trace",
  TRACE: "trace",
  DEBUG: "debug",
  INFO: "info",
  WARN: "warn",
  ERROR: "error",
  FATAL: "fatal",
  OFF: "silent",
};

/** The level that log4j knows by this name. */
export function logLevelOf(name: string): LogLevel | undefined {
  return LEVELS[name.trim().toUpperCase()];
}

function readLogLevels(variables: ReadonlyMap<string, string>): LogLevels {
  const loggers = new Map<string, LogLevel>();
  for (const entry of (variables.get("KAFKA_LOG4J_LOGGERS") ?? "").split(",")) {
    const equals = entry.indexOf("=");
    const level = equals === -1 ? undefined : logLevelOf(entry.slice(equals + 1));
    if (level !== undefined) loggers.set(entry.slice(0, equals).trim(), level);
  }
  const root = variables.get("KAFKA_LOG4J_ROOT_LOGLEVEL");
  return { root: root === undefined ? undefined : logLevelOf(root), loggers };
}
