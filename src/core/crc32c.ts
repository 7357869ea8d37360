import { createRequire } from "node:module";

/** Below this many bytes the table beats the crossing into native code. */
const NATIVE_THRESHOLD_BYTES = 512;

const CASTAGNOLI_REVERSED = 0x82f63b78;
const table = makeTable();

type NativeCrc32c = (bytes: Uint8Array, seed?: number) => number;
let native: NativeCrc32c | undefined;
let nativeMissing = false;

/**
 * CRC-32C (Castagnoli) of `bytes[start, end)`, unsigned. `seed` is the CRC of what comes before.
 * Kafka uses it for record batches v2 and producer snapshots.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  if (end - start >= NATIVE_THRESHOLD_BYTES && !nativeMissing) {
    native ??= loadNative();
    if (native !== undefined) {
      const view = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
      return native(view, seed) >>> 0;
    }
  }
  return crc32cTable(bytes, start, end, seed);
}

/** The same without native code; the oracle of its test and the fallback where no binary fits. */
export function crc32cTable(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let crc = ~seed;
  for (let i = start; i < end; i++) {
    crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

function loadNative(): NativeCrc32c | undefined {
  try {
    const loaded = createRequire(import.meta.url)("@node-rs/crc32") as { crc32c: NativeCrc32c };
    return loaded.crc32c;
  } catch {
    nativeMissing = true;
    return undefined;
  }
}

function makeTable(): Int32Array {
  const entries = new Int32Array(256);
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 1) === 1 ? CASTAGNOLI_REVERSED ^ (crc >>> 1) : crc >>> 1;
    }
    entries[n] = crc;
  }
  return entries;
}
