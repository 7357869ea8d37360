import type { Clock, Timer } from "../platform/clock.ts";
import type { Connection, Receiver } from "../platform/network.ts";
import { IncomingFrames } from "./incoming-frames.ts";
import type { MemoryHolder, ReceiveBuffers } from "./receive-buffers.ts";

/** Requests of one connection that may be waiting for their answers; then its reading pauses. */
export const IN_FLIGHT_REQUESTS_MAX = 1000;
/** Bytes of responses that a peer may leave unread; then reading from it pauses. */
export const UNREAD_RESPONSE_BYTES_MAX = 4 * 1024 * 1024;
/** After this long one connection lets the others have their turn, however much it has sent. */
const HANDLING_SLICE_MS = 5;
/** How long a connection that was refused may take to read what it was told, and to close. */
export const LINGER_MS = 2000;

/** A response on its way: its chunks, and what to do once they have left the process. */
export interface Reply {
  readonly chunks: readonly Uint8Array[];
  readonly onSent: (() => void) | undefined;
}

/** What a request can end in: a response, none because none was asked for, or the connection's end. */
export type Outcome = Reply | "none" | "close";

/**
 * What a connection does with a frame: answers `exchange`, now or later, once. What is kept of the
 * frame beyond the call is copied.
 */
export type FrameHandler = (frame: Buffer, exchange: Exchange) => void;

/** What all connections of a listener share. */
export interface ConnectionHost {
  readonly buffers: ReceiveBuffers;
  readonly clock: Clock;
  /** `socket.request.max.bytes`. */
  readonly frameBytesMax: number;
  readonly onFrame: FrameHandler;
  /** A length field that no client of the protocol sends; `start` holds the first bytes. */
  readonly onBadFrame: (connection: ClientConnection, start: Buffer) => void;
  /** A connection is ended for want of memory. */
  readonly onMemoryShort: (connection: ClientConnection, reason: string) => void;
  readonly onClosed: (connection: ClientConnection, error?: Error) => void;
}

/** A request that has arrived; its answer goes out when all before it have gone. */
export class Exchange {
  readonly connection: ClientConnection;
  /** Called when the connection is gone before the answer; then nobody waits for it any more. */
  onClosed: (() => void) | undefined;
  #outcome: Outcome | undefined;

  constructor(connection: ClientConnection) {
    this.connection = connection;
  }

  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** Answers; later calls are ignored. */
  respond(outcome: Outcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.onClosed = undefined;
    this.connection.answered(this);
  }

  /** The answer will not be sent: lets go of what it holds, or of who prepares it. Called once. */
  drop(): void {
    const outcome = this.#outcome;
    if (outcome === undefined) this.onClosed?.();
    else if (typeof outcome === "object") outcome.onSent?.();
  }
}

/** One client. Frames are handled as they arrive; answers go out in the order of the requests. */
export class ClientConnection implements Receiver, MemoryHolder {
  /** When the last byte came or the last response went, by the monotonic clock. */
  lastActiveMs: number;
  frameBeganMs: number;
  readonly remoteAddress: string;
  readonly remotePort: number;

  readonly #connection: Connection;
  readonly #host: ConnectionHost;
  readonly #frames: IncomingFrames;
  /** In the order they came. Those before `#firstExchange` are done. */
  readonly #exchanges: Exchange[] = [];
  #firstExchange = 0;
  #out: Uint8Array[] = [];
  #outBytes = 0;
  #outSent: (() => void)[] = [];
  /** Writes that have not left yet, and when one last did, or the first of them was made. */
  #unsentWrites = 0;
  #unsentSinceMs = 0;
  #handling = false;
  #paused = false;
  /** Why nothing is read, besides answers that wait: memory is short, or it is the others' turn. */
  #waitingForMemory = false;
  #yielding = false;
  /** Known to the buffers as one that holds memory. */
  #isHolder = false;
  /** No more requests are taken; the connection ends when those that came are answered. */
  #finishing = false;
  /** Nothing is handled or answered any more; the connection may still be sending. */
  #closed = false;
  /** The connection has told that it is gone. */
  #gone = false;
  #lingerTimer: Timer | undefined;

