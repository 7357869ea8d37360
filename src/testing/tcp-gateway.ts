import type { Connection, Listener, Network, Receiver } from "../platform/network.ts";
import { nodeNetwork } from "../platform/node/network.ts";

const LOCAL_HOST = "127.0.0.1";
const CONNECT_TIMEOUT_MS = 10_000;
const BUFFER_BYTES = 64 * 1024;
/** Bytes that may wait to go on in one direction before the other side is asked to pause. */
const HELD_BYTES_MAX = 1024 * 1024;

/** Where connections of a test's own network go. */
export interface GatewayTarget {
  readonly network: Network;
  readonly host: string;
  readonly port: number;
}

/**
 * A port of the machine that leads to the broker in the memory of this process, so that clients of
 * others meet the same faults as those of the test. While the broker is down nobody listens at it.
 */
export class TcpGateway {
  readonly #target: GatewayTarget;
  readonly #open = new Set<Connection>();
  #listener: Listener | undefined;
  #port: number;

  constructor(target: GatewayTarget, port: number) {
    this.#target = target;
    this.#port = port;
  }

  /** Of the machine; known once it has been open. */
  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    if (this.#listener !== undefined) return;
    const address = { host: LOCAL_HOST, port: this.#port };
    this.#listener = await nodeNetwork.listen(address, (outer) => this.#accept(outer));
    this.#port = this.#listener.port;
  }

  /** Nobody listens any more; connections that exist end as the broker ends them. */
  async shut(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.close();
  }

  async close(): Promise<void> {
    await this.shut();
    for (const connection of this.#open) connection.destroy();
    this.#open.clear();
  }

  #accept(outer: Connection): void {
    this.#open.add(outer);
    const { network, host, port } = this.#target;
    network.connect({ host, port, timeoutMs: CONNECT_TIMEOUT_MS }).then(
      (inner) => {
        outer.start(new Pipe(outer, inner, () => this.#open.delete(outer)));
        inner.start(new Pipe(inner, outer, () => undefined));
      },
      () => {
        this.#open.delete(outer);
        outer.destroy();
      },
    );
  }
}

/** Takes what one connection receives and sends it on another. */
class Pipe implements Receiver {
  readonly #from: Connection;
  readonly #to: Connection;
  readonly #onClosed: () => void;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #isPaused = false;

  constructor(from: Connection, to: Connection, onClosed: () => void) {
    this.#from = from;
    this.#to = to;
    this.#onClosed = onClosed;
  }

  receiveBuffer(): Uint8Array {
    return this.#buffer;
  }

  received(length: number): void {
    this.#to.write([Buffer.from(this.#buffer.subarray(0, length))], () => this.#sent());
    if (this.#isPaused || this.#to.pendingWriteBytes <= HELD_BYTES_MAX) return;
    this.#isPaused = true;
    this.#from.pause();
  }

  closed(error?: Error): void {
    this.#onClosed();
    if (error === undefined) this.#to.end();
    else this.#to.destroy();
  }

  #sent(): void {
    if (!this.#isPaused || this.#to.pendingWriteBytes > HELD_BYTES_MAX) return;
    this.#isPaused = false;
    this.#from.resume();
  }
}
