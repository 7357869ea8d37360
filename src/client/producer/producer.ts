import { assert } from "../../core/assert.ts";
import type { Timer } from "../../platform/clock.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  initProducerIdRequest,
  initProducerIdResponse,
} from "../../protocol/messages/init-producer-id.ts";
import {
  produceRequest,
  produceResponse,
  type ProduceResponse,
} from "../../protocol/messages/produce.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import type { CompressionCodec } from "../../records/compression.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { Cluster, TopicMetadata } from "../cluster/cluster.ts";
import { brokerError, clientError, isRetriableError, throwOnError } from "../errors.ts";
import { partitionOfKey } from "./partitioner.ts";
import {
  ANONYMOUS,
  PartitionQueue,
  ProducerBatch,
  type ProducerIdentity,
} from "./producer-queue.ts";
import type { ProducerRecord, RecordMetadata } from "./producer-record.ts";

// From version 13 on topics go by id; names survive a topic that is made anew meanwhile.
const produceCall = apiCall(ApiKey.PRODUCE, produceRequest, produceResponse, 12);
const initProducerIdCall = apiCall(
  ApiKey.INIT_PRODUCER_ID,
  initProducerIdRequest,
  initProducerIdResponse,
);

/** Records of one batch before compression, unless a single one is larger. */
const BATCH_BYTES = 64 * 1024;
/** Bytes of records that wait to be sent; then {@link Producer.ready} makes the caller wait. */
const BUFFER_BYTES_MAX = 32 * 1024 * 1024;
/** Bytes of one Produce request, below the `socket.request.max.bytes` of any broker. */
const REQUEST_BYTES_MAX = 4 * 1024 * 1024;
/** How long a record is tried, as Kafka's `delivery.timeout.ms`. */
const DELIVERY_TIMEOUT_MS = 120_000;
const LINGER_MS = 5;
/** Pause before a partition that failed is tried again. */
const RETRY_PAUSE_MS = 100;

/** 0: not acknowledged; 1: by the leader; -1: by all replicas in sync. */
export type Acks = 0 | 1 | -1;

export interface ProducerOptions {
  /** Default -1, which is also what an idempotent producer needs. */
  readonly acks?: Acks;
  /** Default `none`. */
  readonly compression?: CompressionCodec;
  /** Sequence numbers, so that a retry never writes twice. Default: with acks -1. */
  readonly idempotent?: boolean;
  /** Wait for more records before a batch is sent, in milliseconds. Default 5. */
  readonly lingerMs?: number;
  /** How long a record is tried, in milliseconds. Default two minutes. */
  readonly deliveryTimeoutMs?: number;
  /** Whether a topic that is not there may be created by the broker. Default false. */
  readonly createTopics?: boolean;
}

type PartitionResponse = ElementOf<ElementOf<ProduceResponse["responses"]>["partitionResponses"]>;

/** A batch on its way. */
interface Shipment {
  readonly queue: PartitionQueue;
  readonly batch: ProducerBatch;
}

/**
 * Sends records in batches: one request at a time to each broker, with the oldest batch of each of
 * its partitions. So the records of a partition keep their order over every retry.
 */
export class Producer {
  readonly #cluster: Cluster;
  readonly #options: Required<ProducerOptions>;
  readonly #queues = new Map<string, PartitionQueue>();
  /** The partition that records without a key go to at the moment, by topic. */
  readonly #sticky = new Map<string, number>();
  readonly #lookups = new Map<string, Promise<TopicMetadata>>();
  readonly #busyBrokers = new Set<number>();
  #identity: ProducerIdentity = ANONYMOUS;
  #identityWanted: boolean;
  #bufferedBytes = 0;
  #roomWaiters: (() => void)[] = [];
  #emptyWaiters: (() => void)[] = [];
  #timer: { readonly atMs: number; readonly timer: Timer } | undefined;
  #closed = false;

  constructor(cluster: Cluster, options: ProducerOptions = {}) {
    const acks = options.acks ?? -1;
    this.#cluster = cluster;
    this.#options = {
      acks,
      compression: options.compression ?? "none",
      idempotent: options.idempotent ?? acks === -1,
      lingerMs: options.lingerMs ?? LINGER_MS,
      deliveryTimeoutMs: options.deliveryTimeoutMs ?? DELIVERY_TIMEOUT_MS,
      createTopics: options.createTopics ?? false,
    };
    assert(!this.#options.idempotent || acks === -1, "an idempotent producer has acks -1");
    this.#identityWanted = this.#options.idempotent;
  }