  constructor(connection: Connection, host: ConnectionHost) {
    this.#connection = connection;
    this.#host = host;
    this.#frames = new IncomingFrames(host.buffers, host.frameBytesMax);
    this.remoteAddress = connection.remoteAddress;
    this.remotePort = connection.remotePort;
    this.lastActiveMs = host.clock.monotonicMs();
    this.frameBeganMs = this.lastActiveMs;
  }

  start(): void {
    this.#connection.start(this);
  }

  /** Whether nothing is served on it any more. */
  get isClosed(): boolean {
    return this.#closed;
  }

  get inFlightRequests(): number {
    return this.#exchanges.length - this.#firstExchange;
  }

  /** Whether an answer is still to be given or to be sent. */
  get isBusy(): boolean {
    if (this.#gone) return false;
    const isAnswering = !this.#closed && this.inFlightRequests > 0;
    return isAnswering || this.#connection.pendingWriteBytes > 0;
  }

  /** Since when nothing of what was written has left, by the monotonic clock; `undefined` when all has. */
  get unsentSinceMs(): number | undefined {
    return this.#unsentWrites === 0 ? undefined : this.#unsentSinceMs;
  }

  /** Takes no more requests; ends when those that came are answered and the answers have left. */
  finish(): void {
    if (this.#closed || this.#finishing) return;
    this.#finishing = true;
    this.#pause();
    this.#endWhenFinished();
  }

  destroy(): void {
    this.#closed = true;
    this.#connection.destroy();
  }

  // ---- receiving

  receiveBuffer(): Uint8Array {
    return this.#frames.place(this.#paused);
  }

  received(length: number): void {
    if (this.#closed) return;
    this.lastActiveMs = this.#host.clock.monotonicMs();
    this.#frames.arrived(length);
    this.#handleFrames();
  }

  closed(error?: Error): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#closed = true;
    this.#lingerTimer?.cancel();
    this.#frames.clear();
    this.#noteHolding();
    const sent = this.#outSent;
    this.#outSent = [];
    for (const done of sent) done();
    const exchanges = this.#exchanges.splice(0);
    for (let i = this.#firstExchange; i < exchanges.length; i++) exchanges[i]!.drop();
    this.#firstExchange = 0;
    this.#host.onClosed(this, error);
  }

  resumeReading(): void {
    this.#waitingForMemory = false;
    this.frameBeganMs = this.#host.clock.monotonicMs();
    this.#resumeIfPossible();
  }

  giveUp(): void {
    if (this.#gone) return;
    this.#host.onMemoryShort(this, "its request takes too long to arrive while others wait");
    this.destroy();
  }

  /**
   * Handles the frames that are there and keeps the rest. False when it was broken off, with reading
   * paused; then something is under way whose end calls {@link #resumeIfPossible}.
   */
  #handleFrames(): boolean {
    const { clock } = this.#host;
    const untilMs = clock.monotonicMs() + HANDLING_SLICE_MS;
    let isThrough = true;
    this.#handling = true;
    while (!this.#closed && !this.#finishing) {
      if (this.#mustWait()) {
        this.#pause();
        isThrough = false;
        break;
      }
      const frame = this.#frames.next();
      if (frame === undefined) break;
      if (frame === "bad") {
        this.#host.onBadFrame(this, this.#frames.peek());
        this.#refuse();
        break;
      }
      const exchange = new Exchange(this);
      this.#exchanges.push(exchange);
      this.#host.onFrame(frame, exchange);
      const nowMs = clock.monotonicMs();
      this.frameBeganMs = nowMs;
      if (nowMs >= untilMs) {
        this.#yield();
        isThrough = false;
        break;
      }
    }
    this.#handling = false;
    this.#flush();
    this.#settle();
    return isThrough;
  }

  /** Lets the others have a turn, then goes on. */
  #yield(): void {
    if (this.#yielding) return;
    this.#yielding = true;
    this.#pause();
    this.#host.clock.defer(() => {
      this.#yielding = false;
      this.#resumeIfPossible();
    });
  }

  /** Keeps what cannot be handled yet, if there is memory for it. */
  #settle(): void {
    const { buffers } = this.#host;
    if (this.#closed || this.#finishing) {
      this.#frames.clear();
      this.#noteHolding();
      return;
    }
    if (!this.#frames.isHolding) this.frameBeganMs = this.lastActiveMs;
    this.#frames.settle();
    this.#noteHolding();
    this.#waitingForMemory = false;
    if (!this.#isHolder || buffers.mayReadOn(this)) return;
    if (buffers.isOverdrawn) {
      this.#host.onMemoryShort(this, "queued.max.request.bytes is used up");
      this.destroy();
      return;
    }
    this.#waitingForMemory = true;
    this.#pause();
  }

  #noteHolding(): void {
    const { isHolding } = this.#frames;
    if (isHolding === this.#isHolder) return;
    this.#isHolder = isHolding;
    if (isHolding) this.#host.buffers.hold(this);
    else this.#host.buffers.release(this);
  }

  #mustWait(): boolean {
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

  /** Handles what waits to be handled, and reads on, as far as nothing speaks against it. */
  #resumeIfPossible(): void {
    if (!this.#paused || this.#handling || this.#closed || this.#finishing) return;
    if (this.#yielding || this.#mustWait()) return;
    if (!this.#handleFrames() || this.#closed || this.#finishing || this.#waitingForMemory) return;
    this.#paused = false;
    this.#connection.resume();
  }

  // ---- answering

  /** An exchange of this connection has its outcome. */
  answered(exchange: Exchange): void {
    if (this.#gone) exchange.drop();
    else if (this.#exchanges[this.#firstExchange] === exchange && !this.#closed) this.#collect();
  }

  /** Moves the answers that are due into the next write. */
  #collect(): void {
    const exchanges = this.#exchanges;
    while (this.#firstExchange < exchanges.length) {
      const { outcome } = exchanges[this.#firstExchange]!;
      if (outcome === undefined) break;
      this.#firstExchange++;
      if (outcome === "none") continue;
      if (outcome === "close") {
        this.#refuse();
        return;
      }
      for (const chunk of outcome.chunks) {
        this.#out.push(chunk);
        this.#outBytes += chunk.length;
      }
      if (outcome.onSent !== undefined) this.#outSent.push(outcome.onSent);
    }
    if (this.#firstExchange === exchanges.length) {
      exchanges.length = 0;
      this.#firstExchange = 0;
    } else if (this.#firstExchange >= IN_FLIGHT_REQUESTS_MAX) {
      exchanges.splice(0, this.#firstExchange);
      this.#firstExchange = 0;
    }
    if (this.#handling) return;
    this.#flush();
    if (this.#finishing) this.#endWhenFinished();
    else this.#resumeIfPossible();
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    const chunks = this.#out;
    const sent = this.#outSent;
    this.#out = [];
    this.#outBytes = 0;
    this.#outSent = [];
    const { clock } = this.#host;
    if (this.#unsentWrites++ === 0) this.#unsentSinceMs = clock.monotonicMs();
    this.#connection.write(chunks, () => {
      this.lastActiveMs = clock.monotonicMs();
      this.#unsentWrites--;
      this.#unsentSinceMs = this.lastActiveMs;
      for (const done of sent) done();
      this.#resumeIfPossible();
    });
  }

  /** Sends what was answered so far, and ends: what comes now is not handled. */
  #refuse(): void {
    this.#flush();
    this.#closed = true;
    this.#endSoon();
  }

  #endWhenFinished(): void {
    if (this.#handling || this.#closed || this.inFlightRequests > 0) return;
    this.#closed = true;
    this.#frames.clear();
    this.#noteHolding();
    this.#endSoon();
  }

  /** Ends after what was written; a peer that does not take it, or does not go, is cut off. */
  #endSoon(): void {
    this.#connection.end();
    this.#lingerTimer ??= this.#host.clock.setTimer(LINGER_MS, () => this.destroy());
  }
}
