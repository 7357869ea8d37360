import * as net from "node:net";
import {
  NetworkError,
  type ConnectAddress,
  type Connection,
  type Listener,
  type Network,
  type Receiver,
  type TlsOptions,
} from "../network.ts";
import { networkError } from "./network-error.ts";

/** Connections that the kernel may hold before they are accepted (`socket.listen.backlog.size`). */
const LISTEN_BACKLOG = 511;

/** Every interface, by both protocols. */
const ANY_INTERFACE = "::";

/** What moves the handle of one socket into another; Node has it, its types do not. */
interface HandleOwner {
  _handle: object | null;
}

/** Loads TLS on its first use: loading it costs a program that never needs it 35 ms. */
async function connectTls(address: ConnectAddress, options: TlsOptions): Promise<Connection> {
  const { openTls } = await import("./tls.ts");
  return openTls(address, options);
}

/**
 * A TCP connection. Reading into a caller's buffer (`onread`) can only be asked for when a socket is
 * made, so `start` moves the handle of the accepted (or connected, not yet reading) socket into a new
 * one. Copies from the kernel then end where the receiver wants them.
 */
class NodeConnection implements Connection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  #socket: net.Socket;
  #error: Error | undefined;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = socket.localAddress ?? "";
    this.localPort = socket.localPort ?? 0;
    socket.on("error", this.#keepError);
  }

  readonly #keepError = (error: Error): void => {
    this.#error = error;
  };

  start(receiver: Receiver): void {
    const owner = this.#socket as unknown as HandleOwner;
    const handle = owner._handle;
    if (handle === null || this.#socket.destroyed) {
      receiver.closed(this.#error);
      return;
    }
    owner._handle = null;
    const options = {
      handle,
      pauseOnCreate: true,
      readable: true,
      writable: true,
      onread: {
        buffer: () => receiver.receiveBuffer(),
        callback: (length: number) => {
          receiver.received(length);
          return true;
        },
      },
    };
    const socket = new net.Socket(options as net.SocketConstructorOpts);
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", this.#keepError);
    socket.on("end", () => socket.end());
    socket.on("close", () => receiver.closed(this.#error));
    socket.resume();
  }

  write(chunks: readonly Uint8Array[], done?: () => void): void {
    const socket = this.#socket;
    if (chunks.length === 1) {
      socket.write(chunks[0]!, done === undefined ? undefined : () => done());
      return;
    }
    socket.cork();
    const last = chunks.length - 1;
    for (let i = 0; i <= last; i++) {
      socket.write(chunks[i]!, i === last && done !== undefined ? () => done() : undefined);
    }
    socket.uncork();
  }

  get pendingWriteBytes(): number {
    return this.#socket.writableLength;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** The machine's TCP. */
export const nodeNetwork: Network = {
  listen(address, accept): Promise<Listener> {
    return new Promise((resolve, reject) => {
      const server = net.createServer({ pauseOnConnect: true }, (socket) => {
        accept(new NodeConnection(socket));
      });
      // An error that comes later is one of accepting (too many open files): it passes.
      server.on("error", (error) => {
        reject(networkError(`cannot listen on ${address.host}:${address.port}`, error));
      });
      // Node takes IPv4 alone for no host, where the machine has no IPv6.
      const host = address.host === ANY_INTERFACE ? undefined : address.host;
      server.listen({ host, port: address.port, backlog: LISTEN_BACKLOG }, () => {
        const bound = server.address() as net.AddressInfo;
        resolve({
          host: bound.address,
          port: bound.port,
          close() {
            // Its callback waits for connections to end, which are not the listener's.
            server.close();
            return Promise.resolve();
          },
        });
      });
    });
  },

  connect({ host, port, timeoutMs, tls }): Promise<Connection> {
    if (tls !== undefined) return connectTls({ host, port, timeoutMs }, tls);
    return new Promise((resolve, reject) => {
      const socket = new net.Socket();
      socket.pause();
      const deadline = setTimeout(() => {
        socket.destroy();
        reject(
          new NetworkError(`no answer from ${host}:${port} within ${timeoutMs} ms`, {
            code: "ETIMEDOUT",
            retriable: true,
          }),
        );
      }, timeoutMs);
      socket.once("error", (error) => {
        clearTimeout(deadline);
        reject(networkError(`cannot connect to ${host}:${port}`, error));
      });
      socket.connect({ host, port }, () => {
        clearTimeout(deadline);
        resolve(new NodeConnection(socket));
      });
    });
  },
};
