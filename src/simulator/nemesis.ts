import { completeBatchSizeAt } from "../records/record-batch.ts";
import type { Auditor } from "./auditor.ts";
import { BROKER_HOST } from "./broker-under-test.ts";
import type { RestartKind } from "./history.ts";
import type { Scene } from "./scene.ts";
import type { FaultKind } from "./seed-plan.ts";
import type { SimRandom } from "./sim-random.ts";

/** Disk calls until one of them is interrupted, at most. */
const INTERRUPT_CALLS_MAX = 400;
/** How long to wait for an interruption that has not come. */
const INTERRUPT_WAIT_MS = 3000;
/** A machine that lost power comes back no sooner: by then what was on its way has arrived. */
const REBOOT_MS_MIN = 1000;
const START_TRIES_MAX = 5;
const SLOW_SYNC_MS: readonly [number, number] = [50, 1500];
const SLOW_READ_MS: readonly [number, number] = [10, 300];
const CLOCK_STEP_MS_MAX = 20 * 60_000;
const PAUSE_MS_MAX = 12 * 60_000;

export interface NemesisParts {
  readonly scene: Scene;
  readonly auditor: Auditor;
  /** Names of actors whose links may be blocked. */
  readonly clients: readonly string[];
  /** Groups whose offsets are compared over quiet restarts. */
  readonly groups: readonly string[];
  /** Resolves when every actor waits with nothing under way. */
  readonly rested: () => Promise<void>;
}

/** Bytes of a batch that no checksum covers, such as its base offset. */
const UNCHECKED_BYTES = 17;

/** The byte at a place of a log file, or one behind it that its batch's checksum covers. */
function checkedByteAt(bytes: Buffer, position: number): number {
  let at = 0;
  for (;;) {
    const size = completeBatchSizeAt(bytes, at, bytes.length);
    if (size <= 0) return position;
    if (position < at + size) return Math.max(position, at + UNCHECKED_BYTES);
    at += size;
  }
}

/** Brings faults, one at a time, and repairs what is needed to go on. */
export class Nemesis {
  readonly #parts: NemesisParts;
  readonly #scene: Scene;
  readonly #random: SimRandom;
  /** A sync has failed: what it was to write is gone with the next loss of power, whatever a process thinks. */
  #hasFailedSync = false;
  #clockBackMs = 0;
  #comingBack: Promise<void> | undefined;
  #wallClockMaxMs: number;

  constructor(parts: NemesisParts) {
    this.#parts = parts;
    this.#scene = parts.scene;
    this.#random = parts.scene.random("nemesis");
    this.#wallClockMaxMs = this.#scene.world.clock.nowMs();
    this.#scene.broker.onDeath = () => this.#afterDeath();
  }

  /** The latest time a clock can have shown, with what was taken back since. */
  wallClockMaxMs(): number {
    this.#wallClockMaxMs = Math.max(this.#wallClockMaxMs, this.#scene.world.clock.nowMs());
    return this.#wallClockMaxMs + this.#clockBackMs;
  }

  async run(): Promise<void> {
    const { plan } = this.#scene;
    const kinds = [...plan.faults].flatMap(([kind, weight]) => Array<FaultKind>(weight).fill(kind));
    if (kinds.length === 0) return;
    while (!this.#scene.isOver) {
      await this.#scene.sleep(this.#random.fraction() * 2 * plan.faultIntervalMs);
      if (this.#scene.isOver) return;
      const kind = this.#random.pick(kinds);
      this.#scene.step(kind);
      await this.#bring(kind);
    }
  }

  /** Ends all faults; the node is up and whole afterwards. */
  async heal(): Promise<void> {
    const { world, broker } = this.#scene;
    await this.#comingBack;
    broker.host.disk.faults.clear();
    broker.host.disk.clearInterruption();
    for (const name of this.#parts.clients) this.#unblock(name);
    world.network.conditions = { ...world.network.conditions, resetProbability: 0 };
    if (this.#scene.isDiskHurt || !broker.isUp) await this.#restart(this.#repairKind());
  }

  async #bring(kind: FaultKind): Promise<void> {
    switch (kind) {
      case "kill":
        this.#scene.broker.kill();
        return this.#comeBack();
      case "kill in a disk call":
        return this.#interrupt(() => this.#scene.broker.kill());
      case "power loss":
        this.#losePower();
        return this.#comeBack();
      case "power loss in a disk call":
        return this.#interrupt(() => this.#losePower());
      case "clean restart":
        // Answers that are lost, and then a process that remembers little of what it wrote.
        if (this.#random.chance(0.3)) this.#resetAll();
        await this.#scene.broker.stop(this.#scene.isDiskHurt);
        return this.#comeBack();
      case "quiet restart":
        return this.#quietRestart();
      case "connection reset":
        return this.#resetSome();
      case "blocked link":
        return this.#blockSome();
      case "write error":
        return this.#failDisk("write");
      case "sync error":
        return this.#failDisk("sync");
      case "full disk":
        return this.#fillDisk();
      case "slow disk":
        return this.#slowDisk();
      case "clock step":
        return this.#stepClock();
      case "long pause":
        return this.#pauseForLong();
      case "damaged tail":
        return this.#damageTail();
    }
  }

  #losePower(): void {
    this.#hasFailedSync = false;
    if (!this.#scene.plan.isStrict) this.#scene.mayHaveLostGroups = true;
    this.#scene.broker.losePower();
  }

  /** After a failed sync only a machine that starts anew reads what the device has. */
  #repairKind(): RestartKind {
    if (this.#hasFailedSync) return "power loss";
    return this.#random.pick(["kill", "clean"]);
  }

  async #restart(kind: RestartKind): Promise<void> {
    const { broker } = this.#scene;
    await this.#comingBack;
    if (kind === "power loss") this.#losePower();
    else if (kind === "kill") broker.kill();
    else await broker.stop(this.#scene.isDiskHurt);
    await this.#comeBack();
  }

  /** Starts the node, and looks at what it has. Waits as long as a machine or its keeper would. */
  #comeBack(): Promise<void> {
    this.#comingBack ??= this.#startAgain().finally(() => {
      this.#comingBack = undefined;
    });
    return this.#comingBack;
  }

