import type { NewField, NewHeader } from "../../records/build.ts";
import type { ProducerBatch } from "./producer-batch.ts";

/** A record that was given up, as it would have been written. */
export interface FailedRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly NewHeader[];
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** Posted records that were given up together; they are read from the batch when somebody iterates. */
export interface FailedRecords extends Iterable<FailedRecord> {
  readonly topic: string;
  /** -1 when none was chosen yet. */
  readonly partition: number;
  readonly count: number;
}

/** The records of a batch that nobody waits for. */
export class FailedBatch implements FailedRecords {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  readonly #batch: ProducerBatch;

  constructor(batch: ProducerBatch) {
    this.#batch = batch;
    this.topic = batch.queue.topic.name;
    this.partition = batch.queue.partition;
    this.count = batch.postedCount;
  }

  *[Symbol.iterator](): Generator<FailedRecord> {
    const awaited = new Set(this.#batch.awaited);
    let index = 0;
    for (const { key, value, headers, timestamp } of this.#batch.records()) {
      if (!awaited.has(index)) yield { key, value, headers, timestamp };
      index++;
    }
  }
}

/** A record that never got into a batch. */
export class FailedParkedRecord implements FailedRecords {
  readonly topic: string;
  readonly partition: number;
  readonly count = 1;
  readonly #record: FailedRecord;

  constructor(
    topic: string,
    record: {
      readonly key: NewField;
      readonly value: NewField;
      readonly headers: readonly NewHeader[];
      readonly partition: number | undefined;
      readonly timestamp: number;
    },
  ) {
    const { key, value, headers, partition, timestamp } = record;
    this.topic = topic;
    this.partition = partition ?? -1;
    this.#record = { key: bytesOf(key), value: bytesOf(value), headers, timestamp };
  }

  [Symbol.iterator](): Iterator<FailedRecord> {
    return [this.#record].values();
  }
}

/** A field as bytes. */
export function bytesOf(field: NewField): Uint8Array | null {
  return typeof field === "string" ? Buffer.from(field, "utf8") : field;
}
