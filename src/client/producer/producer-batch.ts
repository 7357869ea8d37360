import { assert } from "../../core/assert.ts";
import { BatchBuilder, type NewField, type NewHeader } from "../../records/build.ts";
import type { CompressionCodec } from "../../records/compression.ts";
import { addSequence, RecordBatchView, stampProducer } from "../../records/record-batch.ts";
import type { RecordView } from "../../records/record-cursor.ts";
import type { BufferPool } from "./buffer-pool.ts";
import type { Delivery } from "./delivery.ts";
import type { ProducerIdentity } from "./identity.ts";

/** How the batches of a producer are written. */
export interface BatchFormat {
  readonly compression: CompressionCodec;
  readonly compressionLevel: number | undefined;
  readonly isTransactional: boolean;
}

/** Parts of a batch begin with half of its memory, and so much more. */
const PART_SLACK_BYTES = 256;

/** The partition that a batch is for. */
export interface BatchOwner {
  readonly topic: { readonly name: string };
  readonly partition: number;
}

/**
 * Records of one partition that are sent together. They are written into the memory of the batch when they
 * are appended; of a record nothing else is kept, save the delivery of one that somebody waits for.
 */
export class ProducerBatch<Q extends BatchOwner = BatchOwner> {
  readonly queue: Q;
  /** Place among the batches of its partition; the second half of a split batch lies between. */
  readonly order: number;
  /** By the monotonic clock: when its first record came. */
  readonly createdMs: number;
  /** Who waits for records of it; in the order of the records. */
  readonly deliveries: Delivery[] = [];
  /** Places of those records in the batch. */
  readonly awaited: number[] = [];
  readonly #timestamps: number[] = [];
  /** Takes no more records: full, flushed, or on its way once. */
  isClosed = false;
  /** Bytes of memory that count for it. */
  memoryBytes: number;
  /** Times that it was sent. */
  attempts = 0;
  /** By the monotonic clock: when it was sent last. */
  sentMs = 0;
  /** Somebody has it that may write it, or has written it: no broker has said no to its last attempt. */
  mayBeWritten = false;
  /** The same before its last attempt. */
  mightBeWrittenBefore = false;
  /** Somebody else may read its memory: the socket of a connection that ended, whoever was told of a failure. */
  isShared = false;
  /** Its records were told their fate already; only the answer of the broker is awaited. */
  isAbandoned = false;
  /** What went wrong last. */
  lastError: unknown;
  identity: ProducerIdentity | undefined;
  baseSequence = -1;
  #builder: BatchBuilder | undefined;
  #bytes: Buffer | undefined;
  /** What the records were written into, while it is needed. */
  #memory: Buffer | undefined;
  #count = 0;
  #uncompressedBytes = 0;
  readonly #format: BatchFormat;
  readonly #span: number;

