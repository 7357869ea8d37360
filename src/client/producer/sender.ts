import type { Clock, Timer } from "../../platform/clock.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { ProduceResponse } from "../../protocol/messages/produce.ts";
import { backoffMs } from "../cluster/backoff.ts";
import type { Cluster, NodeEndpoint } from "../cluster/cluster.ts";
import type { BrokerConnection } from "../cluster/connection.ts";
import type { ProducerMetrics } from "../diagnostics/client-metrics.ts";
import { brokerError, isRetriableError, type KafkaError } from "../errors.ts";
import { traceFailed, traceSent, traceWritten } from "./batch-trace.ts";
import { BrokerLink } from "./broker-link.ts";
import type { IdentitySource } from "./identity.ts";
import type { ResolvedOptions } from "./options.ts";
import { ProduceRequest, type PartitionResponse } from "./produce-request.ts";
import { closedBefore, deliveryTimedOut, errorOf } from "./producer-error.ts";
import type { PartitionQueue, ProducerTopic, QueuedBatch } from "./producer-topic.ts";
import type { RecordAccumulator } from "./record-accumulator.ts";
import type { TopicLookup } from "./topic-lookup.ts";
import { isWritten } from "./written-check.ts";

/** A batch that is full to this part gains little by waiting for more while a request is on its way. */
const WORTH_A_REQUEST = 0.25;
/** Codes after which a batch may be in the log although it was not acknowledged. */
const perhapsWritten: ReadonlySet<number> = new Set<number>([
  ErrorCode.UNKNOWN_SERVER_ERROR,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);
/** Codes of a broker that looked for the batch in its memory of the sequence, and did not find it. */
const outOfSequence: ReadonlySet<number> = new Set<number>([
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.INVALID_PRODUCER_EPOCH,
]);
/** Late batches are looked for so often within their time, within these bounds. */
const EXPIRY_CHECKS = 10;
const EXPIRY_CHECK_MS_MIN = 5;
const EXPIRY_CHECK_MS_MAX = 1_000;

/** Without acknowledgements: what a connection may still have to write when it is given more. */
const UNWRITTEN_BYTES_MAX = 1024 * 1024;
const UNWRITTEN_PAUSE_MS = 1;

export interface SenderParts {
  readonly cluster: Cluster;
  readonly options: ResolvedOptions;
  readonly accumulator: RecordAccumulator;
  readonly identities: IdentitySource;
  readonly lookup: TopicLookup;
  readonly metrics: ProducerMetrics;
  /** A batch will not be tried any more; its sequence is seen to. */
  readonly onGivenUp: (batch: QueuedBatch, error: Error) => void;
}

/**
 * Sends batches to the leaders of their partitions, several requests at a time to each broker. It decides
 * what goes into a request at the end of a tick, so that all records of the tick go together, and when an
 * answer makes room. What is refused for a reason that passes is sent again, in order.
 */
export class Sender {
  readonly #parts: SenderParts;
  readonly #clock: Clock;
  readonly #channel: string;
  readonly #links = new Map<number, BrokerLink>();
  #isScheduled = false;
  #isUrgent = false;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #expireAtMs = Infinity;
  #isClosed = false;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#clock = parts.cluster.platform.clock;
    this.#channel = parts.cluster.newChannel("producer");
  }

  /** Sends what is due: soon when it is urgent, else when everything else of this tick is done. */
  schedule(isUrgent: boolean): void {
    if (isUrgent) {
      if (this.#isUrgent) return;
      this.#isUrgent = true;
      queueMicrotask(this.#pumpNow);
    } else if (!this.#isScheduled) {
      this.#isScheduled = true;
      queueMicrotask(this.#atEndOfTick);
    }
  }

  /** Microtasks run before this; so continuations of promises that settled now may still add records. */
  readonly #atEndOfTick = (): void => process.nextTick(this.#pumpNow);

  readonly #pumpNow = (): void => {
    this.#isUrgent = false;
    this.#isScheduled = false;
    this.pump();
  };

  /** Sends what is due now. */
  pump(): void {
    if (this.#isClosed) return;
    const { accumulator, identities } = this.#parts;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs >= this.#expireAtMs) this.#expire(nowMs);
    if (!accumulator.isEmpty) {
      identities.want();
      if (identities.doom !== undefined) this.failAll(identities.doom);
      while (this.#choose(nowMs)) this.#shipAll(nowMs);
    }
    this.#watchTime(nowMs);
  }

  /** Chooses batches for one more request to each broker that can take one. */
  #choose(nowMs: number): boolean {
    const { accumulator, options } = this.#parts;
    for (const queue of accumulator.busy) {
      const batch = queue.pending[0];
      if (batch === undefined || !this.#maySend(queue, batch, nowMs)) continue;
      if (queue.isGone) {
        const { topic, partition } = queue;
        const context = { topic: topic.name, partition };
        const details = { retriable: false };
        const code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        this.#failPending(queue, brokerError(code, context, null, details));
        continue;
      }
      const link = this.#linkOf(queue.leaderId);
      if (!this.#canTake(link, nowMs)) continue;
      if (this.#isDue(batch, link, nowMs)) link.choose(queue, options.requestBytesMax);
      else link.lingering.push(queue);
    }
    let hasChosen = false;
    for (const link of this.#links.values()) {
      if (link.chosen.length === 0) {
        link.lingering.length = 0;
        continue;
      }
      hasChosen = true;
      for (const queue of link.lingering) link.choose(queue, options.requestBytesMax);
      link.lingering.length = 0;
    }
    return hasChosen;
  }

  /** Whether the partition lets its oldest batch go, whoever leads it. */
  #maySend(queue: PartitionQueue, batch: QueuedBatch, nowMs: number): boolean {
    const { identities, lookup, options } = this.#parts;
    const { inFlight } = queue;
    if (inFlight.length > 0) {
      if (queue.isCareful || !identities.isIdempotent) return false;
      if (inFlight.length >= options.inFlightRequestsMax) return false;
    }
    if (queue.notBeforeMs > nowMs) {
      this.#wakeAt(queue.notBeforeMs);
      return false;
    }
    if (!lookup.isLed(queue) && !queue.isGone) return false;
    if (inFlight.length > 0 && queue.inFlightNodeId !== queue.leaderId) return false;
    if (!identities.isIdempotent) return true;
    const spent = queue.spentIdentity;
    if (spent !== undefined) identities.renew(spent);
    const isKept = batch.identity !== undefined && spent === undefined;
    return (
      (isKept || identities.current !== undefined) &&
      identities.mayWrite(queue.topic.name, queue.partition)
    );
  }

  /** Whether one more request may go to the broker now; connects to it when that is missing. */
  #canTake(link: BrokerLink, nowMs: number): boolean {
    if (link.notBeforeMs > nowMs) {
      this.#wakeAt(link.notBeforeMs);
      return false;
    }
    const { open } = link;
    if (open === undefined) {
      this.#connect(link);
      return false;
    }
    const { acks, inFlightRequestsMax } = this.#parts.options;
    if (acks === 0 && open.pendingWriteBytes > UNWRITTEN_BYTES_MAX) {
      this.#wakeAt(nowMs + UNWRITTEN_PAUSE_MS);
      return false;
    }
    return link.inFlight < inFlightRequestsMax;
  }

  /** Whether the batch goes out without waiting for more records. */
  #isDue(batch: QueuedBatch, link: BrokerLink, nowMs: number): boolean {
    if (batch.isClosed || this.#parts.accumulator.isExhausted) return true;
    const { lingerMs, batchBytes } = this.#parts.options;
    if (lingerMs === undefined) {
      return link.inFlight === 0 || batch.sizeBytes >= batchBytes * WORTH_A_REQUEST;
    }
    const dueMs = batch.createdMs + lingerMs;
    if (dueMs <= nowMs) return true;
    this.#wakeAt(dueMs);
    return false;
  }

  #linkOf(nodeId: number): BrokerLink {
    let link = this.#links.get(nodeId);
    if (link === undefined) {
      link = new BrokerLink(nodeId);
      this.#links.set(nodeId, link);
    }
    return link;
  }

  #connect(link: BrokerLink): void {
    if (link.isConnecting) return;
    link.isConnecting = true;
    const { cluster } = this.#parts;
    cluster.connectionTo(link.nodeId, cluster.deadline(), this.#channel).then(
      (connection) => {
        link.isConnecting = false;
        link.connection = connection;
        link.failures = 0;
        if (this.#isClosed) connection.close();
        else this.schedule(false);
      },
      (thrown: unknown) => {
        link.isConnecting = false;
        link.failures++;
        link.notBeforeMs = this.#clock.monotonicMs() + this.#pauseMs(link.failures);
        this.#unreachable(link, thrown);
        this.schedule(false);
      },
    );
  }

  /** A broker cannot be reached: perhaps others lead its partitions now. */
  #unreachable(link: BrokerLink, thrown: unknown): void {
    const { accumulator, cluster } = this.#parts;
    cluster.forget(thrown);
    for (const queue of accumulator.busy) {
      if (queue.leaderId !== link.nodeId) continue;
      for (const batch of queue.pending) batch.lastError = thrown;
      if (!isRetriableError(thrown)) this.#failPending(queue, errorOf(thrown));
    }
  }

  #shipAll(nowMs: number): void {
    for (const link of this.#links.values()) {
      if (link.chosen.length === 0) continue;
      const { open } = link;
      const batches = this.#seal(link, nowMs);
      if (open !== undefined && batches.length > 0) this.#ship(link, open, batches, nowMs);
    }
  }

  /** Makes the bytes of what was chosen; from now on it is on its way. */
  #seal(link: BrokerLink, nowMs: number): QueuedBatch[] {
    const { accumulator, cluster, identities, metrics, options } = this.#parts;
    const batches: QueuedBatch[] = [];
    for (const queue of link.takeChosen()) {
      const batch = queue.pending[0]!;
      const { memoryBytes } = batch;
      try {
        const { current } = identities;
        const isStamped = identities.isIdempotent && current !== undefined;
        const stamp = isStamped
          ? queue.stampFor(batch, current, {
              switchesOver: identities.isTransactional,
              beginsAtZero: identities.isTransactional && identities.addsImplicitly,
            })
          : undefined;
        batch.seal(stamp?.identity, stamp?.baseSequence ?? -1, accumulator.pool);
      } catch (thrown) {
        // Its codec has no native code on this machine, or no memory.
        queue.drop(batch);
        this.#giveUp(batch, errorOf(thrown));
        continue;
      }
      queue.launch(batch, link.nodeId, nowMs);
      // The others come first next time.
      accumulator.busy.delete(queue);
      accumulator.busy.add(queue);
      if (batch.attempts === 0) metrics.queueTimeMs.add(nowMs - batch.createdMs);
      else metrics.recordsRetried += batch.count;
      batch.attempts++;
      batch.sentMs = nowMs;
      batch.mightBeWrittenBefore = batch.mayBeWritten;
      batch.mayBeWritten = true;
      metrics.batchesSent++;
      metrics.bytesSent += batch.sizeBytes;
      const { clientId } = cluster;
      const { compression } = options;
      traceSent(batch, { clientId, nodeId: link.nodeId, compression, nowMs });
      batches.push(batch);
      if (batch.memoryBytes !== memoryBytes) accumulator.recount(batch, memoryBytes);
    }
    return batches;
  }

  #ship(
    link: BrokerLink,
    connection: BrokerConnection,
    batches: readonly QueuedBatch[],
    nowMs: number,
  ): void {
    const { options, identities } = this.#parts;
    const { acks, requestTimeoutMs } = options;
    const request = new ProduceRequest(batches, connection, {
      acks,
      timeoutMs: requestTimeoutMs,
      transactionalId: identities.transactionalId,
      addsImplicitly: identities.addsImplicitly,
    });
    if (this.#expireAtMs === Infinity) this.#expireAtMs = nowMs + this.#expiryCheckMs;
    if (acks === 0) {
      this.#post(link, connection, request);
      return;
    }
    link.inFlight++;
    connection.request(request.call, request.body, { timeoutMs: requestTimeoutMs }).then(
      (response) => this.#answered(link, request, response),
      (thrown: unknown) => this.#lost(link, request, thrown),
    );
  }

  /** Without acknowledgement all is done once it is written. */
  #post(link: BrokerLink, connection: BrokerConnection, request: ProduceRequest): void {
    try {
      connection.post(request.call, request.body);
    } catch (thrown) {
      link.inFlight++;
      this.#lost(link, request, thrown);
      return;
    }
    for (const batch of request.batches) {
      batch.isShared = true;
      batch.queue.land(batch);
      this.#succeed(batch, -1, -1);
    }
  }

  #answered(link: BrokerLink, request: ProduceRequest, response: ProduceResponse): void {
    if (this.#isClosed) return;
    link.inFlight--;
    const nowMs = this.#clock.monotonicMs();
    const { throttleTimeMs } = response;
    this.#parts.metrics.throttleTimeMs.add(throttleTimeMs);
    if (throttleTimeMs > 0) link.notBeforeMs = Math.max(link.notBeforeMs, nowMs + throttleTimeMs);
    request.forEachAnswer(response, (batch, answer) => {
      batch.queue.land(batch);
      this.#take(batch, answer, response.nodeEndpoints);
    });
    // The programs that wait go on first: what they send now goes with the rest.
    this.schedule(false);
  }

  #take(
    batch: QueuedBatch,
    answer: PartitionResponse | undefined,
    endpoints: readonly NodeEndpoint[],
  ): void {
    const { topic, partition } = batch.queue;
    if (answer === undefined) {
      const context = { topic: topic.name, partition, api: "Produce" };
      this.#refused(batch, brokerError(ErrorCode.UNKNOWN_SERVER_ERROR, context), endpoints);
      return;
    }
    const { errorCode, baseOffset, logAppendTimeMs, recordErrors, errorMessage } = answer;
    if (errorCode === ErrorCode.NONE) {
      this.#succeed(batch, baseOffset, logAppendTimeMs);
    } else if (errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
      this.#succeed(batch, -1, -1);
    } else {
      const detail = recordErrors[0]?.batchIndexErrorMessage ?? errorMessage;
      // That the sequence or the epoch is another one does not end the producer.
      const details = outOfSequence.has(errorCode) ? { fatal: false } : {};
      const error = brokerError(errorCode, { topic: topic.name, partition }, detail, details);
      this.#refused(batch, error, endpoints, answer);
    }
  }

  #succeed(batch: QueuedBatch, baseOffset: number, logAppendTimeMs: number): void {
    const { accumulator, metrics } = this.#parts;
    const { queue } = batch;
    traceWritten(batch, this.#clock.monotonicMs(), baseOffset);
    queue.acknowledged();
    queue.topic.missingSinceMs = undefined;
    if (!batch.isAbandoned) {
      metrics.recordsSent += batch.count;
      batch.succeed(baseOffset, logAppendTimeMs);
    }
    accumulator.complete(batch);
  }

  /** A broker said no. */
  #refused(
    batch: QueuedBatch,
    error: KafkaError,
    endpoints: readonly NodeEndpoint[],
    answer?: PartitionResponse,
  ): void {
    const { accumulator, cluster, identities } = this.#parts;
    const { queue } = batch;
    traceFailed(batch, this.#clock.monotonicMs(), error);
    const code = error.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (!perhapsWritten.has(code)) batch.mayBeWritten = batch.mightBeWrittenBefore;
    if (identities.isIdempotent && outOfSequence.has(code)) {
      const isFirst = queue.isFirst(batch);
      const isOldest = isFirst && code === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER;
      if (isOldest && batch.mightBeWrittenBefore && !identities.isTransactional) {
        this.#lookFor(batch, error);
        return;
      }
      batch.mayBeWritten = false;
      if (identities.isTransactional) {
        this.#giveUp(batch, error);
        return;
      }
      if (isFirst) queue.loseSequence();
      this.#retry(batch, error, isFirst);
      return;
    }
    if (isTooLarge(code) && batch.count > 1 && !batch.mayBeWritten && !batch.isAbandoned) {
      accumulator.replace(batch, batch.split());
      return;
    }
    if (!error.retriable) {
      if (answer === undefined || !this.#sortOut(batch, error, answer)) this.#giveUp(batch, error);
      return;
    }
    const { name } = queue.topic;
    const leader = answer?.currentLeader;
    const isLed =
      leader !== undefined && cluster.learnLeader(name, queue.partition, leader, endpoints);
    if (!isLed) cluster.forget(error);
    this.#retry(batch, error, !isLed);
  }

  /**
   * Gives up the records of a batch that a broker pointed at (KIP-467), and leaves the others, of which it
   * took none either, for another try.
   * @returns whether it did point at some and not at all of them
   */
  #sortOut(batch: QueuedBatch, error: KafkaError, { recordErrors }: PartitionResponse): boolean {
    const { accumulator, identities, metrics, onGivenUp } = this.#parts;
    const bad = new Set(recordErrors.map(({ batchIndex }) => batchIndex));
    const isSome = bad.size > 0 && bad.size < batch.count;
    if (!isSome || batch.mayBeWritten || batch.isAbandoned || identities.isTransactional)
      return false;
    const [refused, others] = batch.divide((index) => bad.has(index));
    if (refused.count === 0) return false;
    batch.queue.giveUp(batch);
    metrics.recordsFailed += refused.count;
    onGivenUp(refused, error);
    accumulator.replace(batch, [others]);
    return true;
  }

  /** The connection ended before the answer, or there was none in time. */
  #lost(link: BrokerLink, request: ProduceRequest, thrown: unknown): void {
    if (this.#isClosed) return;
    link.inFlight--;
    this.#parts.cluster.forget(thrown);
    for (const batch of request.batches) {
      batch.isShared = true;
      batch.queue.land(batch);
      traceFailed(batch, this.#clock.monotonicMs(), thrown);
      if (isRetriableError(thrown)) this.#retry(batch, thrown, true);
      else this.#giveUp(batch, errorOf(thrown));
    }
    this.schedule(false);
  }

  /** Leaves a batch that landed for another try, after a pause or as soon as its turn comes. */
  #retry(batch: QueuedBatch, thrown: unknown, pauses: boolean): void {
    const { queue } = batch;
    batch.lastError = thrown;
    const nowMs = this.#clock.monotonicMs();
    if (batch.isAbandoned) {
      this.#giveUp(batch, errorOf(thrown));
      return;
    }
    queue.putBack(batch);
    if (this.#isLate(batch, nowMs)) {
      this.#expireBatch(batch);
      return;
    }
    if (!pauses) return;
    queue.failures++;
    queue.notBeforeMs = Math.max(queue.notBeforeMs, nowMs + this.#pauseMs(queue.failures));
  }

  /**
   * All before the batch is acknowledged, and still it is out of order: it is in the log, and the broker does
   * not remember it; or the broker has lost what it acknowledged. It is asked which.
   */
  #lookFor(batch: QueuedBatch, error: KafkaError): void {
    const { queue } = batch;
    batch.lastError = error;
    if (batch.isAbandoned) {
      this.#giveUp(batch, error);
      return;
    }
    queue.putBack(batch);
    queue.notBeforeMs = Infinity;
    const { cluster } = this.#parts;
    isWritten(cluster, batch)
      .catch((thrown: unknown) => {
        cluster.forget(thrown);
        return undefined;
      })
      .then(
        (found) => {
          queue.notBeforeMs = 0;
          if (!this.#isClosed && queue.pending.includes(batch)) this.#lookedFor(batch, found);
          this.schedule(false);
        },
        () => undefined,
      );
  }

  #lookedFor(batch: QueuedBatch, found: boolean | undefined): void {
    const { queue } = batch;
    if (found === false) {
      batch.mayBeWritten = false;
      queue.loseSequence();
      return;
    }
    queue.drop(batch);
    if (found === true) this.#succeed(batch, -1, -1);
    else this.#giveUp(batch, errorOf(batch.lastError));
  }

  #pauseMs(failures: number): number {
    const { cluster, options } = this.#parts;
    return backoffMs(cluster.platform.random, failures, options.retryBackoff);
  }

  /** A batch that is in no queue any more is lost. */
  #giveUp(batch: QueuedBatch, error: Error): void {
    const { accumulator, identities, metrics, onGivenUp } = this.#parts;
    batch.queue.giveUp(batch);
    if (!batch.isAbandoned) {
      metrics.recordsFailed += batch.count;
      onGivenUp(batch, error);
    }
    identities.gaveUp(error);
    accumulator.complete(batch);
  }

  #isLate(batch: QueuedBatch, nowMs: number): boolean {
    return batch.createdMs + this.#parts.options.deliveryTimeoutMs <= nowMs;
  }

  get #expiryCheckMs(): number {
    const { deliveryTimeoutMs, blockTimeoutMs } = this.#parts.options;
    const intervalMs = Math.min(deliveryTimeoutMs, blockTimeoutMs) / EXPIRY_CHECKS;
    return Math.min(Math.max(intervalMs, EXPIRY_CHECK_MS_MIN), EXPIRY_CHECK_MS_MAX);
  }

  /** Gives up what was not acknowledged in time. */
  #expire(nowMs: number): void {
    const { accumulator, lookup } = this.#parts;
    for (const queue of accumulator.busy) {
      // The last first, so that their places in the sequence can be given to others.
      for (const batch of queue.pending.toReversed()) {
        if (this.#isLate(batch, nowMs)) this.#expireBatch(batch);
      }
      for (const batch of queue.inFlight) {
        if (this.#isLate(batch, nowMs) && !batch.isAbandoned) this.#abandon(batch);
      }
    }
    for (const topic of accumulator.parkedTopics) {
      accumulator.expireParked(topic, nowMs, lookup.errorOf(topic));
    }
    this.#expireAtMs = nowMs + this.#expiryCheckMs;
  }

  #expireBatch(batch: QueuedBatch): void {
    batch.queue.drop(batch);
    this.#giveUp(batch, this.#late(batch));
  }

  /** Nobody waits for the batch any more; what became of it the next ones must know all the same. */
  #abandon(batch: QueuedBatch): void {
    const { accumulator, metrics, onGivenUp } = this.#parts;
    metrics.recordsFailed += batch.count;
    onGivenUp(batch, this.#late(batch));
    batch.isAbandoned = true;
    accumulator.settled(batch);
  }

  #late(batch: QueuedBatch): Error {
    const { topic, partition } = batch.queue;
    const { deliveryTimeoutMs } = this.#parts.options;
    const { mayBeWritten } = batch;
    const cause = batch.lastError ?? this.#parts.lookup.errorOf(topic);
    const details = { timeoutMs: deliveryTimeoutMs, mayBeWritten, cause };
    return deliveryTimedOut(topic.name, partition, details);
  }

  /** Gives up everything that waits to be sent; what is on its way is still answered. */
  failAll(error: Error): void {
    const { accumulator } = this.#parts;
    for (const topic of accumulator.parkedTopics) accumulator.failAllParked(topic, error);
    for (const queue of accumulator.busy) this.#failPending(queue, error);
  }

  /** Gives up the batches of a topic. */
  failTopic(topic: ProducerTopic, error: Error): void {
    for (const queue of this.#parts.accumulator.busy) {
      if (queue.topic === topic) this.#failPending(queue, error);
    }
  }

  #failPending(queue: PartitionQueue, error: Error): void {
    // The last first, so that their places in the sequence can be given to others.
    for (const batch of queue.pending.toReversed()) {
      queue.drop(batch);
      this.#giveUp(batch, error);
    }
  }

  #wakeAt(atMs: number): void {
    if (atMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    const delayMs = Math.max(atMs - this.#clock.monotonicMs(), 0);
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#timerAtMs = Infinity;
      this.pump();
    });
  }

  /** As long as something waits, lateness is looked for; an idle producer keeps no timer. */
  #watchTime(nowMs: number): void {
    const { accumulator } = this.#parts;
    if (accumulator.isEmpty) {
      this.#expireAtMs = Infinity;
      this.#timer?.cancel();
      this.#timer = undefined;
      this.#timerAtMs = Infinity;
      return;
    }
    if (this.#expireAtMs === Infinity) this.#expireAtMs = nowMs + this.#expiryCheckMs;
    this.#wakeAt(this.#expireAtMs);
  }

  /** Ends; what was not acknowledged is given up. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    const { accumulator } = this.#parts;
    for (const topic of accumulator.parkedTopics) {
      accumulator.failAllParked(topic, closedBefore(topic.name));
    }
    for (const queue of accumulator.busy) {
      const error = closedBefore(queue.topic.name);
      for (const batch of queue.inFlight.toReversed()) {
        queue.land(batch);
        batch.isShared = true;
        this.#giveUp(batch, error);
      }
      this.#failPending(queue, error);
    }
    for (const link of this.#links.values()) link.connection?.close();
  }
}

function isTooLarge(code: number): boolean {
  return code === ErrorCode.MESSAGE_TOO_LARGE || code === ErrorCode.RECORD_LIST_TOO_LARGE;
}
