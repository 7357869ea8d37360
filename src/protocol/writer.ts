import { ARRAY_LENGTH_MAX, ProtocolError, STRING_BYTES_MAX } from "./protocol-error.ts";
import type { ProtocolErrorCode } from "./protocol-error.ts";

const INITIAL_BYTES = 512;
/** Records below this are copied: one more buffer in a gathering write costs more. */
const COPIED_RECORDS_BYTES_MAX = 1024;
/** Strings up to this many characters are written by hand, longer ones by the runtime. */
const SHORT_STRING_MAX = 48;
const TWO_POW_32 = 0x1_0000_0000;
const INT32_MAX = 0x7fff_ffff;

/** A tagged field that no schema of ours knows, kept to be written again. */
export interface UnknownTaggedField {
  readonly tag: number;
  readonly data: Uint8Array;
}

/**
 * Writes the primitive types of the protocol into memory that grows. Record batches are not
 * copied: they become chunks of their own among those that {@link Writer.chunks} gives.
 *
 * The fields are for generated encoders; others use the methods.
 */
export class Writer {
  bytes: Buffer;
  offset = 0;
  /** Where the bytes begin that are not yet in a chunk. */
  #start = 0;
  #chunks: Buffer[] = [];
  #chunkBytes = 0;

  constructor(initialBytes: number = INITIAL_BYTES) {
    this.bytes = Buffer.allocUnsafe(initialBytes);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#chunkBytes + this.offset - this.#start;
  }

  /** What was written, in order. The writer must not be used afterwards. */
  chunks(): Buffer[] {
    this.#seal();
    return this.#chunks;
  }

  /** What was written, in one buffer. The writer must not be used afterwards. */
  toBuffer(): Buffer {
    const chunks = this.chunks();
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, this.#chunkBytes);
  }

  /** Makes room for `count` bytes and moves over them; where they start. */
  take(count: number): number {
    const at = this.offset;
    if (count > this.bytes.length - at) return this.#grow(count);
    this.offset = at + count;
    return at;
  }

  writeBool(value: boolean): void {
    if (typeof value !== "boolean") this.failType("a boolean", value);
    const at = this.take(1);
    this.bytes[at] = value ? 1 : 0;
  }

  writeInt8(value: number): void {
    if ((value << 24) >> 24 !== value) this.failRange("int8", value);
    const at = this.take(1);
    this.bytes[at] = value;
  }

  writeInt16(value: number): void {
    if ((value << 16) >> 16 !== value) this.failRange("int16", value);
    const at = this.take(2);
    this.bytes[at] = value >> 8;
    this.bytes[at + 1] = value;
  }

  writeUint16(value: number): void {
    if ((value & 0xffff) !== value) this.failRange("uint16", value);
    const at = this.take(2);
    this.bytes[at] = value >> 8;
    this.bytes[at + 1] = value;
  }

  writeInt32(value: number): void {
    if ((value | 0) !== value) this.failRange("int32", value);
    const at = this.take(4);
    putWord(this.bytes, at, value);
  }

  writeUint32(value: number): void {
    if (value >>> 0 !== value) this.failRange("uint32", value);
    const at = this.take(4);
    putWord(this.bytes, at, value);
  }

  writeInt64(value: number): void {
    if (!Number.isSafeInteger(value)) this.failRange("int64", value);
    const at = this.take(8);
    putWord(this.bytes, at, Math.floor(value / TWO_POW_32));
    putWord(this.bytes, at + 4, value);
  }

  writeBigInt64(value: bigint): void {
    if (typeof value !== "bigint") this.failType("a bigint", value);
    if (BigInt.asIntN(64, value) !== value) this.failRange("int64", value);
    const at = this.take(8);
    this.bytes.writeBigInt64BE(value, at);
  }

  writeFloat64(value: number): void {
    if (typeof value !== "number") this.failType("a number", value);
    const at = this.take(8);
    this.bytes.writeDoubleBE(value, at);
  }

  writeUuid(value: string): void {
    this.putUuid(value, this.take(16));
  }

  /** Writes a uuid into room that was taken. */
  putUuid(value: string, at: number): void {
    if (typeof value !== "string" || value.length !== 22) this.failType("a uuid", value);
    if (this.bytes.write(value, at, 16, "base64url") !== 16) this.failType("a uuid", value);
  }

  /** Up to 5 bytes, for 0 to 2^32 - 1. */
  writeUnsignedVarint(value: number): void {
    if (value < 0x80) {
      const at = this.take(1);
      this.bytes[at] = value;
      return;
    }
    let at = this.take(varintBytes(value));
    const { bytes } = this;
    let left = value;
    while (left >>> 0 >= 0x80) {
      bytes[at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    bytes[at] = left;
  }

  /** Length of a string; -1 is null. */
  writeStringLength(length: number, compact: boolean): void {
    if (length > STRING_BYTES_MAX) this.fail("STRING_TOO_LONG", `a string of ${length} bytes`);
    if (compact) this.writeUnsignedVarint(length + 1);
    else this.writeInt16(length);
  }

  /** Length of bytes or records; -1 is null. */
  writeBytesLength(length: number, compact: boolean): void {
    if (length > INT32_MAX - 1) this.failRange("int32", length);
    if (compact) this.writeUnsignedVarint(length + 1);
    else this.writeInt32(length);
  }

  /** Length of an array; -1 is null. Not more than a reader takes. */
  writeArrayLength(length: number, compact: boolean): void {
    if (length > ARRAY_LENGTH_MAX) {
      this.fail("ARRAY_TOO_LONG", `${length} elements, at most ${ARRAY_LENGTH_MAX} are allowed`);
    }
    if (compact) this.writeUnsignedVarint(length + 1);
    else this.writeInt32(length);
  }

  writeString(value: string, compact: boolean): void {
    if (typeof value !== "string") this.failType("a string", value);
    const { length } = value;
    if (length <= SHORT_STRING_MAX && this.#writeShortAscii(value, compact)) return;
    const bytesLength = Buffer.byteLength(value, "utf8");
    this.writeStringLength(bytesLength, compact);
    const at = this.take(bytesLength);
    this.bytes.write(value, at, bytesLength, "utf8");
  }

  #writeShortAscii(value: string, compact: boolean): boolean {
    const { length } = value;
    let at = this.take(length + (compact ? 1 : 2));
    const { bytes } = this;
    if (compact) {
      bytes[at++] = length + 1;
    } else {
      bytes[at++] = 0;
      bytes[at++] = length;
    }
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) {
        this.offset -= length + (compact ? 1 : 2);
        return false;
      }
      bytes[at++] = code;
    }
    return true;
  }

