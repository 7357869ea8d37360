import { messageOf } from "../../core/errors.ts";
import { ZERO_UUID } from "../../core/uuid.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { FetchResponse } from "../../protocol/messages/fetch.ts";
import { consumerFetchChannel, type ConsumerFetchTrace } from "../diagnostics/channels.ts";
import { brokerError, isRetriableError } from "../errors.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import { takePartition } from "./fetch-answer.ts";
import {
  FETCH_BY_ID_VERSION,
  fetchByIdCall,
  fetchByNameCall,
  fetchRequestOf,
} from "./fetch-request.ts";
import {
  FetchSession,
  FINAL_EPOCH,
  type PartitionToFetch,
  type SessionRequest,
} from "./fetch-session.ts";
import { leaderOf, topicIdOf } from "./leaders.ts";
import { retryPauseMs, type ReadingContext } from "./reading-context.ts";
import { WakeTimer } from "./wake-timer.ts";

/** How long a Fetch waits for partitions of its broker that are about to have room again. */
const FULL_WAIT_MS = 20;
/** How long a broker may hold a Fetch that leaves out partitions without room. */
const PARTIAL_FETCH_WAIT_MS = 50;
/** For the answer that ends a session. */
const CLOSE_SESSION_MS = 500;

/** One broker that partitions are fetched from. */
class FetchedBroker {
  readonly nodeId: number;
  readonly session = new FetchSession();
  inFlight = false;
  /** Bytes that its answer under way may have. */
  reservedBytes = 0;
  retryAtMs = 0;
  failures = 0;
  /** Since when partitions without room have been waited for, or `undefined`. */
  fullSinceMs: number | undefined;

  constructor(nodeId: number) {
    this.nodeId = nodeId;
  }
}

/** A request about to be sent. */
interface PlannedFetch {
  readonly broker: FetchedBroker;
  readonly wanted: readonly PartitionToFetch[];
  readonly maxBytes: number;
  readonly maxWaitMs: number;
}

/**
 * Fetches ahead: each broker has one Fetch open, as long as there is room for what it may bring. What comes
 * goes into the buffer. Failures that may pass are retried, with leaders asked for anew.
 */
export class Fetcher {
  readonly #context: ReadingContext;
  readonly #brokers = new Map<number, FetchedBroker>();
  #reservedBytes = 0;
  /** Brokers that have a Fetch open. */
  #inFlight = 0;
  #isWoken = false;
  readonly #timer: WakeTimer;

  constructor(context: ReadingContext) {
    this.#context = context;
    this.#timer = new WakeTimer(context.cluster.platform.clock, () => this.wake());
  }

