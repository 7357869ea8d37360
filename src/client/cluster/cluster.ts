import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Uuid } from "../../core/uuid.ts";
import { silentLogger, type Logger } from "../../telemetry/logger.ts";
import type { TlsOptions } from "../../platform/network.ts";
import type { Platform } from "../../platform/platform.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode, isStaleMetadata } from "../../protocol/error-code.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../../protocol/messages/find-coordinator.ts";
import {
  metadataRequest,
  metadataResponse,
  type MetadataResponse,
} from "../../protocol/messages/metadata.ts";
import type { ElementOf, Fields, InputOf, Message, ValueOf } from "../../protocol/schema.ts";
import type { SaslOptions } from "../../security/sasl/sasl-options.ts";
import { ClientMetrics } from "../diagnostics/client-metrics.ts";
import { apiCall, type ApiCall } from "./api-call.ts";
import { ClientSecurity, isRefusal } from "./authentication.ts";
import { addressText, BrokerConnection, type BrokerAddress } from "./connection.ts";
import { Deadline } from "./deadline.ts";
import { brokerError, clientError, isRetriableError, KafkaError, throwOnError } from "../errors.ts";

const metadataCall = apiCall(ApiKey.METADATA, metadataRequest, metadataResponse);
const findCoordinatorCall = apiCall(
  ApiKey.FIND_COORDINATOR,
  findCoordinatorRequest,
  findCoordinatorResponse,
);
const keyTypes: Readonly<Record<CoordinatorType, number>> = { group: 0, transaction: 1, share: 2 };

/** How long to wait for one connection and one answer, unless told otherwise. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** The connection of everything that is answered at once. */
const SHARED_CHANNEL = "";
/** Since this version a request for all topics says null, and an empty list means none. */
const METADATA_NULL_IS_ALL_VERSION = 1;
const METADATA_AUTO_CREATE_VERSION = 4;
const FIND_COORDINATOR_LIST_VERSION = 4;

export type TopicMetadata = ElementOf<MetadataResponse["topics"]>;
export type PartitionMetadata = ElementOf<TopicMetadata["partitions"]>;
export type BrokerMetadata = ElementOf<MetadataResponse["brokers"]>;

/** Who leads a partition, and since which election (KIP-320); the epoch is -1 where brokers tell none. */
export interface LeaderAndEpoch {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

/** Where a broker of a response is found (KIP-951). */
export interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** What coordinators coordinate. */
export type CoordinatorType = "group" | "transaction" | "share";

export interface CoordinatorOptions {
  /** Of {@link Cluster.newChannel}; the shared connection without it. */
  readonly channel?: string | undefined;
  /** Default `group`. A key of a share coordinator is `group:topicId:partition`. */
  readonly type?: CoordinatorType | undefined;
}

/** The doors that a client needs. */
export type ClientPlatform = Pick<Platform, "clock" | "network" | "random">;

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
}

