import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { NewField, NewHeader } from "../../records/build.ts";
import { BATCH_HEADER_BYTES } from "../../records/record-batch.ts";
import { brokerError } from "../errors.ts";
import { BufferPool } from "./buffer-pool.ts";
import type { Delivery } from "./delivery.ts";
import { bytesOf, FailedParkedRecord, type FailedRecords } from "./failed-records.ts";
import { Flush } from "./flush.ts";
import type { ResolvedOptions } from "./options.ts";
import { partitionOfKey } from "./partitioner.ts";
import { ProducerBatch, type BatchFormat } from "./producer-batch.ts";
import { errorOf, invalidOption, notAccepted, recordTooLarge } from "./producer-error.ts";
import type { ParkedRecord } from "./parked-record.ts";
import { ProducerTopic, type PartitionQueue, type QueuedBatch } from "./producer-topic.ts";
import { recordBound } from "./record-size.ts";

/** What became of an attempt to put a record into a batch. */
export const Append = { done: 0, noMetadata: 1, noPartition: 2, noRoom: 3 } as const;
export type Append = (typeof Append)[keyof typeof Append];

/** Whom the accumulator tells what happens. */
export interface AccumulatorListener {
  /** There is something to send; `isUrgent` when a batch is full. */
  onRecords(isUrgent: boolean): void;
  /** A topic has to be looked up, or looked up again. */
  onUnknown(topic: ProducerTopic): void;
  /** Posted records were given up. */
  onFailed(error: Error, records: FailedRecords): void;
}

/** No partition was named or follows from a key. */
const STICKY = -1;
/** Of the memory, how much may be taken before those who ask are told to wait. */
const READY_SHARE = 1 / 4;

/**
 * The records of a producer that are not acknowledged: batches by partition, and what waits for its topic,
 * for room or for its codec. Memory is counted by batch, not by record.
 */
export class RecordAccumulator {
  readonly pool: BufferPool;
  /** Partitions that have batches. */
  readonly busy = new Set<PartitionQueue>();
  readonly topics = new Map<string, ProducerTopic>();
  /** Topics for which records wait that are in no batch. */
  readonly parkedTopics = new Set<ProducerTopic>();
  readonly #options: ResolvedOptions;
  readonly #format: BatchFormat;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #listener: AccumulatorListener;
  readonly #waitingForRoom = new Set<ProducerTopic>();
  readonly #flushes = new WeakMap<QueuedBatch, Flush[]>();
  #roomWaiters: (() => void)[] = [];
  #idleWaiters: (() => void)[] = [];
  readonly #metrics: { bufferedBytes: number };

  constructor(
    options: ResolvedOptions,
    format: BatchFormat,
    doors: { readonly clock: Clock; readonly random: Random },
    listener: AccumulatorListener,
    metrics: { bufferedBytes: number },
  ) {
    this.#metrics = metrics;
    this.#options = options;
    this.#format = format;
    this.#clock = doors.clock;
    this.#random = doors.random;
    this.#listener = listener;
    this.pool = new BufferPool(options.batchBytes);
  }

  /** Bytes of memory that records take. */
  get bufferedBytes(): number {
    return this.#metrics.bufferedBytes;
  }

  /** Whether all records are acknowledged or given up. */
  get isEmpty(): boolean {
    return this.busy.size === 0 && this.parkedTopics.size === 0;
  }

  /** Whether somebody waits for room: then nothing lingers. */
  get isExhausted(): boolean {
    return this.#waitingForRoom.size > 0 || this.#roomWaiters.length > 0;
  }

  /** Whether more records are welcome; beyond that there is still room for some. */
  get hasRoom(): boolean {
    const { bufferBytes, requestBytesMax } = this.#options;
    const welcomeBytes = Math.min(bufferBytes * READY_SHARE, bufferBytes - requestBytesMax);
    return this.#waitingForRoom.size === 0 && this.#metrics.bufferedBytes <= welcomeBytes;
  }

