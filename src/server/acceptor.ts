import type { Clock, Timer } from "../platform/clock.ts";
import type { Connection, Listener, Network } from "../platform/network.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { ClientConnection, type ConnectionHost, type FrameHandler } from "./connection.ts";
import type { ReceiveBuffers } from "./receive-buffers.ts";
import type { RepeatedLines } from "./repeated-lines.ts";
import { describeStranger } from "./stranger.ts";

/** While memory for responses is short, a peer may take nothing of what was sent for this long. */
const UNREAD_UNDER_PRESSURE_MS_MAX = 30_000;
/** Idle connections are looked for this many times within the idle time. */
const IDLE_CHECKS = 10;

export interface AcceptorOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly lines: RepeatedLines;
  readonly limits: ConnectionLimits;
  readonly buffers: ReceiveBuffers;
  /** `socket.request.max.bytes`. */
  readonly frameBytesMax: number;
  /** `connections.max.idle.ms`; negative: no bound. */
  readonly idleMaxMs: number;
}

/** Accepts clients on one address and keeps count of them. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #connections = new Set<ClientConnection>();
  readonly #host: ConnectionHost;
  /** What answers; until there is something that does, connections wait without being read. */
  #onFrame: FrameHandler | undefined;
  #listener: Listener | undefined;
  #idleTimer: Timer | undefined;
  #stopped = false;

  constructor(options: AcceptorOptions) {
    const { buffers, clock, frameBytesMax, limits } = options;
    this.#options = options;
    this.#host = {
      buffers,
      clock,
      frameBytesMax,
      onFrame: (frame, exchange) => this.#onFrame?.(frame, exchange),
      onBadFrame: (connection, start) => this.#tellBadFrame(connection, start),
      onMemoryShort: (connection, reason) =>
        this.#tell("memory", connection, `memory for requests is short, and ${reason}`),
      onClosed: (connection) => {
        this.#connections.delete(connection);
        limits.release(connection.remoteAddress);
      },
    };
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
    return this.#listener;
  }

  /** Hands frames to `onFrame`; connections that came before now begin to be read. */
  serve(onFrame: FrameHandler): void {
    this.#onFrame = onFrame;
    for (const connection of this.#connections) connection.start();
    this.#watchIdle();
  }

  /** Takes no more connections. */
  async stopListening(): Promise<void> {
    this.#stopped = true;
    this.#idleTimer?.cancel();
    await this.#listener?.close();
  }

  /** Lets every connection end when the requests that came are answered; takes no more of them. */
  finishConnections(): void {
    for (const connection of this.#connections) connection.finish();
  }

  /** Whether some answer is still to be given or to be sent. */
  get isBusy(): boolean {
    for (const connection of this.#connections) {
      if (connection.isBusy) return true;
    }
    return false;
  }

  /** Memory for responses is short: closes connections whose peers do not take theirs. */
  closeUnread(): void {
    const oldestMs = this.#options.clock.monotonicMs() - UNREAD_UNDER_PRESSURE_MS_MAX;
    for (const connection of this.#connections) {
      if ((connection.unsentSinceMs ?? Number.POSITIVE_INFINITY) > oldestMs) continue;
      this.#tell("unread", connection, "its peer leaves responses unread while others wait");
      connection.destroy();
    }
  }

  /** Closes every connection. */
  closeConnections(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  #accept(connection: Connection): void {
    if (this.#stopped) {
      connection.destroy();
      return;
    }
    const admission = this.#options.limits.admit(connection.remoteAddress);
    if (admission !== "admitted") {
      connection.destroy();
      this.#options.lines.warn(
        "refused",
        `refused a connection: ${admission} is reached; raise it or close connections`,
        { client: connection.remoteAddress },
      );
      return;
    }
    const client = new ClientConnection(connection, this.#host);
    this.#connections.add(client);
    if (this.#onFrame !== undefined) client.start();
  }

  #tellBadFrame(connection: ClientConnection, start: Buffer): void {
    const size = start.readInt32BE(0);
    const { frameBytesMax } = this.#options;
    const said = describeStranger(start);
    this.#tell(
      said ?? "stranger",
      connection,
      said ??
        (size > frameBytesMax
          ? `a request of ${size} bytes is above socket.request.max.bytes=${frameBytesMax}, or the ` +
            "peer does not speak the Kafka protocol"
          : "the peer does not speak the Kafka protocol"),
    );
  }

  #tell(kind: string, { remoteAddress, remotePort }: ClientConnection, reason: string): void {
    this.#options.lines.warn(kind, `closing a connection: ${reason}`, {
      client: `${remoteAddress}:${remotePort}`,
    });
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
