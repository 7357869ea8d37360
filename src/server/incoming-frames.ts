import type { ReceiveBuffers } from "./receive-buffers.ts";

const LENGTH_BYTES = 4;
/** With this much room in its own buffer a connection receives into it, else into the shared one. */
const DIRECT_BYTES_MIN = 32 * 1024;
/** A buffer above this is changed for a smaller one when only a small part of it is needed. */
const ROOMY_BYTES = 64 * 1024;
const ROOMY_FACTOR = 8;
/** Up to here a length is believed once the connection has sent as large a frame; others fill first. */
const BELIEVED_BYTES_MAX = 1024 * 1024;

/**
 * The frames of one connection, taken out of what arrives, cut anywhere. Whole frames are handed out
 * where they were received. Only what cannot be handled yet is moved, at the end of a read, to memory
 * of the connection's own, which grows with what has arrived, not with what a length field promises.
 */
export class IncomingFrames {
  readonly #buffers: ReceiveBuffers;
  readonly #frameBytesMax: number;
  /** Whether the next bytes land in `#own`, and not in the shared buffer. */
  #isDirect = false;
  /** Memory of this connection; unhandled bytes stand in `[#start, #end)`. */
  #own: Buffer | undefined;
  #start = 0;
  #end = 0;
  /** Unhandled bytes of the shared buffer, `[#freshStart, #freshEnd)`. They follow those of `#own`. */
  #freshStart = 0;
  #freshEnd = 0;
  /** The largest frame so far, its length included. */
  #frameBytesSeen = 0;

  /** @param frameBytesMax `socket.request.max.bytes`. */
  constructor(buffers: ReceiveBuffers, frameBytesMax: number) {
    this.#buffers = buffers;
    this.#frameBytesMax = frameBytesMax;
  }

  /** Whether memory is held: for a part of a frame, or for frames that wait to be handled. */
  get isHolding(): boolean {
    return this.#own !== undefined;
  }

  /**
   * Where the next bytes are to land. With `isPaused` none are expected for now, and what is held may
   * be moved or let go before some come.
   */
  place(isPaused: boolean): Buffer {
    const own = this.#own;
    const isDirect = own !== undefined && !isPaused && own.length - this.#end >= DIRECT_BYTES_MIN;
    this.#isDirect = isDirect;
    return isDirect ? own.subarray(this.#end) : this.#buffers.place;
  }

  /** `length` bytes stand at the start of the place that was offered last. */
  arrived(length: number): void {
    if (this.#isDirect) {
      this.#end += length;
    } else {
      this.#freshStart = 0;
      this.#freshEnd = length;
    }
  }

  /**
   * The next whole frame without its length field, valid until the next call here; `undefined` when
   * there is none yet; `"bad"` for a length that no client of the protocol sends.
   */
  next(): Buffer | "bad" | undefined {
    if (this.#own !== undefined) {
      if (this.#end > this.#start) return this.#nextOfOwn(this.#own);
      this.#releaseOwn();
    }
    const { shared } = this.#buffers;
    const size = this.#sizeAt(shared, this.#freshStart, this.#freshEnd);
    if (size === "bad" || size === undefined) return size;
    const from = this.#freshStart + LENGTH_BYTES;
    if (size > this.#freshEnd - from) return undefined;
    this.#freshStart = from + size;
    return this.#seen(shared.subarray(from, from + size));
  }

  /** Moves what is left out of the shared buffer. Called when a read, or a resumption, is done. */
  settle(): void {
    const fresh = this.#freshEnd - this.#freshStart;
    if (fresh > 0) this.#append(fresh);
    else if (this.#start < this.#end) this.#reserve(this.#capacityFor(this.#end - this.#start));
    else this.#releaseOwn();
  }

  /** The first bytes that are not handled, to tell from them who sends. */
  peek(): Buffer {
    return this.#own === undefined
      ? this.#buffers.shared.subarray(this.#freshStart, this.#freshEnd)
      : this.#own.subarray(this.#start, this.#end);
  }

  /** Forgets everything. */
  clear(): void {
    this.#freshStart = this.#freshEnd;
    this.#releaseOwn();
  }

  /** Completes the frame at the start of the own buffer with what it lacks, and with no more. */
  #nextOfOwn(own: Buffer): Buffer | "bad" | undefined {
    const size = this.#sizeAt(own, this.#start, this.#end);
    if (size === "bad") return size;
    const have = this.#end - this.#start;
    const expected = LENGTH_BYTES + (size ?? 0);
    if (size !== undefined && have >= expected) {
      const from = this.#start + LENGTH_BYTES;
      this.#start += expected;
      return this.#seen(own.subarray(from, this.#start));
    }
    const count = Math.min(expected - have, this.#freshEnd - this.#freshStart);
    if (count === 0) return undefined;
    return this.#nextOfOwn(this.#append(count));
  }

  #seen(frame: Buffer): Buffer {
    const bytes = LENGTH_BYTES + frame.length;
    if (bytes > this.#frameBytesSeen) this.#frameBytesSeen = bytes;
    return frame;
  }

  /** What the length field at `start` says; `undefined` when not all of it is there. */
  #sizeAt(bytes: Buffer, start: number, end: number): number | "bad" | undefined {
    if (end - start < LENGTH_BYTES) return undefined;
    const size = bytes.readInt32BE(start);
    return size < 0 || size > this.#frameBytesMax ? "bad" : size;
  }

  /** Moves `count` bytes of the shared buffer behind those of the own one; returns that. */
  #append(count: number): Buffer {
    const from = this.#freshStart;
    const own = this.#reserve(this.#capacityFor(this.#end - this.#start + count));
    this.#buffers.shared.copy(own, this.#end, from, from + count);
    this.#freshStart = from + count;
    this.#end += count;
    return own;
  }

  /** How much room there should be for a frame of which `have` bytes have arrived. */
  #capacityFor(have: number): number {
    const first = this.peek();
    const size = this.#sizeAt(first, 0, first.length);
    if (size === "bad" || size === undefined) return have;
    const expected = LENGTH_BYTES + size;
    const isBelieved = expected <= Math.min(this.#frameBytesSeen, BELIEVED_BYTES_MAX);
    return Math.max(have, Math.min(expected, isBelieved ? expected : 2 * have));
  }

  /** Makes room for `capacity` bytes from the first unhandled one on. */
  #reserve(capacity: number): Buffer {
    const own = this.#own;
    const isRoomy =
      own !== undefined && own.length > Math.max(ROOMY_BYTES, ROOMY_FACTOR * capacity);
    if (own !== undefined && !isRoomy && own.length - this.#start >= capacity) return own;
    const target =
      own !== undefined && !isRoomy && own.length >= capacity ? own : this.#buffers.take(capacity);
    if (own !== undefined) {
      own.copy(target, 0, this.#start, this.#end);
      if (own !== target) this.#buffers.give(own);
    }
    this.#end -= this.#start;
    this.#start = 0;
    this.#own = target;
    return target;
  }

  #releaseOwn(): void {
    const own = this.#own;
    this.#own = undefined;
    this.#start = 0;
    this.#end = 0;
    if (own !== undefined) this.#buffers.give(own);
  }
}
