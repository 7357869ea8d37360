import type { Random } from "../../platform/random.ts";
import type { NewField, NewHeader } from "../../records/build.ts";
import type { TopicMetadata } from "../cluster/cluster.ts";
import type { Delivery } from "./delivery.ts";
import { PartitionQueue } from "./partition-queue.ts";
import { StickyPartitioner } from "./sticky-partitioner.ts";

/** A record that cannot go into a batch yet: its topic is not known, there is no room, or its codec takes time. */
export class ParkedRecord {
  readonly kind = "record";
  key: NewField;
  value: NewField;
  headers: readonly NewHeader[];
  partition: number | undefined;
  readonly timestamp: number;
  readonly delivery: Delivery | undefined;
  /** By the monotonic clock: when it is given up. */
  readonly deadlineMs: number;
  /** Bytes of memory that count for it, 0 when there was no room for it. */
  countedBytes = 0;
  /** Whether its codec is still at work. */
  isEncoding = false;
  /** Settled before its turn: by its signal, or by its codec. */
  isGone = false;

  constructor(
    record: {
      readonly key: NewField;
      readonly value: NewField;
      readonly headers: readonly NewHeader[];
      readonly partition: number | undefined;
      readonly timestamp: number;
    },
    delivery: Delivery | undefined,
    deadlineMs: number,
  ) {
    this.key = record.key;
    this.value = record.value;
    this.headers = record.headers;
    this.partition = record.partition;
    this.timestamp = record.timestamp;
    this.delivery = delivery;
    this.deadlineMs = deadlineMs;
  }
}

/** A flush that waits for the records before it. */
export interface ParkedBarrier {
  readonly kind: "barrier";
  readonly reached: () => void;
}

/** A queue that may become long, and gives its first entries quickly. */
export class Fifo<T> {
  #items: T[] = [];
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  get first(): T | undefined {
    return this.#items[this.#first];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#first];
    this.#first++;
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
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
