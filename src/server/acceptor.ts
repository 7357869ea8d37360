import type { Clock, Timer } from "../platform/clock.ts";
import type { Connection, Listener, Network } from "../platform/network.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { ClientConnection, type FrameHandler } from "./connection.ts";
import type { ReceiveBuffers } from "./receive-buffers.ts";
import { describeStranger } from "./stranger.ts";

/** Idle connections are looked for this many times within the idle time. */
const IDLE_CHECKS = 10;
/** While connections are refused, this often one line says so. */
const REFUSALS_LOG_INTERVAL_MS = 10_000;

export interface AcceptorOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: ConnectionLimits;
  readonly buffers: ReceiveBuffers;
  /** `socket.request.max.bytes`. */
  readonly frameBytesMax: number;
  /** `connections.max.idle.ms`. */
  readonly idleMaxMs: number;
}

/** Accepts clients on one address and keeps count of them. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #connections = new Set<ClientConnection>();
  #listener: Listener | undefined;
  #idleTimer: Timer | undefined;
  #refused = 0;
  #refusalLoggedMs = Number.NEGATIVE_INFINITY;
  #closing = false;

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Begins to listen; rejects with a `NetworkError`. Clients are served from {@link serve} on. */
  async listen(host: string, port: number): Promise<Listener> {
    const { network } = this.#options;
    this.#listener = await network.listen({ host, port }, (connection) => {
      this.#accept(connection);
    });
    this.#watchIdle();
    return this.#listener;
  }

  #onFrame: FrameHandler | undefined;
  readonly #early: Connection[] = [];

  /** Hands frames to `onFrame`; connections that came before now begin to be read. */
  serve(onFrame: FrameHandler): void {
    this.#onFrame = onFrame;
    for (const connection of this.#early.splice(0)) this.#start(connection, onFrame);
  }

  /** Takes no more connections and no more requests. */
  async stopAccepting(): Promise<void> {
    this.#closing = true;
    this.#idleTimer?.cancel();
    for (const connection of this.#early.splice(0)) connection.destroy();
    await this.#listener?.close();
  }

  /** Whether some request still waits for its answer. */
  get isBusy(): boolean {
    for (const connection of this.#connections) {
      if (connection.inFlightRequests > 0) return true;
    }
    return false;
  }

  /** Closes every connection. */
  closeConnections(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  #accept(connection: Connection): void {
    if (this.#closing) {
      connection.destroy();
      return;
    }
    if (this.#onFrame === undefined) this.#early.push(connection);
    else this.#start(connection, this.#onFrame);
  }

  #start(connection: Connection, onFrame: FrameHandler): void {
    const { limits, logger } = this.#options;
    const address = connection.remoteAddress;
    const admission = limits.admit(address);
    if (admission !== "admitted") {
      this.#refuse(connection, admission);
      return;
    }
    const client: ClientConnection = new ClientConnection({
      connection,
      buffers: this.#options.buffers,
      clock: this.#options.clock,
      frameBytesMax: this.#options.frameBytesMax,
      onFrame,
      onBadFrame: (size, start) => {
        const said = describeStranger(start);
        const limit = this.#options.frameBytesMax;
        logger.warn(
          size > limit && said.endsWith("Kafka protocol")
            ? `closing a connection: a request of ${size} bytes is above socket.request.max.bytes=${limit}, or ${said}`
            : `closing a connection: ${said}`,
          { client: `${address}:${connection.remotePort}` },
        );
      },
      onClosed: () => {
        this.#connections.delete(client);
        limits.release(address);
      },
    });
    this.#connections.add(client);
    client.start();
  }

  #refuse(connection: Connection, bound: string): void {
    connection.destroy();
    this.#refused++;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#refusalLoggedMs < REFUSALS_LOG_INTERVAL_MS) return;
    this.#refusalLoggedMs = nowMs;
    this.#options.logger.warn(
      `refused ${this.#refused} connections: ${bound} is reached; raise it or close connections`,
      { client: connection.remoteAddress },
    );
    this.#refused = 0;
  }

  #watchIdle(): void {
    const { clock, idleMaxMs } = this.#options;
    if (idleMaxMs < 0) return;
    this.#idleTimer = clock.setTimer(Math.max(1, idleMaxMs / IDLE_CHECKS), () => {
      const oldest = clock.monotonicMs() - idleMaxMs;
      for (const connection of this.#connections) {
        if (connection.lastActiveMs < oldest && connection.inFlightRequests === 0) {
          connection.destroy();
        }
      }
      this.#watchIdle();
    });
  }
}
