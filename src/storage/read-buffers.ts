/** Reads that are not larger take memory of Node's own small-buffer slabs. */
const SMALLEST_BYTES = 32 * 1024;
const LARGEST_BYTES = 1024 * 1024;

/** What free buffers may take together. */
export const POOLED_READ_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Memory that records are read into on their way to a consumer, used again when they have been sent.
 * Without it each read would fault in fresh pages, which costs about as much as the copy.
 */
export class ReadBuffers {
  readonly #maxBytes: number;
  readonly #poison: boolean;
  /** Free buffers by size, which is a power of two. */
  readonly #free = new Map<number, Buffer[]>();
  #freeBytes = 0;

  constructor(options: { readonly maxBytes?: number | undefined; readonly poison?: boolean } = {}) {
    this.#maxBytes = options.maxBytes ?? POOLED_READ_BYTES_MAX;
    this.#poison = options.poison ?? false;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A buffer of at least `sizeBytes`. */
  take(sizeBytes: number): Buffer {
    if (sizeBytes <= SMALLEST_BYTES) return Buffer.allocUnsafe(sizeBytes);
    if (sizeBytes > LARGEST_BYTES) return Buffer.allocUnsafeSlow(sizeBytes);
    const size = powerOfTwo(sizeBytes);
    const buffer = this.#free.get(size)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size);
    this.#freeBytes -= size;
    return buffer;
  }

  /** Gives back what {@link take} gave, once; nobody looks at it any more. */
  give(buffer: Buffer): void {
    const size = buffer.length;
    if (size <= SMALLEST_BYTES || size > LARGEST_BYTES || size !== powerOfTwo(size)) return;
    if (this.#poison) buffer.fill(POISON);
    if (this.#freeBytes + size > this.#maxBytes) return;
    let free = this.#free.get(size);
    if (free === undefined) {
      free = [];
      this.#free.set(size, free);
    }
    free.push(buffer);
    this.#freeBytes += size;
  }
}

/** What tests find where somebody still looks at memory that was given back. */
export const POISON = 0xdb;

function powerOfTwo(size: number): number {
  return 2 ** Math.ceil(Math.log2(size));
}
