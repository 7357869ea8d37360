import { ErrorCode } from "../protocol/error-code.ts";
import {
  batchSizeAt,
  isControlAt,
  lastOffsetAt,
  magicAt,
  NO_PRODUCER_ID,
  producerIdAt,
} from "../records/record-batch.ts";
import type { Logger } from "../telemetry/logger.ts";
import { refused, type AppendOrigin, type AppendResult } from "./append.ts";
import { BatchScan } from "./batch-scan.ts";
import type { LogSegment } from "./log-segment.ts";
import type { ProducerSnapshots } from "./producer-snapshot.ts";
import { ProducerState } from "./producer-state.ts";
import { DamagedFileError } from "./storage-error.ts";

/** A row of segments by rising base offset. */
export interface SegmentRow {
  readonly all: readonly LogSegment[];
}

/** The producer state of a log together with its snapshot files. */
export class LogProducers {
  readonly state = new ProducerState();
  readonly snapshots: ProducerSnapshots;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #expirationMs: () => number;
  /** Offset of the newest snapshot, or where the log started. */
  #snapshotOffset = 0;
  #intermediateOffset: number | undefined;

  constructor(
    snapshots: ProducerSnapshots,
    options: {
      readonly logger: Logger;
      readonly now: () => number;
      readonly expirationMs: () => number;
    },
  ) {
    this.snapshots = snapshots;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#expirationMs = options.expirationMs;
  }

  /** What stands against appending, or the answer to a batch that is there already. */
  check(batches: Buffer, origin: AppendOrigin): AppendResult | undefined {
    if (origin === "raft") return undefined;
    for (let at = 0; at < batches.length; at += batchSizeAt(batches, at)) {
      if (producerIdAt(batches, at) <= NO_PRODUCER_ID) continue;
      const known = origin === "client" ? this.state.duplicateOf(batches, at) : undefined;
      if (known !== undefined) {
        return {
          errorCode: ErrorCode.NONE,
          firstOffset: known.firstOffset,
          lastOffset: known.lastOffset,
          logAppendTimeMs: known.timestamp,
          duplicate: true,
          flushRequired: false,
        };
      }
      const refusal = this.state.check(batches, at, origin);
      if (refusal !== undefined) {
        return refused(refusal.errorCode, refusal.message);
      }
    }
    return undefined;
  }

  /** Takes in batches that are in the segment now. */
  appended(batches: Buffer, segment: LogSegment): void {
    for (let at = 0; at < batches.length; at += batchSizeAt(batches, at)) {
      this.apply(batches, at, segment);
    }
  }

  /** Takes in one batch; an abort is noted in the segment's index. */
  apply(bytes: Buffer, at: number, segment: LogSegment | undefined): void {
    const completed = this.state.apply(bytes, at);
    if (completed === undefined) return;
    const lastStableOffset = this.state.complete(completed);
    if (!completed.isAborted || segment === undefined) return;
    const { producerId, firstOffset, lastOffset } = completed;
    segment.transactionIndex.append({ producerId, firstOffset, lastOffset, lastStableOffset });
  }

  /** Writes a snapshot of the state up to `offset` unless there is one. */
  takeSnapshotAt(offset: number): void {
    this.state.endOffset = offset;
    this.#takeSnapshot();
  }

