import { messageOf } from "../../core/errors.ts";
import type { ConsumerMetrics } from "../diagnostics/client-metrics.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { kafkaError, type KafkaError } from "../errors.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import type { FetchedChunk } from "./fetched-chunk.ts";

/** How often bytes that are damaged are fetched again before that ends the reading of their partition. */
export const DAMAGED_FETCHES_MAX = 3;

export interface BufferListener {
  /** There may be something to take. */
  onFilled(): void;
  /** There is more room than before. */
  onDrained(): void;
}

/**
 * What was fetched and not handed out yet. Partitions with records stand in a row; of the first of them one
 * chunk is handed out, then it goes to the end, so that none is starved.
 */
export class RecordBuffer {
  /** Bytes that all partitions hold. */
  bytes = 0;
  /** The partition of the record that {@link take} gave last. */
  takenFrom: AssignedPartition | undefined;
  readonly #listener: BufferListener;
  readonly #metrics: ConsumerMetrics;
  readonly #row: AssignedPartition[] = [];
  #current: AssignedPartition | undefined;

  constructor(listener: BufferListener, metrics: ConsumerMetrics) {
    this.#listener = listener;
    this.#metrics = metrics;
  }

  add(partition: AssignedPartition, chunk: FetchedChunk): void {
    partition.chunks.push(chunk);
    partition.bufferedBytes += chunk.sizeBytes;
    this.bytes += chunk.sizeBytes;
    this.enqueue(partition);
  }

  /** Lets whoever takes come to the failure of a partition, behind its records. */
  fail(partition: AssignedPartition, failure: KafkaError): void {
    partition.failure = failure;
    this.enqueue(partition);
  }

  /** Puts a partition into the row if it has something to take. */
  enqueue(partition: AssignedPartition): void {
    const hasSome = partition.chunks.length > 0 || partition.failure !== undefined;
    if (!hasSome || partition.isQueued || partition === this.#current) return;
    if (!partition.isReadable) return;
    partition.isQueued = true;
    this.#row.push(partition);
    this.#listener.onFilled();
  }

  /** Nothing more of a partition is taken, until {@link enqueue}; what it holds stays. */
  setAside(partition: AssignedPartition): void {
    if (this.#current === partition) this.#current = undefined;
  }

  /** Frees what a partition holds. */
  drop(partition: AssignedPartition): void {
    this.setAside(partition);
    if (partition.bufferedBytes === 0) return;
    this.bytes -= partition.bufferedBytes;
    partition.bufferedBytes = 0;
    partition.chunks.length = 0;
    this.#listener.onDrained();
  }

  /** The next record of any partition, or `undefined`. Throws the failure of a partition. */
  take(): ConsumerRecord | undefined {
    for (;;) {
      const partition = (this.#current ??= this.nextPartition());
      if (partition === undefined) return undefined;
      const record = this.takeFrom(partition, false);
      if (record !== undefined) {
        this.takenFrom = partition;
        return record;
      }
      if (this.#current === partition) this.#current = undefined;
      this.enqueue(partition);
    }
  }

  /** Takes the first partition with something to take out of the row. Throws when it has failed. */
  nextPartition(): AssignedPartition | undefined {
    for (;;) {
      const partition = this.#row.shift();
      if (partition === undefined) return undefined;
      partition.isQueued = false;
      if (!partition.isReadable) continue;
      if (partition.chunks.length > 0) return partition;
      // It stays failed, and says so to whoever tries again.
      if (partition.failure !== undefined) throw partition.failure;
    }
  }

  /** Whether {@link failure} of a partition waits to be told, so that asking again throws it again. */
  requeueFailures(partitions: Iterable<AssignedPartition>): void {
    for (const partition of partitions)
      if (partition.failure !== undefined) this.enqueue(partition);
  }

  /**
   * The next record of one partition; `undefined` at the end of a chunk, or where `across` says so at the
   * end of the last one.
   */
  takeFrom(partition: AssignedPartition, across: boolean): ConsumerRecord | undefined {
    const { chunks } = partition;
    for (;;) {
      const chunk = chunks[0];
      if (chunk === undefined) return undefined;
      try {
        const record = chunk.next();
        if (record !== undefined) return record;
      } catch (thrown) {
        this.#damaged(partition, thrown);
        return undefined;
      }
      this.#finish(partition, chunk);
      if (!across) return undefined;
    }
  }

  #finish(partition: AssignedPartition, chunk: FetchedChunk): void {
    partition.chunks.shift();
    partition.bufferedBytes -= chunk.sizeBytes;
    this.bytes -= chunk.sizeBytes;
    this.#metrics.recordsConsumed += chunk.recordsRead;
    this.#metrics.bytesConsumed += chunk.bytesRead;
    if (partition.isFinished) this.drop(partition);
    this.#listener.onDrained();
  }

  /** Bytes may have been damaged on their way, so they are asked for again a few times. */
  #damaged(partition: AssignedPartition, thrown: unknown): void {
    if (partition.damagedAt !== partition.position) partition.damages = 0;
    partition.damagedAt = partition.position;
    partition.damages++;
    this.drop(partition);
    if (partition.damages < DAMAGED_FETCHES_MAX) {
      partition.moveTo(partition.position, partition.positionEpoch);
      this.#listener.onDrained();
      return;
    }
    partition.damages = 0;
    this.fail(partition, damagedRecords(partition, thrown));
  }
}

function damagedRecords(partition: AssignedPartition, cause: unknown): KafkaError {
  const { topic, name, position: offset } = partition;
  const message = `partition ${name}: the records at offset ${offset} are damaged`;
  return kafkaError(`${message}: ${messageOf(cause)}`, {
    code: "CORRUPT_MESSAGE",
    errorCode: ErrorCode.CORRUPT_MESSAGE,
    retriable: false,
    context: { topic, partition: partition.partition, offset },
    cause,
    remedy: `Read on behind them, with seek to ${offset + 1} or later.`,
  });
}
