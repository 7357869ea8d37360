import type { ErrorCode } from "../protocol/error-code.ts";
import type { Timeline } from "./timeline.ts";

/** A record as it lies in the log: key and value are whole, with their type and version numbers. */
export interface StoredRecord {
  readonly key: Buffer;
  /** Null deletes what the key names. */
  readonly value: Buffer | null;
}

/** Producer id of records that belong to no transaction. */
export const NO_TRANSACTION = -1;

/**
 * The state of one shard and the only way to change it: records. `R` is a decoded record of the
 * machine. State that replaying must give back lies on the shard's {@link Timeline}.
 */
export interface CoordinatorMachine<R> {
  /** Bytes of a record, for the log. */
  encode(record: R): StoredRecord;
  /**
   * A record of the log; `undefined` when its type is not known, which is passed over with a warning.
   * Throws when bytes of a known type cannot be understood: the shard then fails to load.
   */
  decode(key: Buffer, value: Buffer | null): R | undefined;
  /**
   * Changes the state. Accepts any order of records that a compacted log can have: about groups and
   * members that are unknown, too. `producerId` is {@link NO_TRANSACTION} outside transactions.
   */
  replay(record: R, offset: number, producerId: number): void;
  /** The transaction of a producer has ended: what it wrote counts now, or never did. */
  replayEndTransaction(producerId: number, commit: boolean): void;
  /** Everything is replayed and the shard takes requests: timers start here. */
  onLoaded(): void;
  /** The shard is given up: answer whoever waits. Timers are cancelled afterwards. */
  onUnloaded(): void;
}

/**
 * What an operation decided. The reply is given when the records, and all records that were written
 * before the operation, are below the high watermark.
 */
export interface Decision<R, T> {
  readonly records: readonly R[];
  readonly reply: T;
  /**
   * The machine has changed its memory already, so the records are not replayed. For state that is
   * more than its records, such as a classic group in a rebalance.
   */
  readonly applied?: boolean;
  /** Called once, before the reply: with NONE when the records are committed, else with why not. */
  readonly onAppended?: ((error: ErrorCode) => void) | undefined;
  /** The records may be spread over several batches, of which a later one may fail. */
  readonly divisible?: boolean;
}

/** Makes one decision about the newest state, committed or not. */
export type Decide<M, R, T> = (machine: M) => Decision<R, T>;

/** Something to decide, and whom to tell. Exactly one of `succeed` and `fail` is called, once. */
export interface WriteOperation<M, R, T> {
  readonly decide: Decide<M, R, T>;
  readonly succeed: (reply: T) => void;
  /** The error is one that clients know how to handle (see `coordinator-error.ts`). */
  readonly fail: (error: ErrorCode) => void;
}

/** Timers by name, of one shard. */
export interface ShardTimers<M, R> {
  /**
   * Runs a decision after `delayMs`, in place of what the key named before. When it fails for a
   * passing reason and `retryDelayMs` is given, it runs again after that.
   */
  schedule(key: string, delayMs: number, decide: Decide<M, R, void>, retryDelayMs?: number): void;
  cancel(key: string): void;
  isScheduled(key: string): boolean;
}

/** What a machine gets to live in. */
export interface ShardContext<M, R> {
  readonly partition: number;
  readonly timeline: Timeline;
  readonly timers: ShardTimers<M, R>;
}

/** Nothing to write and nothing to say. */
export const NO_DECISION: Decision<never, undefined> = { records: [], reply: undefined };
