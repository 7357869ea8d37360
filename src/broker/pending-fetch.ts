import type { Timer } from "../platform/clock.ts";

/** What a fetch can wait for: a partition that tells it when more can be read. */
export interface Growing {
  addWaiting(fetch: PendingFetch): void;
  removeWaiting(fetch: PendingFetch): void;
}

/**
 * A fetch that found too little and waits: for bytes, for its deadline, or for a partition to go
 * away. It learns of growth from the partitions; nothing polls.
 */
export class PendingFetch {
  readonly #partitions: readonly Growing[];
  readonly #queue: ReadyFetches;
  readonly #finish: () => void;
  #bytesMissing: number;
  #timer: Timer | undefined;
  #state: "waiting" | "ready" | "done" = "waiting";

  /** @param bytesMissing how many more bytes complete it; at least 1. */
  constructor(options: {
    readonly partitions: readonly Growing[];
    readonly queue: ReadyFetches;
    readonly bytesMissing: number;
    readonly finish: () => void;
  }) {
    this.#partitions = options.partitions;
    this.#queue = options.queue;
    this.#bytesMissing = options.bytesMissing;
    this.#finish = options.finish;
  }

  /** Begins to wait; `timer` fires {@link expire}. */
  park(timer: Timer): void {
    this.#timer = timer;
    for (const partition of this.#partitions) partition.addWaiting(this);
  }

  /** Bytes became readable in one of its partitions. */
  grown(bytes: number): void {
    this.#bytesMissing -= bytes;
    if (this.#bytesMissing <= 0) this.#becomeReady();
  }

  /** Nobody waits for the answer any more: it is not prepared, and nothing keeps this fetch. */
  cancel(): void {
    if (this.#state === "done") return;
    if (this.#state === "waiting") this.#stopWaiting();
    this.#state = "done";
  }

  /** Its time is over. */
  expire(): void {
    this.#becomeReady();
  }

  /** Reads again and answers; called by the queue. */
  finish(): void {
    if (this.#state === "done") return;
    this.#state = "done";
    this.#finish();
  }

  #becomeReady(): void {
    if (this.#state !== "waiting") return;
    this.#state = "ready";
    this.#stopWaiting();
    this.#queue.add(this);
  }

  #stopWaiting(): void {
    this.#timer?.cancel();
    for (const partition of this.#partitions) partition.removeWaiting(this);
  }
}

/**
 * Fetches that can be answered. They are answered when the request that woke them is done, so that
 * one that waits for several partitions of a produce request gets them all.
 */
export class ReadyFetches {
  #ready: PendingFetch[] = [];
  readonly #schedule: (run: () => void) => void;
  #scheduled = false;

  /** @param schedule runs a function soon, for wake-ups that no request causes. */
  constructor(schedule: (run: () => void) => void) {
    this.#schedule = schedule;
  }

  add(fetch: PendingFetch): void {
    this.#ready.push(fetch);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      this.run();
    });
  }

  /** Answers all that are ready. */
  run(): void {
    while (this.#ready.length > 0) {
      const ready = this.#ready;
      this.#ready = [];
      for (const fetch of ready) fetch.finish();
    }
  }
}
