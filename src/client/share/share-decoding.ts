import { messageOf } from "../../core/errors.ts";
import type { DeadLetters } from "../consumer/record-decoding.ts";
import { RecordDecodeError } from "../consumer/topic-decoder.ts";
import { AcknowledgeType } from "./acknowledgements.ts";
import type { AcquiredChunk } from "./acquired-chunk.ts";
import type { ShareCore } from "./share-core.ts";
import type { ShareRecord } from "./share-record.ts";

const REMEDY =
  'Share with onDecodeError "reject", "release" or { deadLetter: "topic" } to go on behind it, or acknowledge its record.';

/** Decodes records as they are handed out, and does about those that are refused what the options say. */
export class ShareDecoding {
  readonly #core: ShareCore;
  readonly #deadLetters: DeadLetters | undefined;
  /** What the program was told of and may acknowledge, until it goes on. */
  #told: ShareRecord | undefined;

  constructor(core: ShareCore, deadLetters: DeadLetters | undefined) {
    this.#core = core;
    this.#deadLetters = deadLetters;
  }

  /** The program goes on: a record that was told of with an error, and not acknowledged, is released. */
  goOn(): void {
    this.#told?.settle(AcknowledgeType.RELEASE);
    this.#told = undefined;
  }

  /** Whether the record is to be handed out. Throws {@link RecordDecodeError}. */
  decode({ decoder }: AcquiredChunk, record: ShareRecord): boolean | Promise<boolean> {
    if (decoder === undefined) return true;
    let late: Promise<void> | undefined;
    try {
      late = decoder.decode(record);
    } catch (thrown) {
      return this.#refused(record, thrown);
    }
    if (late === undefined) return true;
    return late.then(
      () => true,
      (thrown: unknown) => this.#refused(record, thrown),
    );
  }

  #refused(record: ShareRecord, thrown: unknown): false | Promise<false> {
    const { onDecodeError } = this.#core.options;
    if (!(thrown instanceof RecordDecodeError) || onDecodeError === "throw") {
      this.#told = record;
      if (!(thrown instanceof RecordDecodeError)) throw thrown;
      throw new RecordDecodeError(record, thrown.part, thrown.cause, REMEDY);
    }
    const { topic, partition, offset } = record;
    this.#core.cluster.logger.warn("a record cannot be decoded", {
      topic,
      partition,
      offset,
      part: thrown.part,
      reason: messageOf(thrown.cause),
      deliveryCount: record.deliveryCount,
      becomes: typeof onDecodeError === "string" ? onDecodeError : onDecodeError.deadLetter,
    });
    if (onDecodeError === "reject") record.settle(AcknowledgeType.REJECT);
    else if (onDecodeError === "release" || this.#deadLetters === undefined) {
      record.settle(AcknowledgeType.RELEASE);
    } else return this.#storeElsewhere(record, thrown, this.#deadLetters);
    return false;
  }

  async #storeElsewhere(
    record: ShareRecord,
    error: RecordDecodeError,
    deadLetters: DeadLetters,
  ): Promise<false> {
    try {
      await deadLetters.send(error);
    } catch (thrown) {
      record.settle(AcknowledgeType.RELEASE);
      throw thrown;
    }
    record.settle(AcknowledgeType.ACCEPT);
    return false;
  }
}
