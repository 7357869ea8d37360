import type { Clock, Timer } from "../../platform/clock.ts";

/** How soon a heartbeat that brought nothing is sent again. */
export const BEAT_AGAIN_MS = 100;

/**
 * Sends one heartbeat after the other, never two at a time: an interval from the sending of one to the
 * sending of the next, unless it is wanted sooner.
 */
export class Heartbeats {
  readonly #clock: Clock;
  readonly #send: () => Promise<void>;
  /** From one heartbeat to the next. */
  intervalMs: number;
  #timer: Timer | undefined;
  #isBeating = false;
  #isUnderWay = false;
  /** What was wanted while one was under way. */
  #wantedMs: number | undefined;

  /** `send` never rejects. */
  constructor(clock: Clock, intervalMs: number, send: () => Promise<void>) {
    this.#clock = clock;
    this.intervalMs = intervalMs;
    this.#send = send;
  }

  /** Begins with a heartbeat after so long; nothing changes when it has begun. */
  start(delayMs = this.intervalMs): void {
    if (this.#isBeating) return;
    this.#isBeating = true;
    this.after(delayMs);
  }

  stop(): void {
    this.#isBeating = false;
    this.#wantedMs = undefined;
    this.#timer?.cancel();
  }

  /** The next one after so long; one that is under way is waited for. */
  after(delayMs: number): void {
    if (!this.#isBeating) return;
    if (this.#isUnderWay) this.#wantedMs = Math.min(delayMs, this.#wantedMs ?? Infinity);
    else this.#schedule(delayMs);
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(delayMs, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    if (!this.#isBeating || this.#isUnderWay) return;
    this.#isUnderWay = true;
    const sentAtMs = this.#clock.monotonicMs();
    await this.#send();
    this.#isUnderWay = false;
    const wantedMs = this.#wantedMs;
    this.#wantedMs = undefined;
    if (!this.#isBeating) return;
    const leftMs = sentAtMs + this.intervalMs - this.#clock.monotonicMs();
    this.#schedule(Math.min(wantedMs ?? Infinity, Math.max(0, leftMs)));
  }
}
