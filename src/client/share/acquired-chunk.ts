import type { TopicPartition } from "../../core/topic-partition.ts";
import { messageOf } from "../../core/errors.ts";
import type { Timer } from "../../platform/clock.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type { RecordOrigin, RecordPlace } from "../consumer/consumer-record.ts";
import { measureChunk, RecordChunk, type ChunkOwner } from "../consumer/fetched-chunk.ts";
import type { TakenFrom } from "../consumer/record-taker.ts";
import type { TopicDecoder } from "../consumer/topic-decoder.ts";
import { kafkaError, type KafkaError } from "../errors.ts";
import { AcknowledgeType, type Acknowledgement } from "./acknowledgements.ts";
import type { LeaseSession } from "./share-lease.ts";
import type { SharePartition } from "./share-partition.ts";
import { ShareRecord, type RecordHolder } from "./share-record.ts";

/** Records that were locked for this member, all with the same count of deliveries. */
export interface AcquiredRange {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly deliveryCount: number;
}

/** A session with a broker, from its beginning until it is lost: what it acquired is locked as long. */
export interface Acquirer extends LeaseSession {
  /** Why it is over. */
  readonly ended: KafkaError | undefined;
  /** Of a lock that begins now, by the monotonic clock. */
  lockedUntilMs(): number;
  nowMs(): number;
  /** Takes what is to be said to the broker. */
  add(partition: SharePartition, acknowledgement: Acknowledgement): void;
}

export interface AcquiredOptions {
  readonly checkCrcs: boolean;
  readonly lockedUntilMs: number;
}

/**
 * Records of one partition that one answer brought and locked for this member. Batches may hold others besides,
 * which are passed over; locked offsets without a record (compaction, markers) are acknowledged as gaps.
 */
