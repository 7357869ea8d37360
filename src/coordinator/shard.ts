import { assert } from "../core/assert.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type { CompressionCodec } from "../records/compression.ts";
import type { Logger } from "../telemetry/logger.ts";
import { CoordinatorBatch } from "./coordinator-batch.ts";
import { coordinatorErrorOf } from "./coordinator-error.ts";
import type { CoordinatorLog } from "./log-port.ts";
import {
  NO_TRANSACTION,
  type CoordinatorMachine,
  type Decide,
  type Decision,
  type ShardContext,
  type StoredRecord,
  type WriteOperation,
} from "./machine.ts";
import { ShardLoader, type LoadResult } from "./shard-loader.ts";
import { NamedTimers } from "./shard-timers.ts";
import { Timeline } from "./timeline.ts";

/** What the shards of a runtime have in common. */
export interface ShardSettings {
  /** Records are written with this codec. */
  readonly compression: CompressionCodec;
  /**
   * How long a batch stays open for more records: -1 until the events that are ready now have run
   * (adds no time), 0 not at all, else milliseconds.
   */
  readonly appendLingerMs: number;
  /** How long a reply waits for the high watermark after the append. */
  readonly writeTimeoutMs: number;
  /** Bytes read at once while loading. */
  readonly loadBufferBytes: number;
}

/** What a shard is made of; the same for all shards of a runtime. */
export interface ShardParts<M, R> {
  readonly clock: Clock;
  readonly log: CoordinatorLog;
  readonly logger: Logger;
  readonly settings: ShardSettings;
  readonly createMachine: (context: ShardContext<M, R>) => M;
}

export type ShardState = "initial" | "loading" | "active" | "failed" | "closed";

/** An operation that has decided and waits for the high watermark. */
interface Waiting {
  /** Called with NONE when committed. */
  readonly onAppended: ((error: ErrorCode) => void) | undefined;
  readonly succeed: () => void;
  readonly fail: (error: ErrorCode) => void;
  /** The client was told that it took too long; the records may still count. */
  answered: boolean;
}

/** A batch that is in the log and not yet committed. */
interface AppendedBatch {
  readonly endOffset: number;
  readonly waiting: Waiting[];
  timer: Timer | undefined;
}

/**
 * One partition of the internal topic with the state that its records make. Events run one at a
 * time, each to completion; what arrives meanwhile waits for its turn.
 */
export class Shard<M extends CoordinatorMachine<R>, R> {
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly #parts: ShardParts<M, R>;
  readonly #batch: CoordinatorBatch;
  #state: ShardState = "initial";
  #timeline = new Timeline();
  #timers: NamedTimers<M, R>;
  #machine: M;
  #loader: ShardLoader<R> | undefined;

  /** Operations of the open batch, with and without records. */
  #open: Waiting[] = [];
  #flushTimer: Timer | undefined;
  /** Tells a deferred flush whether the batch it was meant for is still the open one. */
  #flushRound = 0;
  readonly #appended: AppendedBatch[] = [];
  /** End of the log as this shard has written or loaded it. */
  #endOffset = 0;
  #appending = false;

  #running = false;
  readonly #queue: (() => void)[] = [];

  constructor(parts: ShardParts<M, R>, partition: number, leaderEpoch: number) {
    this.#parts = parts;
    this.partition = partition;
    this.leaderEpoch = leaderEpoch;
    this.#batch = new CoordinatorBatch(parts.settings.compression);
    this.#timers = this.#makeTimers();
    this.#machine = this.#makeMachine();
  }

  get state(): ShardState {
    return this.#state;
  }

  /** The state as far as it is committed is read through its committed views. Only while active. */
  get machine(): M {
    assert(this.#state === "active", "the shard is not active", { state: this.#state });
    return this.#machine;
  }

  /** Why requests cannot be served now, or NONE. */
  get availability(): ErrorCode {
    switch (this.#state) {
      case "active":
        return ErrorCode.NONE;
      case "initial":
      case "loading":
        return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
      case "failed":
      case "closed":
        return ErrorCode.NOT_COORDINATOR;
    }
  }

  /** Replays the log, piece by piece, and takes requests afterwards. */
  load(): void {
    assert(this.#state === "initial" || this.#state === "failed", "the shard is loaded already");
    this.#state = "loading";
    const { log, logger, clock, settings } = this.#parts;
    const loader = new ShardLoader<R>({
      partition: this.partition,
      log,
      logger,
      clock,
      maxBytes: settings.loadBufferBytes,
      machine: this.#machine,
      timeline: this.#timeline,
      onUncommitted: (endOffset) => {
        this.#appended.push({ endOffset, waiting: [], timer: undefined });
      },
      onEnd: (result) => this.#run(() => this.#loaded(loader, result)),
    });
    this.#loader = loader;
    loader.start();
  }

  /** Runs an operation in its turn; its reply comes when what it rests on is committed. */
  write<T>(operation: WriteOperation<M, R, T>): void {
    this.#run(() => this.#write(operation));
  }

  /** Gives the shard up: everybody who waits is told that this is not the coordinator. */
  unload(): void {
    this.#run(() => {
      if (this.#state === "closed") return;
      const wasActive = this.#state === "active";
      this.#state = "closed";
      this.#abandon(ErrorCode.NOT_COORDINATOR);
      if (wasActive) this.#machine.onUnloaded();
      this.#timers.cancelAll();
    });
  }

  #makeTimers(): NamedTimers<M, R> {
    return new NamedTimers(this.#parts.clock, (decide, failed) => this.#runTimer(decide, failed));
  }

  #makeMachine(): M {
    const { partition } = this;
    return this.#parts.createMachine({ partition, timeline: this.#timeline, timers: this.#timers });
  }

