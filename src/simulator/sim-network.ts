import { assert } from "../core/assert.ts";
import type { Timer } from "../platform/clock.ts";
import {
  NetworkError,
  type ConnectAddress,
  type Connection,
  type Listener,
  type Network,
  type Receiver,
} from "../platform/network.ts";
import type { WorldClock } from "./sim-clock.ts";
import { SimProcessLife } from "./sim-process-life.ts";
import type { SimRandom } from "./sim-random.ts";
import type { SimTrace } from "./sim-trace.ts";

/** How the network behaves; times in milliseconds. */
export interface NetworkConditions {
  /** From one host to another, and within one. */
  readonly delayMs: readonly [min: number, max: number];
  /** Bytes that arrive at once, at most. */
  readonly chunkBytesMax: number;
  /** Chance that what could arrive at once arrives in two pieces. */
  readonly splitProbability: number;
  /** Bytes of one direction that the network holds for a receiver who does not take them. */
  readonly windowBytes: number;
  /** Chance that a chunk is not delivered and the connection is reset instead. */
  readonly resetProbability: number;
}

/** How the way from one host to another is, where it is not as {@link NetworkConditions} say. */
export interface LinkConditions {
  readonly delayMs?: readonly [min: number, max: number];
  /** What all connections of the link carry together in one direction. */
  readonly bytesPerSecond?: number;
}

/** Stands for every host that has no link of its own. */
export const ANY_HOST = "*";

const CONDITIONS: NetworkConditions = {
  delayMs: [0.05, 5],
  chunkBytesMax: 64 * 1024,
  splitProbability: 0.5,
  windowBytes: 256 * 1024,
  resetProbability: 0,
};

/** A slow link is used in pieces, so many of them a second: what is on it arrives bit by bit. */
const SLOW_PIECES_PER_SECOND = 20;
const EPHEMERAL_PORT_MIN = 32768;
const PORT_MAX = 65535;
/** Addresses that mean the host itself. */
const ownAddresses: ReadonlySet<string> = new Set([
  "127.0.0.1",
  "localhost",
  "0.0.0.0",
  "::1",
  "::",
]);

export interface SimNetworkOptions {
  readonly clock: WorldClock;
  readonly random: SimRandom;
  readonly trace?: SimTrace;
  readonly conditions?: Partial<NetworkConditions>;
}

/** One direction between two hosts. */
class Link {
  conditions: LinkConditions = {};
  isBlocked = false;
  /** Until when bytes that were sent before are being carried. */
  busyUntilMs = 0;
}

/**
 * A network in memory under a seed: hosts by name, delays, bytes that arrive in other pieces than they
 * were sent in, resets, and links that carry nothing for a while. Bytes of a connection stay in order.
 */
export class SimNetwork {
  readonly clock: WorldClock;
  readonly random: SimRandom;
  readonly trace: SimTrace | undefined;
  conditions: NetworkConditions;
  readonly #listeners = new Map<string, SimListener>();
  readonly #connections = new Set<SimConnection>();
  readonly #links = new Map<string, Link>();
  #nextPort = EPHEMERAL_PORT_MIN;
  #nextId = 1;

  constructor(options: SimNetworkOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.trace = options.trace;
    this.conditions = { ...CONDITIONS, ...options.conditions };
  }

  /** The network as one process on a host sees it. */
  processOn(host: string, life?: SimProcessLife): SimProcessNetwork {
    return new SimProcessNetwork(this, host, life);
  }

  /**
   * Nothing gets from one host to the other (in this direction) until {@link unblock}. Either may be
   * {@link ANY_HOST}.
   */
  block(from: string, to: string): void {
    this.#ownLink(from, to).isBlocked = true;
    this.trace?.note("network blocked", from, to);
  }

  unblock(from: string, to: string): void {
    this.#ownLink(from, to).isBlocked = false;
    this.trace?.note("network unblocked", from, to);
    this.#hurry();
  }

  isBlocked(from: string, to: string): boolean {
    return this.#linkOf(from, to)?.isBlocked === true;
  }

  /** Changes the way from one host to another; either may be {@link ANY_HOST}. */
  shape(from: string, to: string, conditions: LinkConditions): void {
    const link = this.#ownLink(from, to);
    link.conditions = conditions;
    link.busyUntilMs = 0;
    this.#hurry();
  }

  /** Every way is as {@link conditions} say again, and open. */
  clearLinks(): void {
    this.#links.clear();
    this.#hurry();
  }

