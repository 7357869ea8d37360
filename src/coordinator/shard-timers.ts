import type { Clock, Timer } from "../platform/clock.ts";
import { NO_DECISION, type Decide, type ShardTimers } from "./machine.ts";

interface Entry<M, R> {
  decide: Decide<M, R, void>;
  retryDelayMs: number | undefined;
  /** On the monotonic clock. */
  deadlineMs: number;
  /** When the armed timer fires; never after the deadline. */
  armedMs: number;
  timer: Timer;
}

/** Runs what a timer decided; `failed` is called when it could not take effect. */
export type RunTimer<M, R> = (decide: Decide<M, R, void>, failed: () => void) => void;

/**
 * Named timers. Putting one off, as every heartbeat does, only moves its deadline: the clock's timer
 * stays armed and, when it fires early, is set for the rest.
 */
export class NamedTimers<M, R> implements ShardTimers<M, R> {
  readonly #clock: Clock;
  readonly #run: RunTimer<M, R>;
  readonly #entries = new Map<string, Entry<M, R>>();

  constructor(clock: Clock, run: RunTimer<M, R>) {
    this.#clock = clock;
    this.#run = run;
  }

  get size(): number {
    return this.#entries.size;
  }

  schedule(key: string, delayMs: number, decide: Decide<M, R, void>, retryDelayMs?: number): void {
    const deadlineMs = this.#clock.monotonicMs() + Math.max(delayMs, 0);
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.armedMs <= deadlineMs) {
      entry.decide = decide;
      entry.retryDelayMs = retryDelayMs;
      entry.deadlineMs = deadlineMs;
      return;
    }
    entry?.timer.cancel();
    this.#entries.set(key, {
      decide,
      retryDelayMs,
      deadlineMs,
      armedMs: deadlineMs,
      timer: this.#arm(key, Math.max(delayMs, 0)),
    });
  }

  cancel(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.timer.cancel();
    this.#entries.delete(key);
  }

  cancelAll(): void {
    for (const entry of this.#entries.values()) entry.timer.cancel();
    this.#entries.clear();
  }

  isScheduled(key: string): boolean {
    return this.#entries.has(key);
  }

  #arm(key: string, delayMs: number): Timer {
    return this.#clock.setTimer(delayMs, () => this.#fired(key));
  }

  #fired(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const leftMs = entry.deadlineMs - this.#clock.monotonicMs();
    if (leftMs > 0) {
      entry.armedMs = entry.deadlineMs;
      entry.timer = this.#arm(key, leftMs);
      return;
    }
    const { retryDelayMs } = entry;
    // The shard may be busy: when its turn comes, the timer may be gone or put off.
    const decide: Decide<M, R, void> = (machine) => {
      if (this.#entries.get(key) !== entry) return NO_DECISION;
      const stillMs = entry.deadlineMs - this.#clock.monotonicMs();
      if (stillMs > 0) {
        entry.armedMs = entry.deadlineMs;
        entry.timer = this.#arm(key, stillMs);
        return NO_DECISION;
      }
      this.#entries.delete(key);
      return entry.decide(machine);
    };
    this.#run(decide, () => {
      if (retryDelayMs === undefined || this.#entries.has(key)) return;
      this.schedule(key, retryDelayMs, entry.decide, retryDelayMs);
    });
  }
}