  #runTimer(decide: Decide<M, R, void>, failed: () => void): void {
    this.write<void>({
      decide,
      succeed: () => undefined,
      fail: (error) => {
        if (error !== ErrorCode.NOT_COORDINATOR) failed();
      },
    });
  }

  /** Runs an event now, or after the one that is running. */
  #run(event: () => void): void {
    if (this.#running) {
      this.#queue.push(event);
      return;
    }
    this.#running = true;
    try {
      event();
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next();
    } finally {
      this.#running = false;
    }
  }

  #loaded(loader: ShardLoader<R>, result: LoadResult): void {
    if (this.#state !== "loading" || this.#loader !== loader) return;
    this.#loader = undefined;
    const { log, logger } = this.#parts;
    if (result.kind === "failed") {
      logger.error("a coordinator shard failed to load", {
        partition: this.partition,
        leaderEpoch: this.leaderEpoch,
        error: result.error,
      });
      this.#state = "failed";
      return;
    }
    this.#endOffset = result.endOffset;
    this.#state = "active";
    logger.debug("a coordinator shard is loaded", {
      partition: this.partition,
      leaderEpoch: this.leaderEpoch,
      endOffset: result.endOffset,
    });
    log.onHighWatermark(this.partition, () => this.#highWatermarkRose());
    this.#commitUpTo(log.highWatermark(this.partition));
    this.#machine.onLoaded();
  }

  #highWatermarkRose(): void {
    // Within an append the batch is not registered yet; the append looks at the watermark itself.
    if (this.#appending) return;
    this.#run(() => {
      if (this.#state !== "active") return;
      this.#commitUpTo(this.#parts.log.highWatermark(this.partition));
    });
  }

  #write<T>(operation: WriteOperation<M, R, T>): void {
    const unavailable = this.availability;
    if (unavailable !== ErrorCode.NONE) {
      operation.fail(unavailable);
      return;
    }
    const decision = operation.decide(this.#machine);
    const waiting: Waiting = {
      onAppended: decision.onAppended,
      succeed: () => operation.succeed(decision.reply),
      fail: operation.fail,
      answered: false,
    };
    if (decision.records.length === 0) {
      this.#replyInOrder(waiting);
      return;
    }
    const error = this.#append(decision);
    if (error === ErrorCode.NONE) {
      this.#open.push(waiting);
      if (this.#parts.settings.appendLingerMs === 0) this.#flush();
    } else {
      // What the decision changed by itself must not outlive its records.
      if (this.#batch.count === 0) this.#timeline.revertOpen();
      settle(waiting, error);
    }
  }

  /** A reply without records rests on all that was written before it. */
  #replyInOrder(waiting: Waiting): void {
    if (this.#batch.count > 0) {
      this.#open.push(waiting);
      return;
    }
    const last = this.#appended.at(-1);
    if (last === undefined) {
      settle(waiting, ErrorCode.NONE);
      return;
    }
    last.waiting.push(waiting);
  }

  /** Replays and collects the records of one decision; an error means none (or not all) of them. */
  #append<T>(decision: Decision<R, T>): ErrorCode {
    const nowMs = this.#parts.clock.nowMs();
    const stored: StoredRecord[] = [];
    for (const record of decision.records) stored.push(this.#machine.encode(record));
    if (decision.divisible !== true) {
      const error = this.#makeRoom(stored, nowMs);
      if (error !== ErrorCode.NONE) return error;
    }
    for (let i = 0; i < stored.length; i++) {
      if (decision.divisible === true) {
        const error = this.#makeRoom(stored.slice(i, i + 1), nowMs);
        if (error !== ErrorCode.NONE) return error;
      }
      if (decision.applied !== true) {
        const offset = this.#endOffset + this.#batch.count;
        this.#machine.replay(decision.records[i]!, offset, NO_TRANSACTION);
      }
      this.#batch.add(stored[i]!, nowMs);
      if (this.#batch.count === 1) this.#scheduleFlush();
    }
    return ErrorCode.NONE;
  }

  /** Makes sure that the records fit into the open batch. */
  #makeRoom(stored: readonly StoredRecord[], nowMs: number): ErrorCode {
    const limit = this.#parts.log.maxMessageBytes(this.partition);
    if (limit <= 0) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    if (this.#batch.sizeWith(stored, nowMs) <= limit) return ErrorCode.NONE;
    if (this.#batch.count > 0) {
      // What was decided rests on the open batch; if that fails, this fails with it.
      const error = this.#flush();
      if (error !== ErrorCode.NONE) return error;
    }
    return this.#batch.sizeWith(stored, nowMs) <= limit
      ? ErrorCode.NONE
      : ErrorCode.RECORD_LIST_TOO_LARGE;
  }

  #scheduleFlush(): void {
    const { appendLingerMs } = this.#parts.settings;
    if (appendLingerMs === 0) return;
    const round = this.#flushRound;
    const flush = (): void =>
      this.#run(() => {
        if (this.#state === "active" && this.#flushRound === round) this.#flush();
      });
    if (appendLingerMs < 0) this.#parts.clock.defer(flush);
    else this.#flushTimer = this.#parts.clock.setTimer(appendLingerMs, flush);
  }

  /** Appends the open batch. All operations of it share its fate. */
  #flush(): ErrorCode {
    const waiting = this.#open;
    const { count } = this.#batch;
    this.#open = [];
    this.#flushRound++;
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    if (count === 0) return ErrorCode.NONE;
    const { log, logger } = this.#parts;
    this.#appending = true;
    const result = log.append(this.partition, this.#batch.take(), this.leaderEpoch);
    this.#appending = false;
    if (result.kind === "failed") {
      this.#timeline.revertOpen();
      for (const operation of waiting) settle(operation, result.error);
      return result.error;
    }
    const endOffset = this.#endOffset + count;
    if (result.baseOffset !== this.#endOffset || result.lastOffset !== endOffset - 1) {
      logger.error("the log of a coordinator shard is not what it was; loading it again", {
        partition: this.partition,
        expectedOffset: this.#endOffset,
        baseOffset: result.baseOffset,
      });
      this.#reload(waiting);
      return ErrorCode.NOT_COORDINATOR;
    }
    this.#endOffset = endOffset;
    this.#timeline.seal();
    this.#appended.push({ endOffset, waiting, timer: undefined });
    this.#commitUpTo(log.highWatermark(this.partition));
    this.#armWriteTimeout();
    return ErrorCode.NONE;
  }

  /** If the batch appended last is not committed yet, its replies wait for a bounded time. */
  #armWriteTimeout(): void {
    const last = this.#appended.at(-1);
    if (last === undefined || last.timer !== undefined) return;
    last.timer = this.#parts.clock.setTimer(this.#parts.settings.writeTimeoutMs, () =>
      this.#run(() => {
        const late = this.#appended.find((batch) => batch.endOffset === last.endOffset);
        if (late === undefined || this.#state !== "active") return;
        const error = coordinatorErrorOf(ErrorCode.REQUEST_TIMED_OUT);
        for (const operation of late.waiting) {
          if (operation.answered) continue;
          operation.answered = true;
          operation.fail(error);
        }
      }),
    );
  }

  #commitUpTo(highWatermark: number): void {
    for (;;) {
      const batch = this.#appended[0];
      if (batch === undefined || batch.endOffset > highWatermark) return;
      this.#appended.shift();
      batch.timer?.cancel();
      this.#timeline.commitOldest();
      for (const operation of batch.waiting) settle(operation, ErrorCode.NONE);
    }
  }

  /** Starts again from what the log holds. */
  #reload(waiting: readonly Waiting[]): void {
    const machine = this.#machine;
    this.#state = "failed";
    for (const operation of waiting) settle(operation, ErrorCode.NOT_COORDINATOR);
    this.#abandon(ErrorCode.NOT_COORDINATOR);
    machine.onUnloaded();
    this.#timers.cancelAll();
    this.#timeline = new Timeline();
    this.#timers = this.#makeTimers();
    this.#machine = this.#makeMachine();
    this.load();
  }

  #abandon(error: ErrorCode): void {
    this.#parts.log.onHighWatermark(this.partition, undefined);
    this.#loader?.cancel();
    this.#loader = undefined;
    this.#flushRound++;
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    this.#batch.clear();
    const open = this.#open;
    const appended = this.#appended.splice(0);
    this.#open = [];
    for (const batch of appended) {
      batch.timer?.cancel();
      for (const operation of batch.waiting) settle(operation, error);
    }
    for (const operation of open) settle(operation, error);
  }
}

/** Tells an operation how its records fared. */
function settle(operation: Waiting, error: ErrorCode): void {
  operation.onAppended?.(error);
  if (operation.answered) return;
  operation.answered = true;
  if (error === ErrorCode.NONE) operation.succeed();
  else operation.fail(coordinatorErrorOf(error));
}
