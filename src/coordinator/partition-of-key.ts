/**
 * The partition of a key among `count`: Java's `String.hashCode` over UTF-16 units, made positive
 * (where the smallest integer, which has no counterpart, counts as 0), modulo the count.
 */
export function partitionOfKey(key: string, count: number): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
  return hash === -0x8000_0000 ? 0 : Math.abs(hash) % count;
}
