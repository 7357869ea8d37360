import process from "node:process";
import { KafkaError } from "../client/errors.ts";
import { silentLogger, type Logger } from "../telemetry/logger.ts";
import { Admin } from "./actors/admin.ts";
import type { Actor } from "./actors/actor.ts";
import { GroupMember } from "./actors/group-member.ts";
import { Producer } from "./actors/producer.ts";
import { Reader } from "./actors/reader.ts";
import { SoloCommitter } from "./actors/solo-committer.ts";
import { Auditor } from "./auditor.ts";
import { BrokerUnderTest } from "./broker-under-test.ts";
import { ClientPrograms } from "./client-programs.ts";
import { addCheckers } from "./checkers.ts";
import { History, type Violation } from "./history.ts";
import { Nemesis } from "./nemesis.ts";
import { Scene } from "./scene.ts";
import { planOf, type SeedPlan } from "./seed-plan.ts";
import { SimWorld } from "./sim-platform.ts";
import { SimTrace } from "./sim-trace.ts";

/** Steps of a seed unless told otherwise. */
export const STEPS = 300;
const RECENT_EVENTS = 40;
/** Virtual time that the end of a run may take: all faults healed, everything settled and read. */
const END_MS_MAX = 20 * 60_000;
/** Virtual time of a whole run; none comes near it. */
const RUN_MS_MAX = 100 * 60 * 60_000;
const LOOK_MS = 1000;
const REST_CHECK_MS = 10;

export interface RunOptions {
  readonly steps?: number;
  readonly logger?: Logger;
  /** Handed every event as it happens. */
  readonly watch?: (line: string) => void;
}

/** How the run of a seed went. */
export interface RunResult {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly step: number;
  /** Of everything that happened. */
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
  /** Processes that were started. */
  readonly incarnations: number;
  readonly recent: readonly string[];
}