export class AcquiredChunk
  extends RecordChunk<ShareRecord>
  implements TakenFrom, TopicPartition, RecordHolder
{
  readonly place: SharePartition;
  readonly seeks = 0;
  /** When the locks run out that were not renewed. */
  readonly lockedUntilMs: number;
  readonly #acquirer: Acquirer;
  readonly #ranges: readonly AcquiredRange[];
  /** Handed out, and not acknowledged. */
  readonly #held = new Map<number, ShareRecord>();
  /** The range that reading has come to, and the offset in it from which on nothing was handed out. */
  #at = 0;
  #from: number;
  /** Nothing more of it is handed out. */
  #isDropped = false;

  constructor(
    place: SharePartition,
    bytes: Buffer,
    ranges: readonly AcquiredRange[],
    acquirer: Acquirer,
    options: AcquiredOptions,
  ) {
    const { topic, partition } = place;
    const firstOffset = ranges[0]?.firstOffset ?? 0;
    const lastOffset = ranges.at(-1)?.lastOffset ?? -1;
    const owner: ChunkOwner = {
      topic,
      partition,
      position: firstOffset,
      positionEpoch: -1,
      untilOffset: lastOffset + 1,
    };
    const measure = measureChunk(bytes, firstOffset);
    super(owner, bytes, measure, { checkCrcs: options.checkCrcs, aborted: undefined });
    this.place = place;
    this.lockedUntilMs = options.lockedUntilMs;
    this.#acquirer = acquirer;
    this.#ranges = ranges;
    this.#from = firstOffset;
  }

  get topic(): string {
    return this.place.topic;
  }

  get partition(): number {
    return this.place.partition;
  }

  get decoder(): TopicDecoder | undefined {
    return this.place.decoder;
  }

  get ended(): KafkaError | undefined {
    return this.#acquirer.ended;
  }

  get isGone(): boolean {
    return this.#acquirer.ended !== undefined;
  }

  /** Whether nothing more of it is to be handed out. */
  get isOver(): boolean {
    return this.#isDropped || this.isGone;
  }

  /** Whether nothing of it is locked any more, or is about to be handed out. */
  get isDone(): boolean {
    if (this.isGone) return true;
    return this.#held.size === 0 && (this.#isDropped || this.#at >= this.#ranges.length);
  }

  /** Records that the program has and has said nothing of. */
  get heldCount(): number {
    return this.#held.size;
  }

  nowMs(): number {
    return this.#acquirer.nowMs();
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    return this.#acquirer.setTimer(delayMs, fire);
  }

  onEnded(listener: () => void): () => void {
    return this.#acquirer.onEnded(listener);
  }

  /**
   * The next record, `undefined` after the last. Throws `CORRUPT_MESSAGE` where bytes are damaged; what is locked
   * there was rejected then, and reading goes on behind it.
   */
  take(): ShareRecord | undefined {
    for (;;) {
      const record = this.#nextOfBatches();
      if (record === undefined) {
        this.#acknowledgeTo(this.nextOffset, AcknowledgeType.GAP);
        // Behind the last whole batch it is not known what there is.
        this.#acknowledgeTo(Infinity, AcknowledgeType.RELEASE);
        return undefined;
      }
      const { offset } = record;
      this.#acknowledgeTo(offset, AcknowledgeType.GAP);
      const range = this.#ranges[this.#at];
      if (range === undefined || offset < range.firstOffset) {
        this.owner.position = this.#from;
        continue;
      }
      record.delivered(range.deliveryCount, this.lockedUntilMs);
      this.#moveTo(offset + 1);
      this.owner.position = this.#from;
      this.#held.set(offset, record);
      return record;
    }
  }

  /** Gives back what was not handed out, or forgets it where its locks have run out. */
  drop(isLocked: boolean): void {
    if (this.#isDropped) return;
    if (isLocked) this.#acknowledgeTo(Infinity, AcknowledgeType.RELEASE);
    this.#isDropped = true;
  }

  /** Gives back what was handed out and has not been acknowledged. */
  releaseHeld(): void {
    for (const record of this.#held.values()) record.settle(AcknowledgeType.RELEASE);
  }

  /** Gives back one record, which has not reached the program. */
  releaseAt(offset: number): void {
    this.#held.get(offset)?.settle(AcknowledgeType.RELEASE);
  }

  acknowledge(
    offset: number,
    type: AcknowledgeType,
    lockedUntilMs: number,
    answered?: (refusal: KafkaError | undefined, lockedUntilMs: number) => void,
  ): void {
    const acquirer = this.#acquirer;
    if (type !== AcknowledgeType.RENEW) this.#held.delete(offset);
    acquirer.add(this.place, {
      firstOffset: offset,
      lastOffset: offset,
      type,
      lockedUntilMs,
      answered:
        answered === undefined
          ? undefined
          : (refusal) => answered(refusal, acquirer.lockedUntilMs()),
    });
  }

  protected record(origin: RecordOrigin, at: RecordPlace): ShareRecord {
    return new ShareRecord(origin, at, this);
  }

  #nextOfBatches(): ShareRecord | undefined {
    if (this.#at >= this.#ranges.length) return undefined;
    try {
      return this.next();
    } catch (thrown) {
      throw this.#damaged(thrown);
    }
  }

  /** Nobody can read what is damaged on the disk of its broker, so it is not delivered again and again. */
  #damaged(cause: unknown): KafkaError {
    const offset = this.#from;
    const nextOffset = this.passOver() ?? Infinity;
    this.#acknowledgeTo(nextOffset > offset ? nextOffset : Infinity, AcknowledgeType.REJECT);
    this.owner.position = this.#from;
    const { topic, partition, name } = this.place;
    const message = `partition ${name}: the records at offset ${offset} are damaged`;
    return kafkaError(`${message}: ${messageOf(cause)}`, {
      code: "CORRUPT_MESSAGE",
      errorCode: ErrorCode.CORRUPT_MESSAGE,
      retriable: false,
      context: { topic, partition, offset },
      cause,
      remedy: "They were rejected; the next loop goes on behind them.",
    });
  }

  /** Says one thing of all that is locked before an offset and was not handed out. */
  #acknowledgeTo(untilOffset: number, type: AcknowledgeType): void {
    for (;;) {
      const range = this.#ranges[this.#at];
      if (range === undefined || this.#from >= untilOffset) return;
      const lastOffset = Math.min(range.lastOffset, untilOffset - 1);
      const { lockedUntilMs } = this;
      const firstOffset = this.#from;
      const answered = undefined;
      const acknowledgement = { firstOffset, lastOffset, type, lockedUntilMs, answered };
      if (this.#acquirer.ended === undefined) this.#acquirer.add(this.place, acknowledgement);
      this.#moveTo(lastOffset + 1);
    }
  }

  #moveTo(offset: number): void {
    const range = this.#ranges[this.#at];
    this.#from = offset;
    if (range === undefined || offset <= range.lastOffset) return;
    this.#at++;
    this.#from = this.#ranges[this.#at]?.firstOffset ?? this.owner.untilOffset;
  }
}
