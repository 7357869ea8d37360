import { clientError, type KafkaError } from "../errors.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { ConsumerCore } from "./consumer-core.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import type { Taker, TakingCore } from "./taking-core.ts";
import type { TopicDecoder } from "./topic-decoder.ts";

/** Work of the program between two looks at the network: longer than this, and the loop lets others run. */
const TURN_MS = 4;
/** Records between two looks at the clock, adapted to how long the program works on each. */
const TURN_RECORDS_MIN = 1;
const TURN_RECORDS_MAX = 1_024;
/** How often a group hears that records are waited for. */
const POLLED_MS = 1_000;

/** Where a record comes from, as far as taking it goes. */
export interface TakenFrom {
  /** `undefined` where records are handed out as bytes. */
  readonly decoder: TopicDecoder | undefined;
  /** How often the program has moved it: what was taken before the last time is not wanted any more. */
  readonly seeks: number;
  /** What was taken is not this consumer's any more. */
  readonly isGone: boolean;
}

/** That which has the records. */
export interface RecordSource<P, R> extends TakingCore<P> {
  readonly options: { readonly group: string | undefined };
  readonly buffer: {
    /** Of the record that {@link take} gave last. */
    takenFrom: P | undefined;
    take(): R | undefined;
  };
  /** Whether all that is to be read was handed out. */
  readonly isFinished: boolean;
  /** The record at the offset was not handed out after all. */
  putBack(from: P, offset: number): void;
  /** Sets everything going again after a failure was told. */
  retry(): void;
}

/** What a loop needs of its consumer besides the core. */
export interface LoopOwner<P, R> {
  readonly core: RecordSource<P, R>;
  readonly decoding: {
    /** Whether the record is to be handed out; a promise where that takes its time. */
    decode(from: P, record: R): boolean | Promise<boolean>;
  };
  /** Joins the group or finds the partitions; once, whoever asks. */
  start(): Promise<void>;
  /** The loop came to the end of what is to be read. */
  finish(): Promise<void>;
  /** The program is done with a record. For those who want to know of each. */
  readonly done?: (record: R) => void;
  /** The program left the loop at a record. */
  readonly left?: (record: R) => void;
}

/** The same of a consumer that reads partitions in order. */
export interface TakingOwner extends LoopOwner<AssignedPartition, ConsumerRecord> {
  readonly core: ConsumerCore;
}

/**
 * Takes decoded records out of the buffer, for one loop of the program. While records are there, taking one is
 * a call without promises; now and then the loop has to let others run.
 */
export class RecordTaker<
  P extends TakenFrom = AssignedPartition,
  R extends ConsumerRecord = ConsumerRecord,