  constructor(
    queue: Q,
    format: BatchFormat,
    memory: Buffer,
    place: { readonly order: number; readonly span?: number; readonly createdMs: number },
  ) {
    this.queue = queue;
    this.order = place.order;
    this.createdMs = place.createdMs;
    this.memoryBytes = memory.length;
    this.#format = format;
    this.#span = place.span ?? 1;
    const { compression, compressionLevel, isTransactional } = format;
    this.#builder = new BatchBuilder({
      compression,
      isTransactional,
      memory,
      ...(compressionLevel === undefined ? {} : { compressionLevel }),
    });
  }

  /** Records. */
  get count(): number {
    return this.#count;
  }

  /** Records that nobody waits for. */
  get postedCount(): number {
    return this.#count - this.deliveries.length;
  }

  /** Bytes with the header: of the records before compression, and of what is sent once it is sealed. */
  get sizeBytes(): number {
    return this.#bytes?.length ?? this.#builder?.sizeBytes ?? 0;
  }

  /** With the header, before compression. */
  get uncompressedBytes(): number {
    return this.#builder?.sizeBytes ?? this.#uncompressedBytes;
  }

  /** What is sent; there once it is sealed. */
  get bytes(): Buffer {
    assert(this.#bytes !== undefined, "a batch is sealed before it is sent");
    return this.#bytes;
  }

  get isSealed(): boolean {
    return this.#bytes !== undefined;
  }

  /** Appends a record. Memory grows when it must; {@link memoryBytes} tells then. */
  append(
    timestamp: number,
    key: NewField,
    value: NewField,
    headers: readonly NewHeader[],
    delivery: Delivery | undefined,
  ): void {
    const builder = this.#builder;
    assert(builder !== undefined && !this.isClosed, "records go to open batches");
    const index = this.#count;
    builder.appendAt(index, timestamp, key, value, headers);
    this.#count = index + 1;
    this.memoryBytes = builder.memory.length;
    if (delivery === undefined) return;
    this.deliveries.push(delivery);
    this.awaited.push(index);
    this.#timestamps.push(timestamp);
  }

  /**
   * Makes the bytes to send, under an identity and from a place in its sequence; -1 without. Compresses, and
   * gives the memory of the records back that is not needed then.
   */
  seal(identity: ProducerIdentity | undefined, baseSequence: number, pool: BufferPool): void {
    this.isClosed = true;
    const changed = identity !== this.identity || baseSequence !== this.baseSequence;
    this.identity = identity;
    this.baseSequence = baseSequence;
    const producerId = identity?.producerId ?? -1;
    const producerEpoch = identity?.producerEpoch ?? -1;
    if (this.#bytes !== undefined) {
      if (changed) stampProducer(this.#bytes, 0, { producerId, producerEpoch, baseSequence });
      return;
    }
    this.#bytes = this.#takeBuilder().finish({ producerId, producerEpoch, baseSequence });
    if (this.#format.compression === "none") return;
    this.release(pool);
    this.memoryBytes = this.#bytes.length;
  }

  /** Sequence after the last record. */
  get nextSequence(): number {
    return addSequence(this.baseSequence, this.#count);
  }

  /** The records as they were appended, shared with the memory of the batch. */
  records(): IterableIterator<RecordView> {
    this.#bytes ??= this.#takeBuilder().finish();
    return new RecordBatchView(this.#bytes).records();
  }

  /** The memory of the records can be used again: nobody reads from it any more. */
  release(pool: BufferPool): void {
    const memory = this.#memory ?? this.#builder?.memory;
    this.#memory = undefined;
    if (memory !== undefined && !this.isShared) pool.give(memory);
  }

  /** The same records in two batches that take its places in the sequence; it is of no use afterwards. */
  split(): readonly [ProducerBatch<Q>, ProducerBatch<Q>] {
    const middle = Math.ceil(this.#count / 2);
    const halves = this.divide((index) => index < middle);
    halves[0].#inherit(this, this.baseSequence);
    halves[1].#inherit(this, addSequence(this.baseSequence, middle));
    return halves;
  }

  /**
   * The same records in two batches: those at places that are meant, and the others. Neither has a place in
   * the sequence; the batch itself is of no use afterwards.
   */
  divide(
    isMeant: (index: number) => boolean,
  ): readonly [meant: ProducerBatch<Q>, others: ProducerBatch<Q>] {
    const span = this.#span / 2;
    const { createdMs, order } = this;
    const part = (at: number): ProducerBatch<Q> => {
      const memory = Buffer.allocUnsafe(Math.ceil(this.#uncompressedBytes / 2) + PART_SLACK_BYTES);
      return new ProducerBatch<Q>(this.queue, this.#format, memory, { order: at, span, createdMs });
    };
    const meant = part(order);
    const others = part(order + span);
    let next = 0;
    let index = 0;
    for (const { timestamp, key, value, headers } of this.records()) {
      const delivery = this.awaited[next] === index ? this.deliveries[next++] : undefined;
      (isMeant(index) ? meant : others).append(timestamp, key, value, headers, delivery);
      index++;
    }
    meant.isClosed = true;
    others.isClosed = true;
    return [meant, others];
  }

  /** Takes over a part of another batch's place in the sequence. */
  #inherit(from: ProducerBatch, baseSequence: number): void {
    this.identity = from.identity;
    this.baseSequence = baseSequence;
    this.lastError = from.lastError;
  }

  /** Every record was written, the first at `baseOffset`; -1 for both where it is not known. */
  succeed(baseOffset: number, logAppendTimeMs: number): void {
    const topic = this.queue.topic.name;
    const { partition } = this.queue;
    const { deliveries, awaited } = this;
    for (let i = 0; i < deliveries.length; i++) {
      const offset = baseOffset < 0 ? -1 : baseOffset + awaited[i]!;
      const timestamp = logAppendTimeMs >= 0 ? logAppendTimeMs : this.#timestamps[i]!;
      deliveries[i]!.delivered({ topic, partition, offset, timestamp });
    }
  }

  /** No record will be written by this producer any more. */
  fail(error: Error): void {
    for (const delivery of this.deliveries) delivery.failed(error);
  }

  #takeBuilder(): BatchBuilder {
    const builder = this.#builder;
    assert(builder !== undefined, "a batch is sealed once");
    this.#uncompressedBytes = builder.sizeBytes;
    this.#memory = builder.memory;
    this.#builder = undefined;
    this.isClosed = true;
    return builder;
  }
}