  /** Bytes that answers under way may bring. */
  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  /** There is more room: worth a look unless every broker has a Fetch open, whose answer brings one anyway. */
  wakeForRoom(): void {
    if (this.#inFlight < this.#brokers.size) this.wake();
  }

  /** Looks what can be fetched; once for all calls of one turn. */
  wake(): void {
    if (this.#isWoken || this.#context.closing.aborted) return;
    this.#isWoken = true;
    queueMicrotask(() => {
      this.#isWoken = false;
      this.#fetchAll();
    });
  }

  /** Tells brokers that are not busy that their sessions are over, and hangs up. Never throws. */
  async close(): Promise<void> {
    this.#timer.cancel();
    const open = [...this.#brokers.values()].filter(
      ({ session, inFlight }) => session.id !== 0 && !inFlight,
    );
    await Promise.allSettled(open.map((broker) => this.#endSession(broker)));
    const { cluster, channel } = this.#context;
    for (const nodeId of this.#brokers.keys()) cluster.openConnectionTo(nodeId, channel)?.close();
  }

  #fetchAll(): void {
    const { closing, cluster, isFailing } = this.#context;
    if (closing.aborted || isFailing) return;
    const nowMs = cluster.platform.clock.monotonicMs();
    for (const [nodeId, partitions] of this.#fetchable(nowMs)) {
      const broker = this.#broker(nodeId);
      if (broker.inFlight) continue;
      if (broker.retryAtMs > nowMs) {
        this.#timer.wakeAt(broker.retryAtMs);
        continue;
      }
      const plan = this.#plan(broker, partitions, nowMs);
      if (plan !== undefined) void this.#fetch(plan);
    }
  }

  #broker(nodeId: number): FetchedBroker {
    let broker = this.#brokers.get(nodeId);
    if (broker === undefined) {
      broker = new FetchedBroker(nodeId);
      this.#brokers.set(nodeId, broker);
    }
    return broker;
  }

  /** Partitions that may be read, by the node to read them from. */
  #fetchable(nowMs: number): Map<number, PartitionToFetch[]> {
    const byNode = new Map<number, PartitionToFetch[]>();
    const { partitions } = this.#context;
    for (const partition of partitions.values()) {
      if (partition.wanted !== undefined || partition.failure !== undefined) continue;
      if (partition.isPaused || partition.isRevoked) continue;
      if (partition.fetchOffset >= partition.untilOffset) continue;
      if (partition.retryAtMs > nowMs) {
        this.#timer.wakeAt(partition.retryAtMs);
        continue;
      }
      this.#addTo(byNode, partition, nowMs);
    }
    return byNode;
  }

  #addTo(
    byNode: Map<number, PartitionToFetch[]>,
    partition: AssignedPartition,
    nowMs: number,
  ): void {
    const { options, cluster } = this.#context;
    const { topic } = partition;
    const leader = leaderOf(cluster, partition);
    if (leader === undefined) {
      this.#context.wantLeaders(topic);
      return;
    }
    if (leader.leaderEpoch > partition.leaderEpoch) {
      // Another leader may not have all that was read; nothing need be asked where it wrote that itself.
      const mayDiffer = partition.fetchEpoch >= 0 && partition.fetchEpoch !== leader.leaderEpoch;
      if (mayDiffer) {
        partition.wanted = { kind: "validate" };
        this.#context.wantPlaces();
        return;
      }
      partition.leaderEpoch = leader.leaderEpoch;
    }
    const replica = partition.preferredReplica;
    const isNear =
      replica >= 0 && partition.preferredUntilMs > nowMs && cluster.brokers.has(replica);
    if (!isNear) partition.preferredReplica = -1;
    const nodeId = isNear ? replica : leader.leaderId;
    const one: PartitionToFetch = {
      partition,
      topicId: topicIdOf(cluster, topic),
      leaderEpoch: partition.leaderEpoch,
      maxBytes: options.fetchPartitionMaxBytes,
    };
    const known = byNode.get(nodeId);
    if (known === undefined) byNode.set(nodeId, [one]);
    else known.push(one);
  }

  /** What to ask a broker for now; `undefined` while there is no room for it. */
  #plan(
    broker: FetchedBroker,
    partitions: readonly PartitionToFetch[],
    nowMs: number,
  ): PlannedFetch | undefined {
    const { options } = this.#context;
    const wanted = partitions.filter(
      ({ partition }) => partition.bufferedBytes < options.prefetchPartitionBytes,
    );
    if (wanted.length === 0) return undefined;
    const isPartial = wanted.length < partitions.length;
    if (!isPartial) broker.fullSinceMs = undefined;
    else if (this.#waitsForFull(broker, nowMs)) return undefined;
    const maxBytes = this.#room(wanted.length);
    if (maxBytes === 0) return undefined;
    const waitMs = options.fetchWaitMs;
    const maxWaitMs = isPartial ? Math.min(waitMs, PARTIAL_FETCH_WAIT_MS) : waitMs;
    return { broker, wanted, maxBytes, maxWaitMs };
  }

  /**
   * Partitions without room are left out of a Fetch, and cannot join it while the broker holds it. Those
   * that are drained fast are worth a short wait.
   */
  #waitsForFull(broker: FetchedBroker, nowMs: number): boolean {
    broker.fullSinceMs ??= nowMs;
    const untilMs = broker.fullSinceMs + FULL_WAIT_MS;
    if (nowMs < untilMs) {
      this.#timer.wakeAt(untilMs);
      return true;
    }
    broker.fullSinceMs = undefined;
    return false;
  }

