import type { Clock, Timer } from "../platform/clock.ts";
import { nodeClock } from "../platform/node/clock.ts";
import { SimProcessLife } from "./sim-process-life.ts";
import type { SimTrace } from "./sim-trace.ts";

/** What timers of programs are called, as against what a network or a disk still has to do. */
export const TIMER = "timer";

/** The clock of a world: what its network and its disks do takes time by it, under names of their own. */
export interface WorldClock extends Clock {
  /** Like {@link Clock.setTimer}; `label` says what is going to happen. */
  schedule(delayMs: number, label: string, fire: () => void): Timer;
}

/** Why {@link SimClock.run} came back. */
export type RunEnd = "idle" | "time" | "events" | "stopped";

export interface RunOptions {
  /** Stops when nothing is left to happen before this time of {@link SimClock.monotonicMs}. */
  readonly untilMs?: number;
  /** Stops after as many events. */
  readonly eventsMax?: number;
  /** Asked before each event, when all promises have settled; true stops. */
  readonly stop?: () => boolean;
}

/** Events of one run, should nobody say how many: a world that never rests ends all the same. */
const EVENTS_MAX = 10_000_000;
/** When simulated worlds begin, unless told otherwise. */
const START_MS = 1_700_000_000_000;

class SimEvent implements Timer {
  readonly atMs: number;
  readonly order: number;
  readonly label: string;
  fire: (() => void) | undefined;

  constructor(atMs: number, order: number, label: string, fire: () => void) {
    this.atMs = atMs;
    this.order = order;
    this.label = label;
    this.fire = fire;
  }

  cancel(): void {
    this.fire = undefined;
  }
}

/**
 * Virtual time: a queue of events, run one after the other in order of time, then of asking. Time
 * passes only between events. Between two events all promises settle, in the order of the engine's
 * own queue, so that a run depends on nothing but its seed.
 */
export class SimClock implements WorldClock {
  readonly #trace: SimTrace | undefined;
  readonly #startMs: number;
  readonly #queue: SimEvent[] = [];
  #order = 0;
  #nowMs = 0;
  #wallShiftMs = 0;

  constructor(options: { readonly startMs?: number; readonly trace?: SimTrace } = {}) {
    this.#startMs = options.startMs ?? START_MS;
    this.#trace = options.trace;
  }

  nowMs(): number {
    return Math.floor(this.#startMs + this.#nowMs + this.#wallShiftMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    return this.schedule(delayMs, TIMER, fire);
  }

  defer(fire: () => void): void {
    this.schedule(0, "defer", fire);
  }

  /** Like {@link setTimer}, under a name of its own in the trace. */
  schedule(delayMs: number, label: string, fire: () => void): Timer {
    const delay = Number.isFinite(delayMs) ? Math.max(delayMs, 0) : Number.MAX_SAFE_INTEGER;
    const event = new SimEvent(this.#nowMs + delay, this.#order++, label, fire);
    this.#push(event);
    return event;
  }

  /** Moves the wall clock, either way; durations are not touched. */
  shiftWallClock(byMs: number): void {
    this.#wallShiftMs += byMs;
    this.#trace?.note("wall clock", byMs);
  }

  /** Events that wait, cancelled ones among them. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** When the next event is, by {@link monotonicMs}; `undefined` when there is none. */
  get nextAtMs(): number | undefined {
    return this.#next()?.atMs;
  }

  /** Lets the next event happen; whoever calls sees to it that promises have settled before. */
  step(): void {
    const event = this.#next();
    if (event === undefined) return;
    this.#pop();
    this.#nowMs = Math.max(this.#nowMs, event.atMs);
    this.#trace?.note(event.label, this.#nowMs);
    event.fire?.();
  }

  /** Lets time pass up to here; no event may be due before. */
  passTo(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, Math.min(atMs, this.nextAtMs ?? Infinity));
  }

  /** Lets what is due happen. What an event throws comes out of here. */
  async run(options: RunOptions = {}): Promise<RunEnd> {
    const { untilMs = Infinity, eventsMax = EVENTS_MAX, stop } = options;
    for (let events = 0; ;) {
      await promisesSettled();
      if (stop?.() === true) return "stopped";
      const event = this.#next();
      if (event === undefined || event.atMs > untilMs) {
        if (untilMs !== Infinity) this.passTo(untilMs);
        return event === undefined ? "idle" : "time";
      }
      if (events++ === eventsMax) return "events";
      this.step();
    }
  }

  /** Lets `durationMs` pass. */
  advance(durationMs: number): Promise<RunEnd> {
    return this.run({ untilMs: this.#nowMs + durationMs });
  }

  /** Runs until the promise settles, and gives what it gave. Throws when the world falls idle first. */
  async wait<T>(promise: Promise<T>, eventsMax = EVENTS_MAX): Promise<T> {
    let settled = false;
    const note = (): void => {
      settled = true;
    };
    promise.then(note, note);
    const end = await this.run({ eventsMax, stop: () => settled });
    if (!settled) throw new Error(`the promise never settles: the world is at rest (${end})`);
    return promise;
  }

  /** The first event that is not cancelled, still in the queue. */
  #next(): SimEvent | undefined {
    while (this.#queue.length > 0 && this.#queue[0]!.fire === undefined) this.#pop();
    return this.#queue[0];
  }

  #push(event: SimEvent): void {
    const queue = this.#queue;
    let at = queue.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, queue[parent]!)) break;
      queue[at] = queue[parent]!;
      at = parent;
    }
    queue[at] = event;
  }

  #pop(): void {
    const queue = this.#queue;
    const last = queue.pop()!;
    const size = queue.length;
    if (size === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && isBefore(queue[child + 1]!, queue[child]!)) child++;
      if (!isBefore(queue[child]!, last)) break;
      queue[at] = queue[child]!;
      at = child;
    }
    queue[at] = last;
  }
}

function isBefore(a: SimEvent, b: SimEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** A turn of the real loop: by then every promise that can settle has. */
export function promisesSettled(): Promise<void> {
  return new Promise((resolve) => nodeClock.defer(resolve));
}

/**
 * The clock as one process sees it: when the process is killed its timers never fire, and those who
 * ask for new ones get none.
 */
export class SimProcessClock implements Clock {
  readonly #clock: WorldClock;
  readonly #life: SimProcessLife;

  constructor(clock: WorldClock, life: SimProcessLife = new SimProcessLife()) {
    this.#clock = clock;
    this.#life = life;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    return this.#clock.schedule(delayMs, TIMER, () => this.#life.call(fire));
  }

  defer(fire: () => void): void {
    this.setTimer(0, fire);
  }

  kill(): void {
    this.#life.end();
  }
}
