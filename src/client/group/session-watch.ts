import type { Clock, Timer } from "../../platform/clock.ts";

/** Watches over a session that the coordinator keeps alive for a while at a time. */
export class SessionWatch {
  readonly #clock: Clock;
  readonly #onExpired: () => void;
  #timer: Timer | undefined;

  constructor(clock: Clock, onExpired: () => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  /** It lasts until then, by the monotonic clock. */
  extend(untilMs: number): void {
    this.#timer?.cancel();
    const leftMs = Math.max(0, untilMs - this.#clock.monotonicMs());
    this.#timer = this.#clock.setTimer(leftMs, this.#onExpired);
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
