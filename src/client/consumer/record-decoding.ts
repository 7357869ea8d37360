import { messageOf } from "../../core/errors.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { ConsumerCore } from "./consumer-core.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import { RecordDecodeError } from "./topic-decoder.ts";

/** Where records go that cannot be decoded. */
export interface DeadLetters {
  /** Resolves when the record is stored there. */
  send(error: RecordDecodeError): Promise<void>;
}

/** Decodes records as they are handed out, and does about those that are refused what the options say. */
export class RecordDecoding {
  readonly #core: ConsumerCore;
  readonly #deadLetters: DeadLetters | undefined;

  constructor(core: ConsumerCore, deadLetters: DeadLetters | undefined) {
    this.#core = core;
    this.#deadLetters = deadLetters;
  }

  /**
   * Decodes a record of the partition; whether it is to be handed out. A promise where a codec works
   * asynchronously or the record has to be stored elsewhere. Throws {@link RecordDecodeError}, with the
   * partition put back to the record.
   */
  decode(partition: AssignedPartition, record: ConsumerRecord): boolean | Promise<boolean> {
    const { decoder } = partition;
    if (decoder === undefined) return true;
    let late: Promise<void> | undefined;
    try {
      late = decoder.decode(record);
    } catch (thrown) {
      return this.#refused(partition, record, thrown);
    }
    if (late === undefined) return true;
    return late.then(
      () => !partition.isGone,
      (thrown: unknown) => this.#refused(partition, record, thrown),
    );
  }

  #refused(
    partition: AssignedPartition,
    record: ConsumerRecord,
    thrown: unknown,
  ): false | Promise<false> {
    const { onDecodeError } = this.#core.options;
    if (!(thrown instanceof RecordDecodeError) || onDecodeError === "throw") {
      this.#core.putBack(partition, record.offset);
      throw thrown;
    }
    this.#core.cluster.logger.warn("a record cannot be decoded", {
      topic: partition.topic,
      partition: partition.partition,
      offset: record.offset,
      part: thrown.part,
      reason: messageOf(thrown.cause),
      goesTo: onDecodeError === "skip" ? "nowhere" : onDecodeError.deadLetter,
    });
    if (onDecodeError === "skip" || this.#deadLetters === undefined) return false;
    return this.#storeElsewhere(partition, record, thrown, this.#deadLetters);
  }

  async #storeElsewhere(
    partition: AssignedPartition,
    record: ConsumerRecord,
    error: RecordDecodeError,
    deadLetters: DeadLetters,
  ): Promise<false> {
    try {
      await deadLetters.send(error);
    } catch (thrown) {
      this.#core.putBack(partition, record.offset);
      throw thrown;
    }
    return false;
  }
}
