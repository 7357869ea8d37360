import { MoldauError } from "../../core/errors.ts";
import { moldauVersion } from "../../core/version.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Connection, Network } from "../../platform/network.ts";
import {
  ApiKey,
  requestHeaderVersion,
  responseHeaderVersion,
  type Api,
} from "../../protocol/apis.ts";
import { codecOf } from "../../protocol/codec.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { apiVersionsRequest, apiVersionsResponse } from "../../protocol/messages/api-versions.ts";
import { requestHeader, responseHeader } from "../../protocol/messages/header.ts";
import { Reader } from "../../protocol/reader.ts";
import type { Fields, InputOf, Message, ValueOf } from "../../protocol/schema.ts";
import { Writer } from "../../protocol/writer.ts";
import { apiCall, type ApiCall } from "./api-call.ts";
import { clientError, KafkaError, throwOnError } from "../errors.ts";
import type { Authentication, ClientSecurity } from "./authentication.ts";
import { FrameReceiver, RESPONSE_BYTES_MAX } from "./frame-receiver.ts";
import {
  explainClosed,
  explainNoConnection,
  isTlsAlert,
  tlsFailure,
  tlsRequired,
} from "./wrong-door.ts";

// Version 5 tells the broker which node is meant, which a bootstrap does not know.
const apiVersionsCall = apiCall(ApiKey.API_VERSIONS, apiVersionsRequest, apiVersionsResponse, 4);

/** Requests that one connection has open at a time; more are refused. */
export const IN_FLIGHT_REQUESTS_MAX = 1000;
const LENGTH_BYTES = 4;
/** Of a frame before the peer has answered and, where it asks for a login, taken it. */
const FIRST_FRAMES_BYTES_MAX = 1024 * 1024;

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

export interface ConnectOptions {
  readonly network: Network;
  readonly clock: Clock;
  /** What the broker's logs and quotas call this client. */
  readonly clientId: string;
  /** For the connection and for the first exchange. */
  readonly timeoutMs: number;
  /** Default: plaintext, and nobody logs in. */
  readonly security?: ClientSecurity | undefined;
}

export interface RequestOptions {
  /** The answer must come within this time, or the connection is given up. */
  readonly timeoutMs: number;
  /** Stops waiting for the answer. The broker may carry the request out all the same. */
  readonly signal?: AbortSignal | undefined;
}

interface Exchange {
  readonly settle: (answer: Buffer | KafkaError) => void;
}

