/** Every socket without half a frame receives into one buffer of this size. */
export const SHARED_BUFFER_BYTES = 256 * 1024;
/** The first buffer of its own that a connection gets when a frame arrives in parts. */
export const OWN_BUFFER_BYTES = 256 * 1024;
/** Own buffers of the first size that are kept for reuse. */
const KEPT_BUFFERS_MAX = 32;

/**
 * Memory that requests are received into. Frames that arrive whole are handled where they stand in
 * the shared buffer; a connection with half a frame gets a buffer of its own, which grows with what
 * has arrived, not with what a length field promises.
 */
export class ReceiveBuffers {
  /** Read callbacks run to completion, so all connections can share it. */
  readonly shared: Buffer = Buffer.allocUnsafeSlow(SHARED_BUFFER_BYTES);
  readonly #maxBytes: number;
  readonly #kept: Buffer[] = [];
  #usedBytes = 0;
  #waiting: (() => void)[] = [];

  /** @param maxBytes bound on all own buffers together: bytes of requests that are being received. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** A buffer of at least `bytes`, or `undefined` while the bound is reached. */
  acquire(bytes: number): Buffer | undefined {
    const size = Math.max(bytes, OWN_BUFFER_BYTES);
    if (this.#usedBytes > 0 && this.#usedBytes + size > this.#maxBytes) return undefined;
    this.#usedBytes += size;
    if (size === OWN_BUFFER_BYTES) {
      const kept = this.#kept.pop();
      if (kept !== undefined) return kept;
    }
    return Buffer.allocUnsafeSlow(size);
  }

  release(buffer: Buffer): void {
    this.#usedBytes -= buffer.length;
    if (buffer.length === OWN_BUFFER_BYTES && this.#kept.length < KEPT_BUFFERS_MAX) {
      this.#kept.push(buffer);
    }
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }

  /** Calls `resume` once when a buffer has been released. */
  whenReleased(resume: () => void): void {
    this.#waiting.push(resume);
  }
}
