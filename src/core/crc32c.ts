import { createRequire } from "node:module";

/** Below this many bytes the tables beat the crossing into native code, which costs 0.2 us. */
const NATIVE_THRESHOLD_BYTES = 160;

const CASTAGNOLI_REVERSED = 0x82f63b78;
/** Slicing by eight: `tables[k][byte]` is the CRC of `byte` and `k` zero bytes after it. */
const [table0, table1, table2, table3, table4, table5, table6, table7] = makeTables();

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

/** The same without native code: for few bytes, and where no binary fits the machine. */
export function crc32cTable(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let crc = ~seed;
  let i = start;
  for (; i + 8 <= end; i += 8) {
    crc =
      table7[(crc ^ bytes[i]!) & 0xff]! ^
      table6[((crc >>> 8) ^ bytes[i + 1]!) & 0xff]! ^
      table5[((crc >>> 16) ^ bytes[i + 2]!) & 0xff]! ^
      table4[(crc >>> 24) ^ bytes[i + 3]!]! ^
      table3[bytes[i + 4]!]! ^
      table2[bytes[i + 5]!]! ^
      table1[bytes[i + 6]!]! ^
      table0[bytes[i + 7]!]!;
  }
  for (; i < end; i++) crc = table0[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
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

type Tables = readonly [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

function makeTables(): Tables {
  const first = new Int32Array(256);
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 1) === 1 ? CASTAGNOLI_REVERSED ^ (crc >>> 1) : crc >>> 1;
    }
    first[n] = crc;
  }
  const next = (before: Int32Array): Int32Array =>
    before.map((crc) => first[crc & 0xff]! ^ (crc >>> 8));
  const second = next(first);
  const third = next(second);
  const fourth = next(third);
  const fifth = next(fourth);
  const sixth = next(fifth);
  const seventh = next(sixth);
  return [first, second, third, fourth, fifth, sixth, seventh, next(seventh)];
}
