import type { Clock } from "../platform/clock.ts";
import type { Connection, Receiver } from "../platform/network.ts";
import type { ReceiveBuffers } from "./receive-buffers.ts";

/** Requests of one connection that may be waiting for their answers; then its reading pauses. */
export const IN_FLIGHT_REQUESTS_MAX = 1000;
/** Bytes of responses that a peer may leave unread; then reading from it pauses. */
export const UNREAD_RESPONSE_BYTES_MAX = 4 * 1024 * 1024;
/** Room below which the rest of a frame is moved to the front of its buffer. */
const COMPACT_BELOW_BYTES = 64 * 1024;
const LENGTH_BYTES = 4;

/** A response on its way: its chunks, and what to do once they have left the process. */
export interface Reply {
  readonly chunks: readonly Uint8Array[];
  readonly onSent: (() => void) | undefined;
}

/** What a connection does with a frame. `"close"` instead of a reply ends the connection. */
export type FrameHandler = (
  frame: Buffer,
  connection: ClientConnection,
  respond: (reply: Reply | "none" | "close") => void,
) => void;

export interface ClientConnectionOptions {
  readonly connection: Connection;
  readonly buffers: ReceiveBuffers;
  readonly clock: Clock;
  /** `socket.request.max.bytes`. */
  readonly frameBytesMax: number;
  readonly onFrame: FrameHandler;
  /** A length field that no client of the protocol sends; `start` holds the first bytes. */
  readonly onBadFrame: (size: number, start: Buffer) => void;
  readonly onClosed: (error?: Error) => void;
}

/** A request that has arrived; its answer goes out when all before it have gone. */
interface Exchange {
  reply: Reply | "none" | "close" | undefined;
}

/**
 * One client. Frames are handled as they arrive, where they were received; answers go out in the
 * order of the requests. What the handler keeps of a frame beyond its run, it copies.
 */
export class ClientConnection implements Receiver {
  /** When the last byte came or the last response went, by the monotonic clock. */
  lastActiveMs: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Kept here by handlers for the time of the connection: what ApiVersions told of the client. */
  clientSoftware: { readonly name: string; readonly version: string } | undefined;

  readonly #connection: Connection;
  readonly #options: ClientConnectionOptions;
  /** Holds unhandled bytes in [start, end); undefined while there are none. */
  #own: Buffer | undefined;
  #start = 0;
  #end = 0;
  /** Where the next bytes will land. */
  #offered: Buffer;
  #frameBytesSeen = 0;
  readonly #exchanges: Exchange[] = [];
  #firstExchange = 0;
  #out: Uint8Array[] = [];
  #outBytes = 0;
  #outSent: (() => void)[] = [];
  #handling = false;
  #paused = false;
  #waitingForMemory = false;
  /** Nothing is handled any more; the connection may still be sending. */
  #closed = false;
  /** The connection has told that it is gone. */
  #gone = false;

  constructor(options: ClientConnectionOptions) {
    this.#options = options;
    this.#connection = options.connection;
    this.#offered = options.buffers.shared;
    this.remoteAddress = options.connection.remoteAddress;
    this.remotePort = options.connection.remotePort;
    this.lastActiveMs = options.clock.monotonicMs();
  }

  start(): void {
    this.#connection.start(this);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get inFlightRequests(): number {
    return this.#exchanges.length - this.#firstExchange;
  }

