import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Broker, type BrokerOptions, waitUntilReady } from "./broker.ts";
import { here, javaClassPath } from "./cache.ts";
import { freePort, run, start } from "./processes.ts";

/** What Kafka's start script gives the virtual machine: 1 GB of heap and these. */
const startScriptOptions = [
  "-Xmx1G",
  "-Xms1G",
  "-server",
  "-XX:+UseG1GC",
  "-XX:MaxGCPauseMillis=20",
  "-XX:InitiatingHeapOccupancyPercent=35",
  "-XX:+ExplicitGCInvokesConcurrent",
  "-XX:MaxInlineLevel=15",
  "-Djava.awt.headless=true",
  "-Dcom.sun.management.jmxremote=true",
  "-Dcom.sun.management.jmxremote.authenticate=false",
  "-Dcom.sun.management.jmxremote.ssl=false",
];

const clusterId = "TW9sZGF1SW50ZXJvcDEyMw";

/** What a single node sets away from Kafka's defaults, as its own example of one does. */
export const singleNodeSettings: Readonly<Record<string, string>> = {
  "offsets.topic.replication.factor": "1",
  "transaction.state.log.replication.factor": "1",
  "transaction.state.log.min.isr": "1",
  "share.coordinator.state.topic.replication.factor": "1",
  "share.coordinator.state.topic.min.isr": "1",
};

/** Whether the quorum of a data directory keeps its voters in its log (kraft.version 1). */
function keepsVotersInLog(dataDir: string): boolean {
  const state = join(dataDir, "__cluster_metadata-0", "quorum-state");
  return existsSync(state) && readFileSync(state, "utf8").includes('"data_version":1');
}

function writeProperties(options: BrokerOptions, port: number, controllerPort: number): string {
  const controller = `127.0.0.1:${controllerPort}`;
  const properties: Record<string, string> = {
    "process.roles": "broker,controller",
    "node.id": "1",
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://${controller}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${port},CONTROLLER://${controller}`,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    ...(keepsVotersInLog(options.dataDir)
      ? { "controller.quorum.bootstrap.servers": controller }
      : { "controller.quorum.voters": `1@${controller}` }),
    "log.dirs": options.dataDir,
    ...singleNodeSettings,
    ...options.settings,
  };
  const file = `${options.dataDir}.kafka.properties`;
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, lines.join(""));
  return file;
}

/** Formats an empty folder as `kafka-storage format` does; a formatted one is left alone. */
export async function formatKafka(
  properties: string,
  dataDir: string,
  more: readonly string[] = [],
): Promise<void> {
  if (existsSync(join(dataDir, "meta.properties"))) return;
  const classPath = await javaClassPath();
  const jvm = ["-Xmx256M", "-XX:TieredStopAtLevel=1", "-cp", classPath];
  const args = ["kafka.tools.StorageTool", "format", "-t", clusterId, "-c", properties, ...more];
  const outcome = await run("java", [...jvm, ...args]);
  if (outcome.code !== 0) throw new Error(`formatting failed:\n${outcome.stdout}${outcome.stderr}`);
}

/** What {@link launchKafka} is about to start, and how. */
export interface KafkaCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly port: number;
}

export interface KafkaOptions extends BrokerOptions {
  /** More arguments of `kafka-storage format`, such as users of SCRAM. */
  readonly formatArgs?: readonly string[];
  /** Default: that of the broker alone. */
  readonly classPath?: string;
}

/** Writes the properties, formats an empty folder, and gives the command that starts the broker. */
export async function prepareKafka(options: KafkaOptions): Promise<KafkaCommand> {
  const port = options.port ?? (await freePort());
  const controllerPort = options.controllerPort ?? (await freePort());
  mkdirSync(options.dataDir, { recursive: true });
  const properties = writeProperties(options, port, controllerPort);
  await formatKafka(properties, options.dataDir, options.formatArgs);
  const logging = `-Dlog4j2.configurationFile=${join(here, "java", "broker", "log4j2.properties")}`;
  const jvm = [...startScriptOptions, logging, "-cp", options.classPath ?? (await javaClassPath())];
  return { program: "java", args: [...jvm, "kafka.Kafka", properties], port };
}

/** Starts Apache Kafka 4.4 as a combined node on the data directory, formatting an empty one. */
export async function startKafka(options: KafkaOptions): Promise<Broker> {
  const command = await prepareKafka(options);
  const process = start(command.program, command.args, options.logPath);
  await waitUntilReady(process, command.port, 90_000);
  return {
    product: "kafka",
    process,
    port: command.port,
    bootstrap: `127.0.0.1:${command.port}`,
    dataDir: options.dataDir,
    async stop() {
      const code = await process.stop("SIGTERM");
      // A JVM that ends on SIGTERM reports 143.
      if (code !== 143 && code !== 0) throw new Error(`Apache Kafka ended with ${code}`);
    },
    async kill() {
      await process.stop("SIGKILL");
    },
  };
}
