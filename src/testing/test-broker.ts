import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientPlatform } from "../client/cluster/cluster.ts";
import { Kafka, type KafkaOptions } from "../client/kafka.ts";
import type { TopicLike } from "../client/producer/producer-record.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import { loadNodeConfig } from "../config/node-config.ts";
import { MoldauError } from "../core/errors.ts";
import type { Timer } from "../platform/clock.ts";
import type { Network } from "../platform/network.ts";
import { nodeClock } from "../platform/node/clock.ts";
import { nodeDisk } from "../platform/node/disk.ts";
import { nodeRandom } from "../platform/node/random.ts";
import { SimProcessClock } from "../simulator/sim-clock.ts";
import { SimDisk } from "../simulator/sim-disk.ts";
import { SimNetwork } from "../simulator/sim-network.ts";
import { SimProcessLife } from "../simulator/sim-process-life.ts";
import { SimRandom } from "../simulator/sim-random.ts";
import { createLogger, type LogLevel } from "../telemetry/logger.ts";
import { BROKER_HOST, BROKER_PORT, BrokerProcess, CONTROLLER_PORT } from "./broker-process.ts";
import { DirectoryDisk } from "./directory-disk.ts";
import { Faults } from "./faults.ts";
import { OBSERVER_CLIENT_ID, PlannedAnswers } from "./planned-answers.ts";
import { RealTime } from "./real-time.ts";
import { TcpGateway } from "./tcp-gateway.ts";
import type { TestTime } from "./test-time.ts";
import { TopicView } from "./topic-view.ts";
import { VirtualTime } from "./virtual-time.ts";

/** How the broker of a test is to be. */
export interface TestBrokerOptions {
  /** `memory` (default) is for clients that {@link TestBroker.connect} makes; `tcp` adds a port of 127.0.0.1 for all others. */
  readonly network?: "memory" | "tcp";
  /** With `network: "tcp"`. Default: a free one. */
  readonly port?: number;
  /** Where the broker writes: memory (default), or a directory of this machine. */
  readonly disk?: "memory" | "directory";
  /** The directory; kept afterwards. Default: a new one, removed afterwards. */
  readonly path?: string;
  /**
   * `real` (default) is the machine's clock. With `virtual` nothing waits: time jumps as soon as nothing
   * else can happen. With `manual` it moves by {@link TestClock.advance} alone.
   */
  readonly clock?: "real" | "virtual" | "manual";
  /** When a virtual clock starts, in milliseconds since 1970. Default: now. */
  readonly startMs?: number;
  /** Settings of the broker by Kafka's names, such as `num.partitions`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Of {@link TestBroker.log}. Default `info`. */
  readonly logLevel?: LogLevel;
  /** What follows from chance follows from it: ids, and what survives a loss of power. Default: chance. */
  readonly seed?: number;
  /** Default: made up. */
  readonly clusterId?: string;
}

/** The time of the broker and of the clients that it connects. */
export interface TestClock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Lets so much time pass, with all that happens in it. Rejects on the machine's clock. */
  advance(durationMs: number): Promise<void>;
}

/** How {@link TestBroker.connect} connects: as `connect()` does, but for where to. */
export type TestClientOptions = Omit<KafkaOptions, "platform" | "bootstrap">;

/** Settings that suit a test; those given win. */
const SETTINGS: Readonly<Record<string, string>> = {
  "group.initial.rebalance.delay.ms": "0",
  "group.min.session.timeout.ms": "100",
  "offsets.topic.num.partitions": "1",
  "offsets.topic.replication.factor": "1",
  // Nobody follows this quorum, and a virtual clock would fill the log with it.
  "metadata.max.idle.interval.ms": "0",
};
/** Settings that follow from the options. */
const SETTINGS_OF_OPTIONS: ReadonlySet<string> = new Set([
  "process.roles",
  "node.id",
  "listeners",
  "advertised.listeners",
  "controller.listener.names",
  "controller.quorum.voters",
  "log.dir",
  "log.dirs",
]);
const MEMORY_DIRECTORY = "/data";
const WINDOW_BYTES = 8 * 1024 * 1024;
const NO_DELAY = [0, 0] as const;
/** Lines of the log that are kept, the newest. */
const LOG_LINES_MAX = 10_000;
/** How long clients may take to close on the machine's clock before they are cut off. */
const CLOSE_MS_MAX = 2000;
const DEFAULT_CLIENT_ID = "test";
const TCP_HOST = "127.0.0.1";
const SEED_MAX = 2 ** 32;

