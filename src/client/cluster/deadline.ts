import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import { clientError, isRetriableError } from "../errors.ts";
import { backoffMs, RETRY_BACKOFF } from "./backoff.ts";

/** For deadlines that are made without a door to randomness: pauses as they are. */
const noJitter: Random = {
  bytes: (size) => Buffer.alloc(size),
  below: (bound) => Math.floor(bound / 2),
};

/** How long a call may go on: until a time, or until the caller's signal. */
export class Deadline {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly #timeoutMs: number;
  readonly #atMs: number;
  readonly #random: Random;

  /** `timeoutMs` may be `Infinity`. */
  constructor(clock: Clock, timeoutMs: number, signal?: AbortSignal, random = noJitter) {
    this.clock = clock;
    this.signal = signal;
    this.#timeoutMs = timeoutMs;
    this.#atMs = clock.monotonicMs() + timeoutMs;
    this.#random = random;
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
    const message = `not done within ${this.#timeoutMs / 1000} s`;
    // A wait within this deadline says the same when it ends.
    const isSame = cause instanceof Error && cause.message === message;
    const because = cause instanceof Error && !isSame ? `: ${cause.message}` : "";
    throw clientError("TIMED_OUT", `${message}${because}`, { cause: isSame ? cause.cause : cause });
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
   * What the promise gives, unless the deadline or the signal comes first: then `TIMED_OUT` or `CANCELLED`.
   * The promise goes on unheard; its rejection is taken care of.
   */
  within<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const over = (): void => {
        done();
        try {
          this.check();
          reject(clientError("TIMED_OUT", `not done within ${this.#timeoutMs / 1000} s`));
        } catch (thrown) {
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
        }
      };
      const done = (): void => {
        timer?.cancel();
        signal?.removeEventListener("abort", over);
      };
      const leftMs = this.remainingMs();
      const timer = leftMs === Infinity ? undefined : this.clock.setTimer(leftMs, over);
      promise.then(resolve, reject).finally(done);
      if (signal?.aborted === true) over();
      else signal?.addEventListener("abort", over);
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
    for (let failures = 1; ; failures++) {
      try {
        return await attempt();
      } catch (thrown) {
        if (!isRetriableError(thrown)) throw thrown;
        this.check(thrown);
        await this.wait(backoffMs(this.#random, failures, RETRY_BACKOFF));
        this.check(thrown);
        await onRetry?.(thrown);
      }
    }
  }
}
