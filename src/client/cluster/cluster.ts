import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Uuid } from "../../core/uuid.ts";
import type { TlsOptions } from "../../platform/network.ts";
import type { Platform } from "../../platform/platform.ts";
import { ErrorCode, isStaleMetadata } from "../../protocol/error-code.ts";
import type { MetadataResponse } from "../../protocol/messages/metadata.ts";
import type { Fields, InputOf, Message, ValueOf } from "../../protocol/schema.ts";
import type { SaslOptions } from "../../security/sasl/sasl-options.ts";
import { silentLogger, type Logger } from "../../telemetry/logger.ts";
import { metadataChannel, type MetadataEvent } from "../diagnostics/channels.ts";
import { ClientMetrics } from "../diagnostics/client-metrics.ts";
import { TelemetryReporter } from "../diagnostics/telemetry-reporter.ts";
import { loadTracing } from "../diagnostics/open-telemetry.ts";
import {
  brokerError,
  clientError,
  isRetriableError,
  KafkaError,
  kafkaError,
  throwOnError,
} from "../errors.ts";
import { addressText, parseAddress, type BrokerAddress } from "./address.ts";
import type { ApiCall } from "./api-call.ts";
import { ClientSecurity, isRefusal } from "./authentication.ts";
import type { BrokerVersions } from "./broker-versions.ts";
import type { BrokerConnection } from "./connection.ts";
import { ConnectionPool, SHARED_CHANNEL, type Endpoint } from "./connection-pool.ts";
import { Coordinators, type CoordinatorType } from "./coordinators.ts";
import { Deadline } from "./deadline.ts";
import {
  MetadataCache,
  type BrokerMetadata,
  type LeaderAndEpoch,
  type PartitionMetadata,
  type TopicMetadata,
} from "./metadata-cache.ts";
import {
  METADATA_MAX_AGE_MS,
  MetadataRefresher,
  REBOOTSTRAP_TRIGGER_MS,
} from "./metadata-refresher.ts";

export { parseAddress };
export type { BrokerMetadata, CoordinatorType, LeaderAndEpoch, PartitionMetadata, TopicMetadata };

/** How long to wait for one connection and one answer, unless told otherwise. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** Where a broker of a response is found (KIP-951). */
export interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

export interface CoordinatorOptions {
  /** Of {@link Cluster.newChannel}; the shared connection without it. */
  readonly channel?: string | undefined;
  /** Default `group`. A key of a share coordinator is `group:topicId:partition`. */
  readonly type?: CoordinatorType | undefined;
}

/** The doors that a client needs. */
export type ClientPlatform = Pick<Platform, "clock" | "network" | "random">;

/** How a client reaches its cluster. */
export interface ClusterOptions {
  readonly platform: ClientPlatform;
  /** One or more `host:port`. */
  readonly bootstrap: readonly string[];
  /** Default `moldau`. */
  readonly clientId?: string;
  /** For one connection, and for one answer. Default {@link REQUEST_TIMEOUT_MS}. */
  readonly requestTimeoutMs?: number;
  readonly logger?: Logger;
  /** Encryption of the connections: `true`, or the certificates that count. Default: plaintext. */
  readonly tls?: boolean | TlsOptions | undefined;
  /** How this client logs in. Default: it does not. */
  readonly sasl?: SaslOptions | undefined;
  /** Where this client is (`client.rack`), so that it can read from a replica near it. */
  readonly rack?: string | undefined;
  /** Until an unused connection is closed (`connections.max.idle.ms`). Default nine minutes. */
  readonly connectionIdleMaxMs?: number | undefined;
  /** Until what is known of brokers and topics is asked for again (`metadata.max.age.ms`). Default five minutes. */
  readonly metadataMaxAgeMs?: number | undefined;
  /**
   * How long known brokers may fail to answer before the bootstrap list is tried again
   * (`metadata.recovery.rebootstrap.trigger.ms`). Default five minutes. When none can be reached it is tried at once.
   */
  readonly rebootstrapTriggerMs?: number | undefined;
  /** Whether brokers are told about this client where their operator asks for it (KIP-714). Default true. */
  readonly pushMetrics?: boolean | undefined;
}

