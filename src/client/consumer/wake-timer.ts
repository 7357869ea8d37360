import type { Clock, Timer } from "../../platform/clock.ts";

/** Wakes somebody at the earliest of the times that were asked for. */
export class WakeTimer {
  readonly #clock: Clock;
  readonly #wake: () => void;
  #timer: Timer | undefined;
  #atMs = Infinity;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** At this time of the monotonic clock at the latest. */
  wakeAt(atMs: number): void {
    if (atMs >= this.#atMs) return;
    this.#timer?.cancel();
    this.#atMs = atMs;
    this.#timer = this.#clock.setTimer(Math.max(0, atMs - this.#clock.monotonicMs()), () => {
      this.#atMs = Infinity;
      this.#wake();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}