  async #startAgain(): Promise<void> {
    const { scene } = this.#parts;
    const { broker } = scene;
    if (broker.isUp || scene.history.violation !== undefined) return;
    const random = this.#random;
    let isPaused = random.chance(0.5);
    if (isPaused) scene.pause();
    await scene.sleep(random.chance(0.3) ? 0 : random.between(1, 2000));
    for (let tries = 0; ; tries++) {
      // What the last process has left to say is said by then.
      await scene.sleep(1);
      if (this.#hasFailedSync) this.#losePower();
      if (broker.hasLostPower) {
        if (!isPaused) scene.pause();
        isPaused = true;
        await scene.sleep(REBOOT_MS_MIN);
      }
      broker.host.disk.faults.clear();
      scene.isDiskHurt = false;
      this.#resetAll();
      if (tries === 0 && random.chance(0.15)) this.#planInterruption();
      await broker.start();
      broker.host.disk.clearInterruption();
      if ((await this.#lookAround()) || scene.history.violation !== undefined) break;
      if (tries === START_TRIES_MAX) scene.history.violate("survival", "the node does not start");
    }
    if (isPaused) scene.resume();
  }

  /** The node is ended while it starts. */
  #planInterruption(): void {
    const { broker } = this.#scene;
    broker.host.disk.interruptAfter(this.#random.below(INTERRUPT_CALLS_MAX), () => {
      if (this.#random.chance(0.5)) broker.kill();
      else this.#losePower();
    });
  }

  /** Whether the node is up, and everything it came back with was seen. */
  async #lookAround(): Promise<boolean> {
    const { scene, auditor } = this.#parts;
    const { broker } = scene;
    if (!broker.isUp || !(await auditor.findAfter(broker.cameBackAfter))) return false;
    broker.lookedAt();
    if (this.#random.chance(0.5)) await auditor.readEverything();
    return true;
  }

  /** The node ended by itself, as it may when its metadata log was hit. */
  #afterDeath(): void {
    this.#scene.world.clock.setTimer(1, () => {
      this.#comeBack().catch((thrown: unknown) => {
        this.#scene.history.violate("simulator", String(thrown));
      });
    });
  }

  async #interrupt(how: () => void): Promise<void> {
    const { broker } = this.#scene;
    const { disk } = broker.host;
    const { incarnation } = broker;
    disk.interruptAfter(this.#random.below(INTERRUPT_CALLS_MAX), how);
    const untilMs = this.#nowMs + INTERRUPT_WAIT_MS;
    while (broker.isUp && broker.incarnation === incarnation && this.#nowMs < untilMs) {
      await this.#scene.sleep(20);
    }
    disk.clearInterruption();
    if (!broker.isUp) await this.#comeBack();
  }

  /** Nobody asks anything; the node ends and comes back: it tells the same of itself. */
  async #quietRestart(): Promise<void> {
    const { scene, auditor, groups } = this.#parts;
    scene.pause();
    await this.#parts.rested();
    const before = await auditor.stateOf(groups);
    const isHurt = scene.isDiskHurt || !scene.broker.isUp;
    if (!isHurt && before !== undefined) {
      if (this.#random.chance(0.5)) await scene.broker.stop(scene.isDiskHurt);
      else scene.broker.kill();
    }
    await this.#comeBack();
    const how = scene.broker.cameBackAfter;
    if (!isHurt && before !== undefined && how !== "power loss") {
      const after = await auditor.stateOf(groups);
      if (after !== undefined) scene.checkers.replayedState.compare(before, after, how);
    }
    scene.resume();
  }

  #resetAll(): void {
    const { network } = this.#scene.world;
    for (const connection of network.connections()) network.reset(connection);
  }

  async #resetSome(): Promise<void> {
    const { network } = this.#scene.world;
    const open = network.connections();
    if (open.length === 0) return;
    const isAll = this.#random.chance(0.2);
    for (const connection of isAll ? open : [this.#random.pick(open)]) network.reset(connection);
    await Promise.resolve();
  }

  async #blockSome(): Promise<void> {
    const { network } = this.#scene.world;
    const name = this.#random.pick(this.#parts.clients);
    if (this.#random.chance(0.7)) network.block(BROKER_HOST, name);
    if (this.#random.chance(0.7)) network.block(name, BROKER_HOST);
    await this.#scene.sleep(this.#random.between(10, 5000));
    this.#unblock(name);
    this.#scene.hinderedUntilMs = this.#nowMs;
  }

  #unblock(name: string): void {
    const { network } = this.#scene.world;
    if (network.isBlocked(BROKER_HOST, name)) network.unblock(BROKER_HOST, name);
    if (network.isBlocked(name, BROKER_HOST)) network.unblock(name, BROKER_HOST);
  }

  /** A directory fails: for good, until the node is started on a repaired one. */
  async #failDisk(operation: "write" | "sync"): Promise<void> {
    const { broker } = this.#scene;
    const path = this.#hurtDirectory();
    if (operation === "sync") this.#hasFailedSync = true;
    broker.host.disk.faults.plan({
      operation,
      path,
      skip: this.#random.below(5),
      times: this.#random.pick([1, Infinity]),
    });
    await this.#scene.sleep(this.#random.between(100, 5000));
    if (broker.isUp) await this.#restart(this.#repairKind());
  }

  async #fillDisk(): Promise<void> {
    const { broker } = this.#scene;
    const path = this.#hurtDirectory();
    const { faults } = broker.host.disk;
    faults.plan({
      operation: "write",
      path,
      kind: "full",
      skip: this.#random.below(5),
      times: Infinity,
    });
    await this.#scene.sleep(this.#random.between(100, 5000));
    faults.clear();
    this.#scene.hinderedUntilMs = this.#nowMs;
    if (broker.isUp && this.#random.chance(0.3)) await this.#restart("kill");
  }

  /** One of the directories, whose failure may be told from now on. */
  #hurtDirectory(): string {
    const { broker, plan } = this.#scene;
    const { logDirs, metadataLogDir } = plan.directories;
    const path = this.#random.pick(logDirs);
    this.#scene.isDiskHurt = true;
    this.#scene.mayHaveLostGroups = true;
    if (metadataLogDir === undefined || logDirs.length === 1) broker.mayDie = true;
    return `${path}/`;
  }

  async #slowDisk(): Promise<void> {
    const { disk } = this.#scene.broker.host;
    const before = disk.delays;
    disk.delays = { syncMs: SLOW_SYNC_MS, readMs: SLOW_READ_MS };
    await this.#scene.sleep(this.#random.between(500, 10_000));
    disk.delays = before;
    this.#scene.hinderedUntilMs = this.#nowMs;
  }

  async #stepClock(): Promise<void> {
    this.wallClockMaxMs();
    const step = this.#random.between(-CLOCK_STEP_MS_MAX, CLOCK_STEP_MS_MAX);
    if (step < 0) this.#clockBackMs -= step;
    this.#scene.world.clock.shiftWallClock(step);
    await Promise.resolve();
  }

  async #pauseForLong(): Promise<void> {
    this.#scene.pause();
    await this.#parts.rested();
    await this.#scene.sleep(this.#random.between(1000, PAUSE_MS_MAX));
    this.#scene.resume();
  }

  /** The process ends, and a bit flips in what was never synced: recovery must cut there. */
  async #damageTail(): Promise<void> {
    const { broker } = this.#scene;
    broker.kill();
    const { disk } = broker.host;
    for (const path of disk.files()) {
      if (!/\/topic-\d+-\d+\/\d+\.log$/.test(path)) continue;
      const from = disk.syncedSizeOf(path);
      const bytes = disk.readFile(path);
      if (from >= bytes.length || this.#random.chance(0.5)) continue;
      const position = checkedByteAt(bytes, this.#random.between(from, bytes.length - 1));
      disk.flipBits(path, position, 1 << this.#random.below(8));
      broker.hasLostSome();
    }
    await this.#comeBack();
  }

  get #nowMs(): number {
    return this.#scene.world.clock.monotonicMs();
  }
}
