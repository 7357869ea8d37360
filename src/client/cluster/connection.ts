import { MoldauError } from "../../core/errors.ts";
import { moldauVersion } from "../../core/version.ts";
import type { Clock, Timer } from "../../platform/clock.ts";
import type { Connection, Network } from "../../platform/network.ts";
import {
  ApiKey,
  requestHeaderVersion,
  responseHeaderVersion,
  type Api,
} from "../../protocol/apis.ts";
import { codecOf } from "../../protocol/codec.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  apiVersionsRequest,
  apiVersionsResponse,
  type ApiVersionsRequestInput,
} from "../../protocol/messages/api-versions.ts";
import { requestHeader, responseHeader } from "../../protocol/messages/header.ts";
import { Reader, TRUSTED_HEAP_FACTOR_MAX } from "../../protocol/reader.ts";
import type { Fields, InputOf, Message, ValueOf } from "../../protocol/schema.ts";
import { Writer } from "../../protocol/writer.ts";
import { connectionChannel, requestChannel } from "../diagnostics/channels.ts";
import type { ClientMetrics, NodeMetrics } from "../diagnostics/client-metrics.ts";
import { clientError, KafkaError, kafkaErrorFrom, throwOnError, withContext } from "../errors.ts";
import { addressText, type BrokerAddress } from "./address.ts";
import { apiCall, type ApiCall } from "./api-call.ts";
import type { Authentication, ClientSecurity } from "./authentication.ts";
import { BrokerVersions } from "./broker-versions.ts";
import { ExchangeQueue, RawExchange, TypedExchange, type Exchange } from "./exchange.ts";
import { FrameReceiver, RESPONSE_BYTES_MAX } from "./frame-receiver.ts";
import {
  explainClosed,
  explainNoConnection,
  isTlsAlert,
  tlsFailure,
  tlsRequired,
} from "./wrong-door.ts";

export { addressText, type BrokerAddress };

const apiVersionsCall = apiCall(ApiKey.API_VERSIONS, apiVersionsRequest, apiVersionsResponse);
/** Since this version the request tells the broker which node of which cluster is meant. */
const API_VERSIONS_TARGET_VERSION = 5;

/** Requests that one connection has open at a time; more are refused. */
export const IN_FLIGHT_REQUESTS_MAX = 1000;
/** Until an unused connection is closed, as Kafka's `connections.max.idle.ms`. */
export const CONNECTION_IDLE_MAX_MS = 9 * 60 * 1000;
const LENGTH_BYTES = 4;
const CORRELATION_ID_BYTES = 4;
/** Of a frame before the peer has answered and, where it asks for a login, taken it. */
const FIRST_FRAMES_BYTES_MAX = 1024 * 1024;
/** A broker that nothing is known of but its address. */
export const UNKNOWN_NODE_ID = -1;

export interface ConnectOptions {
  readonly network: Network;
  readonly clock: Clock;
  /** What the broker's logs and quotas call this client. */
  readonly clientId: string;
  /** For the connection and for the first exchange. */
  readonly timeoutMs: number;
  /** Default: plaintext, and nobody logs in. */
  readonly security?: ClientSecurity | undefined;
  /** The id that the broker at the address should have; default {@link UNKNOWN_NODE_ID}. */
  readonly nodeId?: number | undefined;
  /**
   * The cluster that the broker should belong to. A broker that is told (with `nodeId`, where it speaks ApiVersions 5)
   * and is another one says REBOOTSTRAP_REQUIRED.
   */
  readonly clusterId?: string | undefined;
  /** Default {@link CONNECTION_IDLE_MAX_MS}. */
  readonly idleMaxMs?: number | undefined;
  readonly metrics?: ClientMetrics | undefined;
  /** The connection is over; lost, unless this side ended it. */
  readonly onClosed?: ((connection: BrokerConnection, lostBy?: KafkaError) => void) | undefined;
}

