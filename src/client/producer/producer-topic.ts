import { assert } from "../../core/assert.ts";
import type { Random } from "../../platform/random.ts";
import type { TopicMetadata } from "../cluster/cluster.ts";
import { Fifo } from "./fifo.ts";
import type { ProducerIdentity } from "./identity.ts";
import type { ParkedBarrier, ParkedRecord } from "./parked-record.ts";
import type { ProducerBatch } from "./producer-batch.ts";
import { StickyPartitioner, type PartitionLoad } from "./sticky-partitioner.ts";

/** A batch in the queue of its partition. */
export type QueuedBatch = ProducerBatch<PartitionQueue>;

/** Brokers remember producers that are silent for a day, unless told otherwise. */
const FORGOTTEN_AFTER_MS = 10 * 60 * 1000;

/** Under what a batch is to be sent. */
export interface BatchStamp {
  readonly identity: ProducerIdentity;
  readonly baseSequence: number;
}

/**
 * The batches of one partition, in order, and where its sequence stands.
 *
 * Invariants of an idempotent producer: batches that have a place in the sequence stand before those that
 * have none; under one identity the places follow one another without a gap; a batch that may be in the log
 * keeps its place until a broker has said that it is, or, knowing the sequence, that it is not. What is sent
 * under another identity is therefore in the log only once.
 */
export class PartitionQueue implements PartitionLoad {
  readonly topic: ProducerTopic;
  readonly partition: number;
  /** Node id of the leader, -1 while it is not known. */
  leaderId = -1;
  isAvailable = true;
  /** To be sent, the oldest first. */
  readonly pending: QueuedBatch[] = [];
  /** Sent, and not answered yet; the oldest first. */
  readonly inFlight: QueuedBatch[] = [];
  /** Where the batches in flight went. */
  inFlightNodeId = -1;
  /**
   * One batch at a time until one is acknowledged: after a failure, so that what is sent again keeps the
   * order; and under a new identity, because a partition that does not know it takes any sequence as the
   * first one.
   */
  isCareful = true;
  /** Not to be sent before this time of the monotonic clock. */
  notBeforeMs = 0;
  /** When a batch went out last, by the monotonic clock. */
  #launchedMs = 0;
  /** Failures since a batch was acknowledged. */
  failures = 0;
  /** Bytes of the last batch: so many the next one is expected to hold. */
  expectedBytes = 0;
  #identity: ProducerIdentity | undefined;
  /** A part of the sequence will never be written: what comes next needs another identity. */
  #hasGap = false;
  #nextSequence = 0;
  #nextOrder = 0;

