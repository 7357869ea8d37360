import { assert } from "../core/assert.ts";
import { int32At, putInt32 } from "../core/bytes.ts";
import type { Disk } from "../platform/disk.ts";
import { IndexFile, putRelativeOffset, relativeOffsetAt } from "./index-file.ts";

/** An entry of `.index`: last offset of a batch relative to the base (4), its file position (4). */
const ENTRY_BYTES = 8;
const POSITION = 4;

/** A batch that the index knows. */
export interface OffsetPosition {
  /** Last offset of the batch. */
  readonly offset: number;
  /** Where the batch begins in the segment's file. */
  readonly position: number;
}

/** Finds the position of an offset in a segment to within `index.interval.bytes`. */
export class OffsetIndex {
  readonly #file: IndexFile;
  readonly #baseOffset: number;
  #last: OffsetPosition | undefined;

  constructor(disk: Disk, path: string, baseOffset: number, maxBytes: number) {
    this.#file = new IndexFile(disk, path, ENTRY_BYTES, maxBytes);
    this.#baseOffset = baseOffset;
  }

  get file(): IndexFile {
    return this.#file;
  }

  get isFull(): boolean {
    return this.#file.count >= this.#file.capacity;
  }

  /** The newest entry, or that of the segment's beginning. */
  get lastEntry(): OffsetPosition {
    if (this.#file.count === 0) return { offset: this.#baseOffset, position: 0 };
    this.#last ??= this.entry(this.#file.count - 1);
    return this.#last;
  }

  entry(n: number): OffsetPosition {
    const { bytes, at } = this.#file.entry(n);
    return this.#decode(bytes, at);
  }

  append(offset: number, position: number): void {
    assert(!this.isFull, "the offset index is full", { path: this.#file.path });
    if (this.#file.count > 0) {
      const { offset: lastOffset } = this.lastEntry;
      assert(offset > lastOffset, "offsets of an index rise", { offset, lastOffset });
    }
    const { bytes, at } = this.#file.extend();
    putRelativeOffset(bytes, at, offset, this.#baseOffset);
    putInt32(bytes, at + POSITION, position);
    this.#last = { offset, position };
  }

  /** The last entry whose offset is not above `offset`, or the segment's beginning. */
  lookup(offset: number): OffsetPosition {
    const relative = offset - this.#baseOffset;
    const n = this.#file.findLast((bytes, at) => relativeOffsetAt(bytes, at) > relative);
    return n < 0 ? { offset: this.#baseOffset, position: 0 } : this.entry(n);
  }

  /** Drops the entries whose offset is `offset` or above. */
  truncateTo(offset: number): void {
    const relative = offset - this.#baseOffset;
    const n = this.#file.findLast((bytes, at) => relativeOffsetAt(bytes, at) >= relative);
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
      (bytes, at) => relativeOffsetAt(bytes, at) >= relative || int32At(bytes, at + POSITION) === 0,
    );
    this.#file.truncateToCount(n + 1);
    this.#last = undefined;
    return this.#file.everyPair(
      (bytes, at, next) =>
        relativeOffsetAt(bytes, at) < relativeOffsetAt(bytes, next) &&
        int32At(bytes, at + POSITION) < int32At(bytes, next + POSITION),
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

  #decode(bytes: Buffer, at: number): OffsetPosition {
    return {
      offset: this.#baseOffset + relativeOffsetAt(bytes, at),
      position: int32At(bytes, at + POSITION),
    };
  }
}
