import type { Clock } from "../../platform/clock.ts";
import { clientError, isRetriableError } from "../errors.ts";

/** Pause before the first retry; doubles up to {@link RETRY_PAUSE_MAX_MS}. */
const RETRY_PAUSE_MS = 50;
const RETRY_PAUSE_MAX_MS = 1_000;

/** How long a call may go on: until a time, or until the caller's signal. */
export class Deadline {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly #timeoutMs: number;
  readonly #atMs: number;

  /** `timeoutMs` may be `Infinity`. */
  constructor(clock: Clock, timeoutMs: number, signal?: AbortSignal) {
    this.clock = clock;
    this.signal = signal;
    this.#timeoutMs = timeoutMs;
    this.#atMs = clock.monotonicMs() + timeoutMs;
  }

  /** Milliseconds that are left, never below zero. */
  remainingMs(): number {
    return Math.max(0, this.#atMs - this.clock.monotonicMs());
  }

  /** Throws `TIMED_OUT` or `CANCELLED` when it is over; `cause` is what went wrong last. */
  check(cause?: unknown): void {
    if (this.signal?.aborted === true) {
      throw clientError("CANCELLED", "cancelled", { cause: this.signal.reason });
    }
    if (this.remainingMs() > 0) return;
    const because = cause instanceof Error ? `: ${cause.message}` : "";
    const seconds = this.#timeoutMs / 1000;
    throw clientError("TIMED_OUT", `not done within ${seconds} s${because}`, { cause });
  }

  /** Resolves after `delayMs`, or sooner when the deadline or the signal comes first. */
  wait(delayMs: number): Promise<void> {
    const { signal } = this;
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = this.clock.setTimer(Math.min(delayMs, this.remainingMs()), done);
      if (signal?.aborted === true) done();
      else signal?.addEventListener("abort", done);
    });
  }

  /**
   * Makes the attempt again, with growing pauses, as long as it fails with a retriable error and time
   * is left. `onRetry` mends what it can in between, such as refreshing metadata.
   */
  async retry<T>(
    attempt: () => Promise<T>,
    onRetry?: (thrown: unknown) => Promise<void> | void,
  ): Promise<T> {
    for (let pauseMs = RETRY_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, RETRY_PAUSE_MAX_MS)) {
      try {
        return await attempt();
      } catch (thrown) {
        if (!isRetriableError(thrown)) throw thrown;
        this.check(thrown);
        await this.wait(pauseMs);
        this.check(thrown);
        await onRetry?.(thrown);
      }
    }
  }
}
