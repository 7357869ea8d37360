import type { Clock } from "../platform/clock.ts";

/**
 * Lets those who wait for the device share its work: one sync is under way at a time, and the next
 * one is for everybody who asked meanwhile. The first to ask waits for the events that are ready, so
 * that appends which arrived together are synced together.
 */
export class GroupCommit {
  readonly #clock: Clock;
  readonly #sync: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(clock: Clock, sync: () => Promise<void>) {
    this.#clock = clock;
    this.#sync = sync;
  }

  /** Resolves when a sync is done that began after this call. */
  request(): Promise<void> {
    if (this.#next === undefined) {
      const before = this.#running ?? new Promise<void>((go) => this.#clock.defer(go));
      this.#next = before.then(
        () => this.#begin(),
        () => this.#begin(),
      );
    }
    return this.#next;
  }

  #begin(): Promise<void> {
    const run = this.#sync();
    this.#next = undefined;
    this.#running = run;
    const finished = (): void => {
      if (this.#running === run) this.#running = undefined;
    };
    run.then(finished, finished);
    return run;
  }
}