  /** Resolves when {@link hasRoom}. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#roomWaiters.push(resolve);
      this.#listener.onRecords(true);
    });
  }

  topicOf(name: string): ProducerTopic {
    let topic = this.topics.get(name);
    if (topic === undefined) {
      const { batchBytes, adaptivePartitioning } = this.#options;
      const options = { batchBytes, adaptive: adaptivePartitioning };
      topic = new ProducerTopic(name, this.#random, options);
      this.topics.set(name, topic);
    }
    return topic;
  }

  /**
   * The partition of a record, or {@link STICKY}. Throws what the program's partitioner throws, and
   * `INVALID_ARGUMENT` for a partition that is none.
   */
  choosePartition(
    topic: ProducerTopic,
    partition: number | undefined,
    key: NewField,
    value: NewField,
    headers: readonly NewHeader[],
  ): number {
    const partitionCount = topic.queues.length;
    if (partition !== undefined) return validPartition(partition);
    const { partitioner } = this.#options;
    if (partitioner !== undefined) {
      const fields = { key: bytesOf(key), value: bytesOf(value), headers };
      return validPartition(partitioner({ topic: topic.name, ...fields, partitionCount }));
    }
    return key === null ? STICKY : partitionOfKey(key, partitionCount);
  }

  /**
   * Puts a record into a batch, if its topic is known and there is room. Throws `MESSAGE_TOO_LARGE`, and
   * what {@link choosePartition} throws.
   */
  append(
    topic: ProducerTopic,
    chosen: number | undefined,
    timestamp: number,
    key: NewField,
    value: NewField,
    headers: readonly NewHeader[],
    delivery: Delivery | undefined,
  ): Append {
    if (topic.queues.length === 0) return Append.noMetadata;
    const bytesMax = recordBound(key, value, headers);
    if (bytesMax + BATCH_HEADER_BYTES > this.#options.requestBytesMax) {
      this.#checkSize(topic, key, value, headers);
    }
    const partition = this.choosePartition(topic, chosen, key, value, headers);
    const isSticky = partition === STICKY;
    const queue = isSticky ? this.#stickyQueue(topic, bytesMax) : topic.queues[partition];
    if (queue === undefined) return Append.noPartition;
    const batch = this.#batchFor(queue, bytesMax);
    if (batch === undefined) return Append.noRoom;
    const { sizeBytes, memoryBytes } = batch;
    batch.append(timestamp, key, value, headers, delivery);
    if (batch.memoryBytes !== memoryBytes)
      this.#metrics.bufferedBytes += batch.memoryBytes - memoryBytes;
    if (isSticky) topic.sticky.took(batch.sizeBytes - sizeBytes);
    return Append.done;
  }

