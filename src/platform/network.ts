import { MoldauError } from "../core/errors.ts";

/** Listening or connecting failed. `code` is the system's name, such as `EADDRINUSE`. */
export class NetworkError extends MoldauError {
  override readonly name = "NetworkError";
}

/**
 * What a connection hands received bytes to. Bytes are received into memory of the receiver: it
 * offers a place, and is told how much of it was filled.
 */
export interface Receiver {
  /** Where the next bytes go; never empty. The place offered last stays in use until `received` returns. */
  receiveBuffer(): Uint8Array;
  /** `length` bytes now stand at the start of the buffer that was offered last. */
  received(length: number): void;
  /** The connection is gone: by the peer, by {@link Connection.destroy}, or by an error. Called once. */
  closed(error?: Error): void;
}

/** One stream of bytes to a peer. */
export interface Connection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Begins receiving; called once. */
  start(receiver: Receiver): void;
  /**
   * Sends the chunks as one write. They must not change until `done`, which is called when they have
   * left this process, or never will.
   */
  write(chunks: readonly Uint8Array[], done?: () => void): void;
  /** Bytes handed to `write` that have not left this process yet. */
  readonly pendingWriteBytes: number;
  /** Stops and resumes receiving; the peer is slowed down by its full socket. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Accepts no more; connections that exist stay. */
  close(): Promise<void>;
}

/** The door to the network. */
export interface Network {
  /** Port 0 takes a free one. Rejects with {@link NetworkError}. */
  listen(
    address: { readonly host: string; readonly port: number },
    accept: (connection: Connection) => void,
  ): Promise<Listener>;
  /** Rejects with {@link NetworkError}, also when `timeoutMs` passes first. */
  connect(address: {
    readonly host: string;
    readonly port: number;
    readonly timeoutMs: number;
  }): Promise<Connection>;
}
