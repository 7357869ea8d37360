import type { Timer } from "../platform/clock.ts";
import type { BrokerUnderTest } from "./broker-under-test.ts";
import type { Checkers } from "./checkers.ts";
import type { History, KnownMarks, PartitionHistory } from "./history.ts";
import type { SeedPlan } from "./seed-plan.ts";
import { ActorConnection } from "./actor-connection.ts";
import type { SimWorld } from "./sim-platform.ts";
import { SimRandom } from "./sim-random.ts";

/** No answer comes from this one: what was known of others is not held against it. */
const NO_PROCESS = -1;

/** What actors and faults share: the world, the node, what is known, and whether to go on. */
export class Scene {
  readonly world: SimWorld;
  readonly plan: SeedPlan;
  readonly broker: BrokerUnderTest;
  readonly history: History;
  readonly checkers: Checkers;
  readonly #stepsMax: number;
  #steps = 0;
  #isOver = false;
  #pauses = 0;
  #resumed: (() => void)[] = [];
  /** Disk faults were brought since the node started: storage errors may be told. */
  isDiskHurt = false;
  /**
   * What the coordinator knew of groups may have been lost: by a disk that took nothing, or with the power.
   * Then it may take a static member for the one before it.
   */
  mayHaveLostGroups = false;
  /** Until when links, a slow disk or a stop may hold up answers; virtual milliseconds. */
  hinderedUntilMs = 0;
  #nextBatch = 1;

  constructor(parts: {
    readonly world: SimWorld;
    readonly plan: SeedPlan;
    readonly broker: BrokerUnderTest;
    readonly history: History;
    readonly checkers: Checkers;
    readonly stepsMax: number;
  }) {
    this.world = parts.world;
    this.plan = parts.plan;
    this.broker = parts.broker;
    this.history = parts.history;
    this.checkers = parts.checkers;
    this.#stepsMax = parts.stepsMax;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Counts what actors and faults do. */
  step(what: string): void {
    this.#steps++;
    this.world.trace.note("step", this.#steps, what);
  }

  /** Whether the workload has come to its end, or an invariant was broken. */
  get isOver(): boolean {
    return this.#isOver || this.#steps >= this.#stepsMax || this.history.violation !== undefined;
  }

  end(): void {
    this.#isOver = true;
    this.resumeAll();
  }

  /** Actors finish what they do and wait, until as many calls of {@link resume}. */
  pause(): void {
    this.#pauses++;
  }

  resume(): void {
    this.#pauses--;
    if (this.#pauses === 0) this.resumeAll();
  }

  resumeAll(): void {
    for (const resume of this.#resumed.splice(0)) resume();
  }

  get isPaused(): boolean {
    return this.#pauses > 0;
  }

  /** Resolves when nobody pauses the actors. */
  async unpaused(): Promise<void> {
    while (this.isPaused && !this.isOver) {
      await new Promise<void>((resolve) => this.#resumed.push(resolve));
    }
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer: Timer = this.world.clock.setTimer(delayMs, () => {
        timer.cancel();
        resolve();
      });
    });
  }

  random(stream: string): SimRandom {
    return new SimRandom(this.plan.seed, stream);
  }

  /** A connection of a client process on the host of that name. */
  connect(name: string, random: SimRandom): Promise<ActorConnection | undefined> {
    const host = this.world.host(name);
    const process = host.process ?? host.start();
    return ActorConnection.connect({
      network: process.platform.network,
      clock: this.world.clock,
      random,
      liveness: this.checkers.liveness,
      clientId: name,
    });
  }

  batchId(): number {
    return this.#nextBatch++;
  }

  marksOf(partition: PartitionHistory): KnownMarks {
    return {
      incarnation: this.broker.isUp ? this.broker.incarnation : NO_PROCESS,
      highWatermark: partition.highWatermark,
      logStart: partition.logStart,
    };
  }

  /** Tells what an answer says of a partition. */
  tellMarks(
    partition: PartitionHistory,
    known: KnownMarks,
    marks: { readonly highWatermark?: number; readonly logStart?: number },
  ): void {
    this.history.emit({
      kind: "marks",
      partition,
      known,
      incarnation: this.broker.incarnation,
      highWatermark: marks.highWatermark,
      logStart: marks.logStart,
    });
  }
}