/**
 * Starts the broker in this process: `await using broker = await testBroker()`. It serves when the promise
 * resolves, and is gone, with all that it had open, after {@link TestBroker.close}.
 *
 * @throws ConfigError for settings that the broker does not take
 */
export async function testBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  if (options.network === "tcp" && (options.clock ?? "real") !== "real") {
    throw new MoldauError("clients of others know nothing of a virtual clock", {
      code: "REAL_CLOCK",
      remedy: 'Leave out clock, or network: "tcp".',
    });
  }
  const parts = new Parts(options);
  try {
    await parts.gateway?.open();
    const broker = new TestBroker(options, parts);
    await broker.faults.start();
    return broker;
  } catch (thrown) {
    await parts.close();
    throw thrown;
  }
}

/** What a broker of a test is made of, besides the broker. */
class Parts {
  readonly time: TestTime;
  readonly random: SimRandom;
  readonly network: SimNetwork;
  readonly disk: SimDisk | DirectoryDisk;
  readonly directory: string;
  readonly gateway: TcpGateway | undefined;
  readonly #isDirectoryNew: boolean;

  constructor(options: TestBrokerOptions) {
    const { clock = "real", startMs = nodeClock.nowMs() } = options;
    const seed = options.seed ?? nodeRandom.below(SEED_MAX);
    this.time =
      clock === "real" ? new RealTime() : new VirtualTime({ startMs, flows: clock === "virtual" });
    this.random = new SimRandom(seed);
    const { time, random } = this;
    this.network = new SimNetwork({
      clock: time,
      random: random.fork("network"),
      conditions: {
        delayMs: NO_DELAY,
        chunkBytesMax: WINDOW_BYTES,
        splitProbability: 0,
        windowBytes: WINDOW_BYTES,
      },
    });
    const isInMemory = (options.disk ?? "memory") === "memory";
    this.#isDirectoryNew = !isInMemory && options.path === undefined;
    this.disk = isInMemory
      ? new SimDisk({
          clock: time,
          random: random.fork("disk"),
          delays: { syncMs: NO_DELAY, readMs: NO_DELAY },
        })
      : new DirectoryDisk(time);
    this.directory = isInMemory ? MEMORY_DIRECTORY : (options.path ?? newDirectory());
    if (options.network === "tcp") {
      const network = this.network.processOn(TCP_HOST);
      const target = { network, host: BROKER_HOST, port: BROKER_PORT };
      this.gateway = new TcpGateway(target, options.port ?? 0);
    }
  }

  /** Where clients of others find the broker, and those of the test if there is no such place. */
  get address(): { readonly host: string; readonly port: number } {
    return this.gateway === undefined
      ? { host: BROKER_HOST, port: BROKER_PORT }
      : { host: TCP_HOST, port: this.gateway.port };
  }

  async close(): Promise<void> {
    await this.gateway?.close();
    await this.disk.killProcess();
    this.time.close();
    if (this.#isDirectoryNew) nodeDisk.removeTree(this.directory);
  }
}

function newDirectory(): string {
  const path = join(tmpdir(), `moldau-test-${nodeRandom.bytes(8).toString("hex")}`);
  nodeDisk.makeDirectory(path);
  return path;
}

/** A client of the test: its own process as far as the network is concerned. */
interface ConnectedClient {
  readonly kafka: Kafka;
  readonly life: SimProcessLife;
}

/** The broker of a test, in the process of the test. */
export class TestBroker implements AsyncDisposable {
  /** What can go wrong, by name. */
  readonly faults: Faults;
  readonly clock: TestClock;
  readonly #parts: Parts;
  readonly #process: BrokerProcess;
  readonly #log: string[] = [];
  readonly #clients = new Set<ConnectedClient>();
  #observer: Promise<Kafka> | undefined;
  /** The broker was made to suffer what it need not live through. */
  #mayDie = false;
  #death: Error | undefined;
  #closing: Promise<void> | undefined;

