import { messageOf } from "../../core/errors.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { ShareAcknowledgeResponse } from "../../protocol/messages/share-acknowledge.ts";
import type { ShareFetchResponse } from "../../protocol/messages/share-fetch.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { BrokerConnection } from "../cluster/connection.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { leaderOf } from "../consumer/leaders.ts";
import { pausePartition, refusedByLeader } from "../consumer/partition-retry.ts";
import { retryPauseMs } from "../consumer/reading-context.ts";
import { WakeTimer } from "../consumer/wake-timer.ts";
import type { ConsumerMetrics } from "../diagnostics/client-metrics.ts";
import { brokerError, clientError, type KafkaError, type KafkaErrorContext } from "../errors.ts";
import { asKafkaError } from "../group/waiting.ts";
import { groupBy } from "../partitions.ts";
import {
  halvesOf,
  isRenewal,
  type Acknowledgement,
  type PartitionAcknowledgements,
} from "./acknowledgements.ts";
import { AcquiredChunk } from "./acquired-chunk.ts";
import { SharedBroker } from "./share-broker.ts";
import type { ShareBuffer } from "./share-buffer.ts";
import {
  RENEW_VERSION,
  shareAcknowledgeCall,
  shareAcknowledgeOf,
  shareFetchCall,
  shareFetchOf,
  type ShareMember,
} from "./share-calls.ts";
import type { ResolvedShareOptions } from "./share-options.ts";
import { partitionKey, type SharePartition } from "./share-partition.ts";
import { FINAL_EPOCH } from "./share-session.ts";

/** How long a broker may hold a ShareFetch while the program has records, whose acknowledgements wait behind it. */
const HELD_FETCH_WAIT_MS = 100;

type FetchedPartition = ElementOf<ElementOf<ShareFetchResponse["responses"]>["partitions"]>;
/** What both answers say of a leader that is another one. */
type Moved = Pick<FetchedPartition, "currentLeader">;
type NodeEndpoints = ShareFetchResponse["nodeEndpoints"];

/** What the parts of one share consumer share. */
export interface ShareContext {
  readonly cluster: Cluster;
  /** Its own connections: a ShareFetch holds up what comes behind it, and a session is bound to one. */
  readonly channel: string;
  readonly options: ResolvedShareOptions;
  readonly metrics: ConsumerMetrics;
  readonly member: ShareMember;
  /** What the group has given, by key. */
  readonly partitions: ReadonlyMap<string, SharePartition>;
  readonly buffer: ShareBuffer;
  /** Whether the program waits for records, and there are none. */
  readonly wantsRecords: boolean;
  readonly closing: AbortSignal;
  /** Ends the iteration. */
  fail(error: unknown): void;
  /** Leaders of the topic have to be asked for. */
  wantLeaders(topic: string): void;
  /** There may be something to hand out. */
  wakeTakers(): void;
  /** A broker did not take an acknowledgement, or could not be told. */
  onRefused(partition: SharePartition, acknowledgement: Acknowledgement, refusal: KafkaError): void;
}

/**
 * Asks brokers for records when the program waits for some, and tells them what became of those it had: with the
 * next question, or without one when somebody waits for the answer. Each broker has one request under way.
 */
export class ShareFetcher {
  readonly #context: ShareContext;
  readonly #brokers = new Map<number, SharedBroker>();
  #isWoken = false;
  #isClosed = false;
  readonly #timer: WakeTimer;

  constructor(context: ShareContext) {
    this.#context = context;
    this.#timer = new WakeTimer(context.cluster.platform.clock, () => this.wake());
  }