/** Runs one seed: a whole node, those who use it, and what goes wrong, under the eyes of all checkers. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunResult> {
  const trace = new SimTrace({
    recentMax: RECENT_EVENTS,
    ...(options.watch === undefined ? {} : { watch: options.watch }),
  });
  const plan = planOf(seed);
  const world = new SimWorld({
    seed,
    trace,
    network: {
      delayMs: [0.05, plan.networkDelayMsMax],
      resetProbability: plan.resetProbability,
    },
  });
  const run = new Run(world, plan, options);
  await run.play();
  const { history, scene, broker } = run;
  return {
    seed,
    violation: history.violation,
    step: scene.steps,
    hash: trace.hash(),
    events: trace.events,
    virtualMs: world.clock.monotonicMs(),
    incarnations: broker.incarnation,
    recent: trace.recent(),
  };
}

class Run {
  readonly history = new History();
  readonly broker: BrokerUnderTest;
  readonly scene: Scene;
  readonly #world: SimWorld;
  readonly #actors: Actor[] = [];
  readonly #producers: Producer[] = [];
  readonly #admin: Admin;
  readonly #auditor: Auditor;
  readonly #nemesis: Nemesis;
  readonly #groups: readonly string[];
  readonly #clients: ClientPrograms;
  /** Hosts of those who use the node. */
  readonly #clientNames: string[];
  #isDone = false;

  constructor(world: SimWorld, plan: SeedPlan, options: RunOptions) {
    this.#world = world;
    const { history } = this;
    const logger = options.logger ?? silentLogger;
    const broker = new BrokerUnderTest(world, plan, history, logger);
    this.broker = broker;
    const checkers = addCheckers(history, plan, {
      nowMs: () => world.clock.monotonicMs(),
      incarnation: () => broker.incarnation,
      isUp: () => broker.isUp,
      hinderedUntilMs: () => this.scene.hinderedUntilMs,
      isEnding: () => broker.isEnding,
      isDiskHurt: () => this.scene.isDiskHurt,
      wallClockMaxMs: () => this.#nemesis.wallClockMaxMs(),
    });
    const stepsMax = options.steps ?? STEPS;
    this.scene = new Scene({ world, plan, broker, history, checkers, stepsMax });
    this.#admin = new Admin(this.scene, "admin");
    this.#auditor = new Auditor(this.scene);
    this.#groups = this.#cast(plan);
    this.#clients = new ClientPrograms(this.scene);
    this.#clientNames = this.#actors.map(({ name }) => name);
    this.#nemesis = new Nemesis({
      scene: this.scene,
      auditor: this.#auditor,
      clients: this.#clientNames,
      groups: this.#groups,
      rested: () => this.#rested(),
    });
  }

  /** Everything from the first start to the last look. */
  async play(): Promise<void> {
    const onRejection = (reason: unknown): void => {
      if (reason instanceof KafkaError) {
        this.scene.checkers.clientErrors.told("what nobody waits for", reason, []);
        return;
      }
      const { process: running } = this.broker.host;
      running?.life.uncaught(reason);
    };
    process.on("unhandledRejection", onRejection);
    try {
      const story = this.#story().catch((thrown: unknown) => {
        const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
        this.history.violate("simulator", text);
      });
      void story.then(() => {
        this.#isDone = true;
      });
      const end = await this.#world.clock.run({
        untilMs: RUN_MS_MAX,
        stop: () => this.#isDone || this.history.violation !== undefined,
      });
      if (end !== "stopped") this.history.violate("liveness", `the world is at rest (${end})`);
    } catch (thrown) {
      const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      this.history.violate("simulator", text);
    } finally {
      process.off("unhandledRejection", onRejection);
    }
  }

  /** Who takes part; gives the groups whose offsets are compared. */
  #cast(plan: SeedPlan): string[] {
    const { scene } = this;
    const groups: string[] = [];
    this.#actors.push(this.#admin);
    if (plan.cast === "clients") return groups;
    for (let i = 0; i < plan.idempotentProducers; i++) {
      this.#producers.push(
        new Producer(scene, `idempotent-${i}`, { isIdempotent: true, retries: true }),
      );
    }
    for (let i = 0; i < plan.plainProducers; i++) {
      this.#producers.push(
        new Producer(scene, `plain-${i}`, { isIdempotent: false, retries: i % 2 === 0 }),
      );
    }
    this.#actors.push(...this.#producers);
    for (let i = 0; i < plan.consumers; i++) this.#actors.push(new Reader(scene, `reader-${i}`));
    for (let group = 0; group < plan.groups; group++) {
      groups.push(`group-${group}`);
      for (let i = 0; i < plan.membersPerGroup; i++) {
        this.#actors.push(new GroupMember(scene, `member-${group}-${i}`, `group-${group}`));
      }
    }
    for (let i = 0; i < plan.committers; i++) {
      const committer = new SoloCommitter(scene, `committer-${i}`);
      groups.push(committer.group);
      this.#actors.push(committer);
    }
    return groups;
  }

  async #story(): Promise<void> {
    const { scene, broker } = this;
    if (!(await broker.start())) return;
    this.#watch();
    await this.#admin.begin();
    if (scene.plan.cast !== "requests") await this.#clients.begin();
    this.#clientNames.push(...this.#clients.actors.map(({ name }) => name));
    const actors = [...this.#actors, ...this.#clients.actors].map((actor) => actor.run());
    await this.#nemesis.run();
    await Promise.all(actors);
    await this.#end();
    scene.end();
  }

  /** Everything healed: what is left is sent, all is read, and everybody is served. */
  async #end(): Promise<void> {
    const { scene } = this;
    const untilMs = this.#world.clock.monotonicMs() + END_MS_MAX;
    void scene.sleep(END_MS_MAX).then(() => {
      if (!this.#isDone) this.history.violate("liveness", "the run does not come to its end");
    });
    await this.#nemesis.heal();
    if (this.history.violation !== undefined) return;
    await Promise.all(this.#producers.map((producer) => producer.finish(untilMs)));
    await this.#clients.end();
    if (this.history.violation !== undefined) return;
    await this.#auditor.readEverything();
    await this.#auditor.checkGroups(this.#groups);
    this.#auditor.close();
  }

  /** Resolves when every actor waits. */
  async #rested(): Promise<void> {
    while (!this.scene.isOver && this.#actors.some(({ isResting }) => !isResting)) {
      await this.scene.sleep(REST_CHECK_MS);
    }
  }

  /** Looks at what only time shows. */
  #watch(): void {
    const look = (): void => {
      this.scene.checkers.liveness.look();
      this.scene.checkers.clientPromises.look();
      this.#nemesis.wallClockMaxMs();
      if (!this.#isDone) this.#world.clock.setTimer(LOOK_MS, look);
    };
    look();
  }
}