  /** Resolves when the record is acknowledged; rejects when that fails for good. */
  async send(record: ProducerRecord): Promise<RecordMetadata> {
    if (this.#closed) throw clientError("CLOSED", "the producer was closed");
    const known = this.#lookups.has(record.topic)
      ? undefined
      : this.#cluster.knownTopic(record.topic);
    const topic = known ?? (await this.#lookUp(record.topic));
    return new Promise((resolve, reject) => {
      this.#enqueue(topic, record, (result) => {
        if (result instanceof Error) reject(result);
        else resolve(result);
      });
    });
  }

  /** Resolves when there is room for more records; whoever sends many waits for it. */
  ready(): Promise<void> {
    if (this.#bufferedBytes < BUFFER_BYTES_MAX) return Promise.resolve();
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  /** Sends what is there without lingering; resolves when nothing is left, sent or failed. */
  async flush(): Promise<void> {
    await Promise.allSettled(this.#lookups.values());
    if (this.#isEmpty()) return;
    await new Promise<void>((resolve) => {
      this.#emptyWaiters.push(resolve);
      this.#pump();
    });
  }

  /** Flushes, and takes no more. */
  async close(): Promise<void> {
    await this.flush();
    this.#closed = true;
    this.#timer?.timer.cancel();
  }

  #isEmpty(): boolean {
    for (const queue of this.#queues.values()) if (queue.batches.length > 0) return false;
    return true;
  }

  /** Metadata of a topic; records that wait for it stay in order, because all wait for the same. */
  #lookUp(name: string): Promise<TopicMetadata> {
    const underWay = this.#lookups.get(name);
    if (underWay !== undefined) return underWay;
    const lookup = this.#cluster
      .topic(name, {
        create: this.#options.createTopics,
        timeoutMs: this.#options.deliveryTimeoutMs,
      })
      .finally(() => this.#lookups.delete(name));
    this.#lookups.set(name, lookup);
    return lookup;
  }

  #enqueue(
    topic: TopicMetadata,
    record: ProducerRecord,
    settle: (result: RecordMetadata | Error) => void,
  ): void {
    const name = record.topic;
    const count = topic.partitions.length;
    const partition = record.partition ?? this.#choosePartition(name, record.key, count);
    if (partition < 0 || partition >= count) {
      settle(brokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { topic: name, partition }));
      return;
    }
    const queue = this.#queueOf(name, partition);
    const clock = this.#cluster.platform.clock;
    let batch = queue.batches.at(-1);
    if (batch === undefined || batch.bytes !== undefined || batch.sizeBytes >= BATCH_BYTES) {
      batch = new ProducerBatch(clock.monotonicMs());
      queue.batches.push(batch);
    }
    const before = batch.sizeBytes;
    const { key, value, headers } = record;
    const timestamp = record.timestamp ?? clock.nowMs();
    batch.add({ timestamp, key, value, ...(headers === undefined ? {} : { headers }) }, settle);
    this.#bufferedBytes += batch.sizeBytes - before;
    if (batch.sizeBytes >= BATCH_BYTES) {
      if (record.partition === undefined && key === null) this.#moveOn(name, count);
      this.#pumpIn(0);
    } else {
      this.#pumpIn(this.#emptyWaiters.length > 0 ? 0 : this.#options.lingerMs);
    }
  }

  #choosePartition(topic: string, key: Uint8Array | null, count: number): number {
    if (key !== null) return partitionOfKey(key, count);
    return this.#sticky.get(topic) ?? this.#moveOn(topic, count);
  }

  /** Another partition for records without a key, so that batches fill one after the other. */
  #moveOn(topic: string, count: number): number {
    const current = this.#sticky.get(topic);
    const next =
      current === undefined ? this.#cluster.platform.random.below(count) : (current + 1) % count;
    this.#sticky.set(topic, next);
    return next;
  }

