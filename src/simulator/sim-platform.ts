import type { Clock } from "../platform/clock.ts";
import type { Disk } from "../platform/disk.ts";
import type { Platform } from "../platform/platform.ts";
import { SimClock, SimProcessClock } from "./sim-clock.ts";
import { SimDisk, type DiskDelays } from "./sim-disk.ts";
import { SimNetwork, type NetworkConditions, type SimProcessNetwork } from "./sim-network.ts";
import { SimProcessLife, type UncaughtListener } from "./sim-process-life.ts";
import { SimRandom } from "./sim-random.ts";
import { SimTrace } from "./sim-trace.ts";

export interface SimWorldOptions {
  readonly seed: number;
  readonly startMs?: number;
  readonly trace?: SimTrace;
  readonly network?: Partial<NetworkConditions>;
}

export interface SimHostOptions {
  readonly diskDelays?: DiskDelays;
  readonly capacityBytes?: number;
}

/**
 * A world under a seed: one clock, one network, hosts with a disk each, and processes on them. The
 * same seed and the same program give the same {@link SimTrace.hash}.
 */
export class SimWorld {
  readonly seed: number;
  readonly trace: SimTrace;
  readonly clock: SimClock;
  readonly network: SimNetwork;
  /** For what a scenario decides; doors and processes have streams of their own. */
  readonly random: SimRandom;
  readonly #hosts = new Map<string, SimHost>();

  constructor(options: SimWorldOptions) {
    this.seed = options.seed;
    this.trace = options.trace ?? new SimTrace();
    const { seed, trace } = this;
    this.clock = new SimClock({
      trace,
      ...(options.startMs === undefined ? {} : { startMs: options.startMs }),
    });
    this.random = new SimRandom(seed, "scenario");
    this.network = new SimNetwork({
      clock: this.clock,
      random: new SimRandom(seed, "network"),
      trace,
      ...(options.network === undefined ? {} : { conditions: options.network }),
    });
  }

  /** The host of that name, made when it is asked for first. */
  host(name: string, options: SimHostOptions = {}): SimHost {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      host = new SimHost(this, name, options);
      this.#hosts.set(name, host);
    }
    return host;
  }
}

/** A machine: a name in the network and a disk, which outlive the processes on it. */
export class SimHost {
  readonly name: string;
  readonly disk: SimDisk;
  readonly #world: SimWorld;
  #process: SimProcess | undefined;
  #started = 0;

  constructor(world: SimWorld, name: string, options: SimHostOptions) {
    this.#world = world;
    this.name = name;
    this.disk = new SimDisk({
      clock: world.clock,
      random: new SimRandom(world.seed, `disk ${name}`),
      trace: world.trace,
      ...(options.diskDelays === undefined ? {} : { delays: options.diskDelays }),
      ...(options.capacityBytes === undefined ? {} : { capacityBytes: options.capacityBytes }),
    });
  }

  /** The process that runs now. */
  get process(): SimProcess | undefined {
    return this.#process;
  }

  /**
   * A new process; one that still runs is killed first, for the disk belongs to one at a time.
   * Without `onUncaught`, what nobody in the process catches ends the run of the world.
   */
  start(onUncaught?: UncaughtListener): SimProcess {
    this.kill();
    const world = this.#world;
    const stream = `process ${this.name} ${this.#started++}`;
    world.trace.note("process started", this.name);
    const life = new SimProcessLife(onUncaught);
    this.#process = new SimProcess(life, world.network.processOn(this.name, life), {
      clock: new SimProcessClock(world.clock, life),
      disk: this.disk.forProcess(),
      random: new SimRandom(world.seed, stream),
    });
    return this.#process;
  }

  /** `kill -9`: timers never fire, connections end, files stay as they were written. */
  kill(): void {
    if (this.#process === undefined) return;
    this.#process.stop(false);
    this.#process = undefined;
    this.disk.killProcess();
  }

  /** The power fails: the process dies, peers hear nothing, and what was not synced may be gone. */
  losePower(): void {
    this.#process?.stop(true);
    this.#process = undefined;
    this.disk.losePower();
  }
}

/** The four doors as one process has them, until it dies. */
export class SimProcess {
  readonly platform: Platform;
  readonly life: SimProcessLife;
  readonly #network: SimProcessNetwork;

  constructor(
    life: SimProcessLife,
    network: SimProcessNetwork,
    doors: { readonly clock: Clock; readonly disk: Disk; readonly random: SimRandom },
  ) {
    this.life = life;
    this.#network = network;
    this.platform = { ...doors, network };
  }

  stop(silently: boolean): void {
    this.#network.kill(silently);
  }
}