  /** Sends what has been answered, then closes. */
  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  receiveBuffer(): Uint8Array {
    const own = this.#own;
    if (own === undefined) {
      this.#offered = this.#options.buffers.shared;
      return this.#offered;
    }
    if (this.#start > 0 && own.length - this.#end < COMPACT_BELOW_BYTES) {
      own.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    const buffer = this.#end === own.length ? this.#grow(own) : own;
    this.#offered = buffer.subarray(this.#end);
    return this.#offered;
  }

  received(length: number): void {
    if (this.#closed) return;
    this.lastActiveMs = this.#options.clock.monotonicMs();
    const offered = this.#offered;
    const own = this.#own;
    if (own === undefined) {
      const handled = this.#handleFrames(offered, 0, length);
      if (handled < length && !this.#closed) this.#keep(offered, handled, length);
    } else {
      if (offered.buffer !== own.buffer) offered.copy(own, this.#end, 0, length);
      this.#end += length;
      this.#handleOwn(own);
      if (this.#start === this.#end) this.#releaseOwn();
    }
    this.#flush();
  }

  closed(error?: Error): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#closed = true;
    this.#releaseOwn();
    const sent = this.#outSent;
    this.#outSent = [];
    for (const done of sent) done();
    for (let i = this.#firstExchange; i < this.#exchanges.length; i++) {
      const reply = this.#exchanges[i]!.reply;
      if (typeof reply === "object") reply.onSent?.();
    }
    this.#options.onClosed(error);
  }

  #handleOwn(own: Buffer): void {
    this.#start = this.#handleFrames(own, this.#start, this.#end);
  }

  /** Handles whole frames of `bytes[start, end)`; returns where the rest begins. */
  #handleFrames(bytes: Buffer, start: number, end: number): number {
    let position = start;
    this.#handling = true;
    while (end - position >= LENGTH_BYTES && !this.#closed) {
      const size = bytes.readInt32BE(position);
      if (size < 0 || size > this.#options.frameBytesMax) {
        this.#options.onBadFrame(size, bytes.subarray(position, Math.min(end, position + 16)));
        this.#flush();
        this.#closed = true;
        this.#connection.destroy();
        break;
      }
      const frameEnd = position + LENGTH_BYTES + size;
      if (frameEnd > end) break;
      if (this.#mustPause()) {
        this.#pause();
        break;
      }
      if (size > this.#frameBytesSeen) this.#frameBytesSeen = size;
      this.#handleFrame(bytes.subarray(position + LENGTH_BYTES, frameEnd));
      position = frameEnd;
    }
    this.#handling = false;
    return position;
  }

  #handleFrame(frame: Buffer): void {
    const exchange: Exchange = { reply: undefined };
    this.#exchanges.push(exchange);
    this.#options.onFrame(frame, this, (reply) => {
      if (exchange.reply !== undefined) return;
      exchange.reply = reply;
      if (this.#closed) {
        if (typeof reply === "object") reply.onSent?.();
        return;
      }
      if (this.#exchanges[this.#firstExchange] === exchange) this.#collect();
    });
  }

  /** Moves the answers that are due into the next write. */
  #collect(): void {
    const exchanges = this.#exchanges;
    while (this.#firstExchange < exchanges.length) {
      const reply = exchanges[this.#firstExchange]!.reply;
      if (reply === undefined) break;
      this.#firstExchange++;
      if (reply === "none") continue;
      if (reply === "close") {
        this.#flush();
        this.#closed = true;
        this.#connection.end();
        return;
      }
      for (const chunk of reply.chunks) {
        this.#out.push(chunk);
        this.#outBytes += chunk.length;
      }
      if (reply.onSent !== undefined) this.#outSent.push(reply.onSent);
    }
    if (this.#firstExchange === exchanges.length) {
      exchanges.length = 0;
      this.#firstExchange = 0;
    } else if (this.#firstExchange >= IN_FLIGHT_REQUESTS_MAX) {
      exchanges.splice(0, this.#firstExchange);
      this.#firstExchange = 0;
    }
    if (!this.#handling) this.#flush();
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    const chunks = this.#out;
    const sent = this.#outSent;
    this.#out = [];
    this.#outBytes = 0;
    this.#outSent = [];
    const clock = this.#options.clock;
    this.#connection.write(chunks, () => {
      this.lastActiveMs = clock.monotonicMs();
      for (const done of sent) done();
      this.#resumeIfPossible();
    });
  }

  #mustPause(): boolean {
    return (
      this.inFlightRequests >= IN_FLIGHT_REQUESTS_MAX ||
      this.#outBytes + this.#connection.pendingWriteBytes > UNREAD_RESPONSE_BYTES_MAX
    );
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#connection.pause();
  }

  #resumeIfPossible(): void {
    if (!this.#paused || this.#closed || this.#waitingForMemory || this.#mustPause()) return;
    this.#paused = false;
    // Outside a read callback the place offered last stays valid, so nothing is moved here.
    if (this.#own !== undefined) this.#handleOwn(this.#own);
    this.#flush();
    if (!this.#paused && !this.#closed) this.#connection.resume();
  }

  /** Keeps `bytes[from, to)`, the beginning of a frame, in a buffer of this connection. */
  #keep(bytes: Buffer, from: number, to: number): void {
    const rest = to - from;
    const expected = rest >= LENGTH_BYTES ? bytes.readInt32BE(from) + LENGTH_BYTES : 0;
    // A size that this connection has filled before is believed; others have to be filled first.
    const believed = expected <= this.#frameBytesSeen + LENGTH_BYTES ? expected : 0;
    let own = this.#options.buffers.acquire(Math.max(rest + 1, believed));
    if (own === undefined) {
      own = Buffer.allocUnsafeSlow(rest + 1);
      this.#unaccounted = own;
      this.#waitForMemory();
    }
    bytes.copy(own, 0, from, to);
    this.#own = own;
    this.#start = 0;
    this.#end = rest;
  }

  /** A buffer that was taken beyond the bound, to hold what had already been received. */
  #unaccounted: Buffer | undefined;

  #grow(own: Buffer): Buffer {
    const expected = own.readInt32BE(this.#start) + LENGTH_BYTES;
    const size = Math.min(expected, own.length * 2);
    const larger = this.#options.buffers.acquire(Math.max(size, own.length + 1));
    if (larger === undefined) {
      // Reading stops until there is room; the one byte offered meanwhile cannot fill.
      const oneMore = Buffer.allocUnsafeSlow(own.length + 1);
      own.copy(oneMore, 0, 0, this.#end);
      this.#releaseOwn();
      this.#unaccounted = oneMore;
      this.#own = oneMore;
      this.#end = oneMore.length - 1;
      this.#waitForMemory();
      return oneMore;
    }
    const [start, end] = [this.#start, this.#end];
    own.copy(larger, 0, start, end);
    this.#releaseOwn();
    this.#own = larger;
    this.#end = end - start;
    return larger;
  }

  #waitForMemory(): void {
    this.#pause();
    if (this.#waitingForMemory) return;
    this.#waitingForMemory = true;
    this.#options.buffers.whenReleased(() => {
      this.#waitingForMemory = false;
      this.#resumeIfPossible();
    });
  }

  #releaseOwn(): void {
    const own = this.#own;
    if (own === undefined) return;
    this.#own = undefined;
    this.#start = 0;
    this.#end = 0;
    if (own === this.#unaccounted) this.#unaccounted = undefined;
    else this.#options.buffers.release(own);
  }
}
