import type { Receiver } from "../../platform/network.ts";

/** Memory that a connection receives into at first, and what it grows to while reads fill it. */
const CHUNK_BYTES_MIN = 16 * 1024;
const CHUNK_BYTES_MAX = 64 * 1024;
/** The least room that is worth a read. */
const ROOM_BYTES_MIN = 4 * 1024;
const LENGTH_BYTES = 4;
/** The largest response that is believed in. Brokers hold `fetch.max.bytes` and `message.max.bytes` well below. */
export const RESPONSE_BYTES_MAX = 1024 * 1024 * 1024;

export interface FrameHandler {
  /**
   * A frame without its length: `bytes[start, end)`. Returns whether views of it live on. If so its memory
   * is never written to again and belongs to whoever holds the views, else the next frames go there.
   */
  readonly frame: (bytes: Buffer, start: number, end: number) => boolean;
  /** A length that no broker sends. Nothing more is received. */
  readonly badFrame: (lengthBytes: number) => void;
  readonly closed: (error: Error | undefined) => void;
}

/**
 * Cuts what arrives into frames: an int32 length, then as many bytes. Frames are handed on where they were
 * received. A chunk takes many of them, one after the other; when views of it were kept and it is full, it is
 * left to them, and another one takes its place. A frame larger than a chunk gets memory of its own size.
 */
export class FrameReceiver implements Receiver {
  /** A frame that is longer is a bad one. */
  frameBytesMax: number;
  readonly #handler: FrameHandler;
  #chunk: Buffer;
  /** The bytes that belong to no finished frame are `chunk[start, end)`. */
  #start = 0;
  #end = 0;
  /** Whether views of the chunk live on. */
  #isKept = false;
  /** What the next chunk is to hold. */
  #chunkBytes = CHUNK_BYTES_MIN;
  #offered = 0;
  /** A frame larger than the chunk, being filled. */
  #large: Buffer | undefined;
  #largeFilled = 0;
  #isStopped = false;

  constructor(handler: FrameHandler, frameBytesMax = RESPONSE_BYTES_MAX) {
    this.#handler = handler;
    this.frameBytesMax = frameBytesMax;
    this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES_MIN);
  }

  receiveBuffer(): Uint8Array {
    if (this.#large !== undefined) return this.#large.subarray(this.#largeFilled);
    this.#makeRoom();
    const end = this.#end;
    this.#offered = this.#chunk.length - end;
    return end === 0 ? this.#chunk : this.#chunk.subarray(end);
  }

  received(length: number): void {
    if (this.#isStopped) return;
    if (this.#large === undefined) this.#receivedInChunk(length);
    else this.#receivedInLarge(this.#large, length);
  }

  closed(error?: Error): void {
    this.#handler.closed(error);
  }

  /** Looks at nothing that arrives from now on. */
  stop(): void {
    this.#isStopped = true;
  }

  #receivedInLarge(large: Buffer, length: number): void {
    this.#largeFilled += length;
    if (this.#largeFilled < large.length) return;
    this.#large = undefined;
    this.#handler.frame(large, 0, large.length);
  }

  #receivedInChunk(length: number): void {
    const chunk = this.#chunk;
    const end = this.#end + length;
    let at = this.#start;
    if (length === this.#offered && this.#chunkBytes < CHUNK_BYTES_MAX) this.#chunkBytes *= 2;
    while (end - at >= LENGTH_BYTES) {
      const size = chunk.readInt32BE(at);
      if (size < LENGTH_BYTES || size > this.frameBytesMax) {
        this.#isStopped = true;
        this.#handler.badFrame(size);
        return;
      }
      const frameStart = at + LENGTH_BYTES;
      const frameEnd = frameStart + size;
      if (frameEnd > end) {
        if (size + LENGTH_BYTES > this.#chunkBytes) {
          this.#beginLarge(size, frameStart, end);
          return;
        }
        break;
      }
      at = frameEnd;
      if (this.#handler.frame(chunk, frameStart, frameEnd)) this.#isKept = true;
      if (this.#isStopped) return;
    }
    this.#start = at;
    this.#end = end;
  }

  /** A frame that is not whole is moved to where it has room. */
  #makeRoom(): void {
    const held = this.#end - this.#start;
    if (held === 0 && !this.#isKept) {
      this.#start = 0;
      this.#end = 0;
      if (this.#chunk.length < this.#chunkBytes) this.#replaceChunk();
      return;
    }
    const needed =
      held < LENGTH_BYTES ? ROOM_BYTES_MIN : LENGTH_BYTES + this.#chunk.readInt32BE(this.#start);
    const hasRoom = this.#chunk.length - this.#start >= Math.max(needed, held + 1);
    if (hasRoom) return;
    if (this.#isKept || needed > this.#chunk.length) {
      this.#replaceChunk();
    } else {
      this.#chunk.copyWithin(0, this.#start, this.#end);
      this.#end = held;
      this.#start = 0;
    }
  }

  #replaceChunk(): void {
    const next = Buffer.allocUnsafeSlow(this.#chunkBytes);
    this.#end = this.#chunk.copy(next, 0, this.#start, this.#end);
    this.#start = 0;
    this.#chunk = next;
    this.#isKept = false;
  }

  #beginLarge(size: number, from: number, end: number): void {
    this.#large = Buffer.allocUnsafeSlow(size);
    this.#largeFilled = this.#chunk.copy(this.#large, 0, from, end);
    this.#start = end;
    this.#end = end;
  }
}