export interface RequestOptions {
  /** The answer must come within this time, or the connection is given up. */
  readonly timeoutMs: number;
  /** Stops waiting for the answer. The broker may carry the request out all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** Parts of requests in the order in which they go out. */
type Chunks = Buffer[];

/** What is known of a request that failed, sent or not. */
interface RefusedRequest {
  readonly api: Api;
  readonly version?: number;
  readonly correlationId?: number;
}

/**
 * One connection to one broker. Requests may be sent without waiting for the answers before: those of
 * one tick go out as one write. All their deadlines, and the one of an unused connection, share a timer.
 */
export class BrokerConnection {
  readonly address: BrokerAddress;
  /** `host:port` of the broker. */
  readonly where: string;
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #receiver: FrameReceiver;
  readonly #reader = new Reader(Buffer.alloc(0));
  readonly #options: ConnectOptions;
  readonly #authentication: Authentication | undefined;
  readonly #idleMaxMs: number;
  readonly #waiting = new ExchangeQueue();
  #nodeId: number;
  #nodeMetrics: NodeMetrics | undefined;
  #versions = BrokerVersions.none;
  #correlationId = 0;
  #outgoing: Chunks = [];
  /** Requests that wait until the client has logged in again: nothing may come between (KIP-368). */
  #held: Exchange[] | undefined;
  #heldChunks: Chunks = [];
  /** Requests without an answer that have not left this process, and who waits for that. */
  #posted = false;
  #postsUnderWay = 0;
  #postWaiters: (() => void)[] = [];
  /** Whether the broker has taken this client: it answered a request that came after the login. */
  #isReady = false;
  #isAccepted = false;
  #isRetired = false;
  /** Until when the broker reads nothing more from this connection, because a quota is used up. */
  #throttledUntilMs = 0;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #openedMs: number;
  #usedMs: number;
  #closedBy: KafkaError | undefined;

