import type { Route } from "../broker/handlers.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import { MoldauError } from "../core/errors.ts";
import type { Disk } from "../platform/disk.ts";
import { startNode, type RunningNode } from "../server/node.ts";
import { SimProcessClock } from "../simulator/sim-clock.ts";
import type { SimNetwork, SimProcessNetwork } from "../simulator/sim-network.ts";
import { SimProcessLife } from "../simulator/sim-process-life.ts";
import type { SimRandom } from "../simulator/sim-random.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { TestTime } from "./test-time.ts";

/** Where the broker stands in the network of its test. */
export const BROKER_HOST = "broker";
export const BROKER_PORT = 9092;
export const CONTROLLER_PORT = 9093;

/** A disk that outlives the processes that use it, one at a time. */
export interface ProcessDisk {
  forProcess(): Disk;
  killProcess(): void | Promise<void>;
}

export interface BrokerProcessOptions {
  readonly time: TestTime;
  readonly network: SimNetwork;
  readonly disk: ProcessDisk;
  readonly random: SimRandom;
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly clusterId: string | undefined;
  readonly replaceRoute: (route: Route) => Route;
  /** The broker has ended by itself. */
  readonly onDeath: (error: Error) => void;
}

interface Running {
  readonly node: RunningNode;
  readonly doors: SimProcessNetwork;
}

/** The broker as a process that is started, stopped and killed; its disk stays. */
export class BrokerProcess {
  readonly #options: BrokerProcessOptions;
  #doors: SimProcessNetwork | undefined;
  #running: Running | undefined;
  #starts = 0;

  constructor(options: BrokerProcessOptions) {
    this.#options = options;
  }

  get node(): RunningNode | undefined {
    return this.#running?.node;
  }

  /** Resolves when the broker serves. Rejects with what stood in its way; then nothing of it is left. */
  async start(): Promise<void> {
    if (this.#doors !== undefined) {
      throw new MoldauError("the broker runs already", { code: "BROKER_RUNS" });
    }
    const { time, network, disk, config, logger, random, clusterId } = this.#options;
    const life = new SimProcessLife((thrown) => this.#died(life, thrown));
    const doors = network.processOn(BROKER_HOST, life);
    this.#doors = doors;
    const starting = startNode({
      platform: {
        clock: new SimProcessClock(time, life),
        network: doors,
        disk: disk.forProcess(),
        random: random.fork(`broker ${this.#starts++}`),
      },
      config,
      logger,
      replaceRoute: this.#options.replaceRoute,
      onFatal: (error) => this.#died(life, error),
      ...(clusterId === undefined ? {} : { clusterId }),
    });
    // A broker that is killed while it starts never comes to its end.
    const node = await Promise.race([starting, life.ended]).catch(async (thrown: unknown) => {
      await this.#end(life);
      throw thrown;
    });
    if (node === "ended") {
      starting.catch(() => undefined);
      throw new MoldauError("the broker was killed while it started", { code: "BROKER_KILLED" });
    }
    this.#running = { node, doors };
  }

  /** A clean stop. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const { life } = running.doors;
    try {
      await Promise.race([running.node.close(), life.ended]);
    } finally {
      await this.#end(life);
    }
  }

  /** `kill -9`: its connections end, and nothing that it was about to do is done. */
  async kill(): Promise<void> {
    const life = this.#doors?.life;
    if (life !== undefined) await this.#end(life);
  }

  async #end(life: SimProcessLife): Promise<void> {
    const doors = this.#doors;
    if (doors?.life !== life) return;
    this.#doors = undefined;
    this.#running = undefined;
    doors.kill();
    await this.#options.disk.killProcess();
  }

  #died(life: SimProcessLife, thrown: unknown): void {
    if (this.#doors?.life !== life) return;
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.#options.logger.error("the broker has ended by itself", { error });
    this.#end(life).then(
      () => this.#options.onDeath(error),
      () => this.#options.onDeath(error),
    );
  }
}
