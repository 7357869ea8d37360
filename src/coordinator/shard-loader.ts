import { messageOf, MoldauError } from "../core/errors.ts";
import type { Clock } from "../platform/clock.ts";
import { errorName } from "../protocol/error-code.ts";
import { anyBatchesIn, type AnyBatchView } from "../records/legacy.ts";
import type { RecordBatchView } from "../records/record-batch.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { CoordinatorLog } from "./log-port.ts";
import { NO_TRANSACTION, type CoordinatorMachine } from "./machine.ts";
import type { Timeline } from "./timeline.ts";

export type LoadResult =
  | { readonly kind: "loaded"; readonly endOffset: number }
  | { readonly kind: "failed"; readonly error: string };

export interface LoadOptions<R> {
  readonly partition: number;
  readonly log: CoordinatorLog;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly maxBytes: number;
  readonly machine: CoordinatorMachine<R>;
  readonly timeline: Timeline;
  /** A batch above the high watermark was replayed: it can still be read around, not yet through. */
  readonly onUncommitted: (endOffset: number) => void;
  readonly onEnd: (result: LoadResult) => void;
}

/** The type of an end marker is the second number of its key: 0 abort, 1 commit. */
const CONTROL_TYPE_AT = 2;
const CONTROL_ABORT = 0;
const CONTROL_COMMIT = 1;
/** Read at once at most, so that a turn of the loop stays short. */
const PIECE_BYTES_MAX = 1 << 20;
/** Unknown types are warned of by number, and no more than this many. */
const UNKNOWN_TYPES_WARNED_MAX = 16;

/**
 * Replays a partition from the start of its log to its end, a piece per turn of the loop so that the
 * other work of the process goes on.
 */
export class ShardLoader<R> {
  readonly #options: LoadOptions<R>;
  readonly #unknownTypes = new Set<number>();
  #nextOffset: number;
  #cancelled = false;

  constructor(options: LoadOptions<R>) {
    this.#options = options;
    this.#nextOffset = options.log.logStartOffset(options.partition);
  }

  /** An empty log, as that of a new topic, is loaded before this returns. */
  start(): void {
    const { log, partition, clock } = this.#options;
    if (this.#nextOffset >= 0 && this.#nextOffset >= log.logEndOffset(partition)) this.#step();
    else clock.defer(() => this.#step());
  }

  cancel(): void {
    this.#cancelled = true;
  }

  #step(): void {
    if (this.#cancelled) return;
    const { log, partition, clock, timeline, onEnd } = this.#options;
    try {
      if (this.#nextOffset < 0) {
        onEnd({ kind: "failed", error: "the partition is not here" });
        return;
      }
      const done = this.#replayPiece();
      if (!done) {
        clock.defer(() => this.#step());
        return;
      }
    } catch (thrown) {
      onEnd({ kind: "failed", error: messageOf(thrown) });
      return;
    }
    timeline.tracking = true;
    onEnd({ kind: "loaded", endOffset: log.logEndOffset(partition) });
  }

  /** Returns whether the end of the log is reached. */
  #replayPiece(): boolean {
    const { log, partition, maxBytes } = this.#options;
    const endOffset = log.logEndOffset(partition);
    if (this.#nextOffset >= endOffset) return true;
    const read = log.read(partition, this.#nextOffset, Math.min(maxBytes, PIECE_BYTES_MAX));
    if (read.kind === "failed") throw new CoordinatorLoadError(errorName(read.error));
    const highWatermark = log.highWatermark(partition);
    let found = false;
    for (const batch of anyBatchesIn(read.bytes)) {
      if (batch.nextOffset <= this.#nextOffset) continue;
      this.#replayBatch(batch, highWatermark);
      this.#nextOffset = batch.nextOffset;
      found = true;
    }
    // Compaction may have taken the last batches away, but not their offsets.
    return !found || this.#nextOffset >= endOffset;
  }

  #replayBatch(batch: AnyBatchView, highWatermark: number): void {
    const { timeline, onUncommitted } = this.#options;
    // Once a batch is kept revertible, so are those after it, even if the watermark has risen since.
    const committed = timeline.sealedCount === 0 && batch.nextOffset <= highWatermark;
    timeline.tracking = !committed;
    if (batch.magic === 2 && batch.isControl) this.#replayControl(batch);
    else this.#replayRecords(batch);
    if (!committed) {
      timeline.seal();
      onUncommitted(batch.nextOffset);
    }
  }

  #replayRecords(batch: AnyBatchView): void {
    const { machine } = this.#options;
    const isTransactional = batch.magic === 2 && batch.isTransactional;
    const producerId = isTransactional ? batch.producerId : NO_TRANSACTION;
    for (const { key, value, offset } of batch.records()) {
      if (offset < this.#nextOffset) continue;
      if (key === null) throw new CoordinatorLoadError(`the record at ${offset} has no key`);
      const record = machine.decode(key, value);
      if (record === undefined) this.#warnOfUnknownType(key, offset);
      else machine.replay(record, offset, producerId);
    }
  }

  #replayControl(batch: RecordBatchView): void {
    for (const { key } of batch.records()) {
      if (key === null || key.length < CONTROL_TYPE_AT + 2) continue;
      const type = key.readInt16BE(CONTROL_TYPE_AT);
      if (type !== CONTROL_ABORT && type !== CONTROL_COMMIT) continue;
      this.#options.machine.replayEndTransaction(batch.producerId, type === CONTROL_COMMIT);
    }
  }

  #warnOfUnknownType(key: Buffer, offset: number): void {
    const type = key.length < 2 ? -1 : key.readInt16BE(0);
    if (this.#unknownTypes.has(type) || this.#unknownTypes.size >= UNKNOWN_TYPES_WARNED_MAX) return;
    this.#unknownTypes.add(type);
    const { logger, partition } = this.#options;
    logger.warn(
      "records of an unknown type are passed over; a newer version may have written them",
      {
        partition,
        offset,
        type,
      },
    );
  }
}

/** The log of a shard cannot be replayed. */
class CoordinatorLoadError extends MoldauError {
  override readonly name = "CoordinatorLoadError";

  constructor(message: string) {
    super(message, { code: "COORDINATOR_LOAD_FAILED" });
  }
}
