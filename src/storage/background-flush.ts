import type { UnflushedLog } from "./log-environment.ts";

/**
 * Bytes that all logs together may have that are not on the device, before the one with the most of
 * them is synced in the background. It bounds what a power loss can take and what recovery reads
 * beyond whole segments; acknowledgements do not wait for it.
 */
export const UNFLUSHED_BYTES_MAX = 256 * 1024 * 1024;

/** Keeps the unflushed ends of all logs within a bound, one sync at a time. */
export class BackgroundFlush {
  readonly #maxBytes: number;
  readonly #dirty = new Set<UnflushedLog>();
  #bytes = 0;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(maxBytes: number = UNFLUSHED_BYTES_MAX) {
    this.#maxBytes = maxBytes;
  }

  /** The log has `bytes` more that are not on the device. */
  appended(log: UnflushedLog, bytes: number): void {
    this.#dirty.add(log);
    this.#bytes += bytes;
    if (this.#bytes <= this.#maxBytes || this.#running !== undefined || this.#isStopped) return;
    this.#running = this.#flushLargest().finally(() => {
      this.#running = undefined;
    });
  }

  forget(log: UnflushedLog): void {
    this.#dirty.delete(log);
  }

  /** Begins no more syncs; done when none is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #flushLargest(): Promise<void> {
    while (!this.#isStopped) {
      const largest = this.#takeLargest();
      if (largest === undefined || this.#bytes <= this.#maxBytes) return;
      // A failure takes the directory offline, which is told there.
      await largest.flush({ complete: true }).catch(() => this.#dirty.delete(largest));
    }
  }

  /** Counts anew, since logs are flushed for other reasons too; the log with the most bytes. */
  #takeLargest(): UnflushedLog | undefined {
    let bytes = 0;
    let largest: UnflushedLog | undefined;
    for (const log of this.#dirty) {
      const { unflushedBytes } = log;
      if (unflushedBytes === 0 || log.isOffline) this.#dirty.delete(log);
      else if (unflushedBytes > (largest?.unflushedBytes ?? 0)) largest = log;
      bytes += unflushedBytes;
    }
    this.#bytes = bytes;
    return largest;
  }
}
