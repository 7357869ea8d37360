import type { Receiver } from "../../platform/network.ts";

/** Memory that a connection receives into; frames that are larger get their own. */
const CHUNK_BYTES = 64 * 1024;
const LENGTH_BYTES = 4;
/** The largest response that is believed in. Brokers hold `fetch.max.bytes` and `message.max.bytes` well below. */
export const RESPONSE_BYTES_MAX = 1024 * 1024 * 1024;

export interface FrameHandler {
  /** A frame without its length; the memory belongs to whoever is handed it. */
  readonly frame: (bytes: Buffer) => void;
  /** A length that no broker sends. Nothing more is received. */
  readonly badFrame: (lengthBytes: number) => void;
  readonly closed: (error: Error | undefined) => void;
}

/** Cuts what arrives into frames: an int32 length, then as many bytes. */
export class FrameReceiver implements Receiver {
  readonly #handler: FrameHandler;
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  /** Bytes at the start of the chunk that belong to no finished frame. */
  #held = 0;
  /** A frame larger than the chunk, being filled. */
  #large: Buffer | undefined;
  #largeFilled = 0;
  #stopped = false;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  receiveBuffer(): Uint8Array {
    if (this.#large !== undefined) return this.#large.subarray(this.#largeFilled);
    return this.#chunk.subarray(this.#held);
  }

  received(length: number): void {
    if (this.#stopped) return;
    if (this.#large === undefined) this.#receivedInChunk(length);
    else this.#receivedInLarge(this.#large, length);
  }

  closed(error?: Error): void {
    this.#handler.closed(error);
  }

  #receivedInLarge(large: Buffer, length: number): void {
    this.#largeFilled += length;
    if (this.#largeFilled < large.length) return;
    this.#large = undefined;
    this.#handler.frame(large);
  }

  #receivedInChunk(length: number): void {
    const chunk = this.#chunk;
    const end = this.#held + length;
    let at = 0;
    while (end - at >= LENGTH_BYTES) {
      const size = chunk.readInt32BE(at);
      if (size < LENGTH_BYTES || size > RESPONSE_BYTES_MAX) {
        this.#stopped = true;
        this.#handler.badFrame(size);
        return;
      }
      const frameStart = at + LENGTH_BYTES;
      if (frameStart + size > end) {
        if (size > CHUNK_BYTES - LENGTH_BYTES) {
          this.#beginLarge(size, frameStart, end);
          return;
        }
        break;
      }
      at = frameStart + size;
      this.#handler.frame(Buffer.from(chunk.subarray(frameStart, at)));
      if (this.#stopped) return;
    }
    chunk.copyWithin(0, at, end);
    this.#held = end - at;
  }

  #beginLarge(size: number, from: number, end: number): void {
    this.#large = Buffer.allocUnsafeSlow(size);
    this.#largeFilled = this.#chunk.copy(this.#large, 0, from, end);
    this.#held = 0;
  }
}
