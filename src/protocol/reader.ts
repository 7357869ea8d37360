import { ZERO_UUID, readUuid } from "../core/uuid.ts";
import {
  ARRAY_LENGTH_MAX,
  STRING_BYTES_MAX,
  TAGGED_FIELDS_MAX,
  refusalOf,
} from "./protocol-error.ts";
import type { ProtocolErrorCode } from "./protocol-error.ts";

/** A request may take this many times its size in memory once decoded. */
export const REQUEST_HEAP_FACTOR_MAX = 4;
/** The same for what brokers and files hold: lists of small structs, from senders that are known. */
export const TRUSTED_HEAP_FACTOR_MAX = 32;
/** Below this no frame is refused for the memory it takes. */
export const HEAP_ALLOWANCE_BYTES = 2 << 20;

/** Heap of a string or a buffer besides its content. */
const STRING_OVERHEAD_BYTES = 24;
const BUFFER_VIEW_BYTES = 112;

const TWO_POW_32 = 0x1_0000_0000;
const EMPTY = Buffer.alloc(0);

/** Strings up to this many bytes are looked up among those seen before. */
const CACHED_STRING_BYTES_MAX = 40;
const CACHE_SLOTS = 1024;
const stringCache: string[] = new Array<string>(CACHE_SLOTS).fill("");
const uuidCacheText: string[] = new Array<string>(CACHE_SLOTS).fill(ZERO_UUID);
const uuidCacheWords = new Int32Array(4 * CACHE_SLOTS);

/**
 * Reads the primitive types of the protocol from bytes that nobody vouches for. Every method
 * either moves on or throws a ProtocolError; nothing is allocated for what is not there.
 *
 * The fields are for generated decoders; others use the methods.
 */
export class Reader {
  bytes: Buffer;
  offset: number;
  /** Where the readable bytes end. */
  end: number;
  /** How much heap the decoded value may still take. */
  heapBytesLeft: number;

  /** Reads `bytes[start, end)`. `heapFactor` bounds the decoded form, see the constants above. */
  constructor(
    bytes: Buffer,
    start = 0,
    end = bytes.length,
    heapFactor: number = TRUSTED_HEAP_FACTOR_MAX,
  ) {
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
    this.heapBytesLeft = heapLimit(end - start, heapFactor);
  }

  /** Starts over on other bytes, so that one reader can serve a connection. */
  reset(bytes: Buffer, start: number, end: number, heapFactor: number): void {
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
    this.heapBytesLeft = heapLimit(end - start, heapFactor);
  }