  /** Made by {@link testBroker}. */
  constructor(options: TestBrokerOptions, parts: Parts) {
    this.#parts = parts;
    const { time, network, disk, random } = parts;
    this.clock = time;
    const answers = new PlannedAnswers();
    this.#process = new BrokerProcess({
      time,
      network,
      disk,
      random,
      config: configOf(options, parts),
      logger: createLogger({
        level: options.logLevel ?? "info",
        format: "text",
        sink: (line) => this.#logged(line),
        nowMs: () => time.nowMs(),
      }),
      clusterId: options.clusterId,
      replaceRoute: (route) => answers.inFrontOf(route),
      onDeath: (error) => this.#died(error),
    });
    this.faults = new Faults({
      network,
      answers,
      disk: disk.faults,
      start: () => this.#start(),
      stop: () => this.#stop(),
      kill: () => this.#kill(),
      losePower: disk instanceof SimDisk ? () => this.#losePower(disk) : undefined,
      mayDie: () => {
        this.#mayDie = true;
      },
    });
  }

  /** `host:port` for clients. With `network: "memory"` it means something to {@link connect} alone. */
  get bootstrap(): string {
    const { host, port } = this.#parts.address;
    return `${host}:${port}`;
  }

  /** Whether the broker serves: it was not stopped or killed, and has not ended by itself. */
  get isRunning(): boolean {
    return this.#process.node !== undefined;
  }

  get clusterId(): string | undefined {
    return this.#process.node?.clusterId;
  }

  /** What the broker has said, line by line; the newest lines. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** A client by the same doors as the broker's. Closed with the broker, if not before. */
  async connect(options: TestClientOptions = {}): Promise<Kafka> {
    const clientId = options.clientId ?? DEFAULT_CLIENT_ID;
    const life = new SimProcessLife();
    const kafka = await Kafka.connect({
      ...options,
      clientId,
      platform: this.#doorsOf(clientId, life),
      bootstrap: [this.bootstrap],
    });
    this.#clients.add({ kafka, life });
    return kafka;
  }

  /** The doors of a client of that name, for those who connect by hand: clock, network, randomness. */
  platform(clientId: string = DEFAULT_CLIENT_ID): ClientPlatform {
    return this.#doorsOf(clientId, new SimProcessLife());
  }

  /** A topic seen from outside: what is in it, and a way to put something there. */
  topic<T extends TopicLike>(topic: T): TopicView<T> {
    return new TopicView(topic, async (look) => {
      const kafka = await this.#observe();
      return this.#parts.time.passDuring(() => look(kafka));
    });
  }

  /**
   * Resolves once nothing is under way: what was sent has arrived and was answered, unless the answer has
   * to wait for something (a long poll for records, a join for other members), and what the broker writes
   * is on its disk. What waits for a time to come, such as a linger, is not under way.
   */
  settle(): Promise<void> {
    return this.#parts.time.settle();
  }

  /** Ends clients and broker. Rejects when the broker has ended by itself and no fault was the reason. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(): Promise<void> {
    this.#mayDie = false;
    this.#death = undefined;
    await this.#parts.time.passDuring(() => this.#process.start());
    await this.#parts.gateway?.open();
  }

  async #stop(): Promise<void> {
    await this.#parts.gateway?.shut();
    await this.#parts.time.passDuring(() => this.#process.stop());
  }

  async #kill(): Promise<void> {
    await this.#parts.gateway?.shut();
    await this.#process.kill();
  }

  async #losePower(disk: SimDisk): Promise<void> {
    await this.#kill();
    disk.losePower();
  }

  #died(error: Error): void {
    if (!this.#mayDie) this.#death = error;
    this.#parts.gateway?.shut().catch(() => undefined);
  }

  #logged(line: string): void {
    if (this.#log.length === LOG_LINES_MAX) this.#log.shift();
    this.#log.push(line.trimEnd());
  }

  #doorsOf(clientId: string, life: SimProcessLife): ClientPlatform {
    if (clientId === BROKER_HOST) {
      throw new MoldauError("the broker itself goes by this name", {
        code: "NAME_TAKEN",
        remedy: "Give the client another clientId.",
      });
    }
    const { time, network, random, gateway } = this.#parts;
    const own = network.processOn(clientId, life);
    return {
      clock: new SimProcessClock(time, life),
      network: gateway === undefined ? own : throughMemory(own, gateway),
      random: random.fork(clientId),
    };
  }

  #observe(): Promise<Kafka> {
    if (!this.isRunning) {
      const message = "nobody can look into a topic of a broker that does not run";
      const remedy = "Start it: await broker.faults.start().";
      return Promise.reject(new MoldauError(message, { code: "BROKER_STOPPED", remedy }));
    }
    this.#observer ??= this.connect({ clientId: OBSERVER_CLIENT_ID });
    return this.#observer;
  }

  async #close(): Promise<void> {
    const { time } = this.#parts;
    this.faults.heal();
    await time.passDuring(async () => {
      try {
        await this.#closeClients();
        await this.#stop();
      } finally {
        await this.#process.kill();
        await this.#parts.close();
      }
    });
    const death = this.#death;
    if (death === undefined) return;
    throw new MoldauError(`the broker has ended by itself: ${death.message}`, {
      code: "BROKER_DIED",
      cause: death,
    });
  }

  async #closeClients(): Promise<void> {
    const clients = [...this.#clients];
    this.#clients.clear();
    // Without a broker nothing that they still have can be sent.
    if (!this.isRunning) for (const { kafka } of clients) kafka.cluster.close();
    let timer: Timer | undefined;
    await Promise.race([
      Promise.allSettled(clients.map(({ kafka }) => kafka.close())),
      new Promise<void>((resolve) => {
        timer = nodeClock.setTimer(CLOSE_MS_MAX, resolve);
      }),
    ]);
    timer?.cancel();
    for (const { life } of clients) life.end();
  }
}

/** What the address of the gateway leads to, without the detour. */
function throughMemory(network: Network, gateway: TcpGateway): Network {
  return {
    listen: (address, accept) => network.listen(address, accept),
    connect(address) {
      const isGateway = address.port === gateway.port;
      const target = isGateway ? { host: BROKER_HOST, port: BROKER_PORT } : {};
      return network.connect({ ...address, ...target });
    },
  };
}

function configOf(options: TestBrokerOptions, parts: Parts): BrokerConfig {
  const { settings = {} } = options;
  const refused = Object.keys(settings).find((name) => SETTINGS_OF_OPTIONS.has(name));
  if (refused !== undefined) {
    throw new MoldauError(`${refused} follows from the options of the test's broker`, {
      code: "INVALID_CONFIG",
      remedy: "Say it with network, port, disk and path.",
    });
  }
  const { host, port } = parts.address;
  const given = Object.entries({ ...SETTINGS, ...settings });
  const { config } = loadNodeConfig({
    dataDirectory: parts.directory,
    flags: {
      set: [
        ...given.map(([name, value]) => `${name}=${value}`),
        "process.roles=broker,controller",
        "node.id=1",
        `listeners=PLAINTEXT://${BROKER_HOST}:${BROKER_PORT},CONTROLLER://${BROKER_HOST}:${CONTROLLER_PORT}`,
        `advertised.listeners=PLAINTEXT://${host}:${port}`,
        "controller.listener.names=CONTROLLER",
        `controller.quorum.voters=1@${BROKER_HOST}:${CONTROLLER_PORT}`,
      ],
    },
  });
  return config;
}
