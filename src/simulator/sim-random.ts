import { assert } from "../core/assert.ts";
import type { Random } from "../platform/random.ts";

/**
 * Seeded randomness: xoshiro128** over 32-bit words, its state filled from the seed by splitmix. The
 * same seed gives the same values for ever; `fork` gives streams that do not disturb one another.
 */
export class SimRandom implements Random {
  readonly #state: Uint32Array;

  /** `seed` is any whole number; `stream` tells apart streams of the same seed. */
  constructor(seed: number, stream = "") {
    this.#state = new Uint32Array(4);
    let mix = seed ^ Math.imul(Math.floor(seed / 0x1_0000_0000), 0x9e3779b1);
    for (let i = 0; i < stream.length; i++) {
      mix = Math.imul(mix ^ stream.charCodeAt(i), 0x01000193);
    }
    for (let i = 0; i < 4; i++) {
      mix = (mix + 0x9e3779b9) | 0;
      let word = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b);
      word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
      this.#state[i] = word ^ (word >>> 16);
    }
    // All zero is the one state that never changes.
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  /** A whole number from 0 to 2^32-1. */
  uint32(): number {
    const state = this.#state;
    const scrambled = Math.imul(state[1]!, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = (state[3]! << 11) | (state[3]! >>> 21);
    return result;
  }

  below(bound: number): number {
    assert(bound >= 1 && bound <= 0x1_0000_0000, "a bound from 1 to 2^32", { bound });
    return Math.floor((this.uint32() / 0x1_0000_0000) * bound);
  }

  bytes(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    for (let at = 0; at < size; at++) bytes[at] = this.uint32() >>> 24;
    return bytes;
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** A number in [0, 1). */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** True once in `1 / probability` times. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of the items, of which there is at least one. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** A stream of its own, begun by one value of this one. */
  fork(stream: string): SimRandom {
    return new SimRandom(this.uint32(), stream);
  }
}