  /** What is under way need not wait for what links were before. */
  #hurry(): void {
    for (const connection of this.#connections) connection.hurry();
  }

  #ownLink(from: string, to: string): Link {
    const name = linkName(from, to);
    let link = this.#links.get(name);
    if (link === undefined) {
      link = new Link();
      this.#links.set(name, link);
    }
    return link;
  }

  #linkOf(from: string, to: string): Link | undefined {
    const links = this.#links;
    if (links.size === 0) return undefined;
    return (
      links.get(linkName(from, to)) ??
      links.get(linkName(ANY_HOST, to)) ??
      links.get(linkName(from, ANY_HOST))
    );
  }

  /** Open connections, oldest first; for faults and checkers. */
  connections(): readonly SimConnection[] {
    return [...this.#connections];
  }

  /** Ends a connection for both sides with ECONNRESET; what was on its way is lost. */
  reset(connection: SimConnection): void {
    this.trace?.note("network reset", connection.id);
    const error = new NetworkError("connection reset", { code: "ECONNRESET", retriable: true });
    const { peer } = connection;
    connection.closeWith(error);
    peer.closeWith(error);
  }

  delayMs(from: string, to: string): number {
    const [min, max] = this.#linkOf(from, to)?.conditions.delayMs ?? this.conditions.delayMs;
    return min === max ? min : min + this.random.fraction() * (max - min);
  }

  /** When bytes that leave now arrive, at the earliest. */
  arrivalMs(from: string, to: string, sizeBytes: number): number {
    const nowMs = this.clock.monotonicMs();
    const link = this.#linkOf(from, to);
    const bytesPerSecond = link?.conditions.bytesPerSecond;
    if (link === undefined || bytesPerSecond === undefined) return nowMs + this.delayMs(from, to);
    link.busyUntilMs = Math.max(nowMs, link.busyUntilMs) + (sizeBytes / bytesPerSecond) * 1000;
    return link.busyUntilMs + this.delayMs(from, to);
  }

  /** Bytes that leave as one piece, at most. */
  pieceBytesMax(from: string, to: string): number {
    const bytesPerSecond = this.#linkOf(from, to)?.conditions.bytesPerSecond;
    if (bytesPerSecond === undefined) return Infinity;
    return Math.max(1, Math.ceil(bytesPerSecond / SLOW_PIECES_PER_SECOND));
  }

  listen(host: string, port: number, listener: SimListener): boolean {
    const name = linkName(host, String(port));
    if (this.#listeners.has(name)) return false;
    this.#listeners.set(name, listener);
    this.trace?.note("network listen", host, port);
    return true;
  }

  unlisten(host: string, port: number): void {
    this.#listeners.delete(linkName(host, String(port)));
  }

  listenerAt(host: string, port: number): SimListener | undefined {
    return this.#listeners.get(linkName(host, String(port)));
  }

  /** A port that nobody listens at. */
  freePort(host: string): number {
    for (;;) {
      const port = this.#nextPort;
      this.#nextPort = port === PORT_MAX ? EPHEMERAL_PORT_MIN : port + 1;
      if (this.listenerAt(host, port) === undefined) return port;
    }
  }

  /** Both ends of a new connection, the connecting one first. */
  connectEnds(
    client: SimProcessNetwork,
    server: SimProcessNetwork,
    port: number,
  ): readonly [SimConnection, SimConnection] {
    const id = this.#nextId++;
    const clientPort = this.freePort(client.host);
    const near = new SimConnection(this, client, id, clientPort);
    const far = new SimConnection(this, server, id, port);
    near.join(far);
    this.#connections.add(near);
    this.#connections.add(far);
    client.connections.add(near);
    server.connections.add(far);
    this.trace?.note("network connected", id, client.host, clientPort, server.host, port);
    return [near, far];
  }

  forget(connection: SimConnection): void {
    this.#connections.delete(connection);
  }
}

function linkName(from: string, to: string): string {
  return `${from}>${to}`;
}

class SimListener implements Listener {
  readonly host: string;
  readonly port: number;
  readonly process: SimProcessNetwork;
  readonly accept: (connection: Connection) => void;

  constructor(
    process: SimProcessNetwork,
    host: string,
    port: number,
    accept: (connection: Connection) => void,
  ) {
    this.process = process;
    this.host = host;
    this.port = port;
    this.accept = accept;
  }

  close(): Promise<void> {
    this.process.unlisten(this);
    return Promise.resolve();
  }
}

/** The network as a process on one host sees it. Listening at `0.0.0.0` or `localhost` is listening at the host. */
export class SimProcessNetwork implements Network {
  readonly host: string;
  readonly connections = new Set<SimConnection>();
  readonly #network: SimNetwork;
  readonly life: SimProcessLife;
  readonly #listeners = new Set<SimListener>();

  constructor(network: SimNetwork, host: string, life: SimProcessLife = new SimProcessLife()) {
    this.#network = network;
    this.host = host;
    this.life = life;
  }

  get isAlive(): boolean {
    return this.life.isAlive;
  }

  listen(
    address: { readonly host: string; readonly port: number },
    accept: (connection: Connection) => void,
  ): Promise<Listener> {
    const port = address.port === 0 ? this.#network.freePort(this.host) : address.port;
    const listener = new SimListener(this, address.host, port, accept);
    if (!this.isAlive || !this.#network.listen(this.host, port, listener)) {
      const message = `cannot listen on ${address.host}:${port}`;
      return Promise.reject(new NetworkError(message, { code: "EADDRINUSE", retriable: true }));
    }
    this.#listeners.add(listener);
    return Promise.resolve(listener);
  }

  connect(address: ConnectAddress): Promise<Connection> {
    const network = this.#network;
    assert(address.tls === undefined, "a network in memory does not encrypt");
    const host = ownAddresses.has(address.host) ? this.host : address.host;
    return new Promise((resolve, reject) => {
      const refuse = (code: string, reason: string): void => {
        if (!this.isAlive) return;
        const message = `cannot connect to ${address.host}:${address.port}: ${reason}`;
        reject(new NetworkError(message, { code, retriable: true }));
      };
      const delayMs = network.delayMs(this.host, host) + network.delayMs(host, this.host);
      const isCarried = !network.isBlocked(this.host, host) && !network.isBlocked(host, this.host);
      if (!isCarried || delayMs > address.timeoutMs) {
        network.clock.schedule(address.timeoutMs, "network connect", () => {
          refuse("ETIMEDOUT", `no answer within ${address.timeoutMs} ms`);
        });
        return;
      }
      network.clock.schedule(delayMs, "network connect", () => {
        if (!this.isAlive) return;
        const listener = network.listenerAt(host, address.port);
        if (listener === undefined) {
          refuse("ECONNREFUSED", "refused");
          return;
        }
        const [near, far] = network.connectEnds(this, listener.process, address.port);
        listener.process.life.call(() => listener.accept(far));
        resolve(near);
      });
    });
  }

  unlisten(listener: SimListener): void {
    if (this.#listeners.delete(listener)) this.#network.unlisten(this.host, listener.port);
  }

  /**
   * The process dies. Peers see their connections end; with `silently` they see nothing at all, as when
   * the power of the host fails.
   */
  kill(silently = false): void {
    this.life.end();
    for (const listener of this.#listeners) this.unlisten(listener);
    for (const connection of this.connections) connection.abandon(silently);
  }
}

/** What was written and has not left the process: chunks, and who is told when they have. */
interface PendingWrite {
  readonly chunks: readonly Uint8Array[];
  readonly done: (() => void) | undefined;
  chunk: number;
  at: number;
}

/** What left the peer and has not been received. */
interface Arrival {
  bytes: Buffer;
  /** When it is here, by the monotonic clock. */
  dueMs: number;
}

/** One end of a connection. */
export class SimConnection implements Connection {
  readonly id: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #network: SimNetwork;
  readonly #process: SimProcessNetwork;
  #peer: SimConnection | undefined;
  #receiver: Receiver | undefined;
  #writes: PendingWrite[] = [];
  #pendingWriteBytes = 0;
  /** On their way to this end, in order, and when the last of it is here. */
  #arriving: Arrival[] = [];
  #arrivingBytes = 0;
  #lastDueMs = 0;
  #isPaused = false;
  #isSendScheduled = false;
  #delivery: Timer | undefined;
  /** No more writes are taken; what was written still goes out. */
  #isEnding = false;
  /** The peer has sent all it will. */
  #isPeerDone = false;
  #isClosed = false;
  #error: Error | undefined;

  constructor(network: SimNetwork, process: SimProcessNetwork, id: number, localPort: number) {
    this.#network = network;
    this.#process = process;
    this.id = id;
    this.localAddress = process.host;
    this.localPort = localPort;
  }

  join(peer: SimConnection): void {
    this.#peer = peer;
    peer.#peer = this;
  }

  get peer(): SimConnection {
    assert(this.#peer !== undefined, "an end has another end");
    return this.#peer;
  }

  get remoteAddress(): string {
    return this.peer.localAddress;
  }

  get remotePort(): number {
    return this.peer.localPort;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  start(receiver: Receiver): void {
    if (this.#isClosed) {
      receiver.closed(this.#error);
      return;
    }
    this.#receiver = receiver;
    this.#scheduleDelivery();
  }

  write(chunks: readonly Uint8Array[], done?: () => void): void {
    if (this.#isClosed || this.#isEnding) {
      if (done !== undefined) this.#callBack(done);
      return;
    }
    for (const chunk of chunks) this.#pendingWriteBytes += chunk.length;
    this.#writes.push({ chunks, done, chunk: 0, at: 0 });
    this.#scheduleSend();
  }

  get pendingWriteBytes(): number {
    return this.#pendingWriteBytes;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#scheduleDelivery();
  }

  end(): void {
    if (this.#isClosed) return;
    this.#isEnding = true;
    this.#scheduleSend();
  }

  destroy(): void {
    if (this.#isClosed) return;
    const { peer } = this;
    this.closeWith(undefined);
    peer.#peerIsDone();
  }

  /** Closes this end now and tells its receiver. */
  closeWith(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#error = error;
    this.#network.forget(this);
    this.#process.connections.delete(this);
    this.#network.trace?.note("network closed", this.id, this.localAddress, error !== undefined);
    const writes = this.#writes;
    this.#writes = [];
    this.#pendingWriteBytes = 0;
    this.#arriving = [];
    this.#arrivingBytes = 0;
    const receiver = this.#receiver;
    this.#callBack(() => {
      for (const { done } of writes) done?.();
      receiver?.closed(error);
    });
  }

  /** The process of this end is gone; nobody here is told anything. */
  abandon(silently: boolean): void {
    const { peer } = this;
    this.#receiver = undefined;
    this.#isClosed = true;
    this.#network.forget(this);
    this.#process.connections.delete(this);
    if (!silently) peer.#peerIsDone();
  }

  /** After a link has changed: what is under way takes as long as it would if it left now. */
  hurry(): void {
    let dueMs = 0;
    for (const arrival of this.#arriving) {
      dueMs = Math.max(dueMs, this.#arrivalMs(arrival.bytes.length));
      arrival.dueMs = Math.min(arrival.dueMs, dueMs);
    }
    this.#lastDueMs = Math.min(this.#lastDueMs, dueMs);
    this.#delivery?.cancel();
    this.#delivery = undefined;
    this.#scheduleDelivery();
    this.#scheduleSend();
  }

  /** Calls back into the process of this end, soon, if it lives. */
  #callBack(call: () => void): void {
    this.#network.clock.schedule(0, "network call", () => this.#process.life.call(call));
  }

  #scheduleSend(): void {
    if (this.#isSendScheduled || this.#isClosed) return;
    this.#isSendScheduled = true;
    this.#network.clock.schedule(0, "network send", () => {
      this.#isSendScheduled = false;
      if (!this.#isClosed) this.#send();
    });
  }

  /** Moves bytes from the process into the network, as far as the peer's window goes. */
  #send(): void {
    const { peer } = this;
    const { windowBytes } = this.#network.conditions;
    const pieceBytes = this.#network.pieceBytesMax(this.localAddress, this.remoteAddress);
    while (this.#writes.length > 0) {
      const room = Math.min(windowBytes - peer.#arrivingBytes, pieceBytes);
      if (room <= 0 && !peer.#isClosed) return;
      const write = this.#writes[0]!;
      const chunk = write.chunks[write.chunk];
      if (chunk !== undefined) {
        const count = Math.min(chunk.length - write.at, peer.#isClosed ? Infinity : room);
        const copy = Buffer.from(chunk.subarray(write.at, write.at + count));
        if (!peer.#isClosed) peer.#arrive(copy);
        this.#pendingWriteBytes -= count;
        write.at += count;
        if (write.at < chunk.length) continue;
        write.chunk++;
        write.at = 0;
        continue;
      }
      this.#writes.shift();
      const { done } = write;
      if (done !== undefined) this.#process.life.call(done);
      if (this.#isClosed) return;
    }
    if (!this.#isEnding) return;
    peer.#peerIsDone();
    if (this.#isPeerDone && this.#arrivingBytes === 0) this.closeWith(undefined);
  }

  #arrive(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const dueMs = Math.max(this.#lastDueMs, this.#arrivalMs(bytes.length));
    this.#lastDueMs = dueMs;
    this.#arriving.push({ bytes, dueMs });
    this.#arrivingBytes += bytes.length;
    this.#scheduleDelivery();
  }

  #arrivalMs(sizeBytes: number): number {
    return this.#network.arrivalMs(this.remoteAddress, this.localAddress, sizeBytes);
  }

  #peerIsDone(): void {
    this.#isPeerDone = true;
    this.#scheduleDelivery();
  }

  #scheduleDelivery(): void {
    if (this.#delivery !== undefined || this.#isClosed || this.#receiver === undefined) return;
    const [first] = this.#arriving;
    if (first === undefined && !this.#isPeerDone) return;
    const { clock } = this.#network;
    const dueMs =
      first?.dueMs ??
      Math.max(this.#lastDueMs, this.#network.arrivalMs(this.remoteAddress, this.localAddress, 0));
    const delayMs = Math.max(0, dueMs - clock.monotonicMs());
    this.#delivery = clock.schedule(delayMs, "network deliver", () => {
      this.#delivery = undefined;
      if (!this.#isClosed) this.#process.life.call(() => this.#deliver());
    });
  }

  /** Hands on one piece of what has arrived, or the end. */
  #deliver(): void {
    const network = this.#network;
    const receiver = this.#receiver;
    if (this.#isPaused || receiver === undefined) return;
    if (network.isBlocked(this.remoteAddress, this.localAddress)) return;
    if (this.#arrivingBytes === 0) {
      if (this.#isPeerDone) this.#finish();
      return;
    }
    const { resetProbability, chunkBytesMax, splitProbability } = network.conditions;
    const target = receiver.receiveBuffer();
    assert(target.length > 0, "a receiver offers a place that is not empty");
    const most = this.#dueBytes(target.length);
    if (most === 0) {
      this.#scheduleDelivery();
      return;
    }
    if (resetProbability > 0 && network.random.chance(resetProbability)) {
      network.reset(this);
      return;
    }
    const isSplit = splitProbability > 0 && network.random.chance(splitProbability);
    const whole = Math.min(most, chunkBytesMax);
    const count = isSplit ? network.random.between(1, whole) : whole;
    this.#take(target, count);
    if (count < most) this.#holdBack();
    network.trace?.note("network received", this.id, this.localAddress, count);
    receiver.received(count);
    if (this.#isClosed) return;
    this.peer.#scheduleSend();
    this.#scheduleDelivery();
  }

  /** Bytes that are here by now, at most so many. */
  #dueBytes(most: number): number {
    const nowMs = this.#network.clock.monotonicMs();
    let bytes = 0;
    for (const arrival of this.#arriving) {
      if (arrival.dueMs > nowMs || bytes >= most) break;
      bytes += arrival.bytes.length;
    }
    return Math.min(bytes, most);
  }

  /** What is first now comes by itself, later. */
  #holdBack(): void {
    const network = this.#network;
    const delayMs = network.delayMs(this.remoteAddress, this.localAddress);
    const dueMs = network.clock.monotonicMs() + delayMs;
    for (const arrival of this.#arriving) {
      if (arrival.dueMs >= dueMs) break;
      arrival.dueMs = dueMs;
    }
    this.#lastDueMs = Math.max(this.#lastDueMs, dueMs);
  }

  #take(target: Uint8Array, count: number): void {
    for (let done = 0; done < count;) {
      const first = this.#arriving[0]!;
      const step = Math.min(first.bytes.length, count - done);
      target.set(first.bytes.subarray(0, step), done);
      done += step;
      if (step === first.bytes.length) this.#arriving.shift();
      else first.bytes = first.bytes.subarray(step);
    }
    this.#arrivingBytes -= count;
  }

  /** The peer is done: this end sends what it has and closes too, as the real one does. */
  #finish(): void {
    const { peer } = this;
    if (this.#writes.length > 0 && !peer.#isClosed) {
      this.end();
      return;
    }
    this.closeWith(undefined);
    if (!peer.#isClosed) peer.#peerIsDone();
  }
}