> {
  readonly #owner: LoopOwner<P, R>;
  readonly #core: RecordSource<P, R>;
  readonly #decoding: LoopOwner<P, R>["decoding"];
  /** The record that is decoded, or stored elsewhere, before the next one can be taken. */
  #late: { readonly record: R; readonly isWanted: Promise<boolean> } | undefined;
  /** Its partition, and how often the program had moved that when it was taken. */
  #latePartition: P | undefined;
  #lateSeeks = 0;
  /** What {@link take} gave and its caller has not taken account of: a few turns of promises lie between. */
  #given: P | undefined;
  #givenOffset = -1;
  #isInterrupted = false;
  /** Another loop has the records now. */
  #isAbandoned = false;
  #turnLeft = 64;
  #turnRecords = 64;
  #turnBeganMs = 0;
  #handedOutMs = -1;

  constructor(owner: LoopOwner<P, R>) {
    this.#owner = owner;
    this.#core = owner.core;
    this.#decoding = owner.decoding;
  }

  /**
   * Makes `taker` the one whose work counts. What an older loop left undone is done by this. Throws
   * `INVALID_ARGUMENT` while one that works on several records has not ended.
   */
  async begin(taker: Taker<P>): Promise<void> {
    const core = this.#core;
    const before = core.taker;
    if (before !== undefined && before !== taker) {
      if (before.isConcurrent && before.isAtWork) {
        const message = "another loop is at work on records of this consumer; it has to end first";
        throw clientError("INVALID_ARGUMENT", message);
      }
      before.abandon();
    }
    core.taker = taker;
    this.#isAbandoned = false;
    await this.#owner.start();
    core.retry();
  }

  /** Gives back what is being decoded, and what {@link take} is about to give. */
  abandon(): void {
    const core = this.#core;
    this.#isAbandoned = true;
    const late = this.#late;
    if (late !== undefined && this.#latePartition?.seeks === this.#lateSeeks) {
      core.putBack(this.#latePartition, late.record.offset);
    }
    late?.isWanted.catch(() => undefined);
    this.#late = undefined;
    this.#latePartition = undefined;
    if (this.#given !== undefined) core.putBack(this.#given, this.#givenOffset);
    this.#given = undefined;
  }

  /** Throws `CLOSED` where another loop has begun since: the records are that one's. */
  check(taker: Taker<P>): void {
    if (this.#core.taker === taker) return;
    throw takenOver();
  }

  /** The first offset of a partition that is in the works here. */
  firstUndone(partition: P): number | undefined {
    if (this.#latePartition === partition) return this.#late?.record.offset;
    return this.#given === partition ? this.#givenOffset : undefined;
  }

  /** A record if there is one at once and nobody has to be let run before it. Throws failures of a partition. */
  takeNow(): R | undefined {
    return this.#turnLeft > 0 ? this.takeMore() : undefined;
  }

  /** The same behind a record that was taken: for what is to be handed out together with it. */
  takeMore(): R | undefined {
    if (this.#late !== undefined || this.#isAbandoned) return undefined;
    this.#turnLeft--;
    const core = this.#core;
    for (;;) {
      if (core.isStopping) return undefined;
      const record = core.buffer.take();
      if (record === undefined) return undefined;
      const partition = core.buffer.takenFrom!;
      if (partition.decoder === undefined) return record;
      const outcome = this.#decoding.decode(partition, record);
      if (outcome === true) return record;
      if (outcome === false) continue;
      this.#late = { record, isWanted: outcome };
      this.#latePartition = partition;
      this.#lateSeeks = partition.seeks;
      return undefined;
    }
  }

  /**
   * The next record, waiting for it at most so long; `undefined` when the time is over, or for good
   * ({@link isOver}). Throws what ends the iteration.
   */
  async take(maxWaitMs = Infinity): Promise<R | undefined> {
    const core = this.#core;
    const { clock } = core.cluster.platform;
    const untilMs = clock.monotonicMs() + maxWaitMs;
    this.#beginWaiting();
    await this.#endTurn();
    for (;;) {
      const late = await this.#takeLate();
      if (late !== undefined) return late;
      const record = this.takeNow();
      if (record !== undefined) return this.#give(record);
      if (this.#late !== undefined) continue;
      if (this.#isAbandoned) throw takenOver();
      if (this.isOver || this.#isInterrupted) return undefined;
      core.throwFailure();
      if (this.#turnLeft <= 0) {
        await this.#endTurn();
        continue;
      }
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) return undefined;
      core.membership?.polled();
      await core.waitForChange(
        core.membership === undefined ? leftMs : Math.min(leftMs, POLLED_MS),
      );
    }
  }

  /** Whoever called {@link take} keeps account of the record from here on. Throws as {@link check}. */
  acknowledge(taker: Taker<P>): void {
    this.check(taker);
    this.#given = undefined;
  }

  /** Makes {@link take} give up waiting, now and from now on. */
  interrupt(): void {
    this.#isInterrupted = true;
    this.#core.wakeTakers();
  }

  /** Takes {@link interrupt} back. */
  goOn(): void {
    this.#isInterrupted = false;
  }

  /** Whether nothing more comes. */
  get isOver(): boolean {
    const core = this.#core;
    return core.isStopping || core.closing.aborted || core.isFinished;
  }

  async #takeLate(): Promise<R | undefined> {
    const late = this.#late;
    if (late === undefined) return undefined;
    try {
      const isWanted = await late.isWanted;
      const { isGone = true, seeks } = this.#latePartition ?? {};
      // The program, the group or the end may have taken it back meanwhile.
      const isStillThere = !isGone && seeks === this.#lateSeeks;
      if (!isWanted || !isStillThere) return undefined;
      this.#core.buffer.takenFrom = this.#latePartition;
      return this.#give(late.record);
    } finally {
      this.#late = undefined;
      this.#latePartition = undefined;
    }
  }

  /** Lets others run if the program has worked for long enough. */
  async #endTurn(): Promise<void> {
    if (this.#turnLeft > 0) return;
    const { clock } = this.#core.cluster.platform;
    const nowMs = clock.monotonicMs();
    const tookMs = nowMs - this.#turnBeganMs;
    const taken = this.#turnRecords - this.#turnLeft;
    const fitting = tookMs <= 0 ? TURN_RECORDS_MAX : (taken * TURN_MS) / tookMs;
    const most = Math.min(this.#turnRecords * 2, TURN_RECORDS_MAX);
    this.#turnRecords = Math.round(Math.min(Math.max(fitting, TURN_RECORDS_MIN), most));
    this.#turnLeft = this.#turnRecords;
    this.#core.membership?.polled();
    await new Promise<void>((resolve) => clock.defer(resolve));
    this.#turnBeganMs = clock.monotonicMs();
  }

  #beginWaiting(): void {
    const nowMs = this.#core.cluster.platform.clock.monotonicMs();
    if (this.#handedOutMs >= 0) this.#core.metrics.workedMs += nowMs - this.#handedOutMs;
    this.#handedOutMs = nowMs;
  }

  #give(record: R): R {
    this.#given = this.#core.buffer.takenFrom;
    this.#givenOffset = record.offset;
    const nowMs = this.#core.cluster.platform.clock.monotonicMs();
    this.#core.metrics.waitedMs += nowMs - this.#handedOutMs;
    this.#handedOutMs = nowMs;
    return record;
  }
}

function takenOver(): KafkaError {
  return clientError("CLOSED", "another loop takes the records of this consumer now");
}
