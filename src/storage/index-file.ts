import { assert } from "../core/assert.ts";
import { putInt32, int32At } from "../core/bytes.ts";
import type { Disk, DiskFile } from "../platform/disk.ts";

/** Entries that are gathered in memory before {@link IndexFile.isWriteDue} asks to write them. */
const PENDING_ENTRIES_MAX = 512;
const PENDING_ENTRIES_FIRST = 16;
/** A search reads this many entries at once when it is down to them. */
const SEARCH_WINDOW_ENTRIES = 256;
/** Entries that are looked at together when all are. */
const PAIR_WINDOW_ENTRIES = 4096;

/**
 * A file of fixed-size entries in rising order, the ground of both indexes of a segment. New entries
 * wait in memory and reach the file in groups: an index is rebuilt from its segment after a crash,
 * so it must be complete on disk only before the recovery point passes the segment. Nothing else
 * stays in memory, and no file stays open.
 *
 * The file of a segment that is appended to has its full size, sparse; {@link trim} cuts it to its
 * entries.
 */
export class IndexFile {
  readonly #disk: Disk;
  readonly #entryBytes: number;
  #path: string;
  #maxBytes: number;
  #count = 0;
  #pendingFrom = 0;
  #pending: Buffer | undefined;
  /** Size of the file as it is. */
  #fileBytes = 0;

  constructor(disk: Disk, path: string, entryBytes: number, maxBytes: number) {
    this.#disk = disk;
    this.#path = path;
    this.#entryBytes = entryBytes;
    this.#maxBytes = maxBytes;
  }

  get path(): string {
    return this.#path;
  }

  get count(): number {
    return this.#count;
  }

  /** Entries that fit. */
  get capacity(): number {
    return Math.floor(this.#maxBytes / this.#entryBytes);
  }

  /** The bound for what is appended from now on. */
  set maxBytes(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Makes the file of a new segment: full size, no entries. `isFresh`: there is none yet. */
  create(isFresh = false): void {
    this.#forget();
    this.#withFile((file) => {
      if (!isFresh) this.#resize(file, 0);
      this.#allocate(file);
    });
  }

  /** Takes the file as full of entries; whether its size is one that full files have. */
  load(): boolean {
    this.#forget();
    const status = this.#disk.status(this.#path);
    if (status === undefined) return false;
    this.#fileBytes = status.sizeBytes;
    this.#count = Math.floor(status.sizeBytes / this.#entryBytes);
    this.#pendingFrom = this.#count;
    return status.sizeBytes % this.#entryBytes === 0;
  }

  /** Drops all entries, in the file too. */
  reset(): void {
    this.#forget();
    this.#withFile((file) => this.#resize(file, 0));
  }

