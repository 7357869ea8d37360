import type { Clock, Timer } from "../platform/clock.ts";

/** Runs something again and again; the pause is counted from the end of the last run. */
export class PeriodicTask {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #run: () => Promise<void>;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(
    clock: Clock,
    options: { readonly delayMs: number; readonly intervalMs: number },
    run: () => Promise<void>,
  ) {
    this.#clock = clock;
    this.#intervalMs = options.intervalMs;
    this.#run = run;
    this.#schedule(options.delayMs);
  }

  /** Does not run it any more; done when no run is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
        if (!this.#isStopped) this.#schedule(this.#intervalMs);
      });
    });
  }
}
