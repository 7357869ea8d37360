import process from "node:process";
import type { Timer } from "../platform/clock.ts";
import { nodeClock } from "../platform/node/clock.ts";
import { promisesSettled, SimClock, TIMER } from "../simulator/sim-clock.ts";
import type { TestTime } from "./test-time.ts";

/** Of the machine: what Node calls its calls to files and name servers while they are under way. */
const MACHINE_CALL = /Req|Connect/;
/** Pause between two looks whether they are done, and how long time waits for them. */
const LOOK_MS = 1;
const MACHINE_WAIT_MS_MAX = 500;
/** Turns of the loop in which nothing may begin, until all is at rest. */
const QUIET_TURNS = 2;

interface Waiter {
  /** When it is over; `undefined` waits until nothing is under way. */
  readonly untilMs: number | undefined;
  readonly resolve: () => void;
}

export interface VirtualTimeOptions {
  /** When the world begins, in milliseconds since 1970. */
  readonly startMs: number;
  /** Whether time passes by itself once nothing else can happen; otherwise only {@link VirtualTime.advance} moves it. */
  readonly flows: boolean;
}

/**
 * Time that nobody waits for: events happen one after the other as fast as the loop runs, and time jumps
 * to the next one when all promises have settled and the machine has nothing under way.
 */
export class VirtualTime implements TestTime {
  readonly #clock: SimClock;
  readonly #waiters = new Set<Waiter>();
  /** How many reasons there are for time to pass by itself. */
  #flowing: number;
  #underWay = 0;
  /** What the machine works on, which no virtual time helps along. */
  #machineWork = 0;
  /** Bumped whenever something is scheduled. */
  #scheduled = 0;
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor({ startMs, flows }: VirtualTimeOptions) {
    this.#clock = new SimClock({ startMs });
    this.#flowing = flows ? 1 : 0;
    this.#drive().catch(throwAlone);
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    return this.schedule(delayMs, TIMER, fire);
  }

  defer(fire: () => void): void {
    this.schedule(0, TIMER, fire);
  }

  schedule(delayMs: number, label: string, fire: () => void): Timer {
    const isWork = delayMs <= 0 || label !== TIMER;
    if (isWork) this.#underWay++;
    let isOver = false;
    const over = (): boolean => {
      if (isOver) return false;
      isOver = true;
      if (isWork) this.#underWay--;
      return true;
    };
    const timer = this.#clock.schedule(delayMs, label, () => {
      if (over()) fire();
    });
    this.#scheduled++;
    this.#wakeUp();
    return {
      cancel() {
        if (over()) timer.cancel();
      },
    };
  }

  begin(): () => void {
    this.#machineWork++;
    let isDone = false;
    return () => {
      if (isDone) return;
      isDone = true;
      this.#machineWork--;
      this.#wakeUp();
    };
  }

  settle(): Promise<void> {
    return this.#wait(undefined);
  }

  advance(durationMs: number): Promise<void> {
    return this.#wait(this.#clock.monotonicMs() + durationMs);
  }

  async passDuring<T>(work: () => Promise<T>): Promise<T> {
    this.#flowing++;
    this.#wakeUp();
    try {
      return await work();
    } finally {
      this.#flowing--;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#wakeUp();
    for (const { resolve } of this.#waiters) resolve();
    this.#waiters.clear();
  }

  #wait(untilMs: number | undefined): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.add({ untilMs, resolve });
      this.#wakeUp();
    });
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  async #drive(): Promise<void> {
    for (let quiet = 0; !this.#isClosed;) {
      const before = this.#scheduled;
      await promisesSettled();
      if (this.#isClosed) return;
      const clock = this.#clock;
      const nextMs = clock.nextAtMs;
      if (nextMs !== undefined && nextMs <= clock.monotonicMs()) {
        quiet = 0;
        this.#step();
        continue;
      }
      quiet = this.#scheduled === before ? quiet + 1 : 0;
      if (quiet < QUIET_TURNS) continue;
      if (this.#serveWaiters(nextMs)) quiet = 0;
      else if (!this.#mayPass(nextMs)) await this.#somethingNew();
      else {
        await machineIsIdle(() => this.#isClosed);
        // What the machine has done meanwhile may have brought something that is due now.
        if (this.#scheduled === before && !this.#isClosed) this.#pass(nextMs);
        quiet = 0;
      }
    }
  }

  /** Whether somebody's waiting is over: then they have their turn before time goes on. */
  #serveWaiters(nextMs: number | undefined): boolean {
    const nowMs = this.#clock.monotonicMs();
    const isAtRest = this.#underWay + this.#machineWork === 0;
    let isAny = false;
    for (const waiter of this.#waiters) {
      const { untilMs, resolve } = waiter;
      const isOver = untilMs === undefined ? isAtRest : untilMs <= nowMs;
      if (!isOver) continue;
      this.#waiters.delete(waiter);
      isAny = true;
      resolve();
    }
    if (isAny) return true;
    const targetMs = this.#targetMs();
    if (targetMs === undefined || (nextMs !== undefined && nextMs <= targetMs)) return false;
    this.#clock.passTo(targetMs);
    return true;
  }

  /** How far time is asked to go: to the next time somebody waits for. */
  #targetMs(): number | undefined {
    let target: number | undefined;
    for (const { untilMs } of this.#waiters) {
      if (untilMs !== undefined) target = Math.min(target ?? Infinity, untilMs);
    }
    return target;
  }

  #mayPass(nextMs: number | undefined): nextMs is number {
    if (nextMs === undefined || this.#machineWork > 0) return false;
    if (this.#flowing > 0) return true;
    const targetMs = this.#targetMs();
    if (targetMs !== undefined && nextMs <= targetMs) return true;
    // Those who wait for what is under way are helped by time alone.
    return this.#underWay > 0 && [...this.#waiters].some(({ untilMs }) => untilMs === undefined);
  }

  #pass(nextMs: number): void {
    this.#clock.passTo(nextMs);
    this.#step();
  }

  #step(): void {
    try {
      this.#clock.step();
    } catch (thrown) {
      throwAlone(thrown);
    }
  }

  #somethingNew(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Throws with nobody on the stack, as a failing timer does. */
function throwAlone(thrown: unknown): void {
  nodeClock.defer(() => {
    throw thrown;
  });
}

/** Resolves when the machine has no call to a file or a name server under way, or takes too long over it. */
async function machineIsIdle(isClosed: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < MACHINE_WAIT_MS_MAX && !isClosed(); waitedMs += LOOK_MS) {
    if (!process.getActiveResourcesInfo().some((name) => MACHINE_CALL.test(name))) return;
    await new Promise<void>((resolve) => nodeClock.setTimer(LOOK_MS, resolve));
  }
}
