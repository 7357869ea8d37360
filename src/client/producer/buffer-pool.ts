/** Room behind a batch: what a builder keeps free for the text that it tries (see `BatchBuilder`). */
const SLACK_BYTES = 64;
/** Memory that is kept though nobody uses it: what a producer at full speed has in use. */
const IDLE_BYTES_MAX = 8 * 1024 * 1024;
/** Smaller batches take memory of their own from Node's pool. */
const SMALL_BYTES_MIN = 512;

/**
 * Memory for batches, used again and again: the most bytes are written into memory that the processor has
 * at hand. A buffer is given back only when nobody can read it any more, not even a socket that died.
 */
export class BufferPool {
  readonly #bufferBytes: number;
  readonly #idleMax: number;
  readonly #idle: Buffer[] = [];

  /** Buffers for batches of `batchBytes`. */
  constructor(batchBytes: number) {
    this.#bufferBytes = batchBytes + SLACK_BYTES;
    this.#idleMax = Math.floor(IDLE_BYTES_MAX / this.#bufferBytes);
  }

  /** Memory of at least `bytes`: a whole batch's, or just enough for a batch that is not expected to fill. */
  take(bytes: number): Buffer {
    if (bytes * 4 >= this.#bufferBytes && bytes <= this.#bufferBytes) {
      return this.#idle.pop() ?? Buffer.allocUnsafeSlow(this.#bufferBytes);
    }
    return Buffer.allocUnsafe(Math.max(bytes, SMALL_BYTES_MIN) + SLACK_BYTES);
  }

  give(memory: Buffer): void {
    if (memory.length === this.#bufferBytes && this.#idle.length < this.#idleMax) {
      this.#idle.push(memory);
    }
  }
}
