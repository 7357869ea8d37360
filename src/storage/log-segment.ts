import { DiskError, type Disk } from "../platform/disk.ts";
import { batchSizeAt, lastOffsetAt } from "../records/record-batch.ts";
import type { Logger } from "../telemetry/logger.ts";
import { BatchScan, greatestTimestampAt } from "./batch-scan.ts";
import { DELETED_SUFFIX, SegmentSuffix, segmentFileName } from "./file-names.ts";
import { LogFile, type OpenFiles } from "./log-file.ts";
import { OffsetIndex, type OffsetPosition } from "./offset-index.ts";
import { DamagedFileError } from "./storage-error.ts";
import { TimeIndex, type TimestampOffset } from "./time-index.ts";
import { TransactionIndex } from "./transaction-index.ts";

/** Greatest distance of an offset from its segment's base: indexes have 31 bits for it. */
export const SEGMENT_OFFSETS_MAX = 2 ** 31 - 1;

/** What of a topic's configuration a segment needs. */
export interface SegmentConfig {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly preallocate: boolean;
}

/** What every segment of a log shares. */
export interface SegmentPlace {
  readonly disk: Disk;
  readonly openFiles: OpenFiles;
  readonly logger: Logger;
  /** Of the partition. */
  readonly folder: string;
  /** The log's; changes while it runs. */
  config: SegmentConfig;
}

/** Facts of a row of batches that is appended as one write. */
export interface AppendFacts {
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Greatest of the batches; -1 when they have none. */
  readonly maxTimestamp: number;
  readonly sizeBytes: number;
}

/** A batch that was looked for. */
export interface FoundBatch {
  readonly position: number;
  readonly baseOffset: number;
  readonly sizeBytes: number;
}

/** A part of a log: the records from {@link baseOffset} on in one file, and the indexes to it. */
export class LogSegment {
  readonly baseOffset: number;
  readonly file: LogFile;
  readonly offsetIndex: OffsetIndex;
  readonly timeIndex: TimeIndex;
  readonly transactionIndex: TransactionIndex;
  readonly #place: SegmentPlace;
  readonly #disk: Disk;
  readonly #rollJitterMs: number;
  #sizeBytes = 0;
  #bytesSinceIndexEntry = 0;
  #createdMs: number;
  /** Greatest timestamp of the first batch, by which the segment ages; -1 when it has none. */
  #firstBatchTimestamp: number | undefined;
  #maxTimestamp: TimestampOffset | undefined;

  constructor(
    place: SegmentPlace,
    baseOffset: number,
    options: { readonly createdMs: number; readonly rollJitterMs: number },
  ) {
    const path = `${place.folder}/${segmentFileName(baseOffset, "")}`;
    const { segmentIndexBytes } = place.config;
    this.baseOffset = baseOffset;
    this.#place = place;
    this.#disk = place.disk;
    this.file = new LogFile(place.disk, place.openFiles, path + SegmentSuffix.log);
    this.offsetIndex = new OffsetIndex(
      place.disk,
      path + SegmentSuffix.offsetIndex,
      baseOffset,
      segmentIndexBytes,
    );
    this.timeIndex = new TimeIndex(
      place.disk,
      path + SegmentSuffix.timeIndex,
      baseOffset,
      segmentIndexBytes,
    );
    this.transactionIndex = new TransactionIndex(place.disk, path + SegmentSuffix.transactionIndex);
    this.#createdMs = options.createdMs;
    this.#rollJitterMs = options.rollJitterMs;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get createdMs(): number {
    return this.#createdMs;
  }

  /** Makes the files of an empty segment. `isFresh`: in a folder that has none. */
  create(isFresh = false): void {
    const { preallocate, segmentBytes } = this.#place.config;
    this.#sizeBytes = 0;
    if (preallocate) this.file.truncate(segmentBytes);
    else if (isFresh) this.file.create();
    else this.file.truncate(0);
    this.offsetIndex.file.create(isFresh);
    this.timeIndex.file.create(isFresh);
    this.#maxTimestamp = { timestamp: -1, offset: this.baseOffset };
  }

  /** Takes the records as they are on disk. */
  loadFile(sizeBytes: number): void {
    this.#sizeBytes = sizeBytes;
    this.#maxTimestamp = undefined;
    this.#firstBatchTimestamp = undefined;
  }