  /** Looks what there is to ask and to say; once for all calls of one turn. */
  wake(): void {
    if (this.#isWoken || this.#isClosed) return;
    this.#isWoken = true;
    queueMicrotask(() => {
      this.#isWoken = false;
      this.#look();
    });
  }

  /** Says what is to be said, and ends the sessions: brokers release what is locked still. Never rejects. */
  async close(deadline: Deadline): Promise<void> {
    this.#isClosed = true;
    this.#timer.cancel();
    const { cluster, channel } = this.#context;
    await Promise.all([...this.#brokers.values()].map((broker) => this.#end(broker, deadline)));
    for (const nodeId of this.#brokers.keys()) cluster.openConnectionTo(nodeId, channel)?.close();
  }

  #nowMs(): number {
    return this.#context.cluster.platform.clock.monotonicMs();
  }

  #look(): void {
    if (this.#isClosed) return;
    const nowMs = this.#nowMs();
    const wanted = this.#context.wantsRecords
      ? this.#wanted(nowMs)
      : new Map<number, SharePartition[]>();
    for (const nodeId of wanted.keys()) this.#broker(nodeId);
    for (const broker of this.#brokers.values()) {
      if (broker.working === undefined) this.#next(broker, wanted.get(broker.nodeId) ?? [], nowMs);
    }
  }

  #broker(nodeId: number): SharedBroker {
    let broker = this.#brokers.get(nodeId);
    if (broker === undefined) {
      const { cluster } = this.#context;
      broker = new SharedBroker(
        nodeId,
        cluster.platform.clock,
        () => this.wake(),
        (partition, acknowledgement, refusal) =>
          this.#context.onRefused(partition, acknowledgement, refusal),
      );
      this.#brokers.set(nodeId, broker);
    }
    return broker;
  }

  /** Partitions to ask for records of, by the node that leads them. */
  #wanted(nowMs: number): Map<number, SharePartition[]> {
    const { cluster, partitions } = this.#context;
    const byNode = new Map<number, SharePartition[]>();
    for (const partition of partitions.values()) {
      if (partition.retryAtMs > nowMs) {
        this.#timer.wakeAt(partition.retryAtMs);
        continue;
      }
      const leader = leaderOf(cluster, partition);
      if (leader === undefined) {
        this.#context.wantLeaders(partition.topic);
        continue;
      }
      const known = byNode.get(leader.leaderId);
      if (known === undefined) byNode.set(leader.leaderId, [partition]);
      else known.push(partition);
    }
    return byNode;
  }

  /** Sends a broker what is to be sent now. */
  #next(broker: SharedBroker, wanted: readonly SharePartition[], nowMs: number): void {
    const { acquirer, retryAtMs } = broker;
    const { queue, dueAtMs } = acquirer;
    if (wanted.length === 0 && queue.isEmpty) return;
    if (retryAtMs > nowMs) {
      this.#timer.wakeAt(retryAtMs);
      return;
    }
    if (wanted.length > 0 && !queue.hasRenewals && areAmong(queue.keys, wanted)) {
      this.#work(broker, () => this.#fetch(broker, wanted));
    } else if (queue.isUrgent || wanted.length > 0 || dueAtMs <= nowMs) {
      this.#work(broker, () => this.#acknowledge(broker));
    } else this.#timer.wakeAt(dueAtMs);
  }