  #checkSize(
    topic: ProducerTopic,
    key: NewField,
    value: NewField,
    headers: readonly NewHeader[],
  ): void {
    const { requestBytesMax } = this.#options;
    const bytes = recordBound(bytesOf(key), bytesOf(value), headers) + BATCH_HEADER_BYTES;
    if (bytes > requestBytesMax) throw recordTooLarge(topic.name, bytes, requestBytesMax);
  }

  #stickyQueue(topic: ProducerTopic, bytesMax: number): PartitionQueue {
    const { sticky, queues } = topic;
    const queue = queues[sticky.partition];
    if (queue === undefined) return queues[sticky.moveOn(queues)]!;
    if (!sticky.isDone) return queue;
    const { open } = queue;
    // A turn ends with a batch, so that none goes out half full for its sake.
    if (open !== undefined && open.sizeBytes + bytesMax <= this.#options.batchBytes) return queue;
    return queues[sticky.moveOn(queues)]!;
  }

  /** The open batch with room for so many bytes, or a new one; nothing without memory for it. */
  #batchFor(queue: PartitionQueue, bytesMax: number): QueuedBatch | undefined {
    const { batchBytes, bufferBytes } = this.#options;
    const { open } = queue;
    if (open !== undefined) {
      const sizeBytes = open.sizeBytes + bytesMax;
      if (sizeBytes <= batchBytes) {
        if (sizeBytes <= open.memoryBytes) return open;
        // It doubles its memory.
        return this.#metrics.bufferedBytes + open.memoryBytes <= bufferBytes ? open : undefined;
      }
    }
    const wantedBytes = BATCH_HEADER_BYTES + bytesMax;
    const expectedBytes = Math.min(Math.max(queue.expectedBytes, wantedBytes), batchBytes);
    const memoryBytes = Math.max(expectedBytes, wantedBytes);
    if (this.#metrics.bufferedBytes + memoryBytes > bufferBytes) return undefined;
    if (open !== undefined) {
      open.isClosed = true;
      this.#listener.onRecords(true);
    }
    return this.#newBatch(queue, memoryBytes);
  }

  #newBatch(queue: PartitionQueue, memoryBytes: number): QueuedBatch {
    const memory = this.pool.take(memoryBytes);
    const place = { order: queue.nextOrder(), createdMs: this.#clock.monotonicMs() };
    const batch = new ProducerBatch(queue, this.#format, memory, place);
    queue.add(batch);
    this.#metrics.bufferedBytes += batch.memoryBytes;
    this.busy.add(queue);
    this.#listener.onRecords(false);
    return batch;
  }

  /** Whether so many bytes more may wait. */
  hasRoomFor(bytes: number): boolean {
    return (
      this.#waitingForRoom.size === 0 &&
      this.#metrics.bufferedBytes + bytes <= this.#options.bufferBytes
    );
  }

  /** Lets a record wait behind those of its topic that wait already. */
  park(topic: ProducerTopic, record: ParkedRecord): void {
    const bytes = recordBound(record.key, record.value, record.headers);
    if (this.hasRoomFor(bytes)) {
      record.countedBytes = bytes;
      this.#metrics.bufferedBytes += bytes;
    }
    topic.parked.push(record);
    this.parkedTopics.add(topic);
    this.#listener.onRecords(false);
    this.unpark(topic);
  }

  /**
   * Puts what waits into batches, as far as it goes. `askedMs`: the topic was just looked up, and is as brokers
   * said after this time.
   */
  unpark(topic: ProducerTopic, askedMs = -Infinity): void {
    // A program's own partitioner may send something.
    if (topic.isUnparking) return;
    topic.isUnparking = true;
    if (this.#unparkAll(topic, askedMs)) this.#waitingForRoom.delete(topic);
    else this.#waitingForRoom.add(topic);
    if (topic.parked.length === 0) this.parkedTopics.delete(topic);
    topic.isUnparking = false;
  }

  /** Whether it is not room that is missing. */
  #unparkAll(topic: ProducerTopic, askedMs: number): boolean {
    const { parked } = topic;
    for (let entry = parked.first; entry !== undefined; entry = parked.first) {
      if (entry.kind === "barrier") {
        parked.shift();
        entry.reached();
        continue;
      }
      if (!entry.isGone) {
        if (entry.isEncoding) return true;
        const outcome = this.#appendParked(topic, entry);
        if (outcome === Append.noRoom) return false;
        // A partition may have been added between the question and the record.
        const isFresh = entry.deadlineMs - this.#options.blockTimeoutMs < askedMs;
        if (outcome === Append.noMetadata || (outcome === Append.noPartition && !isFresh)) {
          this.#listener.onUnknown(topic);
          return true;
        }
        if (outcome === Append.noPartition) {
          this.#failParked(topic, entry, noSuchPartition(topic, entry));
        }
      }
      parked.shift();
      this.#uncount(entry);
    }
    return true;
  }

  #appendParked(topic: ProducerTopic, record: ParkedRecord): Append {
    const { key, value, headers, timestamp, delivery } = record;
    // The bytes that count for it are those that it now takes.
    const counted = record.countedBytes;
    this.#uncount(record);
    try {
      const outcome = this.append(
        topic,
        record.partition,
        timestamp,
        key,
        value,
        headers,
        delivery,
      );
      if (outcome === Append.done) return outcome;
      record.countedBytes = counted;
      this.#metrics.bufferedBytes += counted;
      return outcome;
    } catch (thrown) {
      this.#failParked(topic, record, errorOf(thrown));
      return Append.done;
    }
  }

  #uncount(record: ParkedRecord): void {
    this.#metrics.bufferedBytes -= record.countedBytes;
    record.countedBytes = 0;
  }

  #failParked(topic: ProducerTopic, record: ParkedRecord, error: Error): void {
    if (record.isGone) return;
    record.isGone = true;
    if (record.delivery !== undefined) record.delivery.failed(error);
    else this.#listener.onFailed(error, new FailedParkedRecord(topic.name, record));
  }

  /** Gives everything up that waits for a topic. */
  failAllParked(topic: ProducerTopic, error: Error): void {
    const { parked } = topic;
    for (let entry = parked.shift(); entry !== undefined; entry = parked.shift()) {
      if (entry.kind === "barrier") {
        entry.reached();
        continue;
      }
      this.#failParked(topic, entry, error);
      this.#uncount(entry);
    }
    this.#waitingForRoom.delete(topic);
    this.parkedTopics.delete(topic);
    this.#roomMayBeThere();
  }

  /** Gives a record up that waits: its codec threw, or its caller does not want it any more. */
  failParked(topic: ProducerTopic, record: ParkedRecord, error: Error): void {
    this.#failParked(topic, record, error);
    this.unpark(topic);
    this.#roomMayBeThere();
  }

  /** Gives up what has waited for too long. */
  expireParked(topic: ProducerTopic, nowMs: number, cause: unknown): void {
    let hasExpired = false;
    for (let entry = topic.parked.first; entry !== undefined; entry = topic.parked.first) {
      if (entry.kind === "record" && !entry.isGone) {
        if (entry.deadlineMs > nowMs) break;
        const { blockTimeoutMs } = this.#options;
        this.#failParked(topic, entry, notAccepted(topic.name, blockTimeoutMs, cause));
      }
      topic.parked.shift();
      if (entry.kind === "barrier") entry.reached();
      else this.#uncount(entry);
      hasExpired = true;
    }
    if (hasExpired) this.unpark(topic);
  }

  /** A batch takes another amount of memory than `memoryBytes`, which was counted for it. */
  recount(batch: QueuedBatch, memoryBytes: number): void {
    this.#metrics.bufferedBytes += batch.memoryBytes - memoryBytes;
    this.#roomMayBeThere();
  }

  /** Puts the halves of a batch in its place. */
  replace(batch: QueuedBatch, halves: readonly QueuedBatch[]): void {
    const flushes = this.#flushes.get(batch);
    for (const half of halves) {
      batch.queue.putBack(half);
      this.#metrics.bufferedBytes += half.memoryBytes;
      if (flushes === undefined) continue;
      this.#flushes.set(half, flushes);
      for (const flush of flushes) flush.add();
    }
    this.complete(batch);
    this.busy.add(batch.queue);
  }

  /** The records of a batch know their fate. */
  settled(batch: QueuedBatch): void {
    const flushes = this.#flushes.get(batch);
    if (flushes === undefined) return;
    this.#flushes.delete(batch);
    for (const flush of flushes) flush.done();
  }

  /** A batch is acknowledged or given up, and nowhere any more. */
  complete(batch: QueuedBatch): void {
    this.settled(batch);
    this.#metrics.bufferedBytes -= batch.memoryBytes;
    batch.release(this.pool);
    if (batch.queue.isEmpty) this.busy.delete(batch.queue);
    this.#roomMayBeThere();
    if (this.#idleWaiters.length > 0 && this.isEmpty) {
      for (const resolve of this.#idleWaiters.splice(0)) resolve();
    }
  }

  /** Resolves when there is nothing any more, not even a batch that was given up on its way. */
  idle(): Promise<void> {
    if (this.isEmpty) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Resolves when all that is here now is acknowledged or given up; nothing of it lingers. */
  async flush(): Promise<void> {
    await Promise.all([...this.parkedTopics].map((topic) => barrier(topic)));
    const flush = new Flush();
    for (const queue of this.busy) {
      for (const batch of [...queue.pending, ...queue.inFlight]) {
        batch.isClosed = true;
        flush.add();
        const others = this.#flushes.get(batch);
        if (others === undefined) this.#flushes.set(batch, [flush]);
        else others.push(flush);
      }
    }
    flush.done();
    this.#listener.onRecords(true);
    await flush.promise;
  }

  #roomMayBeThere(): void {
    for (const topic of this.#waitingForRoom) {
      this.#waitingForRoom.delete(topic);
      this.unpark(topic);
      // One that has to wait on goes behind the others, which would find no room either.
      if (this.#waitingForRoom.has(topic)) return;
    }
    if (this.#roomWaiters.length === 0 || !this.hasRoom) return;
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** Resolves when what waits for the topic now is in batches. */
function barrier(topic: ProducerTopic): Promise<void> {
  return new Promise((reached) => topic.parked.push({ kind: "barrier", reached }));
}

function validPartition(partition: number): number {
  if (Number.isInteger(partition) && partition >= 0) return partition;
  throw invalidOption(`there is no partition ${partition}`, "Partitions are counted from 0.");
}

function noSuchPartition(topic: ProducerTopic, record: ParkedRecord): Error {
  const { partition } = record;
  const count = topic.queues.length;
  const detail = `the topic has ${count} ${count === 1 ? "partition" : "partitions"}`;
  const context = { topic: topic.name, partition };
  return brokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, context, detail, { retriable: false });
}