  /**
   * Takes the indexes as they are on disk; false when they cannot be right, by their sizes and last
   * entries, so that the segment must be recovered. `.timeindex` may be missing.
   */
  loadIndexes(): boolean {
    if (!this.offsetIndex.load()) return false;
    if (this.#disk.status(this.timeIndex.file.path) === undefined) this.timeIndex.reset();
    else if (!this.timeIndex.load()) return false;
    return this.transactionIndex.load(this.baseOffset);
  }

  /** For a segment that is appended to again: counts on from the last index entry. */
  resumeAppends(): void {
    const { position } = this.offsetIndex.lastEntry;
    this.#bytesSinceIndexEntry = this.#sizeBytes - position;
  }

  /** Bytes that follow the last index entry, by which the next one is due. */
  set bytesSinceIndexEntry(bytes: number) {
    this.#bytesSinceIndexEntry = bytes;
  }

  /**
   * Whether the segment must be rolled before batches are appended to it: it or an index is full, it
   * is too old, or offsets get too far from its base.
   */
  shouldRoll(facts: AppendFacts, nowMs: number): boolean {
    const { config } = this.#place;
    return (
      this.#sizeBytes > config.segmentBytes - facts.sizeBytes ||
      (this.#sizeBytes > 0 && this.#waitedMs(facts.maxTimestamp, nowMs) > this.#ageMax(config)) ||
      this.offsetIndex.isFull ||
      this.timeIndex.isFull ||
      facts.lastOffset - this.baseOffset > SEGMENT_OFFSETS_MAX
    );
  }

  /**
   * Writes whole batches behind what is there, as one write. {@link appended} takes note of them;
   * when this fails, they were never there.
   */
  write(batches: Buffer): void {
    this.file.write(batches, 0, batches.length, this.#sizeBytes);
  }

  /** Takes note of batches that were written. */
  appended(batches: Buffer): void {
    for (let at = 0; at < batches.length;) {
      const size = batchSizeAt(batches, at);
      this.indexBatch(batches, at, this.#sizeBytes);
      this.#sizeBytes += size;
      at += size;
    }
    if (this.offsetIndex.file.isWriteDue) this.#writeIndexesIfRoom();
  }

  /** Notes a batch that stands at `position`; adds index entries when they are due. */
  indexBatch(bytes: Buffer, at: number, position: number): void {
    const lastOffset = lastOffsetAt(bytes, at);
    const timestamp = greatestTimestampAt(bytes, at);
    if (position === 0) this.#firstBatchTimestamp = timestamp;
    if (timestamp > this.maxTimestamp.timestamp) {
      this.#maxTimestamp = { timestamp, offset: lastOffset };
    }
    const { indexIntervalBytes } = this.#place.config;
    if (this.#bytesSinceIndexEntry > indexIntervalBytes && !this.offsetIndex.isFull) {
      this.offsetIndex.append(lastOffset, position);
      this.timeIndex.maybeAppend(this.maxTimestamp.timestamp, this.maxTimestamp.offset);
      this.#bytesSinceIndexEntry = 0;
    }
    this.#bytesSinceIndexEntry += batchSizeAt(bytes, at);
  }

  /** Cuts what a failed write may have left behind the records. */
  cutToSize(): void {
    const { preallocate, segmentBytes } = this.#place.config;
    this.file.truncate(this.#sizeBytes);
    if (preallocate) this.file.truncate(Math.max(this.#sizeBytes, segmentBytes));
  }

  /** Greatest timestamp of the records and the offset where it is; timestamp -1 when they have none. */
  get maxTimestamp(): TimestampOffset {
    this.#maxTimestamp ??= this.#readMaxTimestamp();
    return this.#maxTimestamp;
  }

  /** Greatest timestamp of the records, else the time of the last change of the file. */
  largestTimestampMs(): number {
    const { timestamp } = this.maxTimestamp;
    if (timestamp >= 0) return timestamp;
    return Math.floor(this.#disk.status(this.file.path)?.modifiedMs ?? this.#createdMs);
  }

  /**
   * Where the first batch begins that ends at `offset` or above, `undefined` when there is none. An
   * index that does not fit the records is built anew; damaged records throw
   * {@link DamagedFileError}.
   */
  findBatch(offset: number): FoundBatch | undefined {
    const entry = this.offsetIndex.lookup(offset);
    try {
      return this.#findFrom(entry, offset);
    } catch (error) {
      if (!(error instanceof DamagedFileError) || entry.position === 0) throw error;
      this.#place.logger.warn(`rebuilding the indexes of ${this.file.path}: they do not fit`);
      this.rebuildIndexes();
      this.finish();
      return this.#findFrom(this.offsetIndex.lookup(offset), offset);
    }
  }

  /** Builds offset and time index from the records, as they would be had nothing gone wrong. */
  rebuildIndexes(): void {
    this.offsetIndex.reset();
    this.timeIndex.reset();
    this.#beginIndexing();
    const scan = new BatchScan(this.file, 0, this.#sizeBytes, "headers");
    while (scan.next()) this.indexBatch(scan.bytes, scan.at, scan.position);
    if (scan.rowEnd !== "whole") throw damaged(this.file.path, scan.position);
  }

  /** Drops the batches from `offset` on, at which one begins. */
  truncateTo(offset: number, nowMs: number): void {
    const found = this.findBatch(offset);
    this.offsetIndex.truncateTo(offset);
    this.timeIndex.truncateTo(offset);
    this.transactionIndex.truncateTo(offset);
    if (found !== undefined) this.#sizeBytes = found.position;
    this.file.truncate(this.#sizeBytes);
    if (this.#sizeBytes === 0) {
      this.#createdMs = nowMs;
      this.#firstBatchTimestamp = undefined;
    }
    this.#maxTimestamp = undefined;
    this.offsetIndex.file.maxBytes = this.#place.config.segmentIndexBytes;
    this.timeIndex.file.maxBytes = this.#place.config.segmentIndexBytes;
    this.resumeAppends();
  }

  /** Cuts the file behind the last good batch, after recovery. */
  truncateFile(sizeBytes: number): void {
    this.file.truncate(sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  /** What a segment gets when nothing more is appended to it: its last time entry, trimmed files. */
  finish(): void {
    const { timestamp, offset } = this.maxTimestamp;
    this.timeIndex.maybeAppend(timestamp, offset);
    this.offsetIndex.file.trim();
    this.timeIndex.file.trim();
  }

  /** Brings the files of the indexes up to date. */
  writeIndexes(): void {
    this.offsetIndex.file.writePending();
    this.timeIndex.file.writePending();
    this.transactionIndex.writePending();
  }

  /** Cuts a preallocated file to its records. */
  trimFile(): void {
    this.file.truncate(this.#sizeBytes);
  }

  /**
   * Keeps what the indexes say of the records below `offset`, after a crash before which those were
   * on the device. Returns where to go on: at the batch of the last entry that is kept; `undefined`
   * when the indexes are of no use.
   */
  keepIndexesBelow(offset: number): OffsetPosition | undefined {
    const isUsable =
      this.offsetIndex.keepBelow(offset) &&
      this.timeIndex.keepBelow(offset) &&
      this.offsetIndex.file.count > 0;
    const entry = this.offsetIndex.lastEntry;
    if (!isUsable || entry.position >= this.#sizeBytes) return undefined;
    this.transactionIndex.truncateTo(offset);
    this.#beginIndexing();
    this.#maxTimestamp = this.timeIndex.lastEntry;
    return entry;
  }

  /** Empties the indexes, to build them anew. */
  resetIndexes(): void {
    this.offsetIndex.reset();
    this.timeIndex.reset();
    this.transactionIndex.reset();
    this.#beginIndexing();
  }

  /** Done when the records are on the device. */
  datasync(): Promise<void> {
    return this.file.datasync();
  }

  /** Done when records, and what was written of the indexes, are on the device. */
  async datasyncAll(): Promise<void> {
    await this.file.datasync();
    await this.offsetIndex.file.datasync();
    await this.timeIndex.file.datasync();
    await this.transactionIndex.datasync();
  }

  close(): void {
    this.file.close();
  }

  /** Gives the files the names of such that are to be unlinked; returns these names. */
  renameToDeleted(): string[] {
    this.file.close();
    const files = [this.file, this.offsetIndex.file, this.timeIndex.file, this.transactionIndex];
    for (const file of files) file.rename(file.path + DELETED_SUFFIX);
    return files.map((file) => file.path);
  }

  /** Not before a flush must they be there; a full disk may have room by then. */
  #writeIndexesIfRoom(): void {
    try {
      this.writeIndexes();
    } catch (error) {
      if (!(error instanceof DiskError && error.kind === "full")) throw error;
    }
  }

  #beginIndexing(): void {
    this.#bytesSinceIndexEntry = 0;
    this.#maxTimestamp = { timestamp: -1, offset: this.baseOffset };
    this.#firstBatchTimestamp = undefined;
  }

  #findFrom(entry: OffsetPosition, offset: number): FoundBatch | undefined {
    const { position } = entry;
    const scan = new BatchScan(this.file, position, this.#sizeBytes, "headers");
    while (scan.next()) {
      const { lastOffset } = scan;
      if (scan.position === position && position > 0 && lastOffset > entry.offset) {
        throw damaged(this.file.path, position);
      }
      if (lastOffset >= offset) {
        return {
          position: scan.position,
          baseOffset: scan.baseOffset,
          sizeBytes: scan.sizeBytes,
        };
      }
    }
    if (scan.rowEnd !== "whole") throw damaged(this.file.path, scan.position);
    return undefined;
  }

  #ageMax(config: SegmentConfig): number {
    return config.segmentMs - Math.min(this.#rollJitterMs, config.segmentMs);
  }

  #waitedMs(timestamp: number, nowMs: number): number {
    if (this.#firstBatchTimestamp === undefined) this.#firstBatchTimestamp = this.#readFirst();
    return this.#firstBatchTimestamp >= 0
      ? timestamp - this.#firstBatchTimestamp
      : nowMs - this.#createdMs;
  }

  #readFirst(): number {
    const scan = new BatchScan(this.file, 0, this.#sizeBytes, "headers");
    return scan.next() ? scan.maxTimestamp : -1;
  }

  /** The last time entry knows all batches up to the last offset entry; the rest is looked at. */
  #readMaxTimestamp(): TimestampOffset {
    let greatest = this.timeIndex.lastEntry;
    const { position } = this.offsetIndex.lastEntry;
    const scan = new BatchScan(this.file, position, this.#sizeBytes, "headers");
    while (scan.next()) {
      const timestamp = scan.maxTimestamp;
      if (timestamp > greatest.timestamp) greatest = { timestamp, offset: scan.lastOffset };
    }
    return greatest;
  }
}

function damaged(path: string, position: number): DamagedFileError {
  return new DamagedFileError(path, `there is no sound batch at ${position}`);
}
