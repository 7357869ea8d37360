import type { Clock, Timer } from "../../platform/clock.ts";

/** How soon a heartbeat that brought nothing is sent again. */
const RETRY_MS = 100;

/** Sends one heartbeat after the other: the next one an interval after the last was sent, or when it has come to its end. */
export class Heartbeats {
  readonly #clock: Clock;
  readonly #send: () => Promise<void>;
  readonly #intervalMs: number;
  #timer: Timer | undefined;
  #isBeating = false;
  #isUnderWay = false;
  #isSoon = false;
  #sentAtMs = 0;

  /** `send` never rejects. */
  constructor(clock: Clock, intervalMs: number, send: () => Promise<void>) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#send = send;
  }

  /** Begins, with a first heartbeat after one interval. */
  start(): void {
    if (this.#isBeating) return;
    this.#isBeating = true;
    this.#sentAtMs = this.#clock.monotonicMs();
    if (!this.#isUnderWay) this.#schedule(this.#intervalMs);
  }

  stop(): void {
    this.#isBeating = false;
    this.#isSoon = false;
    this.#timer?.cancel();
  }

  /** The next one shortly, not after a whole interval. */
  soon(): void {
    if (!this.#isBeating) return;
    if (this.#isUnderWay) this.#isSoon = true;
    else this.#schedule(Math.min(RETRY_MS, this.#intervalMs));
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(delayMs, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    if (!this.#isBeating || this.#isUnderWay) return;
    this.#isUnderWay = true;
    this.#isSoon = false;
    this.#sentAtMs = this.#clock.monotonicMs();
    await this.#send();
    this.#isUnderWay = false;
    if (!this.#isBeating) return;
    const nextMs = this.#sentAtMs + this.#intervalMs - this.#clock.monotonicMs();
    this.#schedule(this.#isSoon ? Math.min(RETRY_MS, this.#intervalMs) : Math.max(0, nextMs));
  }
}
