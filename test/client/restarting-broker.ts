import { join } from "node:path";
import type { TestContext } from "node:test";
import { loadNodeConfig } from "../../src/config/node-config.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { startNode, type RunningNode } from "../../src/server/node.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { scratchFolder } from "../cli/moldau.ts";
import type { Broker } from "../interop/broker.ts";
import { startKafka } from "../interop/kafka.ts";
import { freePort } from "../interop/processes.ts";
import { onKafka, uniqueName } from "./target.ts";

/** A broker that goes away and comes back where it was, with what it had. */
export interface RestartingBroker {
  readonly bootstrap: string;
  start(): Promise<void>;
  /** In good order. */
  stop(): Promise<void>;
  /** Without a word: `kill -9`; for Moldau, which runs in the process of the test, the same as `stop`. */
  kill(): Promise<void>;
}

/** Where Apache Kafkas of the tests' own may keep their data (`npm run interop -- client-restart` sets it). */
const kafkaFolder = process.env["MOLDAU_TEST_KAFKA_FOLDER"] ?? "";

/** Why tests that restart their broker do not run, or false when they do. */
export const skipRestarts =
  onKafka && kafkaFolder === "" ? "the Kafka that all tests share is not restarted" : false;

const QUICK_GROUPS = { "group.initial.rebalance.delay.ms": "0" };

/** A broker of the test's own, which has ended when the test has. */
export async function startRestarting(t: TestContext): Promise<RestartingBroker> {
  const broker =
    kafkaFolder === "" ? new RestartingMoldau() : await RestartingKafka.at(kafkaFolder);
  await broker.start();
  t.after(() => broker.end());
  return broker;
}

class RestartingMoldau implements RestartingBroker {
  readonly #scratch = scratchFolder();
  #node: RunningNode | undefined;
  #port = 0;

  get bootstrap(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const set = Object.entries(QUICK_GROUPS).map(([name, value]) => `${name}=${value}`);
    const flags = { port: this.#port, set };
    const { config } = loadNodeConfig({ dataDirectory: this.#scratch.path, flags });
    this.#node = await startNode({ platform: nodePlatform, config, logger: silentLogger });
    this.#port = this.#node.port;
  }

  async stop(): Promise<void> {
    await this.#node?.close();
  }

  kill(): Promise<void> {
    return this.stop();
  }

  async end(): Promise<void> {
    await this.stop();
    this.#scratch.remove();
  }
}

class RestartingKafka implements RestartingBroker {
  readonly #dataDir: string;
  readonly #port: number;
  readonly #controllerPort: number;
  #broker: Broker | undefined;

  private constructor(dataDir: string, port: number, controllerPort: number) {
    this.#dataDir = dataDir;
    this.#port = port;
    this.#controllerPort = controllerPort;
  }

  static async at(folder: string): Promise<RestartingKafka> {
    const dataDir = join(folder, uniqueName("restarting"));
    return new RestartingKafka(dataDir, await freePort(), await freePort());
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#broker = await startKafka({
      dataDir: this.#dataDir,
      logPath: `${this.#dataDir}.log`,
      port: this.#port,
      controllerPort: this.#controllerPort,
      settings: QUICK_GROUPS,
    });
  }

  async stop(): Promise<void> {
    await this.#broker?.stop();
  }

  async kill(): Promise<void> {
    await this.#broker?.kill();
  }

  async end(): Promise<void> {
    if (this.#broker?.process.alive === true) await this.kill();
  }
}
