import { CorruptRecordsError } from "../../records/errors.ts";
import { LegacyBatchView } from "../../records/legacy.ts";
import {
  BATCH_CUT,
  BATCH_DAMAGED,
  BATCH_HEADER_BYTES,
  completeBatchSizeAt,
  leaderEpochAt,
  magicAt,
  nextOffsetAt,
  NO_LEADER_EPOCH,
  RecordBatchView,
  verifyChecksumAt,
} from "../../records/record-batch.ts";
import type { RecordCursor, RecordView } from "../../records/record-cursor.ts";
import {
  ConsumerRecord,
  legacyPlace,
  type RecordOrigin,
  type RecordPlace,
} from "./consumer-record.ts";

/** A transaction whose records are left out where only committed ones are wanted. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** The partition that a chunk is of: reading moves its position. */
export interface ChunkOwner {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the record to be handed out next; records before it are passed over. */
  position: number;
  /** Leader epoch of the record before the position, -1 when not known (KIP-320). */
  positionEpoch: number;
  /** Records from here on are not handed out. `Infinity` for no end. */
  readonly untilOffset: number;
}

export interface ChunkOptions {
  /** Whether the checksum of each batch is verified. */
  readonly checkCrcs: boolean;
  /** Aborted transactions in these bytes, or `undefined` where all records are wanted. */
  readonly aborted: readonly AbortedTransaction[] | undefined;
}

/** What the framing of fetched bytes says. */
export interface ChunkMeasure {
  /** The offset after the last whole batch; `from` when there is none. */
  readonly nextOffset: number;
  /** Leader epoch of the last whole batch, -1 when it has none. */
  readonly leaderEpoch: number;
  /** Bytes of whole batches; what follows is cut short, and is asked for again. */
  readonly wholeBytes: number;
}

const ABORT_MARKER_TYPE = 0;
/** Where the type stands in the key of a control record, after its version. */
const CONTROL_TYPE_AT = 2;

/** Walks over the headers of the batches. Damaged framing ends the walk: reading will find it there. */
export function measureChunk(bytes: Buffer, from: number): ChunkMeasure {
  let at = 0;
  let nextOffset = from;
  let leaderEpoch = NO_LEADER_EPOCH;
  for (;;) {
    const size = completeBatchSizeAt(bytes, at, bytes.length);
    const tooShort = size > 0 && magicAt(bytes, at) === 2 && size < BATCH_HEADER_BYTES;
    if (size === BATCH_CUT) return { nextOffset, leaderEpoch, wholeBytes: at };
    if (size === BATCH_DAMAGED || tooShort) {
      return { nextOffset, leaderEpoch, wholeBytes: bytes.length };
    }
    nextOffset = Math.max(nextOffset, nextOffsetAt(bytes, at));
    leaderEpoch = leaderEpochAt(bytes, at);
    at += size;
  }
}

/**
 * Records of one partition as one answer brought them, read one by one as `R`. Batches are verified and
 * decompressed when reading comes to them, so one at a time is held decompressed. Control records are left
 * out, and so are those of aborted transactions.
 */
export abstract class RecordChunk<R> {
  readonly owner: ChunkOwner;
  /** Memory that it holds: what was received. */
  readonly sizeBytes: number;
  /** The offset after its last batch. */
  readonly nextOffset: number;
  /** Records handed out so far, and bytes of the batches that they came from. */
  recordsRead = 0;
  bytesRead = 0;
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #checkCrcs: boolean;
  readonly #aborted: readonly AbortedTransaction[] | undefined;
  #abortedAt = 0;
  readonly #aborting = new Set<number>();
  /** Where the next batch begins. */
  #at = 0;
  /** The open batch. */
  #cursor: RecordCursor | undefined;
  #legacy: readonly RecordView[] | undefined;
  #legacyAt = 0;
  #origin: RecordOrigin;
  #batchNext = 0;

