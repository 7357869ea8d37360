import type { BrokerConfig } from "../../config/broker-config.ts";
import { logDirsOf, metadataLogDirOf } from "../../config/config-checks.ts";
import { nodeListeners } from "../../config/listeners.ts";
import {
  formatStorage,
  parseInitialControllers,
  type FormatResult,
  type InitialQuorum,
} from "../../controller/format.ts";
import { parseScramArgument } from "../../controller/scram-argument.ts";
import { isReservedUuid, uuidBytes } from "../../core/uuid.ts";
import { nodePlatform } from "../../platform/node/platform.ts";
import { randomUuid } from "../../platform/random.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readNodeConfiguration } from "../node-configuration.ts";
import { isForPeople, outputFormat, stringifyJson } from "../output.ts";
import { usageProblem } from "../problem.ts";
import { write, type Terminal } from "../terminal.ts";

/** `moldau format`. */
export async function run(
  terminal: Terminal,
  [file]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const { loaded, environment } = readNodeConfiguration(terminal, file, options);
  const clusterId =
    options.text("cluster-id") ?? environment.clusterId ?? randomUuid(nodePlatform.random);
  const { config } = loaded;
  if (options.has("dry-run")) {
    await write(terminal.stdout, `would format ${foldersOf(config).join(", ")} as ${clusterId}\n`);
    return ExitCode.ok;
  }
  const result = formatNode(config, clusterId, options);
  const forPeople = isForPeople(outputFormat(terminal, options));
  await write(terminal.stdout, forPeople ? inWords(result, clusterId) : asLines(result, clusterId));
  return ExitCode.ok;
}

/** `moldau kafka-storage format`: the same with Kafka's flags, and its words. */
export async function runKafkaStorage(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const file = options.text("config");
  const clusterId = options.text("cluster-id");
  if (file === undefined)
    throw usageProblem("kafka-storage format needs --config, a properties file");
  if (clusterId === undefined) {
    throw usageProblem(
      "kafka-storage format needs --cluster-id",
      "make one: moldau kafka-storage random-uuid",
    );
  }
  const { loaded } = readNodeConfiguration({ ...terminal, env: {} }, file, options);
  const result = formatNode(loaded.config, clusterId, options);
  const lines = [
    ...(result.alreadyFormatted.length > 0 && result.formatted.size === 0
      ? ["All of the log directories are already formatted."]
      : []),
    ...[...result.formatted.keys()].map(
      (path) =>
        `Formatting data directory ${path} with metadata.version ${result.metadataVersion}.`,
    ),
  ];
  await write(terminal.stdout, lines.map((line) => `${line}\n`).join(""));
  return ExitCode.ok;
}

/** `moldau kafka-storage random-uuid`. */
export async function runRandomUuid(terminal: Terminal): Promise<ExitCode> {
  await write(terminal.stdout, `${randomUuid(nodePlatform.random)}\n`);
  return ExitCode.ok;
}

function foldersOf(config: BrokerConfig): string[] {
  return [...new Set([metadataLogDirOf(config), ...logDirsOf(config)])];
}

function formatNode(config: BrokerConfig, clusterId: string, options: Options): FormatResult {
  if (uuidBytes(clusterId) === undefined || isReservedUuid(clusterId)) {
    throw usageProblem(
      `"${clusterId}" is no cluster id`,
      "it is 22 characters; moldau kafka-storage random-uuid makes one",
    );
  }
  const isController = config.get("process.roles").includes("controller");
  const featureLevels = new Map<string, number>();
  for (const [name, level] of options.pairs("feature")) featureLevels.set(name, Number(level));
  const releaseVersion = options.text("release-version");
  return formatStorage({
    platform: nodePlatform,
    logDirs: logDirsOf(config),
    metadataLogDir: metadataLogDirOf(config),
    nodeId: config.nodeId,
    clusterId,
    isController,
    quorum: quorumOf(config, options),
    ignoreFormatted: options.has("ignore-formatted"),
    featureLevels,
    scramRecords: options
      .list("add-scram")
      .map((argument) => parseScramArgument(argument, nodePlatform.random)),
    ...(releaseVersion === undefined ? {} : { releaseVersion }),
  });
}

function quorumOf(config: BrokerConfig, options: Options): InitialQuorum {
  const initial = options.text("initial-controllers");
  const { controllers } = nodeListeners(config);
  const [listener] = controllers;
  if (initial !== undefined) {
    const parsed = parseInitialControllers(initial, listener?.name ?? "CONTROLLER");
    return { kind: "initial-controllers", controllers: parsed };
  }
  if (options.has("standalone")) {
    const endpoints = controllers.map(({ name, host, port }) => ({
      name,
      host: host === "" || host === "0.0.0.0" ? "localhost" : host,
      port,
    }));
    return { kind: "standalone", endpoints };
  }
  return { kind: options.has("no-initial-controllers") ? "none" : "static" };
}

function inWords(
  { formatted, alreadyFormatted, metadataVersion }: FormatResult,
  clusterId: string,
) {
  const lines = [
    ...[...formatted].map(([path, id]) => `formatted ${path} as folder ${id}`),
    ...alreadyFormatted.map((path) => `${path} is formatted already`),
    `cluster ${clusterId}, metadata.version ${metadataVersion}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function asLines(
  { formatted, alreadyFormatted, metadataVersion }: FormatResult,
  clusterId: string,
) {
  const items = [
    ...[...formatted].map(([path, directoryId]) => ({ path, directoryId, result: "formatted" })),
    ...alreadyFormatted.map((path) => ({ path, result: "already formatted" })),
  ];
  return items
    .map((item) => `${stringifyJson({ ...item, clusterId, metadataVersion })}\n`)
    .join("");
}