  private constructor(address: BrokerAddress, connection: Connection, options: ConnectOptions) {
    this.address = address;
    this.where = addressText(address);
    this.#clock = options.clock;
    this.#connection = connection;
    this.#options = options;
    this.#nodeId = options.nodeId ?? UNKNOWN_NODE_ID;
    this.#idleMaxMs = options.idleMaxMs ?? CONNECTION_IDLE_MAX_MS;
    this.#openedMs = this.#clock.monotonicMs();
    this.#usedMs = this.#openedMs;
    this.#authentication = options.security?.authentication(this.where);
    const handler = {
      frame: (bytes: Buffer, start: number, end: number) => this.#onFrame(bytes, start, end),
      badFrame: (length: number) => this.#onBadFrame(length),
      closed: (error: Error | undefined) => this.#onClosed(error),
    };
    this.#receiver = new FrameReceiver(handler, FIRST_FRAMES_BYTES_MAX);
    connection.start(this.#receiver);
  }

  /** Connects, learns what the broker serves, and logs in. Throws {@link KafkaError}. */
  static async open(address: BrokerAddress, options: ConnectOptions): Promise<BrokerConnection> {
    const beganMs = options.clock.monotonicMs();
    try {
      const connection = new BrokerConnection(address, await connect(address, options), options);
      await connection.#begin();
      if (options.metrics !== undefined) options.metrics.connectionsCreated++;
      connection.#tell("opened", beganMs);
      return connection;
    } catch (thrown) {
      if (connectionChannel.hasSubscribers) {
        const { clock, clientId, nodeId = UNKNOWN_NODE_ID } = options;
        const durationMs = clock.monotonicMs() - beganMs;
        const broker = addressText(address);
        const error = thrown;
        connectionChannel.publish({ kind: "failed", broker, nodeId, clientId, durationMs, error });
      }
      throw thrown;
    }
  }

  get isOpen(): boolean {
    return this.#closedBy === undefined;
  }

  /** The id of the broker, {@link UNKNOWN_NODE_ID} until somebody knows it. */
  get nodeId(): number {
    return this.#nodeId;
  }

  set nodeId(nodeId: number) {
    if (nodeId === this.#nodeId) return;
    this.#nodeId = nodeId;
    this.#nodeMetrics = undefined;
  }

  /** Requests that wait for their answers. */
  get inFlight(): number {
    return this.#waiting.size;
  }

  /** Bytes of requests that have not left this process. */
  get pendingWriteBytes(): number {
    return this.#connection.pendingWriteBytes;
  }

  /** What the broker serves: first and last version by the key of the API. */
  get versions(): ReadonlyMap<number, readonly [min: number, max: number]> {
    return this.#versions.apis;
  }

  /** What the broker said that it serves, with the levels of features. */
  get brokerVersions(): BrokerVersions {
    return this.#versions;
  }

  /** The version in which the API will be called, or `undefined` when there is none in common. */
  versionOf<Req extends Fields, Res extends Fields>(call: ApiCall<Req, Res>): number | undefined {
    return this.#versions.of(call);
  }

  /** Sends a request; resolves with its response, whatever error codes that holds. */
  request<Req extends Fields, Res extends Fields>(
    call: ApiCall<Req, Res>,
    body: InputOf<Message<Req>>,
    options: RequestOptions,
  ): Promise<ValueOf<Message<Res>>> {
    try {
      if (this.#closedBy !== undefined) throw this.#endedBy(this.#closedBy, call);
      const exchange = this.#exchange(call, options);
      const { promise } = exchange;
      this.#send(exchange, this.#encode(call, exchange.version, body, exchange.correlationId));
      return promise;
    } catch (thrown) {
      return Promise.reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  /** Sends a request to which there is no response, such as Produce with acks 0. See {@link posted}. */
  post<Req extends Fields, Res extends Fields>(
    call: ApiCall<Req, Res>,
    body: InputOf<Message<Req>>,
  ): void {
    if (this.#closedBy !== undefined) throw this.#endedBy(this.#closedBy, call);
    const chunks = this.#encode(call, this.#versionFor(call), body, this.#nextCorrelationId());
    this.#usedMs = this.#clock.monotonicMs();
    this.#posted = true;
    this.#renewLoginIfDue();
    if (this.#held !== undefined) this.#heldChunks.push(...chunks);
    else this.#write(chunks);
  }

  /** Resolves when everything that was posted has left this process, or never will. */
  posted(): Promise<void> {
    const isDone = !this.#posted && this.#postsUnderWay === 0;
    if (isDone || this.#closedBy !== undefined) return Promise.resolve();
    return new Promise((resolve) => this.#postWaiters.push(resolve));
  }

  /** Closes; requests without an answer are rejected with `CLOSED`. */
  close(): void {
    this.#fail(clientError("CLOSED", `the connection to ${this.where} was closed`), "here");
  }

  /** Closes once all requests are answered; those that come later are told to look for another connection. */
  retire(): void {
    this.#isRetired = true;
    if (this.#waiting.size === 0) this.#endUnused();
  }

  #endUnused(): void {
    const message = `the connection to ${this.where} is not used any more`;
    this.#fail(clientError("CONNECTION_CLOSED", message), "here");
  }

  /** Everything that comes before the first request of somebody else. */
  async #begin(): Promise<void> {
    const { timeoutMs } = this.#options;
    try {
      await this.#learnVersions(timeoutMs);
      await this.#logIn(timeoutMs);
      this.#receiver.frameBytesMax = RESPONSE_BYTES_MAX;
      this.#isReady = true;
      this.#watchUntil(this.#usedMs + this.#idleMaxMs);
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }

  async #learnVersions(timeoutMs: number): Promise<void> {
    const call = apiVersionsCall;
    const { nodeId = UNKNOWN_NODE_ID, clusterId } = this.#options;
    const isTargeted = clusterId !== undefined && nodeId !== UNKNOWN_NODE_ID;
    const body = { clientSoftwareName: "moldau", clientSoftwareVersion: moldauVersion };
    let version = isTargeted ? API_VERSIONS_TARGET_VERSION : API_VERSIONS_TARGET_VERSION - 1;
    let frame = await this.#askVersions(
      isTargeted ? { ...body, clusterId, nodeId } : body,
      version,
      timeoutMs,
    );
    if (frame.readInt16BE(CORRELATION_ID_BYTES) === ErrorCode.UNSUPPORTED_VERSION) {
      // An older broker answers in version 0, which lists what it does speak (KIP-511).
      const answer = this.#decodeVersions(frame, 0);
      const own = answer.apiKeys.find((range) => range.apiKey === ApiKey.API_VERSIONS);
      version = Math.min(own?.maxVersion ?? 0, API_VERSIONS_TARGET_VERSION - 1);
      frame = await this.#askVersions(body, version, timeoutMs);
    }
    const answer = this.#decodeVersions(frame, version);
    throwOnError(answer.errorCode, { api: call.api.name, broker: this.where });
    this.#versions = BrokerVersions.of(answer);
  }

  #askVersions(body: ApiVersionsRequestInput, version: number, timeoutMs: number): Promise<Buffer> {
    const startedMs = this.#clock.monotonicMs();
    const times = { startedMs, deadlineMs: startedMs + timeoutMs };
    const id = this.#nextCorrelationId();
    const exchange = new RawExchange(apiVersionsCall.api, version, id, times);
    const { promise } = exchange;
    this.#sendNow(exchange, this.#encode(apiVersionsCall, version, body, id));
    return promise;
  }

  #decodeVersions(frame: Buffer, version: number): ValueOf<typeof apiVersionsResponse> {
    const { api } = apiVersionsCall;
    try {
      const reader = new Reader(frame);
      codecOf(responseHeader, responseHeaderVersion(api, version)).decode(reader);
      return codecOf(apiVersionsResponse, version).decode(reader);
    } catch (thrown) {
      throw this.#unreadable(thrown);
    }
  }

  async #logIn(timeoutMs: number): Promise<void> {
    await this.#authentication?.run((call, body, leftMs) => {
      const exchange = this.#exchange(call, { timeoutMs: leftMs });
      const { promise } = exchange;
      this.#sendNow(exchange, this.#encode(call, exchange.version, body, exchange.correlationId));
      return promise;
    }, timeoutMs);
  }

  /** Logs in again on the connection as it is; requests wait meanwhile. */
  #renewLoginIfDue(): void {
    if (this.#held !== undefined || this.#authentication?.isDue !== true) return;
    this.#flush();
    this.#held = [];
    this.#logIn(this.#options.timeoutMs).then(
      () => this.#release(),
      (thrown: unknown) => {
        const failure = thrown instanceof KafkaError ? thrown : undefined;
        const message = `${this.where} did not renew the session`;
        this.#fail(failure ?? clientError("CONNECTION_CLOSED", message, { cause: thrown }));
      },
    );
  }

  #release(): void {
    const held = this.#held ?? [];
    const chunks = this.#heldChunks;
    this.#held = undefined;
    this.#heldChunks = [];
    for (const exchange of held) this.#waiting.push(exchange);
    if (chunks.length > 0) this.#write(chunks);
  }

