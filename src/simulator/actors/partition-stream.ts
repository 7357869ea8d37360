import { addSequence } from "../../records/record-batch.ts";
import type { CompressionCodec } from "../../records/compression.ts";
import type { PartitionHistory, SentBatch } from "../history.ts";
import { bytesOfBatch } from "../sent-records.ts";

/** Who writes. */
export interface ProducerIdentity {
  readonly name: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Requests of one partition on their way, as many as Kafka's producers allow with idempotence. */
const IN_FLIGHT_MAX = 5;

export interface NewBatch {
  readonly id: number;
  readonly valueSizes: readonly number[];
  readonly timestampMs: number;
  readonly compression: CompressionCodec;
}

/**
 * The batches that one producer has for one partition, in order: the first of them are on their way,
 * and after a failure all are sent again from the first on.
 */
export class PartitionStream {
  readonly partition: PartitionHistory;
  readonly identity: ProducerIdentity;
  readonly #unresolved: SentBatch[] = [];
  #inFlight = 0;
  #isDraining = false;
  #order = 0;
  #nextSequence = 0;

  constructor(partition: PartitionHistory, identity: ProducerIdentity) {
    this.partition = partition;
    this.identity = identity;
  }

  get canSend(): boolean {
    return !this.#isDraining && this.#inFlight < IN_FLIGHT_MAX;
  }

  /** Whether batches wait to be sent again. */
  get hasWaiting(): boolean {
    return this.#unresolved.length > this.#inFlight;
  }

  get unresolved(): readonly SentBatch[] {
    return this.#unresolved;
  }

  /** The batch to send next: one that must go out again, else a new one. */
  next(incarnation: number, describe: () => NewBatch): SentBatch {
    let batch = this.#unresolved[this.#inFlight];
    if (batch === undefined) {
      batch = this.#make(describe());
      this.#unresolved.push(batch);
    }
    this.#inFlight++;
    if (batch.attempts++ === 0) batch.sentTo = incarnation;
    return batch;
  }

  /** It is settled: acknowledged, or given up. */
  resolved(batch: SentBatch, state: SentBatch["state"]): void {
    batch.state = state;
    const at = this.#unresolved.indexOf(batch);
    if (at >= 0) this.#unresolved.splice(at, 1);
    this.#landed();
  }

  /** It must be sent again, and all after it. */
  failed(): void {
    this.#isDraining = true;
    this.#landed();
  }

  isFirst(batch: SentBatch): boolean {
    return this.#unresolved[0] === batch;
  }

  /** Nobody tries any more. */
  giveUp(): void {
    for (const batch of this.#unresolved.splice(0)) batch.state = "given up";
  }

  #landed(): void {
    this.#inFlight = Math.max(0, this.#inFlight - 1);
    if (this.#inFlight === 0) this.#isDraining = false;
  }

  #make(fresh: NewBatch): SentBatch {
    const { partition, identity } = this;
    const { producerId, producerEpoch } = identity;
    const baseSequence = producerId < 0 ? -1 : this.#nextSequence;
    const description = { ...fresh, producerId, producerEpoch, baseSequence };
    const batch: SentBatch = {
      ...description,
      partition,
      order: this.#order++,
      producer: identity.name,
      sizeBytes: bytesOfBatch(description).length,
      state: "open",
      attempts: 0,
      sentTo: -1,
      wasRefused: false,
      baseOffset: -1,
    };
    this.#nextSequence = addSequence(this.#nextSequence, fresh.valueSizes.length);
    partition.batches.set(batch.id, batch);
    return batch;
  }
}
