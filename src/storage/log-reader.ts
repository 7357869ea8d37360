import { ErrorCode } from "../protocol/error-code.ts";
import { batchSizeAt, nextOffsetAt, BATCH_PEEK_BYTES } from "../records/record-batch.ts";
import type { LogSegment } from "./log-segment.ts";
import type { LogSegments } from "./log-segments.ts";
import { ColdReader, type ReadAhead } from "./read-ahead.ts";
import type { ReadBuffers } from "./read-buffers.ts";
import { DamagedFileError } from "./storage-error.ts";
import { LogTail, TAIL_DISTANCE_BYTES, type TailCache } from "./tail-cache.ts";

export interface ReadOptions {
  /** Bytes that the read should not exceed. */
  readonly maxBytes: number;
  /** Nothing at or above this offset is read: high watermark, last stable offset or log end. */
  readonly upToOffset: number;
  /** The first batch is read even when it is larger than `maxBytes`. */
  readonly minOneBatch: boolean;
}

/**
 * What a read gave: whole batches, of which the first may begin below the offset that was asked for.
 * When there is `release`, the chunks belong to the log again after it was called; if it never is,
 * nothing breaks.
 */
export interface ReadResult {
  readonly errorCode:
    | typeof ErrorCode.NONE
    | typeof ErrorCode.OFFSET_OUT_OF_RANGE
    | typeof ErrorCode.CORRUPT_MESSAGE
    | typeof ErrorCode.KAFKA_STORAGE_ERROR;
  readonly chunks: readonly Buffer[];
  readonly sizeBytes: number;
  /** The offset after the last batch; the one asked for when nothing was read. */
  readonly nextOffset: number;
  readonly release?: () => void;
}

/** A chunk is read at once; greater reads have several. */
const CHUNK_BYTES_MAX = 1024 * 1024;
/** Readers of one log whose places are remembered. */
const PLACES_MAX = 8;

/** Where the batch with an offset begins. */
interface Place {
  readonly offset: number;
  readonly segment: LogSegment;
  readonly position: number;
}

/** What readers of all logs share. */
export interface ReaderMemory {
  readonly readBuffers: ReadBuffers;
  readonly tailCache: TailCache;
  readonly readAhead: ReadAhead;
}

const NO_CHUNKS: readonly Buffer[] = [];

export function emptyRead(errorCode: ReadResult["errorCode"], nextOffset: number): ReadResult {
  return { errorCode, chunks: NO_CHUNKS, sizeBytes: 0, nextOffset };
}

/**
 * Reads ranges of a log as they lie in its files. Remembers where the last readers stopped, so that
 * reading on needs neither index nor search.
 */
export class LogReader {
  readonly #segments: LogSegments;
  readonly #buffers: ReadBuffers;
  readonly #tailCache: TailCache;
  readonly #readAhead: ReadAhead;
  #tail: LogTail | undefined;
  #coldReader: ColdReader | undefined;
  #places: Place[] | undefined;
  #nextPlace = 0;

  constructor(segments: LogSegments, memory: ReaderMemory) {
    this.#segments = segments;
    this.#buffers = memory.readBuffers;
    this.#tailCache = memory.tailCache;
    this.#readAhead = memory.readAhead;
  }

  /** A row of batches was written at `position`. */
  appended(segment: LogSegment, position: number, bytes: Buffer): void {
    this.#tail?.append(segment.baseOffset, position, bytes);
  }

  /** Places may be wrong now: the log was truncated, or lost segments. */
  invalidate(): void {
    this.#tail?.clear();
    this.#coldReader = undefined;
    this.#places = undefined;
  }

  /**
   * Reads from the batch that holds `fromOffset`, which is within the log and below
   * `options.upToOffset`.
   */
  read(fromOffset: number, options: ReadOptions, logEndOffset: number): ReadResult {
    const start = this.locate(fromOffset);
    if (start === undefined) return emptyRead(ErrorCode.NONE, fromOffset);
    const end = this.#endWithin(start.segment, options.upToOffset, logEndOffset);
    // The batch that holds `upToOffset` may hold `fromOffset` too.
    if (end.position <= start.position) return emptyRead(ErrorCode.NONE, fromOffset);
    const whole = end.position - start.position;
    const maxBytes = Math.max(options.maxBytes, 0);
    const startMs = this.#readAhead.nowMs();
    const result =
      whole <= maxBytes
        ? this.#readAll(start, end)
        : this.#readUpTo(start, maxBytes, fromOffset, options.minOneBatch);
    if (result.sizeBytes > 0) {
      const { segment, position } = start;
      const endPosition = position + result.sizeBytes;
      if (this.#isNearEnd(start)) {
        this.#noteTailReader();
      } else {
        this.#coldReader ??= new ColdReader(this.#readAhead);
        const tookMs = this.#readAhead.nowMs() - startMs;
        this.#coldReader.noteRead(segment, position, endPosition, tookMs);
      }
      this.#remember(result.nextOffset, segment, endPosition);
    }
    return result;
  }