  /** Bounds the memory of what is decoded from here on by that multiple of the bytes left. */
  limitHeap(factor: number): void {
    this.heapBytesLeft = heapLimit(this.remaining, factor);
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** Moves over `count` bytes; where they start. */
  take(count: number): number {
    const at = this.offset;
    if (count > this.end - at) this.failTruncated(count);
    this.offset = at + count;
    return at;
  }

  readBool(): boolean {
    return this.bytes[this.take(1)] !== 0;
  }

  readInt8(): number {
    return (this.bytes[this.take(1)]! << 24) >> 24;
  }

  readInt16(): number {
    const at = this.take(2);
    return ((this.bytes[at]! << 24) >> 16) | this.bytes[at + 1]!;
  }

  readUint16(): number {
    return this.readInt16() & 0xffff;
  }

  readInt32(): number {
    const at = this.take(4);
    const { bytes } = this;
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }

  readUint32(): number {
    return this.readInt32() >>> 0;
  }

  /** An int64 as a number. @throws ProtocolError OUT_OF_RANGE beyond 2^53 - 1 either way */
  readInt64(): number {
    const at = this.take(8);
    return this.int64From(wordAt(this.bytes, at), wordAt(this.bytes, at + 4) >>> 0);
  }

  /** An int64 as a number, what lies beyond 2^53 - 1 as that. */
  readSaturatedInt64(): number {
    const at = this.take(8);
    return saturatedInt64(wordAt(this.bytes, at), wordAt(this.bytes, at + 4) >>> 0);
  }

  readBigInt64(): bigint {
    return this.bytes.readBigInt64BE(this.take(8));
  }

  readFloat64(): number {
    return this.bytes.readDoubleBE(this.take(8));
  }

  readUuid(): string {
    return uuidAt(this.bytes, this.take(16));
  }

  /** The number of two words, for decoders that have read them already. */
  int64From(high: number, low: number): number {
    const value = high * TWO_POW_32 + low;
    if (!Number.isSafeInteger(value)) this.failInt64(high, low);
    return value;
  }

  /** Up to 32 bits in up to 5 bytes, least significant first. */
  readUnsignedVarint(): number {
    const { bytes, end } = this;
    let at = this.offset;
    if (at < end) {
      const first = bytes[at]!;
      if (first < 0x80) {
        this.offset = at + 1;
        return first;
      }
    }
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) this.failTruncated(1);
      const byte = bytes[at++]!;
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.offset = at;
        return value >>> 0;
      }
    }
    return this.fail("VARINT_TOO_LONG", "a varint of more than 32 bits");
  }

  /** Length of a string, -1 for null. */
  stringLength(compact: boolean, nullable: boolean): number {
    const length = compact ? this.readUnsignedVarint() - 1 : this.readInt16();
    if (length < 0) {
      if (!nullable) this.failNull();
      return -1;
    }
    if (length > STRING_BYTES_MAX) {
      this.fail("STRING_TOO_LONG", `a string of ${length} bytes`);
    }
    return length;
  }

  /** Length of bytes or records, -1 for null. */
  bytesLength(compact: boolean, nullable: boolean): number {
    const length = compact ? this.readUnsignedVarint() - 1 : this.readInt32();
    if (length < 0) {
      if (!nullable) this.failNull();
      return -1;
    }
    return length;
  }

  /**
   * Length of an array, -1 for null. Refused before anything is allocated when it cannot be true:
   * an element takes `minimalBytes` on the wire and `heapBytes` decoded.
   */
  arrayLength(
    compact: boolean,
    nullable: boolean,
    minimalBytes: number,
    heapBytes: number,
  ): number {
    const length = compact ? this.readUnsignedVarint() - 1 : this.readInt32();
    if (length < 0) {
      if (!nullable) this.failNull();
      return -1;
    }
    const left = this.end - this.offset;
    // As Kafka, which asks no element for less than a byte.
    if (length > left || length * minimalBytes > left) {
      this.fail("ARRAY_TOO_LONG", `${length} elements, but only ${left} bytes are left`);
    }
    if (length > ARRAY_LENGTH_MAX) {
      this.fail("ARRAY_TOO_LONG", `${length} elements, at most ${ARRAY_LENGTH_MAX} are allowed`);
    }
    this.claimHeap(length * heapBytes);
    return length;
  }

  /** UTF-8; what is none becomes U+FFFD, as in Kafka. */
  string(length: number): string {
    const at = this.take(length);
    if (length === 0) return "";
    this.claimHeap(STRING_OVERHEAD_BYTES + length);
    return stringAt(this.bytes, at, length);
  }

  /** A view of the received bytes. */
  view(length: number): Buffer {
    const at = this.take(length);
    if (length === 0) return EMPTY;
    this.claimHeap(BUFFER_VIEW_BYTES);
    return this.bytes.subarray(at, at + length);
  }

  /** How many tagged fields follow. */
  taggedFieldCount(): number {
    const count = this.readUnsignedVarint();
    if (count === 0) return 0;
    if (count > TAGGED_FIELDS_MAX) {
      this.fail(
        "TAGGED_FIELDS",
        `${count} tagged fields, at most ${TAGGED_FIELDS_MAX} are allowed`,
      );
    }
    return count;
  }

  /** Reads the size of a tagged field; where the field ends. */
  taggedFieldEnd(): number {
    const size = this.readUnsignedVarint();
    if (size > this.end - this.offset) this.failTruncated(size);
    return this.offset + size;
  }

  failTaggedFieldSize(end: number): never {
    return this.fail(
      "TAGGED_FIELDS",
      `a tagged field ends at byte ${this.offset}, by its size at ${end}`,
    );
  }

  claimHeap(bytes: number): void {
    this.heapBytesLeft -= bytes;
    if (this.heapBytesLeft < 0) {
      this.fail("HEAP_LIMIT", "decoded it would take many times the memory of its bytes");
    }
  }

  fail(code: ProtocolErrorCode, reason: string): never {
    throw refusalOf(code, reason, { path: "", offset: this.offset });
  }

  failNull(): never {
    return this.fail("NULL_NOT_ALLOWED", "null where a value is required");
  }

  failTruncated(wanted: number): never {
    const left = Math.max(0, this.end - this.offset);
    return this.fail("TRUNCATED", `${wanted} bytes are wanted, ${left} are left`);
  }

  failInt64(high: number, low: number): never {
    const value = (BigInt(high) << 32n) | BigInt(low);
    this.offset -= 8;
    return this.fail("OUT_OF_RANGE", `${value} is beyond 2^53`);
  }
}

function heapLimit(frameBytes: number, factor: number): number {
  return Math.max(HEAP_ALLOWANCE_BYTES, factor * frameBytes);
}

function wordAt(bytes: Buffer, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** The number of two words, what lies beyond 2^53 - 1 as that. */
export function saturatedInt64(high: number, low: number): number {
  const value = high * TWO_POW_32 + low;
  if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER;
  return value < Number.MIN_SAFE_INTEGER ? Number.MIN_SAFE_INTEGER : value;
}

/**
 * The text of bytes in UTF-8. Names come again and again: one seen before is found by comparing
 * bytes, which is cheaper than making it anew and gives the very same string to those who look it
 * up in a map.
 */
export function stringAt(bytes: Buffer, at: number, length: number): string {
  const end = at + length;
  if (length > CACHED_STRING_BYTES_MAX) return bytes.toString("utf8", at, end);
  let hash = length;
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return bytes.toString("utf8", at, end);
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const slot = (hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1);
  const known = stringCache[slot]!;
  if (known.length === length && equalsAscii(known, bytes, at)) return known;
  const text = bytes.toString("latin1", at, end);
  stringCache[slot] = text;
  return text;
}

function equalsAscii(text: string, bytes: Buffer, at: number): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== bytes[at + i]) return false;
  }
  return true;
}

/** The text of the uuid at `at`; the ones seen lately are not made anew. */
export function uuidAt(bytes: Buffer, at: number): string {
  const first = wordAt(bytes, at);
  const second = wordAt(bytes, at + 4);
  const third = wordAt(bytes, at + 8);
  const fourth = wordAt(bytes, at + 12);
  const hash = Math.imul(first ^ second ^ third ^ fourth, 0x9e3779b1);
  const slot = hash >>> 22;
  const base = slot * 4;
  const words = uuidCacheWords;
  if (
    words[base] === first &&
    words[base + 1] === second &&
    words[base + 2] === third &&
    words[base + 3] === fourth
  ) {
    return uuidCacheText[slot]!;
  }
  const text = readUuid(bytes, at);
  words[base] = first;
  words[base + 1] = second;
  words[base + 2] = third;
  words[base + 3] = fourth;
  uuidCacheText[slot] = text;
  return text;
}