  constructor(owner: ChunkOwner, bytes: Buffer, measure: ChunkMeasure, options: ChunkOptions) {
    this.owner = owner;
    this.sizeBytes = bytes.length;
    this.nextOffset = measure.nextOffset;
    this.#bytes = bytes;
    this.#end = measure.wholeBytes;
    this.#checkCrcs = options.checkCrcs;
    this.#aborted =
      options.aborted === undefined || options.aborted.length === 0
        ? undefined
        : [...options.aborted].sort((a, b) => a.firstOffset - b.firstOffset);
    this.#origin = originOf(owner, bytes, 0, 0, "CreateTime", NO_LEADER_EPOCH);
  }

  /**
   * The next record, `undefined` after the last; the owner's position is behind it then. Throws
   * `CorruptRecordsError`, `CompressionError` or `UnsafeIntegerError` where the bytes are damaged.
   */
  next(): R | undefined {
    const { owner } = this;
    for (;;) {
      const cursor = this.#cursor;
      if (cursor !== undefined) {
        const origin = this.#origin;
        while (cursor.next()) {
          const offset = origin.baseOffset + cursor.offsetDelta;
          if (offset < owner.position) continue;
          if (offset >= owner.untilOffset) return this.#endHere();
          owner.position = offset + 1;
          owner.positionEpoch = origin.leaderEpoch;
          this.recordsRead++;
          return this.record(origin, cursor);
        }
        this.#closeBatch();
      } else if (this.#legacy !== undefined) {
        const record = this.#nextLegacy(this.#legacy);
        if (record !== undefined) return record;
        this.#closeBatch();
      }
      if (!this.#openBatch()) return undefined;
    }
  }

  /** The record at a place. */
  protected abstract record(origin: RecordOrigin, at: RecordPlace): R;

  /**
   * Goes on behind the batch at which {@link next} threw. Returns the offset after it, as its header says;
   * `undefined` where that cannot be told, and nothing more is read.
   */
  passOver(): number | undefined {
    const isOpen = this.#cursor !== undefined || this.#legacy !== undefined;
    this.#cursor = undefined;
    this.#legacy = undefined;
    if (isOpen) return this.#batchNext;
    const at = this.#at;
    const size = completeBatchSizeAt(this.#bytes, at, this.#end);
    if (size < BATCH_HEADER_BYTES || magicAt(this.#bytes, at) < 2) {
      this.#at = this.#end;
      return undefined;
    }
    this.#at = at + size;
    return nextOffsetAt(this.#bytes, at);
  }

  #endHere(): undefined {
    const { owner } = this;
    owner.position = Math.max(owner.position, owner.untilOffset);
    this.#cursor = undefined;
    this.#legacy = undefined;
    this.#at = this.#end;
  }

  #closeBatch(): void {
    const { owner } = this;
    this.#cursor = undefined;
    this.#legacy = undefined;
    // Compaction and markers leave offsets without a record; nobody need ask for them again.
    if (this.#batchNext > owner.position) {
      owner.position = Math.min(this.#batchNext, Math.max(owner.position, owner.untilOffset));
      owner.positionEpoch = this.#origin.leaderEpoch;
    }
  }

  /** Opens the next batch that has records to hand out; false at the end. */
  #openBatch(): boolean {
    const { owner } = this;
    const bytes = this.#bytes;
    while (this.#at < this.#end && owner.position < owner.untilOffset) {
      const at = this.#at;
      const size = completeBatchSizeAt(bytes, at, this.#end);
      if (size <= 0) throw new CorruptRecordsError(`no batch at byte ${at} of what was fetched`);
      if (this.#checkCrcs && !verifyChecksumAt(bytes, at)) {
        throw new CorruptRecordsError("the checksum of a batch is not that of its bytes");
      }
      const isLegacy = magicAt(bytes, at) < 2;
      const opened = isLegacy ? this.#openLegacy(at) : this.#openCurrent(at);
      this.#at = at + size;
      this.bytesRead += size;
      if (opened) return true;
      this.#closeBatch();
    }
    return false;
  }

  #openCurrent(at: number): boolean {
    const { owner } = this;
    const batch = new RecordBatchView(this.#bytes, at, this.#end);
    const { partitionLeaderEpoch, timestampType } = batch;
    this.#batchNext = batch.nextOffset;
    const isWanted = this.#isWanted(batch) && batch.nextOffset > owner.position;
    if (!isWanted) {
      this.#origin = originOf(owner, this.#bytes, 0, 0, timestampType, partitionLeaderEpoch);
      return false;
    }
    const cursor = batch.cursor();
    const isAppendTime = timestampType === "LogAppendTime";
    const baseTimestamp = isAppendTime ? batch.maxTimestamp : batch.baseTimestamp;
    const { baseOffset } = batch;
    this.#origin = originOf(
      owner,
      cursor.bytes,
      baseOffset,
      baseTimestamp,
      timestampType,
      partitionLeaderEpoch,
    );
    this.#cursor = cursor;
    return true;
  }

  /** Whether the batch holds records for programs; keeps the account of aborted transactions. */
  #isWanted(batch: RecordBatchView): boolean {
    if (this.#aborted === undefined) return !batch.isControl;
    const { lastOffset, producerId } = batch;
    for (;;) {
      const next = this.#aborted[this.#abortedAt];
      if (next === undefined || next.firstOffset > lastOffset) break;
      this.#aborting.add(next.producerId);
      this.#abortedAt++;
    }
    if (batch.isControl) {
      if (isAbortMarker(batch)) this.#aborting.delete(producerId);
      return false;
    }
    return !(batch.isTransactional && this.#aborting.has(producerId));
  }

  #openLegacy(at: number): boolean {
    const batch = new LegacyBatchView(this.#bytes, at, this.#end);
    this.#batchNext = batch.nextOffset;
    const { timestampType } = batch;
    this.#origin = originOf(this.owner, this.#bytes, 0, 0, timestampType, NO_LEADER_EPOCH);
    if (batch.nextOffset <= this.owner.position) return false;
    this.#legacy = batch.records();
    this.#legacyAt = 0;
    return true;
  }

  #nextLegacy(records: readonly RecordView[]): R | undefined {
    const { owner } = this;
    while (this.#legacyAt < records.length) {
      const view = records[this.#legacyAt++]!;
      if (view.offset < owner.position) continue;
      if (view.offset >= owner.untilOffset) return this.#endHere();
      owner.position = view.offset + 1;
      owner.positionEpoch = NO_LEADER_EPOCH;
      this.recordsRead++;
      // The shift of format 1 gives each record of an entry its own time, so an origin is one record's.
      const place = legacyPlace(view);
      const { timestampType } = this.#origin;
      const isAppendTime = timestampType === "LogAppendTime";
      const base = isAppendTime ? view.timestamp : 0;
      const origin = originOf(owner, place.bytes, 0, base, timestampType, NO_LEADER_EPOCH);
      return this.record(origin, place);
    }
    return undefined;
  }
}

/** Records as a consumer hands them out. */
export class FetchedChunk extends RecordChunk<ConsumerRecord> {
  protected record(origin: RecordOrigin, at: RecordPlace): ConsumerRecord {
    return new ConsumerRecord(origin, at);
  }
}

function originOf(
  { topic, partition }: ChunkOwner,
  bytes: Buffer,
  baseOffset: number,
  baseTimestamp: number,
  timestampType: RecordOrigin["timestampType"],
  leaderEpoch: number,
): RecordOrigin {
  return { topic, partition, bytes, baseOffset, baseTimestamp, timestampType, leaderEpoch };
}

function isAbortMarker(batch: RecordBatchView): boolean {
  const [marker] = batch.records();
  const key = marker?.key ?? null;
  return (
    key !== null &&
    key.length >= CONTROL_TYPE_AT + 2 &&
    key.readInt16BE(CONTROL_TYPE_AT) === ABORT_MARKER_TYPE
  );
}
