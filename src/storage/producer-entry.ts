import { assert } from "../core/assert.ts";
import { NO_PRODUCER_EPOCH, NO_SEQUENCE } from "../records/record-batch.ts";
import type { ProducerSnapshot } from "../protocol/records/storage/producer-snapshot.ts";

/** Batches of a producer that are remembered, to know a repeated one. */
export const REMEMBERED_BATCHES = 5;

/** A batch is four numbers in a row: last sequence, last offset, offset delta, timestamp. */
const BATCH_NUMBERS = 4;
const LAST_OFFSET = 1;
const OFFSET_DELTA = 2;
const TIMESTAMP = 3;
const NUMBERS_MAX = REMEMBERED_BATCHES * BATCH_NUMBERS;
const SEQUENCES = 0x8000_0000;

/** A producer's entry as a snapshot file has it. */
export type SnapshotEntry = ProducerSnapshot["producerEntries"][number];

/** A batch that was appended before. */
export interface KnownBatch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Greatest of its records. */
  readonly timestamp: number;
}

/** One producer's state on a partition: its epoch, its last batches, its open transaction. */
export class ProducerEntry {
  readonly producerId: number;
  #epoch: number;
  coordinatorEpoch = -1;
  /** -1 when no transaction is open. */
  currentTxnFirstOffset = -1;
  #lastTimestamp = -1;
  /** The last batches, oldest first. */
  #batches: number[] = [];

  constructor(producerId: number, epoch: number) {
    this.producerId = producerId;
    this.#epoch = epoch;
  }

  static fromSnapshot(snapshot: SnapshotEntry): ProducerEntry {
    const entry = new ProducerEntry(snapshot.producerId, snapshot.epoch);
    entry.coordinatorEpoch = snapshot.coordinatorEpoch;
    entry.currentTxnFirstOffset = snapshot.currentTxnFirstOffset;
    entry.#lastTimestamp = snapshot.timestamp;
    const { lastSequence, lastOffset, offsetDelta, timestamp } = snapshot;
    if (lastOffset >= 0) entry.#batches = [lastSequence, lastOffset, offsetDelta, timestamp];
    return entry;
  }

  toSnapshot(): SnapshotEntry {
    const at = this.#batches.length - BATCH_NUMBERS;
    return {
      producerId: this.producerId,
      epoch: this.#epoch,
      lastSequence: this.lastSequence,
      lastOffset: at < 0 ? -1 : this.#batches[at + LAST_OFFSET]!,
      offsetDelta: at < 0 ? 0 : this.#batches[at + OFFSET_DELTA]!,
      timestamp: this.#lastTimestamp,
      coordinatorEpoch: this.coordinatorEpoch,
      currentTxnFirstOffset: this.currentTxnFirstOffset,
    };
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Of the newest batch, -1 when none is known. */
  get lastSequence(): number {
    return this.#batches[this.#batches.length - BATCH_NUMBERS] ?? NO_SEQUENCE;
  }

  /** Of the newest batch or marker. */
  get lastTimestamp(): number {
    return this.#lastTimestamp;
  }

  /** The remembered batch with these sequences. */
  findBatch(firstSequence: number, lastSequence: number): KnownBatch | undefined {
    const batches = this.#batches;
    for (let at = batches.length - BATCH_NUMBERS; at >= 0; at -= BATCH_NUMBERS) {
      if (batches[at] !== lastSequence) continue;
      const offsetDelta = batches[at + OFFSET_DELTA]!;
      if (subtractSequence(lastSequence, offsetDelta) !== firstSequence) continue;
      const lastOffset = batches[at + LAST_OFFSET]!;
      return {
        firstOffset: lastOffset - offsetDelta,
        lastOffset,
        timestamp: batches[at + TIMESTAMP]!,
      };
    }
    return undefined;
  }

  addBatch(
    epoch: number,
    lastSequence: number,
    lastOffset: number,
    offsetDelta: number,
    timestamp: number,
  ): void {
    this.#takeEpoch(epoch);
    const batches = this.#batches;
    if (batches.length === NUMBERS_MAX) {
      batches.copyWithin(0, BATCH_NUMBERS);
      batches.length -= BATCH_NUMBERS;
    }
    batches.push(lastSequence, lastOffset, offsetDelta, timestamp);
    assert(batches.length <= NUMBERS_MAX, "a producer has too many batches");
    this.#lastTimestamp = timestamp;
  }

  /** Takes in an end marker. A raised epoch (KIP-890) begins without sequences. */
  endTransaction(epoch: number, coordinatorEpoch: number, timestamp: number): void {
    this.#takeEpoch(epoch);
    this.coordinatorEpoch = coordinatorEpoch;
    this.currentTxnFirstOffset = -1;
    this.#lastTimestamp = timestamp;
  }

  isExpired(nowMs: number, expirationMs: number): boolean {
    return this.currentTxnFirstOffset < 0 && nowMs - this.#lastTimestamp >= expirationMs;
  }

  #takeEpoch(epoch: number): void {
    if (epoch === this.#epoch) return;
    if (this.#epoch !== NO_PRODUCER_EPOCH) this.#batches.length = 0;
    this.#epoch = epoch;
  }
}

function subtractSequence(sequence: number, count: number): number {
  const difference = sequence - count;
  return difference < 0 ? difference + SEQUENCES : difference;
}