  writeBytes(value: Uint8Array, compact: boolean): void {
    if (!(value instanceof Uint8Array)) this.failType("bytes", value);
    this.writeBytesLength(value.length, compact);
    this.writeRaw(value);
  }

  /** Bytes as they are. */
  writeRaw(value: Uint8Array): void {
    const at = this.take(value.length);
    this.bytes.set(value, at);
  }

  /** One buffer of records or several, which are passed on as they are. */
  writeRecords(value: Buffer | readonly Buffer[], compact: boolean): void {
    if (value instanceof Uint8Array) {
      this.writeBytesLength(value.length, compact);
      this.#passOn(value);
      return;
    }
    if (!Array.isArray(value)) this.failType("records", value);
    const buffers: readonly Buffer[] = value;
    let total = 0;
    for (const buffer of buffers) {
      if (!(buffer instanceof Uint8Array)) this.failType("records", buffer);
      total += buffer.length;
    }
    this.writeBytesLength(total, compact);
    for (const buffer of buffers) this.#passOn(buffer);
  }

  #passOn(buffer: Buffer): void {
    if (buffer.length <= COPIED_RECORDS_BYTES_MAX) {
      this.writeRaw(buffer);
      return;
    }
    this.#seal();
    this.#chunks.push(buffer);
    this.#chunkBytes += buffer.length;
  }

  /** Begins a part whose size goes before it as a varint. Record batches have no place in one. */
  beginSized(): number {
    this.take(1);
    return this.length;
  }

  /** Ends the part that began at `mark`, and puts its size in front. */
  endSized(mark: number): void {
    const size = this.length - mark;
    const extra = varintBytes(size) - 1;
    if (extra > 0) {
      this.take(extra);
      const content = this.offset - extra - size;
      this.bytes.copyWithin(content + extra, content, content + size);
    }
    let at = this.offset - size - extra - 1;
    let left = size;
    while (left >= 0x80) {
      this.bytes[at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.bytes[at] = left;
  }

  /**
   * Writes those of the kept fields that come before `tag`, beginning with the one at `index`.
   * @returns the index of the next one
   */
  writeUnknownTaggedFields(
    fields: readonly UnknownTaggedField[],
    index: number,
    tag: number,
  ): number {
    let at = index;
    for (; at < fields.length; at++) {
      const field = fields[at]!;
      if (field.tag === tag || (at > 0 && fields[at - 1]!.tag >= field.tag)) {
        this.fail("TAGGED_FIELDS", `tag ${field.tag} is taken or out of order`);
      }
      if (field.tag > tag) break;
      this.writeUnsignedVarint(field.tag);
      this.writeUnsignedVarint(field.data.length);
      this.writeRaw(field.data);
    }
    return at;
  }

  #seal(): void {
    if (this.offset > this.#start || (this.#chunks.length === 0 && this.#chunkBytes === 0)) {
      const chunk = this.bytes.subarray(this.#start, this.offset);
      if (chunk.length > 0) this.#chunks.push(chunk);
      this.#chunkBytes += chunk.length;
    }
    this.#start = this.offset;
  }

  #grow(count: number): number {
    const used = this.offset - this.#start;
    const next = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, used + count));
    this.bytes.copy(next, 0, this.#start, this.offset);
    this.bytes = next;
    this.#start = 0;
    this.offset = used + count;
    return used;
  }

  fail(code: ProtocolErrorCode, reason: string): never {
    throw new ProtocolError(code, reason);
  }

  failRange(type: string, value: unknown): never {
    if (typeof value !== "number" && typeof value !== "bigint") this.failType("a number", value);
    return this.fail("OUT_OF_RANGE", `${String(value)} is no ${type}`);
  }

  failType(wanted: string, value: unknown): never {
    return this.fail("WRONG_TYPE", `${wanted} is wanted, not ${describe(value)}`);
  }

  failNull(): never {
    return this.fail("NULL_NOT_ALLOWED", "null where a value is required");
  }

  /** A field is set that the version lacks and that may not be dropped. */
  failUnsupported(name: string): never {
    return this.fail("UNSUPPORTED_FIELD", `this version cannot carry ${name}`);
  }
}

function describe(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object" : `the ${typeof value} ${String(value)}`;
}

function putWord(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
}

function varintBytes(value: number): number {
  let count = 1;
  for (let left = value >>> 7; left !== 0; left >>>= 7) count++;
  return count;
}
