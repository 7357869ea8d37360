import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrokerConfig } from "../../config/broker-config.ts";
import { logDirsOf } from "../../config/config-checks.ts";
import type { LogLevels } from "../../config/environment.ts";
import { nodeListeners } from "../../config/listeners.ts";
import { moldauVersion } from "../../core/version.ts";
import { nodePlatform } from "../../platform/node/platform.ts";
import { startNode, type RunningNode } from "../../server/node.ts";
import { createLogger, parseLogLevel, type LogLevel, type Logger } from "../../telemetry/logger.ts";
import type { Options } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readNodeConfiguration } from "../node-configuration.ts";
import { usageProblem } from "../problem.ts";
import { startProblem } from "../start-problem.ts";
import { wantsColors, type Terminal } from "../terminal.ts";
import { banner, type NodeFacts } from "../banner.ts";
import { startConsole } from "./start-console.ts";

/** One press of Ctrl-C may arrive twice: from the terminal, and from npm, which passes it on. */
const SAME_SIGNAL_MS = 300;

export function run(
  terminal: Terminal,
  args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return startAndServe(terminal, args[0], options, undefined);
}

/** `moldau dev`: in a folder of its own, which goes with the process. */
export async function runDev(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const folder = fs.mkdtempSync(join(tmpdir(), "moldau-dev-"));
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true });
  process.on("exit", remove);
  try {
    const set = [...DEV_SETTINGS, ...options.list("set")];
    return await startAndServe(terminal, undefined, options.with("set", set), folder);
  } finally {
    remove();
    process.off("exit", remove);
  }
}

/** As in the settings that Kafka brings along for trying it: the first member of a group waits for no others. */
const DEV_SETTINGS = ["group.initial.rebalance.delay.ms=0"];

async function startAndServe(
  terminal: Terminal,
  file: string | undefined,
  options: Options,
  temporary: string | undefined,
): Promise<ExitCode> {
  const forPeople = terminal.stdout.isTTY === true;
  const { loaded, environment } = readNodeConfiguration(
    terminal,
    file,
    options,
    temporary ?? options.text("data"),
  );
  const { clusterId } = environment;
  const logger = makeLogger(terminal, options, forPeople, environment.logLevels);
  for (const notice of loaded.notices) logger.warn(notice.message, { settings: notice.settings });
  const ending = new Ending();
  const node = await startNode({
    platform: nodePlatform,
    config: loaded.config,
    logger,
    onFatal: (error) => ending.fail(error),
    signal: ending.abort,
    ...(clusterId === undefined ? {} : { clusterId }),
  }).catch((thrown: unknown) => {
    if (ending.abort.aborted) return undefined;
    throw startProblem(thrown, loaded.config);
  });
  if (node === undefined) {
    logger.info("stopped before it was ready");
    return ExitCode.ok;
  }
  const nodeFacts = factsOf(node, loaded.config, temporary !== undefined);
  const [first] = nodeFacts.bootstrap;
  const bootstrap = first === undefined ? "" : `${first.host}:${first.port}`;
  const page = await startConsole(node, options, logger, bootstrap);
  const facts =
    page === undefined ? nodeFacts : { ...nodeFacts, console: `http://${page.host}:${page.port}` };
  const isJson = logFormat(options, forPeople) === "json";
  if (forPeople && !isJson) terminal.stdout.write(banner(terminal, facts));
  else announce(facts, logger, isJson);
  const readyFile = options.text("ready-file");
  if (readyFile !== undefined) writeReadyFile(readyFile, facts);
  try {
    logger.info("stopping", { signal: await ending.signal });
  } catch (thrown) {
    logger.error("the node cannot go on", { error: thrown });
    // What can be put in order is; the failure counts, not what comes of it.
    await page?.close();
    await node.close().catch(() => undefined);
    throw thrown;
  }
  await page?.close();
  await node.close();
  logger.info("stopped");
  if (readyFile !== undefined) fs.rmSync(readyFile, { force: true });
  return ExitCode.ok;
}

/** Levels that `KAFKA_LOG4J_LOGGERS` names, by the rooms that do what those loggers tell of. */
function levelsOfRooms({ loggers }: LogLevels): Record<string, LogLevel> {
  const levels: Record<string, LogLevel> = {};
  for (const [name, text] of loggers) {
    const room = roomOfLogger(name);
    const level = parseLogLevel(text);
    if (room !== undefined && level !== undefined) levels[room] = level;
  }
  return levels;
}

