import type { NewField } from "../../records/build.ts";

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/** The hash of keys that Kafka's own producer uses (MurmurHash2, 32 bits), signed. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  let h = SEED ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    k = Math.imul(k, MULTIPLIER);
    k ^= k >>> 24;
    k = Math.imul(k, MULTIPLIER);
    h = Math.imul(h, MULTIPLIER) ^ k;
  }
  const rest = length - whole;
  if (rest > 2) h ^= bytes[whole + 2]! << 16;
  if (rest > 1) h ^= bytes[whole + 1]! << 8;
  if (rest > 0) h = Math.imul(h ^ bytes[whole]!, MULTIPLIER);
  return finish(h);
}

/** {@link murmur2} of the UTF-8 of a text, without making it when the text is ASCII. */
export function murmur2OfText(text: string): number {
  const length = text.length;
  let h = SEED ^ length;
  let seen = 0;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    seen |= a | b | c | d;
    let k = a | (b << 8) | (c << 16) | (d << 24);
    k = Math.imul(k, MULTIPLIER);
    k ^= k >>> 24;
    k = Math.imul(k, MULTIPLIER);
    h = Math.imul(h, MULTIPLIER) ^ k;
  }
  for (let i = length - 1; i >= whole; i--) {
    const code = text.charCodeAt(i);
    seen |= code;
    h ^= code << (8 * (i - whole));
  }
  if (seen > 0x7f) return murmur2(Buffer.from(text));
  if (length > whole) h = Math.imul(h, MULTIPLIER);
  return finish(h);
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 13);
  h = Math.imul(h, MULTIPLIER);
  return h ^ (h >>> 15);
}

/** The partition of a key, the same that Kafka's Java producer chooses. */
export function partitionOfKey(key: Exclude<NewField, null>, partitions: number): number {
  const hash = typeof key === "string" ? murmur2OfText(key) : murmur2(key);
  return (hash & 0x7fff_ffff) % partitions;
}