  /** Where the first batch begins that ends at `offset` or above; `undefined` when there is none. */
  locate(offset: number): Readonly<Place> | undefined {
    const known = this.#places?.find((place) => place.offset === offset);
    // A place at the end of a segment that was rolled since is one in the next segment.
    if (known !== undefined && known.position < known.segment.sizeBytes) return known;
    const first = Math.max(0, this.#segments.floorIndex(offset));
    for (let i = first; i < this.#segments.length; i++) {
      const segment = this.#segments.at(i)!;
      const batch = segment.findBatch(offset);
      if (batch !== undefined) return { offset, segment, position: batch.position };
    }
    return undefined;
  }

  /** Where the records below `upToOffset` end in a segment, and the offset that follows them. */
  #endWithin(segment: LogSegment, upToOffset: number, logEndOffset: number): Place {
    const next = this.#segments.at(this.#segments.floorIndex(segment.baseOffset) + 1);
    const nextBase = next === undefined ? logEndOffset : next.baseOffset;
    if (upToOffset >= nextBase) return { offset: nextBase, segment, position: segment.sizeBytes };
    const known = this.#places?.find((place) => place.offset === upToOffset);
    if (known !== undefined && known.segment === segment) return known;
    const batch = segment.findBatch(upToOffset);
    if (batch === undefined) return { offset: nextBase, segment, position: segment.sizeBytes };
    if (batch.baseOffset === upToOffset) this.#remember(upToOffset, segment, batch.position);
    return { offset: Math.min(batch.baseOffset, upToOffset), segment, position: batch.position };
  }

  #readAll(start: Place, end: Place): ReadResult {
    const { segment } = start;
    const sizeBytes = end.position - start.position;
    const cached = this.#tail?.read(segment.baseOffset, start.position, end.position);
    if (cached !== undefined) {
      const { views, release } = cached;
      return {
        errorCode: ErrorCode.NONE,
        chunks: views,
        sizeBytes,
        nextOffset: end.offset,
        release,
      };
    }
    const reading = new Reading(this.#buffers, segment, start.position);
    while (reading.position < end.position) {
      reading.take(Math.min(CHUNK_BYTES_MAX, end.position - reading.position));
    }
    return reading.result(end.offset);
  }

  /** Reads whole batches of at most `maxBytes`, or the first one alone when it must be. */
  #readUpTo(start: Place, maxBytes: number, fromOffset: number, minOneBatch: boolean): ReadResult {
    const cached = this.#readTailUpTo(start, maxBytes);
    if (cached !== undefined) return cached;
    const reading = new Reading(this.#buffers, start.segment, start.position);
    let nextOffset = fromOffset;
    for (let left = maxBytes; ; left = maxBytes - reading.sizeBytes) {
      const batches = left < BATCH_PEEK_BYTES ? undefined : reading.takeBatches(left);
      if (batches !== undefined) {
        nextOffset = batches.nextOffset;
        if (batches.mayGoOn) continue;
      } else if (reading.sizeBytes === 0 && minOneBatch) {
        nextOffset = reading.takeOneBatch();
      }
      return reading.result(nextOffset);
    }
  }

  #readTailUpTo(start: Place, maxBytes: number): ReadResult | undefined {
    const end = start.position + maxBytes;
    const cached = this.#tail?.read(start.segment.baseOffset, start.position, end);
    if (cached === undefined) return undefined;
    const { views, release } = cached;
    const lastView = views.pop();
    if (lastView !== undefined) {
      const { end: cut } = walkBatches(lastView, 0, lastView.length);
      if (cut > 0) views.push(lastView.subarray(0, cut));
    }
    const view = views.at(-1);
    if (view === undefined) {
      release();
      return undefined;
    }
    const nextOffset = nextOffsetAt(view, walkBatches(view, 0, view.length).last);
    let sizeBytes = 0;
    for (const { length } of views) sizeBytes += length;
    return { errorCode: ErrorCode.NONE, chunks: views, sizeBytes, nextOffset, release };
  }

  #isNearEnd({ segment, position }: Place): boolean {
    const { active } = this.#segments;
    return segment === active && position + TAIL_DISTANCE_BYTES >= active.sizeBytes;
  }

  #noteTailReader(): void {
    this.#tail ??= new LogTail(this.#tailCache);
    this.#tail.noteReader();
  }

  #remember(offset: number, segment: LogSegment, position: number): void {
    this.#places ??= [];
    const places = this.#places;
    const known = places.findIndex((place) => place.offset === offset);
    const at = known >= 0 ? known : places.length < PLACES_MAX ? places.length : this.#nextPlace;
    if (known < 0 && places.length === PLACES_MAX) {
      this.#nextPlace = (this.#nextPlace + 1) % PLACES_MAX;
    }
    // A place is never changed: the read under way may stand on the one that makes room.
    places[at] = { offset, segment, position };
  }
}