/** `host:port`, with brackets around an IPv6 address. */
export function addressText({ host, port }: BrokerAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** One connection to one broker. Requests may be sent without waiting for the answers before. */
export class BrokerConnection {
  readonly address: BrokerAddress;
  readonly #clock: Clock;
  readonly #clientId: string;
  readonly #connection: Connection;
  readonly #exchanges = new Map<number, Exchange>();
  #versions: ReadonlyMap<number, readonly [min: number, max: number]> = new Map();
  readonly #receiver: FrameReceiver;
  readonly #options: ConnectOptions;
  readonly #authentication: Authentication | undefined;
  /** Requests that wait until the client has logged in again: nothing may come between (KIP-368). */
  #held: Buffer[][] | undefined;
  /** Whether the broker has answered a request that came after the login. */
  #isAccepted = false;
  #correlationId = 0;
  #closedBy: KafkaError | undefined;

  private constructor(address: BrokerAddress, connection: Connection, options: ConnectOptions) {
    this.address = address;
    this.#clock = options.clock;
    this.#clientId = options.clientId;
    this.#connection = connection;
    this.#options = options;
    this.#authentication = options.security?.authentication(this.where);
    const handler = {
      frame: (bytes: Buffer, start: number, end: number) => {
        this.#onFrame(bytes.subarray(start, end));
        return true;
      },
      badFrame: (length: number) => this.#onBadFrame(length),
      closed: (error: Error | undefined) => this.#onClosed(error),
    };
    this.#receiver = new FrameReceiver(handler, FIRST_FRAMES_BYTES_MAX);
    connection.start(this.#receiver);
  }

  /** Connects, learns what the broker serves, and logs in. Throws {@link KafkaError} or `NetworkError`. */
  static async open(address: BrokerAddress, options: ConnectOptions): Promise<BrokerConnection> {
    const { network, timeoutMs, security } = options;
    const target = { ...address, timeoutMs, tls: security?.tls };
    const connection = await network.connect(target).catch(async (thrown: unknown) => {
      throw await explainNoConnection(addressText(address), target, options, thrown);
    });
    const broker = new BrokerConnection(address, connection, options);
    try {
      await broker.#learnVersions(timeoutMs);
      await broker.#logIn(timeoutMs);
      broker.#receiver.frameBytesMax = RESPONSE_BYTES_MAX;
    } catch (thrown) {
      broker.close();
      throw thrown;
    }
    return broker;
  }

  /** `host:port` of the broker. */
  get where(): string {
    return addressText(this.address);
  }

  get isOpen(): boolean {
    return this.#closedBy === undefined;
  }

  /** What the broker serves: first and last version by the key of the API. */
  get versions(): ReadonlyMap<number, readonly [min: number, max: number]> {
    return this.#versions;
  }

  /** The version in which the API will be called, or `undefined` when there is none in common. */
  versionOf<Req extends Fields, Res extends Fields>(call: ApiCall<Req, Res>): number | undefined {
    const range = this.#versions.get(call.api.key);
    if (range === undefined) return undefined;
    const version = Math.min(call.maxVersion, range[1]);
    return version >= call.minVersion && version >= range[0] ? version : undefined;
  }

  /** Sends a request; resolves with its response, whatever error codes that holds. */
  async request<Req extends Fields, Res extends Fields>(
    call: ApiCall<Req, Res>,
    body: InputOf<Message<Req>>,
    options: RequestOptions,
  ): Promise<ValueOf<Message<Res>>> {
    const version = this.#versionFor(call);
    const frame = await this.#exchange(call, version, body, options).catch((thrown: unknown) =>
      this.#explain(thrown),
    );
    this.#isAccepted = true;
    return this.#decode(call, version, frame);
  }

  /** Sends a request to which there is no response, such as Produce with acks 0. */
  post<Req extends Fields, Res extends Fields>(
    call: ApiCall<Req, Res>,
    body: InputOf<Message<Req>>,
  ): void {
    if (this.#closedBy !== undefined) throw this.#closedBy;
    const chunks = this.#encode(call, this.#versionFor(call), body, this.#nextCorrelationId());
    this.#write(chunks);
  }

  /** Closes; requests without an answer are rejected. */
  close(): void {
    this.#fail(clientError("CLOSED", `the connection to ${this.where} was closed`));
  }

  #versionFor<Req extends Fields, Res extends Fields>(call: ApiCall<Req, Res>): number {
    const version = this.versionOf(call);
    if (version !== undefined) return version;
    const range = this.#versions.get(call.api.key);
    const offer =
      range === undefined ? "does not serve it" : `serves versions ${range[0]} to ${range[1]}`;
    throw clientError("UNSUPPORTED_API", `${this.where} ${offer}: ${call.api.name}`, {
      context: { api: call.api.name, broker: this.where },
    });
  }

  async #learnVersions(timeoutMs: number): Promise<void> {
    const call = apiVersionsCall;
    const body = { clientSoftwareName: "moldau", clientSoftwareVersion: moldauVersion };
    let version = call.maxVersion;
    let frame = await this.#exchange(call, version, body, { timeoutMs });
    if (frame.readInt16BE(LENGTH_BYTES) === ErrorCode.UNSUPPORTED_VERSION) {
      // An older broker answers in version 0, which lists what it does speak (KIP-511).
      const answer = this.#decode(call, 0, frame);
      const own = answer.apiKeys.find((range) => range.apiKey === ApiKey.API_VERSIONS);
      version = Math.min(own?.maxVersion ?? 0, call.maxVersion);
      frame = await this.#exchange(call, version, body, { timeoutMs });
    }
    const answer = this.#decode(call, version, frame);
    throwOnError(answer.errorCode, { api: call.api.name, broker: this.where });
    this.#versions = new Map(
      answer.apiKeys.map((range) => [range.apiKey, [range.minVersion, range.maxVersion]]),
    );
  }

  async #logIn(timeoutMs: number): Promise<void> {
    await this.#authentication?.run(async (call, body, leftMs) => {
      const version = this.#versionFor(call);
      const options = { timeoutMs: leftMs, isLogin: true };
      return this.#decode(call, version, await this.#exchange(call, version, body, options));
    }, timeoutMs);
  }

  /** Logs in again on the connection as it is; requests wait meanwhile. */
  #renewLogin(): void {
    this.#held = [];
    this.#logIn(this.#options.timeoutMs).then(
      () => {
        const held = this.#held ?? [];
        this.#held = undefined;
        for (const chunks of held) this.#connection.write(chunks);
      },
      (thrown: unknown) => {
        const failure = thrown instanceof KafkaError ? thrown : undefined;
        const message = `${this.where} did not renew the session`;
        this.#fail(failure ?? clientError("CONNECTION_CLOSED", message, { cause: thrown }));
      },
    );
  }

  /** Sends a request, after the login if one is due. */
  #write(chunks: Buffer[]): void {
    if (this.#held === undefined && this.#authentication?.isDue === true) this.#renewLogin();
    if (this.#held === undefined) this.#connection.write(chunks);
    else this.#held.push(chunks);
  }

  /** Throws the error, or a better one for a broker that hung up at the first request. */
  async #explain(thrown: unknown): Promise<never> {
    const isFirst = !this.#isAccepted && this.#authentication === undefined;
    if (!isFirst) throw thrown;
    const { security, timeoutMs } = this.#options;
    const target = { ...this.address, timeoutMs, tls: security?.tls };
    throw await explainClosed(this.where, target, this.#options, thrown);
  }

  #exchange<Req extends Fields, Res extends Fields>(
    call: ApiCall<Req, Res>,
    version: number,
    body: InputOf<Message<Req>>,
    { timeoutMs, signal, isLogin }: RequestOptions & { readonly isLogin?: boolean },
  ): Promise<Buffer> {
    if (this.#closedBy !== undefined) return Promise.reject(this.#closedBy);
    if (signal?.aborted === true) return Promise.reject(cancelled(signal));
    if (this.#exchanges.size >= IN_FLIGHT_REQUESTS_MAX) {
      const message = `${this.where} has ${IN_FLIGHT_REQUESTS_MAX} requests to answer already`;
      return Promise.reject(clientError("TIMED_OUT", message));
    }
    const correlationId = this.#nextCorrelationId();
    const chunks = this.#encode(call, version, body, correlationId);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(cancelled(signal));
      const timer = this.#clock.setTimer(timeoutMs, () => this.#onTimeout(call.api, timeoutMs));
      signal?.addEventListener("abort", onAbort);
      const settle = (answer: Buffer | KafkaError): void => {
        timer.cancel();
        signal?.removeEventListener("abort", onAbort);
        if (answer instanceof KafkaError) reject(answer);
        else resolve(answer);
      };
      this.#exchanges.set(correlationId, { settle });
      if (isLogin === true) this.#connection.write(chunks);
      else this.#write(chunks);
    });
  }

  #nextCorrelationId(): number {
    this.#correlationId = (this.#correlationId + 1) & 0x7fff_ffff;
    return this.#correlationId;
  }

  #encode<Req extends Fields, Res extends Fields>(
    { api, request }: ApiCall<Req, Res>,
    version: number,
    body: InputOf<Message<Req>>,
    correlationId: number,
  ): Buffer[] {
    const writer = new Writer();
    writer.writeInt32(0);
    codecOf(requestHeader, requestHeaderVersion(api, version)).encode(writer, {
      requestApiKey: api.key,
      requestApiVersion: version,
      correlationId,
      clientId: this.#clientId,
    });
    codecOf(request, version).encode(writer, body);
    const length = writer.length - LENGTH_BYTES;
    const chunks = writer.chunks();
    chunks[0]?.writeInt32BE(length, 0);
    return chunks;
  }

  #decode<Req extends Fields, Res extends Fields>(
    { api, response }: ApiCall<Req, Res>,
    version: number,
    frame: Buffer,
  ): ValueOf<Message<Res>> {
    try {
      const reader = new Reader(frame);
      codecOf(responseHeader, responseHeaderVersion(api, version)).decode(reader);
      return codecOf(response, version).decode(reader);
    } catch (thrown) {
      if (!(thrown instanceof MoldauError)) throw thrown;
      const failure = notKafka(this.where, thrown.message, thrown);
      this.#fail(failure);
      throw failure;
    }
  }

  #onFrame(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0);
    const exchange = this.#exchanges.get(correlationId);
    if (exchange === undefined) {
      this.#fail(notKafka(this.where, `an answer to no request (${correlationId})`));
      return;
    }
    this.#exchanges.delete(correlationId);
    exchange.settle(frame);
  }

  #onBadFrame(lengthBytes: number): void {
    const what = `a frame of ${lengthBytes} bytes`;
    this.#fail(isTlsAlert(lengthBytes) ? tlsRequired(this.where) : notKafka(this.where, what));
  }

  #onTimeout(api: Api, timeoutMs: number): void {
    // The answers behind the missing one cannot be told from it being late: the connection is over.
    const message = `${this.where} did not answer ${api.name} within ${timeoutMs} ms`;
    this.#fail(clientError("TIMED_OUT", message, { context: { api: api.name } }));
  }

  #onClosed(error: Error | undefined): void {
    // TLS 1.3 refuses a certificate only after this side has begun to send.
    const failure = tlsFailure(this.where, error);
    if (failure instanceof KafkaError) {
      this.#fail(failure);
      return;
    }
    const because = error === undefined ? "" : `: ${error.message}`;
    const message = `${this.where} closed the connection${because}`;
    this.#fail(clientError("CONNECTION_CLOSED", message, { cause: error }));
  }

  /** Ends the connection; the first reason counts. */
  #fail(reason: KafkaError): void {
    if (this.#closedBy !== undefined) return;
    this.#closedBy = reason;
    this.#connection.destroy();
    const exchanges = [...this.#exchanges.values()];
    this.#exchanges.clear();
    for (const exchange of exchanges) exchange.settle(reason);
  }
}

function cancelled(signal: AbortSignal | undefined): KafkaError {
  return clientError("CANCELLED", "cancelled", { cause: signal?.reason });
}

function notKafka(where: string, what: string, cause?: unknown): KafkaError {
  return clientError("NOT_KAFKA", `${where} does not speak Kafka's protocol: ${what}`, { cause });
}
