import { MoldauError } from "./errors.ts";

/** A place in bytes that reading moves forward; `end` is the first byte that must not be read. */
export interface ByteCursor {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
}

/** Longest encodings: 7 bits a byte. */
export const VARINT_BYTES_MAX = 5;
export const VARLONG_BYTES_MAX = 10;

/** Bytes end within a varint, or it goes on for too long. */
export class VarintError extends MoldauError {
  override readonly name = "VarintError";

  constructor(message: string) {
    super(message, { code: "BAD_VARINT" });
  }
}

/**
 * Unsigned varint of at most 32 bits, 0 to 2^32-1. Bits beyond the 32nd are dropped, as Kafka does;
 * a sixth byte is an error.
 */
export function readUnsignedVarint(cursor: ByteCursor): number {
  const { bytes, at, end } = cursor;
  if (at < end) {
    const first = bytes[at]!;
    if (first < 0x80) {
      cursor.at = at + 1;
      return first;
    }
    // The lengths of most records take two bytes.
    if (at + 1 < end) {
      const second = bytes[at + 1]!;
      if (second < 0x80) {
        cursor.at = at + 2;
        return (first & 0x7f) | (second << 7);
      }
    }
  }
  return readLongerVarint(cursor);
}

function readLongerVarint(cursor: ByteCursor): number {
  const { bytes, end } = cursor;
  let { at } = cursor;
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (at >= end) throw new VarintError("bytes end within a varint");
    const byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      cursor.at = at;
      return value >>> 0;
    }
  }
  throw new VarintError(`a varint of more than ${VARINT_BYTES_MAX} bytes`);
}

/** Signed (zigzag) varint of at most 32 bits. */
export function readVarint(cursor: ByteCursor): number {
  const raw = readUnsignedVarint(cursor);
  return (raw >>> 1) ^ -(raw & 1);
}

/**
 * Signed (zigzag) varint of at most 64 bits, as a number: exact within ±2^53, rounded beyond. An
 * eleventh byte is an error.
 */
export function readVarlong(cursor: ByteCursor): number {
  const { bytes, at, end } = cursor;
  if (at + 3 <= end) {
    const first = bytes[at]!;
    if (first < 0x80) {
      cursor.at = at + 1;
      return (first >>> 1) ^ -(first & 1);
    }
    const second = bytes[at + 1]!;
    if (second < 0x80) {
      cursor.at = at + 2;
      const raw = (first & 0x7f) | (second << 7);
      return (raw >>> 1) ^ -(raw & 1);
    }
    const third = bytes[at + 2]!;
    if (third < 0x80) {
      cursor.at = at + 3;
      const raw = (first & 0x7f) | ((second & 0x7f) << 7) | (third << 14);
      return (raw >>> 1) ^ -(raw & 1);
    }
  }
  return readLongerVarlong(cursor);
}

function readLongerVarlong(cursor: ByteCursor): number {
  const { bytes, end } = cursor;
  let { at } = cursor;
  let low = 0;
  let high = 0;
  for (let index = 0; index < VARLONG_BYTES_MAX; index++) {
    if (at >= end) throw new VarintError("bytes end within a varint");
    const byte = bytes[at++]!;
    // Four bytes fill 28 bits of the low half, the fifth straddles both halves.
    if (index < 5) low |= (byte & 0x7f) << (7 * index);
    if (index === 4) high = (byte & 0x7f) >>> 4;
    if (index > 4) high |= (byte & 0x7f) << (7 * index - 32);
    if (byte < 0x80) {
      cursor.at = at;
      const magnitude = (high >>> 1) * 0x1_0000_0000 + (((low >>> 1) | (high << 31)) >>> 0);
      return (low & 1) === 0 ? magnitude : -magnitude - 1;
    }
  }
  throw new VarintError(`a varint of more than ${VARLONG_BYTES_MAX} bytes`);
}

/** Writes an unsigned varint of a value from 0 to 2^32-1; returns the place after it. */
export function writeUnsignedVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/** Writes a signed 32-bit integer in zigzag form; returns the place after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  return writeUnsignedVarint(bytes, at, (value << 1) ^ (value >> 31));
}

/** Writes a signed safe integer in zigzag form; returns the place after it. */
export function writeVarlong(bytes: Uint8Array, at: number, value: number): number {
  if (value === (value | 0)) return writeVarint(bytes, at, value);
  // Zigzag doubles the magnitude, so the first byte holds the sign and six bits of it.
  const negative = value < 0;
  const magnitude = negative ? -(value + 1) : value;
  bytes[at++] = (magnitude % 64) * 2 + (negative ? 1 : 0) + 0x80;
  let rest = Math.floor(magnitude / 64);
  while (rest > 0x7f) {
    bytes[at++] = (rest % 128) + 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}

export function unsignedVarintBytes(value: number): number {
  const rest = value >>> 0;
  if (rest < 0x80) return 1;
  if (rest < 0x4000) return 2;
  if (rest < 0x20_0000) return 3;
  return rest < 0x1000_0000 ? 4 : 5;
}

export function varintBytes(value: number): number {
  return unsignedVarintBytes((value << 1) ^ (value >> 31));
}

export function varlongBytes(value: number): number {
  if (value === (value | 0)) return varintBytes(value);
  let rest = value >= 0 ? value : -(value + 1);
  rest = Math.floor(rest / 64);
  let size = 1;
  while (rest > 0) {
    size++;
    rest = Math.floor(rest / 128);
  }
  return size;
}
