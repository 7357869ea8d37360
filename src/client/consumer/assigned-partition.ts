import { topicPartitionName, type TopicPartition } from "../../core/topic-partition.ts";
import { ZERO_UUID, type Uuid } from "../../core/uuid.ts";
import type { OffsetToCommit } from "../group/membership.ts";
import type { KafkaError } from "../errors.ts";
import type { StartPlace } from "./consumer-options.ts";
import type { ChunkOwner, FetchedChunk } from "./fetched-chunk.ts";
import type { TopicDecoder } from "./topic-decoder.ts";

/** What has to be found out before the partition can be read. */
export type PlaceWanted =
  /** Where to begin: what the group committed, else what the options say. */
  | { readonly kind: "start" }
  /** Where to go on after an offset that is not in the log, by the policy of the options. */
  | { readonly kind: "reset"; readonly offset: number }
  /** Whether the log still holds what was read before the position, under its new leader (KIP-320). */
  | { readonly kind: "validate" };

const NO_EPOCH = -1;

/**
 * A partition that this consumer reads, from its assignment until it is taken away; when it comes back it is
 * another object, so whatever is still under way for the old one can be told.
 */
export class AssignedPartition implements TopicPartition, ChunkOwner {
  readonly topic: string;
  readonly partition: number;
  /** `topic-partition`. */
  readonly name: string;
  /** `undefined` where records are handed out as bytes. */
  readonly decoder: TopicDecoder | undefined;
  /**
   * Where to begin, whatever the options and the group say: the start of a partition or topic that was made
   * while the consumer was reading already. `undefined` for all others.
   */
  startsAt: StartPlace | undefined;
  /** Of its topic; `ZERO_UUID` until it is known, and where topics have none. */
  topicId: Uuid = ZERO_UUID;

  /** Offset of the record to be handed out next; meaningless while {@link wanted} says `start`. */
  position = 0;
  positionEpoch = NO_EPOCH;
  untilOffset = Infinity;
  /** `undefined` while the partition can be fetched. */
  wanted: PlaceWanted | undefined = { kind: "start" };
  /** Where the next Fetch begins: the position, or behind what is buffered. */
  fetchOffset = 0;
  /** Leader epoch of the record before {@link fetchOffset}. */
  fetchEpoch = NO_EPOCH;
  /** Leader epoch under which the position was found valid; -1 before. */
  leaderEpoch = NO_EPOCH;
  /** Raised by every jump of the position: answers to older Fetches are dropped. */
  generation = 0;
  /** How often the program has moved it: what was taken before the last time is not wanted any more. */
  seeks = 0;

  isPaused = false;
  /** Its group wants it back: nothing of it is handed out any more. */
  isRevoked = false;
  /** Gone: taken away, or the consumer was closed. */
  isGone = false;
  /** Ends reading it, once what is buffered has been handed out. */
  failure: KafkaError | undefined;

  /** What was fetched and not handed out, in order. */
  readonly chunks: FetchedChunk[] = [];
  bufferedBytes = 0;
  /** Whether it waits in the buffer's row of partitions with records. */
  isQueued = false;
  /** Whether a worker of `forEach` holds it. */
  isHeld = false;

  /** Not fetched before this time of the monotonic clock. */
  retryAtMs = 0;
  /** Failures in a row. */
  failures = 0;
  /** How often bytes were damaged in a row, and at which position. */
  damages = 0;
  damagedAt = -1;

  /** The replica that the leader told to read from (KIP-392), -1 for the leader itself. */
  preferredReplica = -1;
  preferredUntilMs = 0;

  /** As of the last answer, -1 before the first. */
  highWatermark = -1;
  lastStableOffset = -1;
  logStartOffset = -1;

  /** What the group has stored, as far as this consumer knows; -1 when nothing. */
  committedOffset = -1;
  /** The position went back because the program said so: a commit may go back as well. */
  mayCommitBack = false;

  constructor(
    { topic, partition }: TopicPartition,
    decoder: TopicDecoder | undefined,
    startsAt?: StartPlace,
  ) {
    this.topic = topic;
    this.partition = partition;
    this.name = topicPartitionName(topic, partition);
    this.decoder = decoder;
    this.startsAt = startsAt;
  }

  /** Whether records of it may be handed out. */
  get isReadable(): boolean {
    return !this.isPaused && !this.isRevoked && !this.isGone && !this.isHeld;
  }

  /** Whether all that is to be read of it was handed out. */
  get isFinished(): boolean {
    return this.wanted?.kind !== "start" && this.position >= this.untilOffset;
  }

  /** Sets where to read on, and forgets what was fetched before. The caller frees the buffer first. */
  moveTo(offset: number, epoch: number): void {
    this.position = offset;
    this.positionEpoch = epoch;
    this.fetchOffset = offset;
    this.fetchEpoch = epoch;
    this.generation++;
    this.failure = undefined;
    this.retryAtMs = 0;
    // What was wanted is about where fetching had come to, which damaged bytes may have told wrong.
    if (this.wanted?.kind !== "start") this.wanted = undefined;
  }

  /** The end of what this consumer may see, as of the last answer; -1 before the first. */
  readableEnd(readCommitted: boolean): number {
    return readCommitted && this.lastStableOffset >= 0 ? this.lastStableOffset : this.highWatermark;
  }

  /** A place in it, as groups remember it. */
  offsetToCommit(offset: number): OffsetToCommit {
    const { topic, partition } = this;
    const leaderEpoch = offset === this.position ? this.positionEpoch : NO_EPOCH;
    return { topic, partition, offset, leaderEpoch };
  }
}
