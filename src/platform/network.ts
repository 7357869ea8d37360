import { MoldauError, type MoldauErrorOptions } from "../core/errors.ts";

/** Listening or connecting failed. `code` is the system's name, such as `EADDRINUSE`. */
export class NetworkError extends MoldauError {
  override readonly name: string = "NetworkError";
}

/** Why there is no encrypted connection. Only the interrupted one may do better later. */
export type TlsErrorCode =
  /** The peer answers, but not in TLS. */
  | "TLS_NOT_SPOKEN"
  /** The connection ended in the middle of the handshake. */
  | "TLS_INTERRUPTED"
  /** Nobody who is trusted has signed the peer's certificate. */
  | "TLS_UNKNOWN_CA"
  /** The peer's certificate is for other names. */
  | "TLS_WRONG_HOST"
  /** The peer's certificate is not valid any more, or not yet. */
  | "TLS_CERTIFICATE_EXPIRED"
  /** The peer does not take the certificate of this side, or misses one. */
  | "TLS_CERTIFICATE_REFUSED"
  /** No version or cipher in common, or another rule of TLS that was broken. */
  | "TLS_FAILED"
  /** Certificate, key, password or another option cannot be used. */
  | "TLS_OPTIONS";

/** There is no encrypted connection. */
export class TlsError extends NetworkError {
  override readonly name = "TlsError";
  declare readonly code: TlsErrorCode;

  constructor(message: string, options: MoldauErrorOptions & { readonly code: TlsErrorCode }) {
    super(message, options);
  }
}

/** PEM: text, or its bytes. */
export type Pem = string | Uint8Array;

/** How a connection is encrypted, and what both sides prove to each other. */
export interface TlsOptions {
  /** Who may have signed the peer's certificate. Default: the authorities that come with Node. */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /** The certificate of this side with its chain, for mutual TLS. */
  readonly cert?: Pem | undefined;
  /** The private key of `cert`. */
  readonly key?: Pem | undefined;
  /** Certificate and key in one PKCS #12 file, in place of `cert` and `key`. */
  readonly pfx?: Uint8Array | undefined;
  /** Of `key` or `pfx`. */
  readonly passphrase?: string | undefined;
  /** The name that is asked for (SNI) and that the certificate must hold. Default: the host connected to. */
  readonly serverName?: string | undefined;
  /** Whether the certificate must hold that name. Default true. */
  readonly verifyHost?: boolean | undefined;
  /** Whether an authority must have signed the certificate. Default true; false is for tests alone. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** Default TLSv1.2. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  /** Names of OpenSSL, separated by colons. Default: Node's. */
  readonly ciphers?: string | undefined;
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
  /**
   * Connects, and with `tls` shakes hands. Rejects with {@link NetworkError}, also when `timeoutMs`
   * passes first; with {@link TlsError} for what has to do with TLS. Options of TLS are compared by identity: one object for many connections is read once.
   */
  connect(address: ConnectAddress): Promise<Connection>;
}

/** Where to connect to, how long that may take, and whether it is encrypted. */
export interface ConnectAddress {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly tls?: TlsOptions | undefined;
}
