import type { Clock, Timer } from "../../platform/clock.ts";

/** Notes signs of progress at no cost, and tells when there was none for too long. */
export class PollWatch {
  readonly #clock: Clock;
  readonly #maxIntervalMs: number;
  readonly #onExpired: () => void;
  #timer: Timer | undefined;
  #lastMs = 0;

  constructor(clock: Clock, maxIntervalMs: number, onExpired: () => void) {
    this.#clock = clock;
    this.#maxIntervalMs = maxIntervalMs;
    this.#onExpired = onExpired;
  }

  polled(): void {
    this.#lastMs = this.#clock.monotonicMs();
  }

  /** Progress counts from now on. */
  expect(): void {
    this.polled();
    if (this.#timer === undefined) this.#schedule(this.#maxIntervalMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      const leftMs = this.#lastMs + this.#maxIntervalMs - this.#clock.monotonicMs();
      if (leftMs > 0) this.#schedule(leftMs);
      else this.#onExpired();
    });
  }
}