/** How a call on the cluster is bounded. */
export interface CallOptions {
  /** For the whole call with its retries. Default: the cluster's request timeout. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a client knows of a cluster: its brokers, who leads which partition, who coordinates which
 * group; and the connections to them. Producers, consumers and the admin share one.
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
  readonly #security: ClientSecurity;
  readonly #bootstrap: readonly BrokerAddress[];
  readonly #connections = new Map<string, Promise<BrokerConnection>>();
  readonly #brokers = new Map<number, BrokerMetadata>();
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #coordinators = new Map<string, BrokerAddress>();
  #clusterId: string | null = null;
  #controllerId = -1;
  #channels = 0;
  #closed = false;

  private constructor(options: ClusterOptions) {
    this.platform = options.platform;
    this.logger = options.logger ?? silentLogger;
    this.requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.rack = options.rack;
    this.#clientId = options.clientId ?? "moldau";
    this.#security = new ClientSecurity(options, options.platform);
    this.#bootstrap = options.bootstrap.map(parseAddress);
  }

  /** Connects to the first bootstrap address that answers. Throws `BOOTSTRAP_FAILED`. */
  static async connect(options: ClusterOptions, call: CallOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(options);
    try {
      await cluster.metadataOf([], call);
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
    return this.#clusterId;
  }

  get controllerId(): number {
    return this.#controllerId;
  }

  /** Brokers by id, as of the last metadata. */
  get brokers(): ReadonlyMap<number, BrokerMetadata> {
    return this.#brokers;
  }

  deadline({ timeoutMs, signal }: CallOptions = {}): Deadline {
    return new Deadline(this.platform.clock, timeoutMs ?? this.requestTimeoutMs, signal);
  }

  /** Asks any broker. */
  async ask<Req extends Fields, Res extends Fields>(
    call: ApiCall<Req, Res>,
    body: InputOf<Message<Req>>,
    deadline: Deadline,
  ): Promise<ValueOf<Message<Res>>> {
    const connection = await this.anyConnection(deadline);
    return connection.request(call, body, this.bounds(deadline));
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
    const response = await deadline.retry(async () => {
      const connection = await this.anyConnection(deadline);
      const version = connection.versionOf(metadataCall) ?? 0;
      const everything = version < METADATA_NULL_IS_ALL_VERSION ? [] : null;
      const create = version < METADATA_AUTO_CREATE_VERSION ? true : options.create === true;
      const body = {
        topics: topics === null ? everything : topics.map((name) => ({ name })),
        allowAutoTopicCreation: create,
        includeClusterAuthorizedOperations: false,
        includeTopicAuthorizedOperations: false,
      };
      return connection.request(metadataCall, body, this.bounds(deadline));
    });
    this.#learn(response);
    return response.topics;
  }

  /** A topic, from memory when it is known, waiting until all its partitions have a leader. */
  async topic(
    name: string,
    options: CallOptions & { readonly create?: boolean } = {},
  ): Promise<TopicMetadata> {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const deadline = this.deadline(options);
    return deadline.retry(async () => {
      const bounds = { ...options, timeoutMs: deadline.remainingMs() };
      const [topic] = await this.metadataOf([name], bounds);
      const code = topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      if (code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && options.create !== true) {
        throw unknownTopic(name);
      }
      throwOnError(code, { topic: name });
      const leaderless = topic!.partitions.find((partition) => partition.leaderId < 0);
      if (leaderless === undefined) return topic!;
      const context = { topic: name, partition: leaderless.partitionIndex };
      throw brokerError(ErrorCode.LEADER_NOT_AVAILABLE, context);
    });
  }

  /** The leader of a partition if it is known, without asking. */
  knownLeaderOf(topic: string, partition: number): number | undefined {
    const found = this.#topics
      .get(topic)
      ?.partitions.find((candidate) => candidate.partitionIndex === partition);
    return found !== undefined && this.#brokers.has(found.leaderId) ? found.leaderId : undefined;
  }

  /** What is known of a topic, without asking. */
  knownTopic(name: string): TopicMetadata | undefined {
    return this.#topics.get(name);
  }

  /** What is known of the topic with this id, without asking. */
  topicById(id: Uuid): TopicMetadata | undefined {
    for (const topic of this.#topics.values()) if (topic.topicId === id) return topic;
    return undefined;
  }

  /** The leader of a partition and its epoch if they are known, without asking. */
  leaderAndEpoch(topic: string, partition: number): LeaderAndEpoch | undefined {
    return this.#topics.get(topic)?.partitions.find((found) => found.partitionIndex === partition);
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
    const known = this.#topics.get(topic);
    const before = this.leaderAndEpoch(topic, partition);
    if (known === undefined || before === undefined) return false;
    if (leader.leaderId < 0 || leader.leaderEpoch <= before.leaderEpoch) return false;
    for (const endpoint of endpoints) this.#brokers.set(endpoint.nodeId, endpoint);
    const { leaderId, leaderEpoch } = leader;
    const partitions = known.partitions.map((found) =>
      found.partitionIndex === partition ? { ...found, leaderId, leaderEpoch } : found,
    );
    this.#topics.set(topic, { ...known, partitions });
    return true;
  }

  /** The leader of a partition; throws a retriable error while there is none. */
  async leaderOf({ topic, partition }: TopicPartition, options: CallOptions = {}): Promise<number> {
    const { partitions } = await this.topic(topic, options);
    const found = partitions.find((candidate) => candidate.partitionIndex === partition);
    if (found === undefined) {
      throw brokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { topic, partition });
    }
    if (found.leaderId < 0) throw brokerError(ErrorCode.LEADER_NOT_AVAILABLE, { topic, partition });
    return found.leaderId;
  }

  /** Forgets what an error shows to be out of date, so that the next call asks again. */
  forget(thrown: unknown): void {
    if (!(thrown instanceof KafkaError)) {
      if (isRetriableError(thrown)) this.#topics.clear();
      return;
    }
    const { errorCode, context } = thrown;
    if (context.group !== undefined) {
      this.#coordinators.delete(coordinatorName("group", context.group));
      this.#coordinators.delete(coordinatorName("share", context.group));
    }
    if (context.transactionalId !== undefined) {
      this.#coordinators.delete(coordinatorName("transaction", context.transactionalId));
    }
    if (errorCode !== undefined && !isStaleMetadata(errorCode)) return;
    if (context.topic === undefined) this.#topics.clear();
    else this.#topics.delete(context.topic);
  }

  /**
   * A name for connections of one's own. A broker works on one request of a connection at a time, so
   * whoever sends requests that wait (Fetch, JoinGroup) must not share one with others.
   */
  newChannel(purpose: string): string {
    this.#channels++;
    return `${purpose}-${this.#channels}`;
  }

  /** A connection to the broker with this id: the shared one, or that of a {@link newChannel}. */
  connectionTo(
    nodeId: number,
    deadline: Deadline,
    channel = SHARED_CHANNEL,
  ): Promise<BrokerConnection> {
    const broker = this.#brokers.get(nodeId);
    if (broker === undefined) {
      return Promise.reject(
        clientError("CONNECTION_CLOSED", `broker ${nodeId} is not among those that are alive`),
      );
    }
    return this.#connectionAt(broker, deadline, channel);
  }

  /** A connection to whichever broker answers first: those known, then the bootstrap list. */
  async anyConnection(deadline: Deadline): Promise<BrokerConnection> {
    if (this.#closed) throw clientError("CLOSED", "the client was closed");
    const candidates = [...this.#brokers.values(), ...this.#bootstrap];
    const failures: string[] = [];
    let cause: unknown;
    let refusal: unknown;
    for (const address of candidates) {
      deadline.check(cause);
      try {
        return await this.#connectionAt(address, deadline, SHARED_CHANNEL);
      } catch (thrown) {
        if (!isRetriableError(thrown) && candidates.length === 1) throw thrown;
        cause = thrown;
        if (isRefusal(thrown)) refusal ??= thrown;
        failures.push(failureText(address, thrown));
      }
    }
    if (refusal !== undefined) throw refusal;
    const message = `no broker answers: ${[...new Set(failures)].join("; ")}`;
    // A cluster that answered before may come back; a first address that is wrong stays wrong.
    const code = this.#brokers.size === 0 ? "BOOTSTRAP_FAILED" : "CONNECTION_CLOSED";
    throw clientError(code, message, { cause });
  }

  /** The controller, or any broker where the controller cannot be told; brokers pass requests on. */
  controllerConnection(deadline: Deadline): Promise<BrokerConnection> {
    return this.#brokers.has(this.#controllerId)
      ? this.connectionTo(this.#controllerId, deadline)
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
    const name = coordinatorName(type, key);
    const known = this.#coordinators.get(name);
    if (known !== undefined) return this.#connectionAt(known, deadline, channel);
    const address = await this.#findCoordinator(key, type, deadline);
    this.#coordinators.set(name, address);
    return this.#connectionAt(address, deadline, channel);
  }

  async #findCoordinator(
    key: string,
    type: CoordinatorType,
    deadline: Deadline,
  ): Promise<BrokerAddress> {
    const connection = await this.anyConnection(deadline);
    const version = connection.versionOf(findCoordinatorCall) ?? 0;
    const inList = version >= FIND_COORDINATOR_LIST_VERSION;
    const response = await connection.request(
      findCoordinatorCall,
      {
        key: inList ? "" : key,
        keyType: keyTypes[type],
        coordinatorKeys: inList ? [key] : [],
      },
      this.bounds(deadline),
    );
    const context = type === "transaction" ? { transactionalId: key } : { group: key };
    const found = inList ? response.coordinators[0] : response;
    if (found === undefined) throw brokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE, context);
    throwOnError(found.errorCode, context, found.errorMessage);
    return { host: found.host, port: found.port };
  }

  /** Closes all connections; calls under way are rejected. */
  close(): void {
    this.#closed = true;
    for (const opening of this.#connections.values()) {
      opening.then(
        (connection) => connection.close(),
        () => undefined,
      );
    }
    this.#connections.clear();
  }

  async #connectionAt(
    address: BrokerAddress,
    deadline: Deadline,
    channel: string,
  ): Promise<BrokerConnection> {
    if (this.#closed) throw clientError("CLOSED", "the client was closed");
    const where = `${addressText(address)} ${channel}`;
    const existing = this.#connections.get(where);
    if (existing !== undefined) {
      const connection = await existing;
      if (connection.isOpen) return connection;
      if (this.#connections.get(where) === existing) this.#connections.delete(where);
      return this.#connectionAt(address, deadline, channel);
    }
    const { network, clock } = this.platform;
    const { timeoutMs } = this.bounds(deadline);
    const { host, port } = address;
    const shared = { network, clock, clientId: this.#clientId, security: this.#security };
    const opening = BrokerConnection.open({ host, port }, { ...shared, timeoutMs });
    this.#connections.set(where, opening);
    try {
      return await opening;
    } catch (thrown) {
      this.#connections.delete(where);
      throw thrown;
    }
  }

  #learn(response: MetadataResponse): void {
    this.#clusterId = response.clusterId;
    this.#controllerId = response.controllerId;
    this.#brokers.clear();
    for (const broker of response.brokers) this.#brokers.set(broker.nodeId, broker);
    for (const topic of response.topics) {
      if (topic.name === null) continue;
      const usable =
        topic.errorCode === ErrorCode.NONE &&
        topic.partitions.every((partition) => partition.leaderId >= 0);
      if (usable) this.#topics.set(topic.name, topic);
      else this.#topics.delete(topic.name);
    }
  }
}

/** The error of a topic that is not there; retrying would not make one. */
function unknownTopic(topic: string): KafkaError {
  return new KafkaError(`there is no topic ${topic}`, {
    code: "UNKNOWN_TOPIC_OR_PARTITION",
    errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    retriable: false,
    context: { topic },
    remedy: `Create it with: moldau topic create ${topic}`,
  });
}

function coordinatorName(type: CoordinatorType, key: string): string {
  return `${type} ${key}`;
}

function failureText(address: BrokerAddress, thrown: unknown): string {
  const where = addressText(address);
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  if (code === "ECONNREFUSED") return `nobody listens at ${where}`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `the name ${address.host} is not known`;
  return thrown instanceof Error ? thrown.message : where;
}

/** `host:port`, `[::1]:port`, or a host alone for port 9092. */
export function parseAddress(text: string): BrokerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new KafkaError(`"${text}" is no address of a broker`, {
      code: "INVALID_ADDRESS",
      remedy: "Give it as host:port, several of them separated by commas.",
    });
  }
  return { host, port };
}

const DEFAULT_PORT = 9092;