/** A read under way: what of a segment is in memory already. */
class Reading {
  readonly #buffers: ReadBuffers;
  readonly #segment: LogSegment;
  readonly #start: number;
  readonly #taken: Buffer[] = [];
  readonly #chunks: Buffer[] = [];
  position: number;

  constructor(buffers: ReadBuffers, segment: LogSegment, start: number) {
    this.#buffers = buffers;
    this.#segment = segment;
    this.#start = start;
    this.position = start;
  }

  get sizeBytes(): number {
    return this.position - this.#start;
  }

  /** Reads on by `length` bytes. */
  take(length: number): void {
    const buffer = this.#read(length);
    this.#keep(buffer, length);
  }

  /**
   * Reads on by the whole batches in the next `maxBytes`, or a part of them; `undefined` when not
   * even one is that small.
   */
  takeBatches(maxBytes: number): { nextOffset: number; mayGoOn: boolean } | undefined {
    const length = Math.min(CHUNK_BYTES_MAX, maxBytes);
    const buffer = this.#read(length);
    const { end, last } = walkBatches(buffer, 0, length);
    if (end > 0) {
      this.#keep(buffer, end);
      return { nextOffset: nextOffsetAt(buffer, last), mayGoOn: maxBytes > CHUNK_BYTES_MAX };
    }
    const size = this.#checkedSize(batchSizeAt(buffer, 0));
    this.#buffers.give(buffer);
    if (size > maxBytes) return undefined;
    return { nextOffset: this.#takeBatch(size), mayGoOn: true };
  }

  /** Reads the next batch, whatever its size; returns the offset after it. */
  takeOneBatch(): number {
    const header = Buffer.allocUnsafe(BATCH_PEEK_BYTES);
    this.#segment.file.read(header, 0, BATCH_PEEK_BYTES, this.position);
    return this.#takeBatch(this.#checkedSize(batchSizeAt(header, 0)));
  }

  result(nextOffset: number): ReadResult {
    const { sizeBytes } = this;
    if (sizeBytes === 0) return emptyRead(ErrorCode.NONE, nextOffset);
    const buffers = this.#buffers;
    const taken = this.#taken;
    const release = (): void => {
      for (const buffer of taken) buffers.give(buffer);
      taken.length = 0;
    };
    return { errorCode: ErrorCode.NONE, chunks: this.#chunks, sizeBytes, nextOffset, release };
  }

  #takeBatch(size: number): number {
    const buffer = this.#read(size);
    this.#keep(buffer, size);
    return nextOffsetAt(buffer, 0);
  }

  #keep(buffer: Buffer, length: number): void {
    this.#taken.push(buffer);
    this.#chunks.push(buffer.length === length ? buffer : buffer.subarray(0, length));
    this.position += length;
  }

  #read(length: number): Buffer {
    const buffer = this.#buffers.take(length);
    const count = this.#segment.file.read(buffer, 0, length, this.position);
    if (count === length) return buffer;
    throw this.#damaged(`ends at ${this.position + count}, before ${this.#segment.sizeBytes}`);
  }

  #checkedSize(size: number): number {
    if (size >= BATCH_PEEK_BYTES && size <= this.#segment.sizeBytes - this.position) return size;
    throw this.#damaged(`there is no sound batch at ${this.position}`);
  }

  #damaged(what: string): DamagedFileError {
    return new DamagedFileError(this.#segment.file.path, what);
  }
}

/** How far whole batches go in `bytes[start, end)`, and where the last of them begins. */
function walkBatches(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly end: number; readonly last: number } {
  let at = start;
  let last = start;
  while (end - at >= BATCH_PEEK_BYTES) {
    const size = batchSizeAt(bytes, at);
    if (size < BATCH_PEEK_BYTES || size > end - at) break;
    last = at;
    at += size;
  }
  return { end: at, last };
}
