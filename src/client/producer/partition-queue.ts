import { assert } from "../../core/assert.ts";
import type { ProducerIdentity } from "./identity.ts";
import type { ProducerBatch } from "./producer-batch.ts";
import type { ProducerTopic } from "./producer-topic.ts";
import type { PartitionLoad } from "./sticky-partitioner.ts";

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
  readonly pending: ProducerBatch[] = [];
  /** Sent, and not answered yet; the oldest first. */
  readonly inFlight: ProducerBatch[] = [];
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

  get isEmpty(): boolean {
    return this.pending.length === 0 && this.inFlight.length === 0;
  }

  /** The batch that takes records. */
  get open(): ProducerBatch | undefined {
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
  add(batch: ProducerBatch): void {
    this.pending.push(batch);
  }

  nextOrder(): number {
    return this.#nextOrder++;
  }

  /**
   * What the oldest pending batch is to be sent under; `current` is who the producer is now. Between
   * transactions (`switchesOver`) a new identity is taken whether or not sequences were lost.
   */
  stampFor(batch: ProducerBatch, current: ProducerIdentity, switchesOver: boolean): BatchStamp {
    const { identity, baseSequence } = batch;
    if (identity !== undefined && (batch.mayBeWritten || !this.#hasGap)) {
      return { identity, baseSequence };
    }
    const isNew = this.#identity === undefined || this.#hasGap;
    if (isNew || (switchesOver && this.#identity !== current)) this.#adopt(current);
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
  launch(batch: ProducerBatch, nodeId: number): void {
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
  land(batch: ProducerBatch): void {
    remove(this.inFlight, batch);
  }

  /** Puts a batch that landed back to its place, to be sent again. */
  putBack(batch: ProducerBatch): void {
    const { pending } = this;
    let at = 0;
    while (at < pending.length && pending[at]!.order < batch.order) at++;
    pending.splice(at, 0, batch);
    this.isCareful = true;
  }

  /** Takes a batch out that was not sent, or not again. */
  drop(batch: ProducerBatch): void {
    remove(this.pending, batch);
  }

  /** Whether no batch before this one still has to find its place in the log. */
  isFirst(batch: ProducerBatch): boolean {
    const isBefore = ({ order, identity }: ProducerBatch): boolean =>
      order < batch.order && identity !== undefined;
    return !this.pending.some(isBefore) && !this.inFlight.some(isBefore);
  }

  /** The broker's sequence is another one: everything not acknowledged needs another identity. */
  loseSequence(): void {
    this.#hasGap = true;
    this.isCareful = true;
  }

  /** A batch that was taken out will not be sent again: its place in the sequence stays empty. */
  giveUp(batch: ProducerBatch): void {
    if (batch.identity === undefined || batch.identity !== this.#identity) return;
    if (!batch.mayBeWritten && batch.nextSequence === this.#nextSequence) {
      // Nothing came after it, so its place can be taken by the next.
      this.#nextSequence = batch.baseSequence;
      return;
    }
    this.loseSequence();
  }
}

function remove(batches: ProducerBatch[], batch: ProducerBatch): void {
  const at = batches.indexOf(batch);
  assert(at >= 0, "a batch is where it was put");
  batches.splice(at, 1);
}
