import { addSequence } from "../../records/record-batch.ts";
import { BatchBuilder, recordBytesMax, type NewRecord } from "../../records/build.ts";
import type { CompressionCodec } from "../../records/compression.ts";
import type { RecordMetadata } from "./producer-record.ts";

/** Told once what became of a record. */
export type Settle = (result: RecordMetadata | Error) => void;

/** Who writes, and the number of its identity: sequences start over when that changes. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly generation: number;
}

/** Without idempotence. */
export const ANONYMOUS: ProducerIdentity = { producerId: -1, producerEpoch: -1, generation: 0 };

/** Records of one partition that are sent together. */
export class ProducerBatch {
  readonly records: NewRecord[] = [];
  readonly settles: Settle[] = [];
  /** By the monotonic clock. */
  readonly createdMs: number;
  sizeBytes = 0;
  /** What is sent, made at the first attempt: a retry sends the same. */
  bytes: Buffer | undefined;

  constructor(createdMs: number) {
    this.createdMs = createdMs;
  }

  add(record: NewRecord, settle: Settle): void {
    this.records.push(record);
    this.settles.push(settle);
    this.sizeBytes += recordBytesMax(record.key, record.value, record.headers);
  }

  settle(resultOf: (index: number) => RecordMetadata | Error): void {
    for (const [index, settle] of this.settles.entries()) settle(resultOf(index));
  }
}

/** The batches of one partition, the oldest first; only that one may be on its way. */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly batches: ProducerBatch[] = [];
  inFlight = false;
  /** Not to be sent before this time of the monotonic clock; set after a failure. */
  notBeforeMs = 0;
  #generation = 0;
  #nextSequence = 0;
  #lastBaseSequence = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** The bytes of the oldest batch. */
  build(batch: ProducerBatch, identity: ProducerIdentity, compression: CompressionCodec): Buffer {
    if (batch.bytes !== undefined) return batch.bytes;
    const idempotent = identity.producerId >= 0;
    if (this.#generation !== identity.generation) {
      this.#generation = identity.generation;
      this.#nextSequence = 0;
    }
    this.#lastBaseSequence = this.#nextSequence;
    const builder = new BatchBuilder({
      compression,
      producerId: identity.producerId,
      producerEpoch: identity.producerEpoch,
      baseSequence: idempotent ? this.#nextSequence : -1,
      initialBytes: Math.min(batch.sizeBytes + 100, 1024 * 1024),
    });
    for (const record of batch.records) builder.append(record);
    this.#nextSequence = addSequence(this.#nextSequence, batch.records.length);
    batch.bytes = builder.finish();
    return batch.bytes;
  }

  /** Replaces the oldest batch, which the broker refused as a whole, by two halves. */
  split(): void {
    const batch = this.batches.shift();
    if (batch === undefined) return;
    this.#nextSequence = this.#lastBaseSequence;
    const middle = Math.ceil(batch.records.length / 2);
    const halves = [
      new ProducerBatch(batch.createdMs),
      new ProducerBatch(batch.createdMs),
    ] as const;
    for (const [index, record] of batch.records.entries()) {
      const half = index < middle ? halves[0] : halves[1];
      half.add(record, batch.settles[index]!);
    }
    this.batches.unshift(...halves);
  }
}
