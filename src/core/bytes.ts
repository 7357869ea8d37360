import { MoldauError } from "./errors.ts";

/**
 * Big-endian integers at a place in bytes, for formats with fixed fields. The caller has checked that
 * the field lies within the bytes.
 */

/** Signed 16-bit integer. */
export function int16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) >> 16) | bytes[at + 1]!;
}

/** Signed 32-bit integer. */
export function int32At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Unsigned 32-bit integer. */
export function uint32At(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at) >>> 0;
}

/**
 * Signed 64-bit integer as a number. Throws {@link UnsafeIntegerError} beyond ±2^53, where numbers
 * are no longer exact.
 */
export function int64At(bytes: Uint8Array, at: number): number {
  const high = int32At(bytes, at);
  if (high > 0x1fffff || high < -0x200000) throw new UnsafeIntegerError(bigInt64At(bytes, at));
  return high * 0x1_0000_0000 + uint32At(bytes, at + 4);
}

/** Signed 64-bit integer, exact over the whole range. */
export function bigInt64At(bytes: Uint8Array, at: number): bigint {
  return (BigInt(int32At(bytes, at)) << 32n) | BigInt(uint32At(bytes, at + 4));
}

export function putInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

/** Signed or unsigned: the bits are the same. */
export function putInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
}

/** `value` is a safe integer. */
export function putInt64(bytes: Uint8Array, at: number, value: number): void {
  putInt32(bytes, at, Math.floor(value / 0x1_0000_0000));
  putInt32(bytes, at + 4, value);
}

export function putBigInt64(bytes: Uint8Array, at: number, value: bigint): void {
  putInt32(bytes, at, Number(BigInt.asIntN(32, value >> 32n)));
  putInt32(bytes, at + 4, Number(BigInt.asIntN(32, value)));
}

/** A 64-bit field holds a value that a number cannot. No Kafka writes offsets or times like this. */
export class UnsafeIntegerError extends MoldauError {
  override readonly name = "UnsafeIntegerError";
  readonly value: bigint;

  constructor(value: bigint) {
    super(`${value} is beyond the integers that are handled (2^53)`, { code: "UNSAFE_INTEGER" });
    this.value = value;
  }
}