  #queueOf(topic: string, partition: number): PartitionQueue {
    const name = `${topic}-${partition}`;
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new PartitionQueue(topic, partition);
      this.#queues.set(name, queue);
    }
    return queue;
  }

  /** Sends after so many milliseconds what is due then. */
  #pumpIn(delayMs: number): void {
    const { clock } = this.#cluster.platform;
    const atMs = clock.monotonicMs() + delayMs;
    if (this.#timer !== undefined) {
      if (this.#timer.atMs <= atMs) return;
      this.#timer.timer.cancel();
    }
    const timer = clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#pump();
    });
    this.#timer = { atMs, timer };
  }

  #pump(): void {
    const nowMs = this.#cluster.platform.clock.monotonicMs();
    const shipments = new Map<number, Shipment[]>();
    const sizes = new Map<number, number>();
    for (const queue of this.#queues.values()) {
      const batch = queue.batches[0];
      if (batch === undefined || queue.inFlight) continue;
      const dueMs = this.#dueMs(queue, batch);
      if (dueMs > nowMs) {
        this.#pumpIn(dueMs - nowMs);
        continue;
      }
      const leader = this.#cluster.knownLeaderOf(queue.topic, queue.partition);
      if (leader === undefined) {
        queue.inFlight = true;
        void this.#findLeader(queue, batch);
        continue;
      }
      const size = (sizes.get(leader) ?? 0) + batch.sizeBytes;
      if (this.#busyBrokers.has(leader) || (size > REQUEST_BYTES_MAX && sizes.has(leader)))
        continue;
      sizes.set(leader, size);
      queue.inFlight = true;
      const list = shipments.get(leader);
      if (list === undefined) shipments.set(leader, [{ queue, batch }]);
      else list.push({ queue, batch });
    }
    for (const [leader, list] of shipments) {
      this.#busyBrokers.add(leader);
      void this.#ship(leader, list);
    }
    if (this.#emptyWaiters.length > 0 && this.#isEmpty()) {
      for (const resolve of this.#emptyWaiters.splice(0)) resolve();
    }
  }

  /** When the oldest batch of a partition is to be sent, by the monotonic clock. */
  #dueMs(queue: PartitionQueue, batch: ProducerBatch): number {
    const hurry =
      batch.bytes !== undefined ||
      queue.batches.length > 1 ||
      batch.sizeBytes >= BATCH_BYTES ||
      this.#emptyWaiters.length > 0;
    return Math.max(queue.notBeforeMs, hurry ? 0 : batch.createdMs + this.#options.lingerMs);
  }

  async #findLeader(queue: PartitionQueue, batch: ProducerBatch): Promise<void> {
    try {
      await this.#cluster.topic(queue.topic, { timeoutMs: this.#remainingMs(batch) });
      if (this.#cluster.knownLeaderOf(queue.topic, queue.partition) === undefined) {
        const context = { topic: queue.topic, partition: queue.partition };
        throw brokerError(ErrorCode.LEADER_NOT_AVAILABLE, context);
      }
    } catch (thrown) {
      this.#cluster.forget(thrown);
      this.#afterFailure({ queue, batch }, thrown);
    }
    queue.inFlight = false;
    this.#pump();
  }

  #remainingMs(batch: ProducerBatch): number {
    const { clock } = this.#cluster.platform;
    return Math.max(0, batch.createdMs + this.#options.deliveryTimeoutMs - clock.monotonicMs());
  }

  async #ship(leader: number, shipments: readonly Shipment[]): Promise<void> {
    try {
      await this.#exchange(leader, shipments);
    } catch (thrown) {
      this.#cluster.forget(thrown);
      for (const shipment of shipments) this.#afterFailure(shipment, thrown);
    }
    this.#busyBrokers.delete(leader);
    for (const { queue } of shipments) queue.inFlight = false;
    this.#pump();
  }

  async #exchange(leader: number, shipments: readonly Shipment[]): Promise<void> {
    const { acks, compression } = this.#options;
    const deadline = this.#cluster.deadline();
    const connection = await this.#cluster.connectionTo(leader, deadline);
    if (this.#identityWanted) await this.#obtainIdentity();
    const topics = new Map<string, { index: number; records: Buffer }[]>();
    for (const { queue, batch } of shipments) {
      const records = queue.build(batch, this.#identity, compression);
      const data = { index: queue.partition, records };
      const list = topics.get(queue.topic);
      if (list === undefined) topics.set(queue.topic, [data]);
      else list.push(data);
    }
    const body = {
      acks,
      timeoutMs: this.#cluster.requestTimeoutMs,
      topicData: [...topics].map(([name, partitionData]) => ({ name, partitionData })),
    };
    if (acks === 0) {
      connection.post(produceCall, body);
      for (const shipment of shipments) this.#succeed(shipment, -1, -1);
      return;
    }
    const response = await connection.request(produceCall, body, this.#cluster.bounds(deadline));
    this.#takeResponse(shipments, response);
  }

  #takeResponse(shipments: readonly Shipment[], response: ProduceResponse): void {
    const answers = new Map<string, PartitionResponse>();
    for (const topic of response.responses) {
      for (const partition of topic.partitionResponses) {
        answers.set(`${topic.name}-${partition.index}`, partition);
      }
    }
    for (const shipment of shipments) {
      const { topic, partition } = shipment.queue;
      const answer = answers.get(`${topic}-${partition}`);
      if (answer === undefined) {
        const error = brokerError(ErrorCode.UNKNOWN_SERVER_ERROR, { topic, partition });
        this.#afterFailure(shipment, error);
      } else {
        this.#takeAnswer(shipment, answer);
      }
    }
  }

  #takeAnswer(shipment: Shipment, answer: PartitionResponse): void {
    const { queue, batch } = shipment;
    const { topic, partition } = queue;
    switch (answer.errorCode) {
      case ErrorCode.NONE:
        this.#succeed(shipment, answer.baseOffset, answer.logAppendTimeMs);
        return;
      case ErrorCode.DUPLICATE_SEQUENCE_NUMBER:
        this.#succeed(shipment, -1, -1);
        return;
      case ErrorCode.MESSAGE_TOO_LARGE:
        if (batch.records.length > 1) {
          queue.split();
          return;
        }
    }
    const detail = answer.recordErrors[0]?.batchIndexErrorMessage ?? answer.errorMessage;
    const error = brokerError(answer.errorCode, { topic, partition }, detail);
    this.#cluster.forget(error);
    this.#afterFailure(shipment, error);
  }

  #succeed({ queue, batch }: Shipment, baseOffset: number, logAppendTimeMs: number): void {
    const { topic, partition } = queue;
    this.#remove(queue, batch);
    batch.settle((index) => ({
      topic,
      partition,
      offset: baseOffset < 0 ? -1 : baseOffset + index,
      timestamp: logAppendTimeMs >= 0 ? logAppendTimeMs : batch.records[index]!.timestamp,
    }));
  }

  /** Leaves the batch for another try, or gives it up. */
  #afterFailure({ queue, batch }: Shipment, thrown: unknown): void {
    if (isRetriableError(thrown) && this.#remainingMs(batch) > 0) {
      queue.notBeforeMs = this.#cluster.platform.clock.monotonicMs() + RETRY_PAUSE_MS;
      return;
    }
    this.#remove(queue, batch);
    // Its sequence numbers are lost, and the broker would refuse those after a gap.
    if (batch.bytes !== undefined) this.#identityWanted = this.#options.idempotent;
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    batch.settle(() => error);
  }

  #remove(queue: PartitionQueue, batch: ProducerBatch): void {
    assert(queue.batches[0] === batch, "the oldest batch is the one that was sent");
    queue.batches.shift();
    this.#bufferedBytes -= batch.sizeBytes;
    if (this.#bufferedBytes >= BUFFER_BYTES_MAX) return;
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }

  async #obtainIdentity(): Promise<void> {
    const deadline = this.#cluster.deadline();
    const response = await this.#cluster.ask(
      initProducerIdCall,
      {
        transactionalId: null,
        transactionTimeoutMs: 0x7fff_ffff,
        producerId: -1,
        producerEpoch: -1,
      },
      deadline,
    );
    throwOnError(response.errorCode, { api: "InitProducerId" });
    this.#identityWanted = false;
    this.#identity = {
      producerId: response.producerId,
      producerEpoch: response.producerEpoch,
      generation: this.#identity.generation + 1,
    };
  }
}
