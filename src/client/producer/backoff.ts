import type { Random } from "../../platform/random.ts";

/** The longest pause between two tries (`retry.backoff.max.ms`). */
export const RETRY_BACKOFF_MAX_MS = 1_000;
/** By how much a pause is longer or shorter by chance, so that many clients do not come back together. */
const JITTER = 0.2;
const JITTER_STEPS = 1_000;

/** Pauses that double from one try to the next (KIP-580). */
export class Backoff {
  readonly #firstMs: number;
  readonly #random: Random;
  #failures: number;

  /** `failures`: how many there were before. */
  constructor(firstMs: number, random: Random, failures = 0) {
    this.#firstMs = firstMs;
    this.#random = random;
    this.#failures = failures;
  }

  /** The pause after one more failure. */
  nextMs(): number {
    const pauseMs = Math.min(this.#firstMs * 2 ** this.#failures, RETRY_BACKOFF_MAX_MS);
    this.#failures++;
    const share = this.#random.below(2 * JITTER_STEPS + 1) / JITTER_STEPS - 1;
    return pauseMs * (1 + JITTER * share);
  }

  /** It worked: the next pause is the first one again. */
  reset(): void {
    this.#failures = 0;
  }
}
