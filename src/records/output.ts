import { CompressionError } from "./errors.ts";

/** Output of a decompressor: grows by doubling, up to a cap. */
export class CappedOutput {
  bytes: Buffer;
  length = 0;
  readonly #capBytes: number;
  readonly #codec: string;

  /** `expectedBytes` is a guess, and no more than the caller can vouch for. */
  constructor(codec: string, expectedBytes: number, capBytes: number) {
    this.#codec = codec;
    this.#capBytes = capBytes;
    this.bytes = Buffer.allocUnsafe(Math.min(Math.max(expectedBytes, 64), capBytes));
  }

  /** Makes room for `count` more bytes, or throws {@link CompressionError} `too-large`. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    if (needed > this.#capBytes) {
      throw new CompressionError(
        "too-large",
        `${this.#codec} gives more than ${this.#capBytes} bytes`,
      );
    }
    const grown = Buffer.allocUnsafe(
      Math.min(Math.max(needed, this.bytes.length * 2), this.#capBytes),
    );
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  /** Appends `source[start, end)`. */
  append(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    copyForward(source, start, this.bytes, this.length, end - start);
    this.length += end - start;
  }

  /** Appends `count` bytes that begin `distance` bytes back; they may overlap what they make. */
  repeat(distance: number, count: number): void {
    this.reserve(count);
    const { bytes } = this;
    let to = this.length;
    const from = to - distance;
    if (count > COPY_CALL_BYTES && distance >= count) {
      bytes.copyWithin(to, from, from + count);
    } else if (count > COPY_CALL_BYTES) {
      // Each copy doubles the stretch that repeats.
      const end = to + count;
      while (to < end) {
        const step = Math.min(to - from, end - to);
        bytes.copyWithin(to, from, from + step);
        to += step;
      }
    } else {
      for (let i = 0; i < count; i++) bytes[to + i] = bytes[from + i]!;
    }
    this.length += count;
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

/** Above this many bytes a call of the engine's copy costs less than a loop. */
const COPY_CALL_BYTES = 48;

function copyForward(
  source: Uint8Array,
  start: number,
  target: Buffer,
  at: number,
  count: number,
): void {
  if (count > COPY_CALL_BYTES) target.set(source.subarray(start, start + count), at);
  else for (let i = 0; i < count; i++) target[at + i] = source[start + i]!;
}