  constructor(topic: ProducerTopic, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get queuedBatches(): number {
    return this.pending.length;
  }

  /** Whether the topic has no such partition any more. */
  get isGone(): boolean {
    return this.topic.queues[this.partition] !== this;
  }

  get isEmpty(): boolean {
    return this.pending.length === 0 && this.inFlight.length === 0;
  }

  /** The batch that takes records. */
  get open(): QueuedBatch | undefined {
    const last = this.pending.at(-1);
    return last === undefined || last.isClosed ? undefined : last;
  }

  /** Under whom sequences were lost, if the next batch cannot go out before there is somebody else. */
  get spentIdentity(): ProducerIdentity | undefined {
    if (!this.#hasGap) return undefined;
    const next = this.pending[0];
    return next === undefined || next.mayBeWritten ? undefined : this.#identity;
  }

  /** Adds a new batch. */
  add(batch: QueuedBatch): void {
    this.pending.push(batch);
  }

  nextOrder(): number {
    return this.#nextOrder++;
  }

  /**
   * What the oldest pending batch is to be sent under; `current` is who the producer is now. Between
   * transactions (`switchesOver`) a new identity is taken whether or not sequences were lost. With
   * `beginsAtZero` partitions refuse any other sequence as the first one.
   */
  stampFor(
    batch: QueuedBatch,
    current: ProducerIdentity,
    {
      switchesOver,
      beginsAtZero,
    }: { readonly switchesOver: boolean; readonly beginsAtZero: boolean },
  ): BatchStamp {
    const { identity, baseSequence } = batch;
    if (identity !== undefined && (batch.mayBeWritten || !this.#hasGap)) {
      return { identity, baseSequence };
    }
    const isNew = this.#identity === undefined || this.#hasGap;
    if (isNew || (switchesOver && this.#identity !== current)) {
      this.#adopt(current);
      if (beginsAtZero) this.isCareful = false;
    }
    assert(this.#identity !== undefined, "an identity was adopted");
    return { identity: this.#identity, baseSequence: this.#nextSequence };
  }

  #adopt(identity: ProducerIdentity): void {
    assert(this.inFlight.length === 0, "nothing is on its way when the identity changes");
    this.#identity = identity;
    this.#nextSequence = 0;
    this.#hasGap = false;
    this.isCareful = true;
    for (const batch of this.pending) {
      // The broker has not got those before it, so it cannot have got this one.
      batch.mayBeWritten = false;
      batch.identity = undefined;
      batch.baseSequence = -1;
    }
  }

  /** The oldest pending batch is on its way, sealed under its stamp. */
  launch(batch: QueuedBatch, nodeId: number, nowMs: number): void {
    // Who was silent for long may not be known any more (`producer.id.expiration.ms`).
    if (nowMs - this.#launchedMs > FORGOTTEN_AFTER_MS) this.isCareful = true;
    this.#launchedMs = nowMs;
    const first = this.pending.shift();
    assert(first === batch, "the oldest batch is sent first");
    this.inFlight.push(batch);
    this.inFlightNodeId = nodeId;
    this.expectedBytes = batch.uncompressedBytes;
    // One that goes out again has a place before that.
    const isNew = batch.identity !== undefined && batch.baseSequence === this.#nextSequence;
    if (isNew) this.#nextSequence = batch.nextSequence;
  }

  /** A batch on its way was answered, or its connection ended. */
  land(batch: QueuedBatch): void {
    remove(this.inFlight, batch);
  }

  /** A batch that landed is in the log. */
  acknowledged(): void {
    this.failures = 0;
    // As long as one is to be sent again nothing new may be written: brokers remember few batches, and the
    // one before those would not be known again.
    if (this.pending[0]?.identity === undefined) this.isCareful = false;
  }

  /** Puts a batch that landed back to its place, to be sent again. */
  putBack(batch: QueuedBatch): void {
    const { pending } = this;
    let at = 0;
    while (at < pending.length && pending[at]!.order < batch.order) at++;
    pending.splice(at, 0, batch);
    this.isCareful = true;
  }

  /** Takes a batch out that was not sent, or not again. */
  drop(batch: QueuedBatch): void {
    remove(this.pending, batch);
  }

  /** Whether no batch before this one still has to find its place in the log. */
  isFirst(batch: QueuedBatch): boolean {
    const isBefore = ({ order, identity }: QueuedBatch): boolean =>
      order < batch.order && identity !== undefined;
    return !this.pending.some(isBefore) && !this.inFlight.some(isBefore);
  }

  /** The broker's sequence is another one: everything not acknowledged needs another identity. */
  loseSequence(): void {
    this.#hasGap = true;
    this.isCareful = true;
  }

  /** A batch that was taken out will not be sent again: its place in the sequence stays empty. */
  giveUp(batch: QueuedBatch): void {
    if (batch.identity === undefined || batch.identity !== this.#identity) return;
    if (!batch.mayBeWritten && batch.nextSequence === this.#nextSequence) {
      // Nothing came after it, so its place can be taken by the next.
      this.#nextSequence = batch.baseSequence;
      return;
    }
    this.loseSequence();
  }
}

/** A topic as a producer works with it. */
export class ProducerTopic {
  readonly name: string;
  /** As known last; kept when the client forgets it because it is out of date. */
  metadata: TopicMetadata | undefined;
  /** By partition; empty until the topic is known. */
  readonly queues: PartitionQueue[] = [];
  /** What cannot go into a batch yet, in order: while there is something, all records of the topic wait here. */
  readonly parked = new Fifo<ParkedRecord | ParkedBarrier>();
  readonly sticky: StickyPartitioner;
  isLookingUp = false;
  /** By the monotonic clock: not to be looked up before. */
  lookUpAfterMs = 0;
  /** What waits is being put into batches. */
  isUnparking = false;
  /** By the monotonic clock: since when brokers say that the topic is not there, although it was. */
  missingSinceMs: number | undefined;

  constructor(
    name: string,
    random: Random,
    options: { readonly batchBytes: number; readonly adaptive: boolean },
  ) {
    this.name = name;
    this.sticky = new StickyPartitioner(random, options);
  }

  /** Takes what is known of the topic now. Partitions may have been added, and leaders may have moved. */
  update(metadata: TopicMetadata): void {
    if (metadata === this.metadata) return;
    const wasMadeAnew = this.metadata !== undefined && this.metadata.topicId !== metadata.topicId;
    this.metadata = metadata;
    // One that was made anew may have fewer.
    if (wasMadeAnew) this.queues.splice(metadata.partitions.length);
    for (const { partitionIndex, leaderId } of metadata.partitions) {
      while (this.queues.length <= partitionIndex) {
        this.queues.push(new PartitionQueue(this, this.queues.length));
      }
      const queue = this.queues[partitionIndex]!;
      if (queue.leaderId !== leaderId) queue.notBeforeMs = 0;
      queue.leaderId = leaderId;
      queue.isAvailable = leaderId >= 0;
      // The new topic knows nothing of this producer, and would take any sequence as the first.
      if (wasMadeAnew) queue.isCareful = true;
    }
  }
}

function remove(batches: QueuedBatch[], batch: QueuedBatch): void {
  const at = batches.indexOf(batch);
  assert(at >= 0, "a batch is where it was put");
  batches.splice(at, 1);
}
