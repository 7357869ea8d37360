import { X509Certificate } from "node:crypto";
import * as net from "node:net";
import * as tls from "node:tls";
import {
  NetworkError,
  type ConnectAddress,
  type Connection,
  type Pem,
  type Receiver,
  type TlsOptions,
} from "../network.ts";
import { networkError } from "./network-error.ts";
import { tlsErrorOf, tlsInterrupted, tlsOptionsError } from "./tls-error.ts";

/** What one record of TLS carries at most; Node hands on no more at a time. */
const RECORD_BYTES = 16 * 1024;

/** Reading certificates, Node's own authorities above all, takes milliseconds: once for each object. */
const contexts = new WeakMap<TlsOptions, tls.SecureContext>();

function contextOf(options: TlsOptions): tls.SecureContext {
  const known = contexts.get(options);
  if (known !== undefined) return known;
  try {
    const context = tls.createSecureContext(contextOptions(options));
    contexts.set(options, context);
    return context;
  } catch (thrown) {
    throw tlsOptionsError(thrown);
  }
}

function contextOptions(options: TlsOptions): tls.SecureContextOptions {
  const { ca, cert, key, pfx, passphrase, ciphers, minVersion, maxVersion } = options;
  return {
    ...(ca === undefined ? {} : { ca: (isList(ca) ? ca : [ca]).flatMap(certificatesIn) }),
    ...(cert === undefined ? {} : { cert: pemOf(cert) }),
    ...(key === undefined ? {} : { key: pemOf(key) }),
    ...(pfx === undefined ? {} : { pfx: Buffer.from(pfx) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(ciphers === undefined ? {} : { ciphers }),
    minVersion: minVersion ?? "TLSv1.2",
    ...(maxVersion === undefined ? {} : { maxVersion }),
  };
}

/** The certificates of a PEM text. OpenSSL would pass over what it cannot read, and then trust nobody. */
function certificatesIn(pem: Pem): string[] {
  const text = typeof pem === "string" ? pem : Buffer.from(pem).toString("latin1");
  const blocks = text.match(certificateBlock) ?? [];
  if (blocks.length === 0) throw new Error("PEM: tls.ca holds no certificate");
  for (const block of blocks) void new X509Certificate(block);
  return blocks;
}

const certificateBlock =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

function pemOf(pem: Pem): string | Buffer {
  return typeof pem === "string" ? pem : Buffer.from(pem);
}

/** A TLS connection as its receiver sees it; hands are shaken before there is one. */
class TlsConnection implements Connection {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #socket: tls.TLSSocket;
  readonly #inbox: Inbox;

  constructor(socket: tls.TLSSocket, inbox: Inbox) {
    this.#socket = socket;
    this.#inbox = inbox;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = socket.localAddress ?? "";
    this.localPort = socket.localPort ?? 0;
  }

  start(receiver: Receiver): void {
    const socket = this.#socket;
    if (socket.destroyed) {
      receiver.closed(this.#inbox.error);
      return;
    }
    socket.on("close", () => receiver.closed(this.#inbox.error));
    this.#inbox.open(receiver);
    socket.resume();
  }

  write(chunks: readonly Uint8Array[], done?: () => void): void {
    const socket = this.#socket;
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

/**
 * Where decrypted bytes go: to the receiver, once there is one. Node asks for the next place right
 * after it has filled one, so the place in use may be older than the receiver.
 */
class Inbox {
  error: Error | undefined;
  #receiver: Receiver | undefined;
  /** The place that Node has, unless it is one of the receiver's. */
  #ownPlace: Uint8Array | undefined;
  /** What came before there was a receiver: one read of the socket at most, for reading stops there. */
  readonly #early: Uint8Array[] = [];

  /** For `onread` of the socket; a socket takes it only when it is made. */
  readonly buffer = (): Uint8Array => {
    if (this.#receiver === undefined) {
      this.#ownPlace = Buffer.allocUnsafe(RECORD_BYTES);
      return this.#ownPlace;
    }
    this.#ownPlace = undefined;
    return this.#receiver.receiveBuffer();
  };

  /** Returns whether reading goes on. */
  readonly callback = (length: number): boolean => {
    const receiver = this.#receiver;
    const own = this.#ownPlace?.subarray(0, length);
    if (receiver === undefined) {
      if (own !== undefined) this.#early.push(own);
      return false;
    }
    if (own === undefined) receiver.received(length);
    else handOn(receiver, own);
    return true;
  };

  open(receiver: Receiver): void {
    this.#receiver = receiver;
    for (const bytes of this.#early) handOn(receiver, bytes);
    this.#early.length = 0;
  }
}

function handOn(receiver: Receiver, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    const place = receiver.receiveBuffer();
    const length = Math.min(place.length, bytes.length - at);
    place.set(bytes.subarray(at, at + length));
    receiver.received(length);
    at += length;
  }
}

/** Options of Node that its types leave out: reading into the receiver's memory. */
interface ReadOptions {
  readonly onread: { readonly buffer: () => Uint8Array; readonly callback: (n: number) => boolean };
}

function connectOptions(
  { host, port }: ConnectAddress,
  options: TlsOptions,
  inbox: Inbox,
): tls.ConnectionOptions & ReadOptions {
  const onread = { buffer: inbox.buffer, callback: inbox.callback };
  return { host, port, ...clientTlsOptions(host, options), onread };
}

/** What the client's side of TLS needs to connect to a host. Throws `TlsError` for options that cannot be used. */
export function clientTlsOptions(host: string, options: TlsOptions): tls.ConnectionOptions {
  const name = options.serverName ?? host;
  const check = options.verifyHost === false ? undefined : tls.checkServerIdentity;
  return {
    secureContext: contextOf(options),
    rejectUnauthorized: options.rejectUnauthorized !== false,
    // An address is no name that could be asked for (RFC 6066).
    ...(net.isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_host, certificate) => check?.(name, certificate),
  };
}

/** Connects and shakes hands. Rejects with {@link NetworkError}. */
export function openTls(address: ConnectAddress, options: TlsOptions): Promise<Connection> {
  const where = `${address.host}:${address.port}`;
  const name = options.serverName ?? address.host;
  return new Promise((resolve, reject) => {
    const inbox = new Inbox();
    let stage: "connecting" | "handshake" | "open" = "connecting";
    const socket = tls.connect(connectOptions(address, options, inbox));
    const deadline = setTimeout(() => {
      socket.destroy();
      reject(timedOut(where, stage === "handshake", address.timeoutMs));
    }, address.timeoutMs);
    socket.on("error", (error) => {
      clearTimeout(deadline);
      const failure = tlsErrorOf(where, name, error);
      inbox.error = failure ?? error;
      if (stage === "open") return;
      if (failure !== undefined) reject(failure);
      else if (stage === "handshake") reject(tlsInterrupted(where, error));
      else reject(networkError(`cannot connect to ${where}`, error));
    });
    socket.once("connect", () => {
      stage = "handshake";
    });
    socket.once("secureConnect", () => {
      clearTimeout(deadline);
      stage = "open";
      socket.pause();
      socket.setNoDelay(true);
      resolve(new TlsConnection(socket, inbox));
    });
  });
}

function timedOut(where: string, inHandshake: boolean, timeoutMs: number): NetworkError {
  const what = inHandshake ? `${where} did not shake hands in TLS` : `no answer from ${where}`;
  return new NetworkError(`${what} within ${timeoutMs} ms`, {
    code: "ETIMEDOUT",
    retriable: true,
    ...(inHandshake ? { remedy: "Check that the port is that of a listener with TLS." } : {}),
  });
}