/** How a call on the cluster is bounded. */
export interface CallOptions {
  /** For the whole call with its retries. Default: the cluster's request timeout. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a client knows of a cluster: its brokers, who leads which partition, who coordinates what; and the
 * connections to them. Producers, consumers and the admin share one.
 */
export class Cluster {
  readonly platform: ClientPlatform;
  readonly logger: Logger;
  readonly requestTimeoutMs: number;
  /** Where this client is, or `undefined`. */
  readonly rack: string | undefined;
  /** What this client counts; producers and consumers register theirs here. */
  readonly metrics = new ClientMetrics();
  readonly #clientId: string;
  readonly #cache = new MetadataCache();
  readonly #pool: ConnectionPool;
  readonly #refresher: MetadataRefresher;
  readonly #coordinators: Coordinators;
  readonly #reporter: TelemetryReporter;
  #channels = 0;
  /** Whether any broker has answered: then silence is an outage, and no mistake in the address. */
  #hasAnswered = false;
  #closed = false;

  private constructor(options: ClusterOptions) {
    const { platform, requestTimeoutMs = REQUEST_TIMEOUT_MS, clientId = "moldau" } = options;
    this.platform = platform;
    this.logger = options.logger ?? silentLogger;
    this.requestTimeoutMs = requestTimeoutMs;
    this.rack = options.rack;
    this.#clientId = clientId;
    this.#pool = new ConnectionPool(options.bootstrap.map(parseAddress), {
      platform,
      clientId,
      requestTimeoutMs,
      security: new ClientSecurity(options, platform),
      metrics: this.metrics,
      idleMaxMs: options.connectionIdleMaxMs,
      clusterId: () => this.#cache.clusterId,
      onLost: (nodeId) => this.#onLost(nodeId),
    });
    const connect = (): Promise<BrokerConnection> => this.anyConnection(this.deadline());
    const timeoutMs = (): number => this.#questionTimeoutMs();
    this.#coordinators = new Coordinators({ connect, timeoutMs });
    this.#refresher = new MetadataRefresher({
      platform,
      logger: this.logger,
      cache: this.#cache,
      timeoutMs,
      maxAgeMs: options.metadataMaxAgeMs ?? METADATA_MAX_AGE_MS,
      rebootstrapTriggerMs: options.rebootstrapTriggerMs ?? REBOOTSTRAP_TRIGGER_MS,
      connect,
      onLearned: (response) => this.#onLearned(response),
      onFailed: (error) => this.#tell({ kind: "failed", topics: 0, error }),
      onRebootstrap: () => this.#rebootstrap(),
    });
    this.#reporter = new TelemetryReporter({
      platform,
      logger: this.logger,
      metrics: this.metrics,
      rack: options.rack,
      requestTimeoutMs,
      connect,
      openConnection: () => this.#pool.leastLoaded(),
    });
    if (options.pushMetrics !== false) this.metrics.onAdded = () => this.#reporter.start();
  }

  /** Connects to the first bootstrap address that answers. Throws `BOOTSTRAP_FAILED`. */
  static async connect(options: ClusterOptions, call: CallOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(options);
    try {
      await Promise.all([cluster.metadataOf([], call), loadTracing()]);
    } catch (thrown) {
      cluster.close();
      throw thrown;
    }
    return cluster;
  }

  /** What brokers' logs and quotas call this client. */
  get clientId(): string {
    return this.#clientId;
  }

  /** `null` for brokers that have none. */
  get clusterId(): string | null {
    return this.#cache.clusterId;
  }

  get controllerId(): number {
    return this.#cache.controllerId;
  }

  /** Brokers by id, as of the last metadata. */
  get brokers(): ReadonlyMap<number, BrokerMetadata> {
    return this.#cache.brokers;
  }

  /** What the brokers said that they serve, for choices before connecting; `undefined` before the first answer. */
  get versions(): BrokerVersions | undefined {
    return this.#pool.anyVersions();
  }

  deadline({ timeoutMs, signal }: CallOptions = {}): Deadline {
    const { clock, random } = this.platform;
    return new Deadline(clock, timeoutMs ?? this.requestTimeoutMs, signal, random);
  }

  /** Asks any broker something that changes nothing. */
  async ask<Req extends Fields, Res extends Fields>(
    call: ApiCall<Req, Res>,
    body: InputOf<Message<Req>>,
    deadline: Deadline,
  ): Promise<ValueOf<Message<Res>>> {
    const connection = await this.anyConnection(deadline);
    return connection.request(call, body, this.questionBounds(deadline));
  }

  /**
   * What one question may take that another broker answers as well: of a call that takes as long as a
   * request may, half, so that a broker that fell silent does not use up all of it.
   */
  questionBounds(deadline: Deadline): ReturnType<Cluster["bounds"]> {
    const bounds = this.bounds(deadline);
    return { ...bounds, timeoutMs: Math.min(bounds.timeoutMs, this.#questionTimeoutMs()) };
  }

  #questionTimeoutMs(): number {
    return this.brokers.size > 1 ? Math.ceil(this.requestTimeoutMs / 2) : this.requestTimeoutMs;
  }

  /** What one request may take within a deadline. */
  bounds(deadline: Deadline): { readonly timeoutMs: number; readonly signal?: AbortSignal } {
    const timeoutMs = Math.min(this.requestTimeoutMs, Math.max(1, deadline.remainingMs()));
    return { timeoutMs, ...(deadline.signal === undefined ? {} : { signal: deadline.signal }) };
  }

  /**
   * Topics by name, freshly asked for; `null` for all there are. A topic that is not there has its
   * error code. Nothing is created unless `create` says so.
   */
  async metadataOf(
    topics: readonly string[] | null,
    options: CallOptions & { readonly create?: boolean } = {},
  ): Promise<readonly TopicMetadata[]> {
    const deadline = this.deadline(options);
    const response = await deadline.retry(() => {
      if (this.#closed) throw closed();
      return deadline.within(this.#refresher.ask(topics, options.create));
    });
    if (topics === null) return response.topics;
    const byName = new Map(response.topics.map((topic) => [topic.name, topic]));
    return [...new Set(topics)].flatMap((name) => byName.get(name) ?? []);
  }

  /**
   * A topic, from memory when nothing shows that to be out of date, waiting until it has a leader. Throws
   * UNKNOWN_TOPIC_OR_PARTITION, not retriable, for one that is not there.
   */
  async topic(
    name: string,
    options: CallOptions & { readonly create?: boolean } = {},
  ): Promise<TopicMetadata> {
    const known = this.#cache.freshTopic(name);
    if (known !== undefined && hasLeader(known)) return known;
    const deadline = this.deadline(options);
    return deadline.retry(async () => {
      const bounds = { ...options, timeoutMs: deadline.remainingMs() };
      const [topic] = await this.metadataOf([name], bounds);
      const code = topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      if (code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && options.create !== true) {
        throw unknownTopic(name);
      }
      throwOnError(code, { topic: name });
      const learned = this.#cache.freshTopic(name) ?? topic!;
      if (hasLeader(learned)) return learned;
      throw brokerError(ErrorCode.LEADER_NOT_AVAILABLE, { topic: name });
    });
  }

  /** The leader of a partition if nothing shows that it is another one, without asking. */
  knownLeaderOf(topic: string, partition: number): number | undefined {
    return this.#cache.knownLeaderOf(topic, partition);
  }

  /** What is known of a topic, without asking; its leaders may be out of date. */
  knownTopic(name: string): TopicMetadata | undefined {
    return this.#cache.topic(name);
  }

  /** What is known of the topic with this id, without asking. */
  topicById(id: Uuid): TopicMetadata | undefined {
    return this.#cache.topicById(id);
  }

  /** The leader of a partition and its epoch as they were last heard of, without asking. */
  leaderAndEpoch(topic: string, partition: number): LeaderAndEpoch | undefined {
    return this.#cache.partition(topic, partition);
  }

  /**
   * Takes a leader that came with an answer (KIP-951: `currentLeader` and `nodeEndpoints`), so that a
   * refresh is not needed. An epoch that is not newer than the known one changes nothing.
   * @returns whether it was news
   */
  learnLeader(
    topic: string,
    partition: number,
    leader: LeaderAndEpoch,
    endpoints: readonly NodeEndpoint[] = [],
  ): boolean {
    if (!this.#cache.learnLeader(topic, partition, leader)) return false;
    const found = endpoints.find(({ nodeId }) => nodeId === leader.leaderId);
    if (found !== undefined) {
      this.#cache.learnBroker(found);
      this.#pool.setNode(found);
    }
    if (metadataChannel.hasSubscribers) {
      this.#tell({ kind: "leader-learned", topics: 1, partition: { topic, partition } });
    }
    return true;
  }

  /** The leader of a partition; throws a retriable error while there is none. */
  async leaderOf({ topic, partition }: TopicPartition, options: CallOptions = {}): Promise<number> {
    await this.topic(topic, options);
    const found = this.#cache.partition(topic, partition);
    if (found === undefined) {
      throw brokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { topic, partition });
    }
    if (found.leaderId < 0) throw brokerError(ErrorCode.LEADER_NOT_AVAILABLE, { topic, partition });
    return found.leaderId;
  }

  /** Forgets what an error shows to be out of date, so that the next call asks again. */
  forget(thrown: unknown): void {
    if (!(thrown instanceof KafkaError)) {
      if (isRetriableError(thrown)) this.#cache.markAllStale();
      return;
    }
    const { errorCode, context } = thrown;
    this.#forgetCoordinator(thrown);
    if (errorCode === undefined) {
      if (!thrown.retriable) return;
      if (context.topic === undefined) this.#cache.markAllStale(context.nodeId);
      else this.#cache.markStale(context.topic, context.partition);
      return;
    }
    if (!isStaleMetadata(errorCode)) return;
    if (context.topic === undefined) this.#cache.markAllStale();
    else if (isGone(errorCode)) this.#cache.forgetTopic(context.topic);
    else this.#cache.markStale(context.topic, context.partition);
  }

  #forgetCoordinator({ errorCode, retriable, context }: KafkaError): void {
    const isElsewhere =
      errorCode === undefined
        ? retriable
        : errorCode === ErrorCode.NOT_COORDINATOR ||
          errorCode === ErrorCode.COORDINATOR_NOT_AVAILABLE;
    if (!isElsewhere) return;
    const { group, transactionalId } = context;
    if (group !== undefined) {
      this.#coordinators.forget("group", group);
      this.#coordinators.forget("share", group);
    }
    if (transactionalId !== undefined) this.#coordinators.forget("transaction", transactionalId);
  }

  /**
   * A name for connections of one's own. A broker works on one request of a connection at a time, so
   * whoever sends requests that wait (Fetch, JoinGroup) must not share one with others.
   */
  newChannel(purpose: string): string {
    this.#channels++;
    return `${purpose}-${this.#channels}`;
  }

  /** The connection that is open to the broker now, if there is one; nothing is waited for. */
  openConnectionTo(nodeId: number, channel = SHARED_CHANNEL): BrokerConnection | undefined {
    return this.#pool.node(nodeId)?.open(channel);
  }

  /** A connection to the broker with this id: the shared one, or that of a {@link newChannel}. */
  connectionTo(
    nodeId: number,
    deadline: Deadline,
    channel = SHARED_CHANNEL,
  ): Promise<BrokerConnection> {
    if (this.#closed) return Promise.reject(closed());
    const endpoint = this.#pool.node(nodeId);
    if (endpoint === undefined) {
      const message = `broker ${nodeId} is not among those that are alive`;
      return Promise.reject(clientError("CONNECTION_CLOSED", message, { context: { nodeId } }));
    }
    return this.#pool.connect(endpoint, channel, deadline);
  }

  /**
   * A connection to whichever broker answers: one that is open and least busy, those known, then the
   * bootstrap list (KIP-899). Throws `BOOTSTRAP_FAILED` when no broker ever answered.
   */
  async anyConnection(deadline: Deadline): Promise<BrokerConnection> {
    if (this.#closed) throw closed();
    const open = this.#pool.leastLoaded();
    if (open !== undefined) return open;
    const attempt = new Attempt();
    const known = this.#pool.candidates();
    const connection = await this.#firstOf(known, deadline, attempt);
    if (connection !== undefined) return connection;
    deadline.check(attempt.cause);
    if (known.length > 0 && known.every(({ failures }) => failures > 0)) this.#rebootstrap();
    const first = this.#pool
      .bootstrapCandidates()
      .filter(({ address }) => !attempt.tried.has(addressText(address)));
    const bootstrapped = await this.#firstOf(first, deadline, attempt);
    if (bootstrapped !== undefined) return bootstrapped;
    throw attempt.failure(this.#hasAnswered);
  }

  async #firstOf(
    endpoints: readonly Endpoint[],
    deadline: Deadline,
    attempt: Attempt,
  ): Promise<BrokerConnection | undefined> {
    for (const endpoint of endpoints) {
      deadline.check(attempt.cause);
      try {
        return await this.#pool.connect(endpoint, SHARED_CHANNEL, deadline);
      } catch (thrown) {
        if (this.#closed) throw closed();
        if (thrown instanceof KafkaError && thrown.code === "CANCELLED") throw thrown;
        attempt.failed(endpoint.address, thrown);
      }
    }
    return undefined;
  }

  /** The controller, or any broker where the controller cannot be told; brokers pass requests on. */
  controllerConnection(deadline: Deadline): Promise<BrokerConnection> {
    return this.brokers.has(this.controllerId)
      ? this.connectionTo(this.controllerId, deadline)
      : this.anyConnection(deadline);
  }

  /**
   * A connection to the coordinator of a group, a transactional id or a share partition; {@link forget}
   * drops it from memory.
   */
  async coordinatorOf(
    key: string,
    deadline: Deadline,
    options: string | CoordinatorOptions = {},
  ): Promise<BrokerConnection> {
    const { channel = SHARED_CHANNEL, type = "group" } =
      typeof options === "string" ? { channel: options } : options;
    const nodeId = await this.coordinatorNodeOf(key, deadline, type);
    return this.connectionTo(nodeId, deadline, channel);
  }

  /** The broker that coordinates a group, a transactional id or a share partition; many are asked for at once. */
  async coordinatorNodeOf(
    key: string,
    deadline: Deadline,
    type: CoordinatorType = "group",
  ): Promise<number> {
    if (this.#closed) throw closed();
    const known = this.#coordinators.known(type, key);
    if (known !== undefined && this.#pool.node(known) !== undefined) return known;
    const found = await deadline.within(this.#coordinators.find(type, key));
    // A broker may be told of here before metadata know it; an address in metadata is as good.
    if (this.#pool.node(found.nodeId) === undefined) this.#pool.setNode(found);
    return found.nodeId;
  }

  /** The id by which brokers know this client's metrics (KIP-714); the zero uuid before one gave it. */
  get clientInstanceId(): Uuid {
    return this.#reporter.clientInstanceId;
  }

  /** Tells brokers the last metrics, where they want any, and closes. Never rejects; takes a second at most. */
  async shutdown(): Promise<void> {
    await this.#reporter.close();
    this.close();
  }

  /** Closes all connections at once; calls under way are rejected. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reporter.stop();
    this.#refresher.close();
    this.#pool.close();
  }

  #onLearned(response: MetadataResponse): void {
    this.#hasAnswered = true;
    this.#pool.setNodes(this.#cache.brokers.values());
    this.#tell({ kind: "updated", topics: response.topics.length });
  }

  /** What the broker led and coordinated may be somewhere else by now. */
  #onLost(nodeId: number): void {
    if (this.#closed) return;
    this.#coordinators.forgetNode(nodeId);
    this.#refresher.soon();
  }

  /** Nothing that is known of brokers is believed any more: the next question goes to the bootstrap list. */
  #rebootstrap(): void {
    if (this.#closed) return;
    this.logger.debug("no known broker answers, back to the first addresses");
    this.#cache.forgetBrokers();
    this.#coordinators.forgetAll();
    this.#pool.forgetNodes();
    this.#tell({ kind: "rebootstrapped", topics: 0 });
  }

  #tell(event: Pick<MetadataEvent, "kind" | "topics" | "partition" | "error">): void {
    if (!metadataChannel.hasSubscribers) return;
    const { clientId, clusterId, brokers } = this;
    metadataChannel.publish({ clientId, clusterId, brokers: brokers.size, ...event });
  }
}

/** Addresses that were tried for one connection, and what became of it. */
class Attempt {
  readonly tried = new Set<string>();
  readonly #failures = new Set<string>();
  readonly #thrown: unknown[] = [];
  cause: unknown;

  failed(address: BrokerAddress, thrown: unknown): void {
    this.tried.add(addressText(address));
    this.#failures.add(failureText(address, thrown));
    this.#thrown.push(thrown);
    this.cause = thrown;
  }

  /** A cluster that answered before may come back; a first address that is wrong stays wrong. */
  failure(hasAnswered: boolean): unknown {
    const refusal = this.#thrown.find(isRefusal);
    if (refusal !== undefined) return refusal;
    if (this.#thrown.length === 1 && !isRetriableError(this.cause)) return this.cause;
    const message = `no broker answers: ${[...this.#failures].join("; ")}`;
    const code = hasAnswered ? "CONNECTION_CLOSED" : "BOOTSTRAP_FAILED";
    return clientError(code, message, { cause: this.cause });
  }
}

function closed(): KafkaError {
  return clientError("CLOSED", "the client was closed");
}

function hasLeader({ partitions }: TopicMetadata): boolean {
  return partitions.some(({ leaderId }) => leaderId >= 0);
}

function isGone(errorCode: number): boolean {
  return (
    errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION ||
    errorCode === ErrorCode.UNKNOWN_TOPIC_ID ||
    errorCode === ErrorCode.INCONSISTENT_TOPIC_ID
  );
}

/** The error of a topic that is not there; retrying would not make one. */
function unknownTopic(topic: string): KafkaError {
  return kafkaError(`there is no topic ${topic}`, {
    code: "UNKNOWN_TOPIC_OR_PARTITION",
    errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    retriable: false,
    context: { topic },
    remedy: `Create it with: moldau topic create ${topic}`,
  });
}

function failureText(address: BrokerAddress, thrown: unknown): string {
  const where = addressText(address);
  const cause = thrown instanceof KafkaError ? (thrown.cause ?? thrown) : thrown;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "ECONNREFUSED") return `nobody listens at ${where}`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `the name ${address.host} is not known`;
  return thrown instanceof Error ? thrown.message : where;
}
