import type { Random } from "../../platform/random.ts";

/** Pauses between tries that fail: the first, and the longest. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Between attempts to reach a broker (`reconnect.backoff.ms`, `reconnect.backoff.max.ms`). */
export const RECONNECT_BACKOFF: BackoffBounds = { firstMs: 50, maxMs: 1_000 };
/** Between attempts at a request (`retry.backoff.ms`, `retry.backoff.max.ms`). */
export const RETRY_BACKOFF: BackoffBounds = { firstMs: 100, maxMs: 1_000 };

/** By how much a pause is longer or shorter by chance, so that many clients do not come back together. */
const JITTER = 0.2;
const JITTER_STEPS = 1_000;

/** The pause after so many failures in a row: it doubles each time (KIP-580). */
export function backoffMs(random: Random, failures: number, bounds: BackoffBounds): number {
  const { firstMs, maxMs } = bounds;
  const pauseMs = firstMs * 2 ** Math.min(Math.max(0, failures - 1), 30);
  const chance = random.below(2 * JITTER_STEPS + 1) / JITTER_STEPS - 1;
  return Math.min(maxMs, pauseMs * (1 + JITTER * chance));
}