  /** A place for one more entry, to be filled at once; `at` is its place in `bytes`. */
  extend(): { readonly bytes: Buffer; readonly at: number } {
    const used = (this.#count - this.#pendingFrom) * this.#entryBytes;
    let bytes = this.#pending;
    if (bytes === undefined || used >= bytes.length) {
      const larger = Buffer.alloc(
        bytes === undefined ? PENDING_ENTRIES_FIRST * this.#entryBytes : 2 * bytes.length,
      );
      bytes?.copy(larger);
      this.#pending = larger;
      bytes = larger;
    }
    this.#count++;
    return { bytes, at: used };
  }

  /** Entries that `keep` first; the rest is dropped. */
  truncateToCount(count: number): void {
    assert(count <= this.#count, "an index cannot be cut to more entries", { count });
    if (count === this.#count) return;
    if (count < this.#pendingFrom) {
      this.#pendingFrom = count;
      this.#pending = undefined;
      // Zeroes stand behind the entries of a full-size file; stale entries must not.
      this.#withFile((file) => this.#resize(file, count * this.#entryBytes));
    }
    this.#count = count;
  }

  /** The 32-bit field at `field` of entry `n`, and the bytes around it for other fields. */
  entry(n: number): { readonly bytes: Buffer; readonly at: number } {
    assert(n >= 0 && n < this.#count, "no such entry in the index", { n, count: this.#count });
    if (n >= this.#pendingFrom && this.#pending !== undefined) {
      return { bytes: this.#pending, at: (n - this.#pendingFrom) * this.#entryBytes };
    }
    const bytes = Buffer.alloc(this.#entryBytes);
    this.#withFile((file) => file.read(bytes, 0, this.#entryBytes, n * this.#entryBytes));
    return { bytes, at: 0 };
  }

  /**
   * The last entry that is not above, -1 when all are. `isAbove` judges the entry at a place in
   * bytes, and is false for a row of first entries and true for the others.
   */
  findLast(isAbove: (bytes: Buffer, at: number) => boolean): number {
    const pending = this.#pending;
    if (pending !== undefined && this.#count > this.#pendingFrom && !isAbove(pending, 0)) {
      return this.#findInBytes(pending, this.#pendingFrom, this.#count, isAbove);
    }
    if (this.#pendingFrom === 0) return -1;
    return this.#withFile((file) => this.#findInFile(file, isAbove));
  }

  /** Whether enough entries wait in memory to be worth a write. */
  get isWriteDue(): boolean {
    return this.#count - this.#pendingFrom >= PENDING_ENTRIES_MAX;
  }

  /** Whether `isBelow` holds for every pair of neighbours. */
  everyPair(isBelow: (bytes: Buffer, at: number, nextAt: number) => boolean): boolean {
    this.writePending();
    return this.#withFile((file) => {
      const window = Buffer.alloc(PAIR_WINDOW_ENTRIES * this.#entryBytes);
      for (let first = 0; first < this.#count; first += PAIR_WINDOW_ENTRIES - 1) {
        const entries = Math.min(PAIR_WINDOW_ENTRIES, this.#count - first);
        file.read(window, 0, entries * this.#entryBytes, first * this.#entryBytes);
        for (let at = 0; at < (entries - 1) * this.#entryBytes; at += this.#entryBytes) {
          if (!isBelow(window, at, at + this.#entryBytes)) return false;
        }
      }
      return true;
    });
  }

  /** Brings the file up to date. After a failure nothing has changed. */
  writePending(): void {
    const length = (this.#count - this.#pendingFrom) * this.#entryBytes;
    if (length === 0) return;
    const pending = this.#pending;
    assert(pending !== undefined, "entries of an index are lost", { path: this.#path });
    this.#withFile((file) => {
      this.#allocate(file);
      file.write(pending, 0, length, this.#pendingFrom * this.#entryBytes);
    });
    this.#pendingFrom = this.#count;
    if (pending.length > PENDING_ENTRIES_FIRST * this.#entryBytes) this.#pending = undefined;
  }

  /** Writes what waits and cuts the file to its entries. */
  trim(): void {
    this.writePending();
    this.#pending = undefined;
    const sizeBytes = this.#count * this.#entryBytes;
    if (this.#fileBytes !== sizeBytes) this.#withFile((file) => this.#resize(file, sizeBytes));
  }

  /** Done when what was written is on the device. */
  async datasync(): Promise<void> {
    const file = this.#disk.open(this.#path, "write");
    try {
      await file.datasync();
    } finally {
      file.close();
    }
  }

  rename(to: string): void {
    if (this.#disk.status(this.#path) !== undefined) this.#disk.rename(this.#path, to);
    this.#path = to;
  }

  #forget(): void {
    this.#count = 0;
    this.#pendingFrom = 0;
    this.#pending = undefined;
  }

  /** Gives the file its full size. */
  #allocate(file: DiskFile): void {
    const sizeBytes = Math.max(this.capacity, this.#count) * this.#entryBytes;
    if (this.#fileBytes < sizeBytes) this.#resize(file, sizeBytes);
  }

  #resize(file: DiskFile, sizeBytes: number): void {
    file.truncate(sizeBytes);
    this.#fileBytes = sizeBytes;
  }

  #findInFile(file: DiskFile, isAbove: (bytes: Buffer, at: number) => boolean): number {
    const one = Buffer.alloc(this.#entryBytes);
    let low = 0;
    let high = this.#pendingFrom;
    while (high - low > SEARCH_WINDOW_ENTRIES) {
      const middle = (low + high) >>> 1;
      file.read(one, 0, this.#entryBytes, middle * this.#entryBytes);
      if (isAbove(one, 0)) high = middle;
      else low = middle;
    }
    const window = Buffer.alloc((high - low) * this.#entryBytes);
    file.read(window, 0, window.length, low * this.#entryBytes);
    return this.#findInBytes(window, low, high, isAbove);
  }

  /** `bytes` holds the entries from `first` to before `end`. */
  #findInBytes(
    bytes: Buffer,
    first: number,
    end: number,
    isAbove: (bytes: Buffer, at: number) => boolean,
  ): number {
    let low = first - 1;
    let high = end;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (isAbove(bytes, (middle - first) * this.#entryBytes)) high = middle;
      else low = middle;
    }
    return low;
  }

  #withFile<T>(run: (file: DiskFile) => T): T {
    const file = this.#disk.open(this.#path, "write");
    try {
      return run(file);
    } finally {
      file.close();
    }
  }
}

/** The difference to a segment's base offset as the 32 bits that an entry has for it. */
export function putRelativeOffset(
  bytes: Buffer,
  at: number,
  offset: number,
  baseOffset: number,
): void {
  const relative = offset - baseOffset;
  assert(relative >= 0 && relative <= 0x7fffffff, "offset beyond the segment", { relative });
  putInt32(bytes, at, relative);
}

export function relativeOffsetAt(bytes: Buffer, at: number): number {
  return int32At(bytes, at);
}