  #versionFor<Req extends Fields, Res extends Fields>(call: ApiCall<Req, Res>): number {
    const version = this.#versions.of(call);
    if (version !== undefined) return version;
    const range = this.#versions.apis.get(call.api.key);
    const offer =
      range === undefined ? "does not serve it" : `serves versions ${range[0]} to ${range[1]}`;
    const { name: api, key: apiKey } = call.api;
    throw clientError("UNSUPPORTED_API", `${this.where} ${offer}: ${api}`, {
      context: { api, apiKey, broker: this.where, nodeId: this.#nodeId },
    });
  }

  #nextCorrelationId(): number {
    this.#correlationId = (this.#correlationId + 1) & 0x7fff_ffff;
    return this.#correlationId;
  }

  #exchange<Req extends Fields, Res extends Fields>(
    call: ApiCall<Req, Res>,
    { timeoutMs, signal }: RequestOptions,
  ): TypedExchange<Req, Res> {
    if (signal?.aborted === true) {
      throw clientError("CANCELLED", "cancelled", { cause: signal.reason });
    }
    const version = this.#versionFor(call);
    if (this.#waiting.size >= IN_FLIGHT_REQUESTS_MAX) {
      const message = `${this.where} has ${IN_FLIGHT_REQUESTS_MAX} requests to answer already`;
      throw clientError("TIMED_OUT", message, { context: { broker: this.where } });
    }
    const startedMs = this.#clock.monotonicMs();
    const times = { startedMs, deadlineMs: startedMs + timeoutMs };
    return new TypedExchange(call, version, this.#nextCorrelationId(), times, signal);
  }

  #encode<Req extends Fields, Res extends Fields>(
    { api, request }: ApiCall<Req, Res>,
    version: number,
    body: InputOf<Message<Req>>,
    correlationId: number,
  ): Chunks {
    const writer = new Writer();
    writer.take(LENGTH_BYTES);
    codecOf(requestHeader, requestHeaderVersion(api, version)).encode(writer, {
      requestApiKey: api.key,
      requestApiVersion: version,
      correlationId,
      clientId: this.#options.clientId,
    });
    codecOf(request, version).encode(writer, body);
    const length = writer.length - LENGTH_BYTES;
    const chunks = writer.chunks();
    chunks[0]?.writeInt32BE(length, 0);
    return chunks;
  }

  /** Sends a request, after the login if one is due. */
  #send(exchange: Exchange, chunks: Chunks): void {
    this.#usedMs = exchange.startedMs;
    this.#renewLoginIfDue();
    if (this.#held === undefined) {
      this.#sendNow(exchange, chunks);
      return;
    }
    this.#held.push(exchange);
    this.#heldChunks.push(...chunks);
    this.#watchUntil(exchange.deadlineMs);
  }

  #sendNow(exchange: Exchange, chunks: Chunks): void {
    if (this.#closedBy !== undefined) {
      exchange.fail(this.#closedBy);
      return;
    }
    if (requestChannel.hasSubscribers) this.#beginTrace(exchange, chunks);
    this.#waiting.push(exchange);
    if (exchange.deadlineMs < this.#timerAtMs) this.#watchUntil(exchange.deadlineMs);
    this.#write(chunks);
  }

  /** What is written in one tick leaves together. */
  #write(chunks: Chunks): void {
    const outgoing = this.#outgoing;
    if (outgoing.length > 0) {
      for (const chunk of chunks) outgoing.push(chunk);
      return;
    }
    this.#outgoing = chunks;
    queueMicrotask(this.#flush);
  }

  readonly #flush = (): void => {
    const chunks = this.#outgoing;
    if (chunks.length === 0 || this.#closedBy !== undefined) return;
    this.#outgoing = [];
    if (!this.#posted) {
      this.#connection.write(chunks);
      return;
    }
    this.#posted = false;
    this.#postsUnderWay++;
    this.#connection.write(chunks, () => {
      this.#postsUnderWay--;
      if (this.#postsUnderWay === 0 && !this.#posted) this.#tellPosted();
    });
  };

  #tellPosted(): void {
    const waiters = this.#postWaiters;
    this.#postWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #onFrame(bytes: Buffer, start: number, end: number): boolean {
    const correlationId = bytes.readInt32BE(start);
    const exchange = this.#waiting.shift();
    if (exchange === undefined || exchange.correlationId !== correlationId) {
      exchange?.fail(this.#endedBy(this.#noAnswer(correlationId), exchange));
      this.#fail(this.#noAnswer(correlationId));
      return false;
    }
    const nowMs = this.#clock.monotonicMs();
    this.#usedMs = nowMs;
    let keepsViews = false;
    if (!exchange.isSettled) {
      this.#reader.reset(bytes, start, end, TRUSTED_HEAP_FACTOR_MAX);
      try {
        keepsViews = exchange.answer(this.#reader);
      } catch (thrown) {
        const failure = this.#unreadable(thrown);
        exchange.fail(this.#endedBy(failure, exchange));
        this.#fail(failure);
        return false;
      }
    }
    this.#isAccepted ||= this.#isReady;
    if (exchange.throttleTimeMs > 0) this.#throttledUntilMs = nowMs + exchange.throttleTimeMs;
    this.#noteAnswer(exchange, nowMs, end - start);
    const isDone = this.#waiting.size === 0 && this.#held === undefined;
    if (this.#isRetired && isDone) this.#endUnused();
    return keepsViews;
  }

  #noteAnswer(exchange: Exchange, nowMs: number, responseBytes: number): void {
    const durationMs = nowMs - exchange.startedMs;
    this.#nodeMetrics ??= this.#options.metrics?.node(this.#nodeId);
    this.#nodeMetrics?.answered(exchange.api.key, durationMs);
    if (exchange.trace === undefined) return;
    exchange.trace.responseBytes = responseBytes;
    requestChannel.finish(exchange.trace, durationMs);
  }

  #noAnswer(correlationId: number): KafkaError {
    return notKafka(this.where, `an answer to no request (${correlationId})`);
  }

  /** Answers that do not read as they should; what else is thrown is a defect of this program. */
  #unreadable(thrown: unknown): KafkaError {
    if (!(thrown instanceof MoldauError)) throw thrown;
    return notKafka(this.where, thrown.message, thrown);
  }

  #onBadFrame(lengthBytes: number): void {
    const what = `a frame of ${lengthBytes} bytes`;
    this.#fail(isTlsAlert(lengthBytes) ? tlsRequired(this.where) : notKafka(this.where, what));
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
    this.#fail(clientError("CONNECTION_CLOSED", message, { cause: error }), "there");
  }

  /** Lets the timer go off at a time at the latest. */
  #watchUntil(atMs: number): void {
    if (atMs >= this.#timerAtMs || this.#closedBy !== undefined) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    const delayMs = Math.max(0, atMs - this.#clock.monotonicMs());
    this.#timer = this.#clock.setTimer(delayMs, this.#onTimer);
  }

  readonly #onTimer = (): void => {
    this.#timerAtMs = Infinity;
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    let urgent = this.#waiting.mostUrgent();
    for (const held of this.#held ?? []) {
      if (urgent === undefined || held.deadlineMs < urgent.deadlineMs) urgent = held;
    }
    if (urgent !== undefined) {
      if (urgent.deadlineMs <= nowMs) this.#onTimeout(urgent, nowMs);
      else this.#watchUntil(urgent.deadlineMs);
      return;
    }
    const idleAtMs = this.#usedMs + this.#idleMaxMs;
    if (!this.#isReady || idleAtMs > nowMs) this.#watchUntil(idleAtMs);
    else this.#endUnused();
  };

  /**
   * The answers behind the missing one cannot be told from it being late: the connection is over. But not while
   * the broker makes this client wait: another connection would only get around the quota.
   */
  #onTimeout(exchange: Exchange, nowMs: number): void {
    const timeoutMs = Math.round(exchange.deadlineMs - exchange.startedMs);
    const message = `${this.where} did not answer ${exchange.api.name} within ${timeoutMs} ms`;
    this.#failExchange(exchange, clientError("TIMED_OUT", message));
    if (nowMs < this.#throttledUntilMs) {
      exchange.deadlineMs = this.#throttledUntilMs + timeoutMs;
      this.#onTimer();
      return;
    }
    this.#fail(clientError("CONNECTION_CLOSED", `the connection was given up: ${message}`));
  }

  /** Ends the connection; the first reason counts. `end`: who wanted it, the peer, this side, or nobody. */
  #fail(reason: KafkaError, end?: "here" | "there"): void {
    if (this.#closedBy !== undefined) return;
    this.#closedBy = reason;
    this.#receiver.stop();
    this.#timer?.cancel();
    this.#timerAtMs = Infinity;
    this.#connection.destroy();
    const failed: Exchange[] = [];
    for (let one = this.#waiting.shift(); one !== undefined; one = this.#waiting.shift()) {
      failed.push(one);
    }
    if (this.#held !== undefined) failed.push(...this.#held);
    this.#held = undefined;
    this.#heldChunks = [];
    this.#outgoing = [];
    this.#posted = false;
    this.#postsUnderWay = 0;
    this.#tellPosted();
    this.#failAll(failed, reason, end === "there");
    if (!this.#isReady) return;
    this.#tell("closed", this.#openedMs, reason);
    this.#options.onClosed?.(this, end === "here" ? undefined : reason);
  }

  /** A broker that hung up at the first request may have wanted to be spoken to in another way. */
  #failAll(failed: readonly Exchange[], reason: KafkaError, byPeer: boolean): void {
    const isFirst = this.#isReady && !this.#isAccepted && this.#authentication === undefined;
    if (!byPeer || !isFirst || failed.length === 0) {
      for (const exchange of failed) this.#failExchange(exchange, reason);
      return;
    }
    const { security, timeoutMs } = this.#options;
    const target = { ...this.address, timeoutMs, tls: security?.tls };
    const failWith = (error: KafkaError): void => {
      for (const exchange of failed) this.#failExchange(exchange, error);
    };
    // A better reason is not worth more time than the requests have.
    const leftMs =
      Math.min(...failed.map(({ deadlineMs }) => deadlineMs)) - this.#clock.monotonicMs();
    const timer = this.#clock.setTimer(Math.max(0, leftMs), () => failWith(reason));
    void explainClosed(this.where, target, this.#options, reason).then((explained) => {
      timer.cancel();
      failWith(explained instanceof KafkaError ? explained : reason);
    });
  }

  #failExchange(exchange: Exchange, reason: KafkaError): void {
    const error = this.#endedBy(reason, exchange);
    exchange.fail(error);
    if (exchange.trace === undefined) return;
    const durationMs = this.#clock.monotonicMs() - exchange.startedMs;
    requestChannel.fail(exchange.trace, durationMs, error);
    exchange.trace = undefined;
  }

  /** Why a request failed, with what it was. */
  #endedBy(reason: KafkaError, { api, version, correlationId }: RefusedRequest): KafkaError {
    return withContext(reason, {
      api: api.name,
      apiKey: api.key,
      apiVersion: version,
      correlationId,
      broker: this.where,
      nodeId: this.#nodeId,
    });
  }

  #beginTrace(exchange: Exchange, chunks: Chunks): void {
    let requestBytes = 0;
    for (const chunk of chunks) requestBytes += chunk.length;
    exchange.trace = {
      api: exchange.api.name,
      apiKey: exchange.api.key,
      apiVersion: exchange.version,
      correlationId: exchange.correlationId,
      broker: this.where,
      nodeId: this.#nodeId,
      clientId: this.#options.clientId,
      requestBytes,
    };
    requestChannel.begin(exchange.trace);
  }

  #tell(kind: "opened" | "closed", sinceMs: number, error?: KafkaError): void {
    if (!connectionChannel.hasSubscribers) return;
    const durationMs = this.#clock.monotonicMs() - sinceMs;
    const { clientId } = this.#options;
    const broker = this.where;
    connectionChannel.publish({ kind, broker, nodeId: this.#nodeId, clientId, durationMs, error });
  }
}

async function connect(address: BrokerAddress, options: ConnectOptions): Promise<Connection> {
  const { network, timeoutMs, security } = options;
  const { host, port } = address;
  const target = { host, port, timeoutMs, tls: security?.tls };
  const where = addressText(address);
  try {
    return await network.connect(target);
  } catch (thrown) {
    const explained = await explainNoConnection(where, target, options, thrown);
    if (!(explained instanceof MoldauError)) throw explained;
    const context = { broker: where, nodeId: options.nodeId };
    throw kafkaErrorFrom(explained, "CONNECTION_FAILED", { context });
  }
}

function notKafka(where: string, what: string, cause?: unknown): KafkaError {
  return clientError("NOT_KAFKA", `${where} does not speak Kafka's protocol: ${what}`, { cause });
}