  #work(broker: SharedBroker, work: () => Promise<void>): void {
    broker.working = work().finally(() => {
      broker.working = undefined;
      this.wake();
    });
  }

  /** Asks for records, and says what is to be said with it. Never rejects. */
  async #fetch(broker: SharedBroker, wanted: readonly SharePartition[]): Promise<void> {
    const { options, metrics, buffer, member } = this.#context;
    const said = takeFrom(broker);
    const isHeld = buffer.hasHeld;
    const waitMs = options.fetchWaitMs;
    const maxWaitMs = isHeld ? Math.min(waitMs, HELD_FETCH_WAIT_MS) : waitMs;
    try {
      const { connection, bounds } = await this.#connect(broker, maxWaitMs);
      const session = broker.session.prepare(wanted);
      const body = shareFetchOf(member, session, said, options, maxWaitMs);
      const sentMs = this.#nowMs();
      const response = await connection.request(shareFetchCall, body, bounds);
      metrics.fetchLatencyMs.add(this.#nowMs() - sentMs);
      metrics.fetchThrottleTimeMs.add(response.throttleTimeMs);
      this.#throwRefusal(broker, "ShareFetch", response);
      this.#fetched(broker, said, response);
    } catch (thrown) {
      this.#failed(broker, said, wanted, thrown);
    }
  }

  /** Says what is to be said. Never rejects. */
  async #acknowledge(broker: SharedBroker): Promise<void> {
    await this.#say(broker, takeFrom(broker), broker.session.epoch, 0);
  }

  async #say(
    broker: SharedBroker,
    taken: readonly PartitionAcknowledgements[],
    epoch: number,
    waitMs: number,
    deadline?: Deadline,
  ): Promise<void> {
    const { metrics, member } = this.#context;
    let said = taken;
    try {
      const { connection, bounds } = await this.#connect(broker, waitMs, deadline);
      const version = connection.versionOf(shareAcknowledgeCall) ?? RENEW_VERSION;
      if (version < RENEW_VERSION) said = this.#withoutRenewals(said, tooOld);
      if (said.length === 0 && epoch !== FINAL_EPOCH) return;
      const body = shareAcknowledgeOf(member, epoch, said);
      const sentMs = this.#nowMs();
      const response = await connection.request(shareAcknowledgeCall, body, bounds);
      metrics.commitLatencyMs.add(this.#nowMs() - sentMs);
      this.#throwRefusal(broker, "ShareAcknowledge", response);
      this.#acknowledged(broker, said, response);
    } catch (thrown) {
      this.#failed(broker, said, [], thrown);
    }
  }

  async #connect(
    broker: SharedBroker,
    waitMs: number,
    within?: Deadline,
  ): Promise<{
    readonly connection: BrokerConnection;
    readonly bounds: { readonly timeoutMs: number; readonly signal?: AbortSignal };
  }> {
    const { cluster, channel, closing } = this.#context;
    const timeoutMs = cluster.requestTimeoutMs + waitMs;
    const deadline = within ?? cluster.deadline({ timeoutMs, signal: closing });
    const connection = await cluster.connectionTo(broker.nodeId, deadline, channel);
    const bounds = within === undefined ? { timeoutMs, signal: closing } : cluster.bounds(within);
    return { connection, bounds };
  }

  #throwRefusal(
    { nodeId }: SharedBroker,
    api: string,
    { errorCode, errorMessage }: Pick<ShareFetchResponse, "errorCode" | "errorMessage">,
  ): void {
    if (errorCode === ErrorCode.NONE) return;
    const { group } = this.#context.options;
    throw brokerError(errorCode, { api, nodeId, group }, errorMessage);
  }

  /** What is said but for locks to be renewed, which are refused. */
  #withoutRenewals(
    said: readonly PartitionAcknowledgements[],
    refusalOf: (context: KafkaErrorContext) => KafkaError,
  ): PartitionAcknowledgements[] {
    const kept: PartitionAcknowledgements[] = [];
    for (const { partition, acknowledgements } of said) {
      for (const one of acknowledgements.filter(isRenewal)) {
        const { topic, partition: index } = partition;
        const context = { topic, partition: index, offset: one.firstOffset };
        this.#context.onRefused(partition, one, refusalOf(context));
      }
      const others = acknowledgements.filter((one) => !isRenewal(one));
      if (others.length > 0) kept.push({ partition, acknowledgements: others });
    }
    return kept;
  }

  // Answers

  #answered(broker: SharedBroker, lockTimeoutMs: number): void {
    broker.session.answered();
    broker.failures = 0;
    broker.retryAtMs = 0;
    if (lockTimeoutMs > 0) broker.lockMs = lockTimeoutMs;
  }

  #fetched(
    broker: SharedBroker,
    said: readonly PartitionAcknowledgements[],
    response: ShareFetchResponse,
  ): void {
    this.#answered(broker, response.acquisitionLockTimeoutMs);
    const unanswered = new Map(said.map((one) => [one.partition.key, one]));
    for (const { topicId, partitions } of response.responses) {
      for (const data of partitions) {
        const key = partitionKey(topicId, data.partitionIndex);
        const about = unanswered.get(key);
        unanswered.delete(key);
        if (about !== undefined) {
          const { acknowledgeErrorCode, acknowledgeErrorMessage } = data;
          this.#settle(broker, about, acknowledgeErrorCode, acknowledgeErrorMessage);
        }
        const partition = broker.session.find(key);
        if (partition !== undefined) {
          this.#takePartition(broker, partition, data, response.nodeEndpoints);
        }
      }
    }
    this.#settleUnanswered(broker, unanswered.values());
    this.#context.wakeTakers();
  }

  #acknowledged(
    broker: SharedBroker,
    said: readonly PartitionAcknowledgements[],
    response: ShareAcknowledgeResponse,
  ): void {
    this.#answered(broker, response.acquisitionLockTimeoutMs);
    const unanswered = new Map(said.map((one) => [one.partition.key, one]));
    for (const { topicId, partitions } of response.responses) {
      for (const { partitionIndex, errorCode, errorMessage, currentLeader } of partitions) {
        const key = partitionKey(topicId, partitionIndex);
        const about = unanswered.get(key);
        if (about === undefined) continue;
        unanswered.delete(key);
        if (isElsewhere(errorCode)) {
          this.#moved(about.partition, { currentLeader }, response.nodeEndpoints, errorCode);
        }
        this.#settle(broker, about, errorCode, errorMessage);
      }
    }
    this.#settleUnanswered(broker, unanswered.values());
  }

  #takePartition(
    broker: SharedBroker,
    partition: SharePartition,
    data: FetchedPartition,
    endpoints: NodeEndpoints,
  ): void {
    const { errorCode, errorMessage, records, acquiredRecords } = data;
    if (errorCode !== ErrorCode.NONE) {
      this.#partitionRefused(broker, partition, data, endpoints, errorMessage);
      return;
    }
    partition.failures = 0;
    if (acquiredRecords.length === 0) return;
    const { options, buffer } = this.#context;
    const { checkCrcs } = options;
    const { acquirer } = broker;
    const lockedUntilMs = acquirer.lockedUntilMs();
    const how = { checkCrcs, lockedUntilMs };
    const bytes = records ?? NO_BYTES;
    buffer.add(new AcquiredChunk(partition, bytes, acquiredRecords, acquirer, how));
  }

  #partitionRefused(
    { nodeId }: SharedBroker,
    partition: SharePartition,
    data: FetchedPartition,
    endpoints: NodeEndpoints,
    detail: string | null,
  ): void {
    const { errorCode } = data;
    const { topic, partition: index } = partition;
    if (isElsewhere(errorCode)) {
      this.#moved(partition, data, endpoints, errorCode);
      return;
    }
    const context = { api: "ShareFetch", topic, partition: index, nodeId };
    const error = brokerError(errorCode, context, detail);
    const isTriedAgain = isPassing(error) || errorCode === ErrorCode.UNKNOWN_SERVER_ERROR;
    if (isTriedAgain) pausePartition(this.#context.cluster, partition);
    else this.#context.fail(error);
  }

  #moved(
    partition: SharePartition,
    { currentLeader }: Moved,
    endpoints: NodeEndpoints,
    errorCode: number,
  ): void {
    const { cluster } = this.#context;
    const { topic, partition: index } = partition;
    if (cluster.learnLeader(topic, index, currentLeader, endpoints)) return;
    refusedByLeader(this.#context, partition, errorCode, "ShareFetch");
  }

  #settleUnanswered(broker: SharedBroker, said: Iterable<PartitionAcknowledgements>): void {
    const detail = "the broker did not say what became of the acknowledgement";
    for (const about of said) {
      this.#settle(broker, about, ErrorCode.UNKNOWN_SERVER_ERROR, detail);
    }
  }

  /** What a broker says of what it was told about one partition: it took all of it or nothing. */
  #settle(
    broker: SharedBroker,
    said: PartitionAcknowledgements,
    errorCode: number,
    detail: string | null,
  ): void {
    const { partition, acknowledgements } = said;
    if (errorCode === ErrorCode.NONE) {
      for (const { answered } of acknowledgements) answered?.(undefined);
      return;
    }
    const { queue } = broker.acquirer;
    const { topic, partition: index } = partition;
    const { nodeId } = broker;
    const refusalOf = (offset?: number): KafkaError =>
      brokerError(errorCode, { topic, partition: index, nodeId, offset }, detail);
    const halves = isAboutSome(errorCode) ? halvesOf(acknowledgements) : [];
    if (halves.length > 0) {
      for (const half of halves) queue.addPart({ partition, acknowledgements: half });
      return;
    }
    const nowMs = this.#nowMs();
    const isLocked = acknowledgements.every(({ lockedUntilMs }) => lockedUntilMs > nowMs);
    if (isLocked && !isElsewhere(errorCode) && refusalOf().retriable) {
      queue.addPart(said);
      this.#pause(broker);
      return;
    }
    for (const one of acknowledgements) {
      this.#context.onRefused(partition, one, refusalOf(one.firstOffset));
    }
  }

  // Failures

  /** Whatever went wrong, the session may have come to harm, and leaders may be others. */
  #failed(
    broker: SharedBroker,
    said: readonly PartitionAcknowledgements[],
    wanted: readonly SharePartition[],
    thrown: unknown,
  ): void {
    const error = asKafkaError(thrown);
    for (const { partition, acknowledgements } of said) {
      for (const one of acknowledgements) this.#context.onRefused(partition, one, error);
    }
    broker.lost(error);
    if (this.#isClosed || this.#context.closing.aborted) return;
    if (!isPassing(error)) {
      this.#context.fail(thrown);
      return;
    }
    const { cluster } = this.#context;
    const { nodeId } = broker;
    const reason = messageOf(thrown);
    cluster.logger.debug("a request of a share group failed", { broker: nodeId, reason });
    cluster.forget(thrown);
    for (const topic of groupBy(wanted, (partition) => partition.topic).keys()) {
      this.#context.wantLeaders(topic);
    }
    this.#pause(broker);
    this.#context.wakeTakers();
  }

  /** The first failure after a success is tried again at once. */
  #pause(broker: SharedBroker): void {
    broker.failures++;
    if (broker.failures === 1) return;
    broker.retryAtMs = this.#nowMs() + retryPauseMs(broker.failures - 1, this.#context.cluster);
  }

  async #end(broker: SharedBroker, deadline: Deadline): Promise<void> {
    await deadline.within(broker.working ?? Promise.resolve()).catch(() => undefined);
    while (broker.session.isOpen) {
      const said = this.#withoutRenewals(takeFrom(broker), closed);
      // What waited for a lock to be renewed is said without.
      await Promise.resolve();
      const isLast = broker.acquirer.queue.isEmpty || deadline.remainingMs() === 0;
      const epoch = isLast ? FINAL_EPOCH : broker.session.epoch;
      await this.#say(broker, said, epoch, 0, deadline);
      if (isLast) break;
    }
    broker.session.lost();
    broker.acquirer.end(closed({}));
  }
}

