import type { Clock, Timer } from "../platform/clock.ts";
import type { Growing, PendingFetch } from "./pending-fetch.ts";

/** What records of fetch responses that have not been sent may take together. */
export const FETCH_MEMORY_BYTES = 256 * 1024 * 1024;
/** One fetch may take this part of what is left, so that there is always something left. */
const SHARE_PART = 4;
/** With less than this part of all left, fetches wait … */
const LOW_PART = 16;
/** … until this part is free again. */
const ENOUGH_PART = 8;
/** While fetches wait, who holds the memory up is looked for this often. */
const SHORT_CHECK_MS = 1000;

export interface FetchMemoryOptions {
  readonly clock: Clock;
  /** Default {@link FETCH_MEMORY_BYTES}. */
  readonly maxBytes?: number;
}

/**
 * Bounds the memory of records on their way to consumers, whatever consumers ask for and however
 * slowly they read: the less is left, the less one fetch gets, and in the end fetches wait for memory
 * as they wait for records.
 */
export class FetchMemory implements Growing {
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #waiting = new Set<PendingFetch>();
  #heldBytes = 0;
  #timer: Timer | undefined;
  #onShort: (() => void) | undefined;
  #isClosed = false;

  constructor(options: FetchMemoryOptions) {
    this.#clock = options.clock;
    this.#maxBytes = options.maxBytes ?? FETCH_MEMORY_BYTES;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Nobody waits any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How much one fetch may read now; 0 when it has to wait. */
  get allowanceBytes(): number {
    const free = this.#maxBytes - this.#heldBytes;
    return free < this.#maxBytes / LOW_PART ? 0 : Math.floor(free / SHARE_PART);
  }

  hold(bytes: number): void {
    this.#heldBytes += bytes;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
    if (this.#waiting.size === 0) return;
    if (this.#maxBytes - this.#heldBytes < this.#maxBytes / ENOUGH_PART) return;
    for (const fetch of this.#waiting) fetch.grown(Number.POSITIVE_INFINITY);
  }

  addWaiting(fetch: PendingFetch): void {
    this.#waiting.add(fetch);
    this.#timer ??= this.#clock.setTimer(SHORT_CHECK_MS, () => this.#checkShort());
  }

  removeWaiting(fetch: PendingFetch): void {
    this.#waiting.delete(fetch);
  }

  /** Calls `listener` now and then while fetches wait for memory, so that it looks after some. */
  whenShort(listener: () => void): void {
    this.#onShort = listener;
  }

  /** Ends every wait. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const fetch of this.#waiting) fetch.grown(Number.POSITIVE_INFINITY);
  }

  #checkShort(): void {
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    this.#onShort?.();
    this.#timer = this.#clock.setTimer(SHORT_CHECK_MS, () => this.#checkShort());
  }
}