  /**
   * The same for a snapshot between two segments, of which the newest is enough. Returns the one
   * before, to be removed when the new one is on the device.
   */
  takeIntermediateSnapshot(offset: number): number | undefined {
    const obsolete = this.#intermediateOffset;
    if (obsolete === offset || offset <= this.#snapshotOffset) return undefined;
    this.takeSnapshotAt(offset);
    this.#intermediateOffset = offset;
    return obsolete;
  }

  /** Nothing of what was known holds; the log goes on at `offset`. */
  restartAt(offset: number): void {
    this.state.clear(offset);
    this.snapshots.removeWhere(() => true);
    this.#snapshotOffset = offset;
  }

  /**
   * Makes the state that of the log from `logStartOffset` up to `endOffset`: from the newest snapshot
   * within, and the batches after it. Snapshots outside go. `trustAbsence`: without any snapshot the
   * state is taken as empty instead of reading the log; for logs that were closed properly by a
   * Kafka that had none.
   */
  rebuild(
    row: SegmentRow,
    logStartOffset: number,
    endOffset: number,
    options: { readonly trustAbsence?: boolean; readonly takeSnapshots?: boolean } = {},
  ): void {
    const takeSnapshots = options.takeSnapshots ?? true;
    if (options.trustAbsence === true && this.snapshots.latestOffset === undefined) {
      this.state.clear(logStartOffset);
      this.#snapshotOffset = logStartOffset;
      if (takeSnapshots) {
        for (const offset of snapshotOffsets(row, endOffset)) this.takeSnapshotAt(offset);
      }
      this.state.endOffset = endOffset;
      return;
    }
    this.snapshots.removeWhere((offset) => offset > endOffset || offset <= logStartOffset);
    this.#loadSnapshot(logStartOffset);
    if (endOffset > this.state.endOffset) {
      this.#replay(row, logStartOffset, endOffset, takeSnapshots);
    }
    this.state.endOffset = endOffset;
    if (takeSnapshots) this.#takeSnapshot();
  }

  #loadSnapshot(logStartOffset: number): void {
    const snapshot = this.snapshots.readLatest(this.#logger);
    if (snapshot === undefined) {
      this.state.clear(logStartOffset);
      this.#snapshotOffset = logStartOffset;
      return;
    }
    this.state.restore(snapshot.entries, snapshot.offset);
    this.state.removeExpired(this.#now(), this.#expirationMs());
    this.#snapshotOffset = snapshot.offset;
  }

  #replay(
    row: SegmentRow,
    logStartOffset: number,
    endOffset: number,
    takeSnapshots: boolean,
  ): void {
    const due = new Set(snapshotOffsets(row, endOffset));
    const { all } = row;
    for (let i = 0; i < all.length; i++) {
      const segment = all[i]!;
      if (segment.baseOffset >= endOffset) return;
      const next = all[i + 1];
      if (next !== undefined && next.baseOffset <= this.state.endOffset) continue;
      const start = Math.max(segment.baseOffset, this.state.endOffset, logStartOffset);
      this.state.endOffset = start;
      if (takeSnapshots && due.has(segment.baseOffset)) this.#takeSnapshot();
      this.#replaySegment(segment, start, endOffset);
    }
  }

  #replaySegment(segment: LogSegment, fromOffset: number, endOffset: number): void {
    const position = segment.findBatch(fromOffset)?.position;
    if (position === undefined) return;
    const scan = new BatchScan(segment.file, position, segment.sizeBytes, "headers");
    while (scan.next()) {
      const { bytes, at } = scan;
      if (lastOffsetAt(bytes, at) >= endOffset) return;
      if (magicAt(bytes, at) < 2 || producerIdAt(bytes, at) <= NO_PRODUCER_ID) continue;
      // Only what a control batch says is in its body.
      if (isControlAt(bytes, at)) scan.readWhole();
      this.apply(scan.bytes, scan.at, undefined);
    }
    if (scan.rowEnd !== "whole") {
      throw new DamagedFileError(segment.file.path, `no sound batch at ${scan.position}`);
    }
  }

  #takeSnapshot(): void {
    const { endOffset } = this.state;
    if (endOffset <= this.#snapshotOffset) return;
    this.snapshots.write(endOffset, this.state.toSnapshot());
    this.#snapshotOffset = endOffset;
  }
}

/** Where rebuilding leaves snapshots: the bases of the last two segments, and the end. */
function snapshotOffsets(row: SegmentRow, endOffset: number): number[] {
  return [...row.all.slice(-2).map((segment) => segment.baseOffset), endOffset];
}
