import type { Cluster } from "../cluster/cluster.ts";
import type { ConsumerMetrics } from "../diagnostics/client-metrics.ts";
import type { Membership } from "../group/membership.ts";
import type { AssignedPartition } from "./assigned-partition.ts";

/** What hands records out: it knows which of them the program is still at work on. */
export interface Taker<P = AssignedPartition> {
  /** The first offset of the partition that was handed out and is not done; `undefined` when all is done. */
  firstUndone(partition: P): number | undefined;
  /**
   * Whether {@link firstUndone} also holds for a commit that the program asks for. A loop that takes one thing
   * after the other asks from within its body, so what it is at counts as done.
   */
  readonly isConcurrent: boolean;
  /** Whether what is undone will be done if one waits for it. */
  readonly isAtWork: boolean;
  /** Another loop goes on: gives back what was taken and is not in the program's hands. */
  abandon(): void;
}

/** What loops over records need of that which has the records: who waits, what went wrong, when it ends. */
export abstract class TakingCore<P> {
  readonly cluster: Cluster;
  readonly channel: string;
  readonly metrics: ConsumerMetrics;
  /** Set where partitions belong to a group. */
  membership: Membership | undefined;
  /** The loop that takes records now, or did last. */
  taker: Taker<P> | undefined;
  /** Nothing more is handed out: it is to be closed once the program is done with what it has. */
  isStopping = false;
  /** Whether {@link progressed} wants to be called whenever something is done. */
  watchesProgress = false;
  readonly #closing = new AbortController();
  readonly #waiting = new Set<() => void>();
  readonly #progressListeners = new Set<() => void>();
  #failure: unknown;
  #hasFailed = false;

  constructor(cluster: Cluster, purpose: string, metrics: ConsumerMetrics) {
    this.cluster = cluster;
    this.channel = cluster.newChannel(purpose);
    this.metrics = metrics;
  }

  /** Aborted when it is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Whether somebody waits for records. */
  get isWaitedFor(): boolean {
    return this.#waiting.size > 0;
  }

  get isFailing(): boolean {
    return this.#hasFailed;
  }

  /** Ends the loop that takes records: the first failure counts until it has been told. */
  fail(thrown: unknown): void {
    if (this.#hasFailed || this.closing.aborted) return;
    this.#hasFailed = true;
    this.#failure = thrown;
    this.wakeTakers();
  }

  /** Throws what went wrong, once; the next attempt to take records tries again. */
  throwFailure(): void {
    if (!this.#hasFailed) return;
    const failure = this.#failure;
    this.#hasFailed = false;
    this.#failure = undefined;
    throw failure;
  }

  /** Resolves when there may be something to take or to tell, or after the time. */
  waitForChange(maxWaitMs = Infinity): Promise<void> {
    return new Promise((resolve) => {
      const timer =
        maxWaitMs === Infinity
          ? undefined
          : this.cluster.platform.clock.setTimer(maxWaitMs, () => done());
      const done = (): void => {
        timer?.cancel();
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
    });
  }

  wakeTakers(): void {
    if (this.#waiting.size === 0) return;
    for (const wake of this.#waiting) wake();
  }

  /** Calls when something was done; while there are listeners takers tell. */
  onProgress(listener: () => void): () => void {
    this.#progressListeners.add(listener);
    this.watchesProgress = true;
    return () => {
      this.#progressListeners.delete(listener);
      this.watchesProgress = this.#progressListeners.size > 0;
    };
  }

  /** A taker is done with something. */
  progressed(): void {
    for (const listener of this.#progressListeners) listener();
  }

  /** Nothing more is handed out: calls when no loop is at work on something, which may be at once. */
  stopThen(idle: () => void): void {
    this.isStopping = true;
    this.wakeTakers();
    const callWhenIdle = (): void => {
      if (this.taker?.isAtWork === true) return;
      stopWatching();
      idle();
    };
    const stopWatching = this.onProgress(callWhenIdle);
    callWhenIdle();
  }

  /** Resolves when no loop is at work on something, after so long at the latest. */
  drained(drainMs: number): Promise<void> {
    if (drainMs <= 0 || this.taker?.isAtWork !== true) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        stop();
        resolve();
      };
      const timer = this.cluster.platform.clock.setTimer(drainMs, done);
      const stop = this.onProgress(() => {
        if (this.taker?.isAtWork !== true) done();
      });
    });
  }

  /** Sets {@link closing}. */
  protected abort(): void {
    this.#closing.abort();
  }
}
