import { int16At, int64At, putInt16, putInt64 } from "../core/bytes.ts";
import { DiskError, type Disk, type DiskFile } from "../platform/disk.ts";
import { DamagedFileError } from "./storage-error.ts";

/** An entry of `.txnindex`: version 0 (2), then four 64-bit numbers. */
const ENTRY_BYTES = 34;
const VERSION = 0;
const PRODUCER_ID = 2;
const FIRST_OFFSET = 10;
const LAST_OFFSET = 18;
const LAST_STABLE_OFFSET = 26;
/** Entries read at once. */
const READ_ENTRIES = 128;

/** A transaction that was aborted. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of its marker. */
  readonly lastOffset: number;
  /** The last stable offset when the marker was written. */
  readonly lastStableOffset: number;
}

/** The aborted transactions of a segment, by rising last offset. The file exists only when there is one. */
export class TransactionIndex {
  readonly #disk: Disk;
  #path: string;
  #count = 0;
  /** Entries for which the disk had no room; they follow those in the file. */
  #pending: AbortedTransaction[] = [];

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  get path(): string {
    return this.#path;
  }

  get count(): number {
    return this.#count + this.#pending.length;
  }

  /** Takes the file as it is; false when its entries cannot be those of a segment at `baseOffset`. */
  load(baseOffset: number): boolean {
    const status = this.#disk.status(this.#path);
    this.#count = Math.floor((status?.sizeBytes ?? 0) / ENTRY_BYTES);
    if (status === undefined) return true;
    if (status.sizeBytes % ENTRY_BYTES !== 0) return false;
    try {
      return this.entries().every((entry) => entry.lastOffset >= baseOffset);
    } catch (error) {
      if (error instanceof DamagedFileError) return false;
      throw error;
    }
  }

  /** Adds an entry. When the disk is full it waits in memory for {@link writePending}. */
  append(transaction: AbortedTransaction): void {
    this.#pending.push(transaction);
    try {
      this.writePending();
    } catch (error) {
      if (!(error instanceof DiskError && error.kind === "full")) throw error;
    }
  }

  /** Brings the file up to date. */
  writePending(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.concat(this.#pending.map(encode));
    this.#withFile((file) => file.write(bytes, 0, bytes.length, this.#count * ENTRY_BYTES));
    this.#count += this.#pending.length;
    this.#pending = [];
  }

  entries(): AbortedTransaction[] {
    const found: AbortedTransaction[] = [];
    this.#scan((entry) => {
      found.push(entry);
      return true;
    });
    return found;
  }

  /**
   * Adds to `found` the transactions that reach into `[fromOffset, upToOffset)`. True when no later
   * segment can have more.
   */
  collect(fromOffset: number, upToOffset: number, found: AbortedTransaction[]): boolean {
    let complete = false;
    this.#scan((entry) => {
      if (entry.lastOffset >= fromOffset && entry.firstOffset < upToOffset) found.push(entry);
      complete = entry.lastStableOffset >= upToOffset;
      return !complete;
    });
    return complete;
  }

  /** Drops transactions that ended at `offset` or above. */
  truncateTo(offset: number): void {
    this.#pending = this.#pending.filter((entry) => entry.lastOffset < offset);
    if (this.#count === 0) return;
    const kept = this.entries().findIndex((entry) => entry.lastOffset >= offset);
    if (kept < 0 || kept >= this.#count) return;
    this.#count = kept;
    this.#withFile((file) => file.truncate(kept * ENTRY_BYTES));
  }

  /** Drops all entries; the file goes. */
  reset(): void {
    this.#count = 0;
    this.#pending = [];
    this.#disk.remove(this.#path);
  }

  /** Done when what was written is on the device. */
  async datasync(): Promise<void> {
    if (this.#count === 0) return;
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

  /** Calls `visit` for each entry until it says false. */
  #scan(visit: (entry: AbortedTransaction) => boolean): void {
    if (this.#count === 0) {
      this.#pending.every(visit);
      return;
    }
    const complete = this.#withFile((file) => {
      const bytes = Buffer.allocUnsafe(Math.min(READ_ENTRIES, this.#count) * ENTRY_BYTES);
      for (let first = 0; first < this.#count; first += READ_ENTRIES) {
        const entries = Math.min(READ_ENTRIES, this.#count - first);
        const length = file.read(bytes, 0, entries * ENTRY_BYTES, first * ENTRY_BYTES);
        for (let at = 0; at + ENTRY_BYTES <= length; at += ENTRY_BYTES) {
          if (!visit(this.#decode(bytes, at))) return true;
        }
      }
      return false;
    });
    if (!complete) this.#pending.every(visit);
  }

  #decode(bytes: Buffer, at: number): AbortedTransaction {
    if (int16At(bytes, at) !== VERSION) {
      throw new DamagedFileError(this.#path, `unknown version ${int16At(bytes, at)}`);
    }
    return {
      producerId: int64At(bytes, at + PRODUCER_ID),
      firstOffset: int64At(bytes, at + FIRST_OFFSET),
      lastOffset: int64At(bytes, at + LAST_OFFSET),
      lastStableOffset: int64At(bytes, at + LAST_STABLE_OFFSET),
    };
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

function encode(transaction: AbortedTransaction): Buffer {
  const bytes = Buffer.allocUnsafe(ENTRY_BYTES);
  putInt16(bytes, 0, VERSION);
  putInt64(bytes, PRODUCER_ID, transaction.producerId);
  putInt64(bytes, FIRST_OFFSET, transaction.firstOffset);
  putInt64(bytes, LAST_OFFSET, transaction.lastOffset);
  putInt64(bytes, LAST_STABLE_OFFSET, transaction.lastStableOffset);
  return bytes;
}