const NO_BYTES = Buffer.alloc(0);

function tooOld(context: KafkaErrorContext): KafkaError {
  const message = "the broker is too old to renew the locks of records (KIP-1222)";
  return brokerError(ErrorCode.UNSUPPORTED_VERSION, context, message);
}

function closed(context: KafkaErrorContext): KafkaError {
  return clientError("CLOSED", "the consumer was closed, and released its records", { context });
}

function takeFrom(broker: SharedBroker): PartitionAcknowledgements[] {
  broker.acquirer.dueAtMs = Infinity;
  return broker.acquirer.queue.take();
}

function areAmong(keys: Iterable<string>, wanted: readonly SharePartition[]): boolean {
  const among = new Set(wanted.map(({ key }) => key));
  for (const key of keys) if (!among.has(key)) return false;
  return true;
}

/** Whether another broker has to be found. */
function isElsewhere(errorCode: number): boolean {
  return elsewhereCodes.has(errorCode);
}

const elsewhereCodes: ReadonlySet<number> = new Set<number>([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

/** Whether a broker refused all because of some. */
function isAboutSome(errorCode: number): boolean {
  return errorCode === ErrorCode.INVALID_RECORD_STATE || errorCode === ErrorCode.INVALID_REQUEST;
}

/** A failure that a later request is not met by; that of a member that has to join again is seen to by its heartbeats. */
function isPassing(error: KafkaError): boolean {
  return error.retriable || error.needsRejoin;
}