  /** Bytes that may be asked for, 0 when it is better to wait until there is more room. */
  #room(partitions: number): number {
    const { options, buffer } = this.#context;
    const { prefetchMaxBytes, fetchPartitionMaxBytes, fetchMaxBytes } = options;
    const wanted = Math.min(fetchMaxBytes, partitions * fetchPartitionMaxBytes);
    const free = prefetchMaxBytes - buffer.bytes - this.#reservedBytes;
    if (free >= wanted) return wanted;
    const worthwhile = Math.min(fetchPartitionMaxBytes, prefetchMaxBytes / 2);
    if (free >= worthwhile) return Math.floor(free);
    // What was fetched for partitions that were paused then must not keep the others waiting.
    if (this.#dropPaused()) return this.#room(partitions);
    return 0;
  }

  #dropPaused(): boolean {
    const { partitions, buffer } = this.#context;
    for (const partition of partitions.values()) {
      if (!partition.isPaused || partition.bufferedBytes === 0) continue;
      buffer.drop(partition);
      partition.moveTo(partition.position, partition.positionEpoch);
      return true;
    }
    return false;
  }

  async #fetch(plan: PlannedFetch): Promise<void> {
    const { broker, maxBytes } = plan;
    broker.inFlight = true;
    this.#inFlight++;
    broker.reservedBytes = maxBytes;
    this.#reservedBytes += maxBytes;
    try {
      const response = await this.#ask(plan);
      this.#release(broker);
      if (!this.#context.closing.aborted) this.#answered(broker, response);
    } catch (thrown) {
      this.#release(broker);
      if (!this.#context.closing.aborted) this.#failed(broker, plan.wanted, thrown);
    }
    this.wake();
  }

  async #ask({ broker, wanted, maxBytes, maxWaitMs }: PlannedFetch): Promise<FetchResponse> {
    const { cluster, channel, options, closing, metrics } = this.#context;
    const timeoutMs = cluster.requestTimeoutMs + maxWaitMs;
    const deadline = cluster.deadline({ timeoutMs, signal: closing });
    const connection = await cluster.connectionTo(broker.nodeId, deadline, channel);
    const servesIds = (connection.versionOf(fetchByIdCall) ?? 0) >= FETCH_BY_ID_VERSION;
    const byId = servesIds && wanted.every(({ topicId }) => topicId !== ZERO_UUID);
    const request = broker.session.prepare(wanted, byId);
    const limits = { ...options, minBytes: options.fetchMinBytes, maxBytes, maxWaitMs };
    const body = fetchRequestOf(request, limits);
    const trace = this.#beginTrace(broker, request);
    const { clock } = cluster.platform;
    const sentMs = clock.monotonicMs();
    try {
      const call = byId ? fetchByIdCall : fetchByNameCall;
      const response = await connection.request(call, body, { timeoutMs, signal: closing });
      const durationMs = clock.monotonicMs() - sentMs;
      metrics.fetchLatencyMs.add(durationMs);
      metrics.fetchThrottleTimeMs.add(response.throttleTimeMs);
      if (trace !== undefined) finishTrace(trace, response, durationMs);
      return response;
    } catch (thrown) {
      if (trace !== undefined) {
        consumerFetchChannel.fail(trace, clock.monotonicMs() - sentMs, thrown);
      }
      throw thrown;
    }
  }

  #release(broker: FetchedBroker): void {
    broker.inFlight = false;
    this.#inFlight--;
    this.#reservedBytes -= broker.reservedBytes;
    broker.reservedBytes = 0;
  }

  #answered(broker: FetchedBroker, response: FetchResponse): void {
    const { session, nodeId } = broker;
    switch (response.errorCode) {
      case ErrorCode.NONE:
        break;
      case ErrorCode.FETCH_SESSION_ID_NOT_FOUND:
        session.forgotten();
        this.#pause(broker);
        return;
      case ErrorCode.INVALID_FETCH_SESSION_EPOCH:
      case ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR:
      case ErrorCode.INCONSISTENT_TOPIC_ID:
        session.lost();
        this.#pause(broker);
        return;
      default:
        throw brokerError(response.errorCode, { api: "Fetch", nodeId });
    }
    session.answered(response.sessionId);
    broker.failures = 0;
    broker.retryAtMs = 0;
    for (const topic of response.responses) {
      for (const data of topic.partitions) {
        const asked = session.asked(topic, data.partitionIndex);
        if (asked !== undefined) takePartition(this.#context, asked, data, response, nodeId);
      }
    }
    this.#noteLag();
  }

  #noteLag(): void {
    const { partitions, options, metrics } = this.#context;
    let most = 0;
    for (const partition of partitions.values()) {
      const lag = partition.readableEnd(options.readCommitted) - partition.position;
      if (lag > most) most = lag;
    }
    metrics.recordsLagMax = most;
  }

  /** Whatever went wrong, the session may have come to harm, and leaders may be others. */
  #failed(broker: FetchedBroker, wanted: readonly PartitionToFetch[], thrown: unknown): void {
    const { cluster } = this.#context;
    broker.session.lost();
    if (!isRetriableError(thrown)) {
      this.#context.fail(thrown);
      return;
    }
    cluster.logger.debug("fetching failed and is tried again", {
      broker: broker.nodeId,
      reason: messageOf(thrown),
    });
    cluster.forget(thrown);
    for (const topic of new Set(wanted.map(({ partition }) => partition.topic))) {
      this.#context.wantLeaders(topic);
    }
    for (const { partition } of wanted) partition.preferredReplica = -1;
    this.#pause(broker);
  }

  /** The first failure after a success is tried again at once. */
  #pause(broker: FetchedBroker): void {
    const { cluster } = this.#context;
    broker.failures++;
    if (broker.failures === 1) return;
    const pauseMs = retryPauseMs(broker.failures - 1, cluster);
    broker.retryAtMs = cluster.platform.clock.monotonicMs() + pauseMs;
  }

  async #endSession({ nodeId, session }: FetchedBroker): Promise<void> {
    const { cluster, channel, options } = this.#context;
    const deadline = cluster.deadline({ timeoutMs: CLOSE_SESSION_MS });
    const connection = await cluster.connectionTo(nodeId, deadline, channel);
    const ending = {
      byId: true,
      sessionId: session.id,
      sessionEpoch: FINAL_EPOCH,
      toFetch: new Map(),
      toForget: new Map(),
    };
    const limits = { ...options, minBytes: 0, maxBytes: options.fetchMaxBytes, maxWaitMs: 0 };
    const body = fetchRequestOf(ending, limits);
    await connection.request(fetchByIdCall, body, { timeoutMs: CLOSE_SESSION_MS });
  }

  #beginTrace(
    { nodeId, session }: FetchedBroker,
    { toFetch }: SessionRequest,
  ): ConsumerFetchTrace | undefined {
    if (!consumerFetchChannel.hasSubscribers) return undefined;
    const { cluster, options } = this.#context;
    let partitions = 0;
    for (const asked of toFetch.values()) partitions += asked.length;
    const { id: sessionId, epoch: sessionEpoch } = session;
    const { clientId } = cluster;
    const { group } = options;
    const trace = { nodeId, clientId, group, partitions, sessionId, sessionEpoch };
    consumerFetchChannel.begin(trace);
    return trace;
  }
}

function finishTrace(trace: ConsumerFetchTrace, { responses }: FetchResponse, ms: number): void {
  trace.bytes = 0;
  trace.partitionsWithRecords = 0;
  for (const { partitions } of responses) {
    for (const { records } of partitions) {
      if (records === null || records.length === 0) continue;
      trace.bytes += records.length;
      trace.partitionsWithRecords++;
    }
  }
  consumerFetchChannel.finish(trace, ms);
}