/** The room of ours that a logger of Kafka's is about. */
function roomOfLogger(name: string): string | undefined {
  const rooms: readonly (readonly [pattern: RegExp, room: string])[] = [
    [/^kafka\.log|\.storage\./, "storage"],
    [/controller/i, "controller"],
    [/\.raft\b|^org\.apache\.kafka\.raft/, "raft"],
    [/coordinator/i, "coordinator"],
    [/^kafka\.network|request/i, "server"],
    [/^kafka\.server/, "broker"],
  ];
  return (
    rooms.find(([pattern]) => pattern.test(name))?.[1] ?? (/^[a-z]+$/.test(name) ? name : undefined)
  );
}

function logFormat(options: Options, forPeople: boolean): "json" | "text" {
  return options.choice("log-format", ["json", "text"]) ?? (forPeople ? "text" : "json");
}

function makeLogger(
  terminal: Terminal,
  options: Options,
  forPeople: boolean,
  levels: LogLevels,
): Logger {
  const asked = options.text("log-level");
  const level = parseLogLevel(asked ?? levels.root ?? "");
  if (asked !== undefined && level === undefined) {
    throw usageProblem(
      `--log-level takes silent, error, warn, info, debug or trace, not "${asked}"`,
    );
  }
  const { stdout } = terminal;
  // A reader of the log that goes away is no reason to stop.
  stdout.removeAllListeners("error");
  stdout.on("error", () => undefined);
  return createLogger({
    // People get the banner; what goes on in detail they ask for.
    level: level ?? (forPeople ? "warn" : "info"),
    levels: levelsOfRooms(levels),
    format: logFormat(options, forPeople),
    sink: (text) => stdout.write(text),
    nowMs: () => nodePlatform.clock.nowMs(),
    colors: wantsColors(terminal, stdout),
  });
}

function factsOf(node: RunningNode, config: BrokerConfig, isTemporary: boolean): NodeFacts {
  const { advertised } = nodeListeners(config);
  return {
    version: moldauVersion,
    pid: process.pid,
    clusterId: node.clusterId,
    nodeId: node.nodeId,
    dataDirectories: logDirsOf(config),
    isTemporary,
    bootstrap: advertised.map(({ host, port }) => ({
      host: host === "" ? "localhost" : host,
      port: port === 0 ? node.port : port,
    })),
    // The process began before this program did: what the runtime needs to boot counts.
    readyMs: Math.round(performance.now()),
  };
}

/** Says to programs that the broker answers. */
function announce(facts: NodeFacts, logger: Logger, isJson: boolean): void {
  const { bootstrap, pid: _pid, ...rest } = facts;
  const addresses = bootstrap.map(({ host, port }) => `${host}:${port}`);
  logger.info("ready", { bootstrap: addresses.join(","), ...rest });
  const say = (line: string): void => (isJson ? logger.info(line) : logger.verbatim(line));
  // Programs wait for these lines of Kafka's; Testcontainers does.
  say(`[BrokerLifecycleManager id=${facts.nodeId}] ${UNFENCED_LINE}`);
  say(`[KafkaServer id=${facts.nodeId}] started`);
  say("Kafka Server started");
}

const UNFENCED_LINE = "The broker has been unfenced. Transitioning from RECOVERY to RUNNING.";

/** Replaces the file in one step, so that whoever waits for it finds it whole. */
function writeReadyFile(path: string, facts: NodeFacts): void {
  const { bootstrap, ...rest } = facts;
  const [first] = bootstrap;
  const content = {
    bootstrap: bootstrap.map(({ host, port }) => `${host}:${port}`).join(","),
    host: first?.host,
    port: first?.port,
    ...rest,
  };
  fs.writeFileSync(`${path}.tmp`, `${JSON.stringify(content)}\n`);
  fs.renameSync(`${path}.tmp`, path);
}

/**
 * What ends the node: the first signal in good order, another one at once; or a failure after which it
 * must not go on.
 */
class Ending {
  /** Rejects with what the node could not go on after. */
  readonly signal: Promise<NodeJS.Signals>;
  /** Aborted by the first signal; a start that is under way ends by it. */
  readonly abort: AbortSignal;
  #reject: (error: Error) => void = () => undefined;

  constructor() {
    const controller = new AbortController();
    this.abort = controller.signal;
    this.signal = new Promise((resolveSignal, reject) => {
      this.#reject = reject;
      let firstMs: number | undefined;
      const on = (signal: NodeJS.Signals): void => {
        firstMs ??= performance.now();
        if (performance.now() - firstMs > SAME_SIGNAL_MS) process.exit(SIGNAL_EXIT[signal] ?? 1);
        controller.abort();
        resolveSignal(signal);
      };
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, on);
    });
    // Nobody may be waiting yet when it comes; whoever waits later is told all the same.
    this.signal.catch(() => undefined);
  }

  fail(error: Error): void {
    this.#reject(error);
  }
}

/** 128 and the number of the signal, as shells do. */
const SIGNAL_EXIT: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
};
