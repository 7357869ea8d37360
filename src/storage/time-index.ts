import { bigInt64At, int64At, putInt64 } from "../core/bytes.ts";
import type { Disk } from "../platform/disk.ts";
import { IndexFile, putRelativeOffset, relativeOffsetAt } from "./index-file.ts";

/** An entry of `.timeindex`: timestamp (8), offset relative to the base (4). */
const ENTRY_BYTES = 12;
const OFFSET = 8;

/** The greatest timestamp up to a batch, and the last offset of the batch that has it. */
export interface TimestampOffset {
  readonly timestamp: number;
  readonly offset: number;
}

/** Finds the place in a segment from which on there may be records of a time. */
export class TimeIndex {
  readonly #file: IndexFile;
  readonly #baseOffset: number;
  #last: TimestampOffset | undefined;

  constructor(disk: Disk, path: string, baseOffset: number, maxBytes: number) {
    this.#file = new IndexFile(disk, path, ENTRY_BYTES, maxBytes);
    this.#baseOffset = baseOffset;
  }

  get file(): IndexFile {
    return this.#file;
  }

  /** One place is kept for the entry that a segment gets when it is closed. */
  get isFull(): boolean {
    return this.#file.count >= this.#file.capacity - 1;
  }

  /** The newest entry; timestamp -1 when there is none. */
  get lastEntry(): TimestampOffset {
    if (this.#file.count === 0) return { timestamp: -1, offset: this.#baseOffset };
    this.#last ??= this.entry(this.#file.count - 1);
    return this.#last;
  }

  entry(n: number): TimestampOffset {
    const { bytes, at } = this.#file.entry(n);
    return {
      timestamp: int64At(bytes, at),
      offset: this.#baseOffset + relativeOffsetAt(bytes, at + OFFSET),
    };
  }

  /** Adds an entry when the timestamp has grown and there is room. */
  maybeAppend(timestamp: number, offset: number): void {
    const last = this.lastEntry;
    if (timestamp <= last.timestamp || this.#file.count >= this.#file.capacity) return;
    const { bytes, at } = this.#file.extend();
    putInt64(bytes, at, timestamp);
    putRelativeOffset(bytes, at + OFFSET, offset, this.#baseOffset);
    this.#last = { timestamp, offset };
  }

  /** The last entry whose timestamp is not above `timestamp`; none is the segment's beginning. */
  lookup(timestamp: number): TimestampOffset {
    const n = this.#file.findLast((bytes, at) => int64At(bytes, at) > timestamp);
    return n < 0 ? { timestamp: -1, offset: this.#baseOffset } : this.entry(n);
  }

  /** Drops the entries whose offset is `offset` or above. */
  truncateTo(offset: number): void {
    const relative = offset - this.#baseOffset;
    const n = this.#file.findLast((bytes, at) => relativeOffsetAt(bytes, at + OFFSET) >= relative);
    this.#file.truncateToCount(n + 1);
    this.#last = undefined;
  }

  /**
   * Keeps the entries below `offset` of a file that a crash left: what follows them may be zeroes or
   * anything. False when even those that are kept do not rise.
   */
  keepBelow(offset: number): boolean {
    const relative = offset - this.#baseOffset;
    const n = this.#file.findLast(
      (bytes, at) =>
        relativeOffsetAt(bytes, at + OFFSET) >= relative || isZero(bytes, at, at + ENTRY_BYTES),
    );
    this.#file.truncateToCount(n + 1);
    this.#last = undefined;
    return this.#file.everyPair(
      (bytes, at, next) =>
        bigInt64At(bytes, at) < bigInt64At(bytes, next) &&
        relativeOffsetAt(bytes, at + OFFSET) <= relativeOffsetAt(bytes, next + OFFSET),
    );
  }

  load(): boolean {
    this.#last = undefined;
    return this.#file.load();
  }

  reset(): void {
    this.#last = undefined;
    this.#file.reset();
  }
}

function isZero(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
