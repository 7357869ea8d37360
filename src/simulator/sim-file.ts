import type { SimRandom } from "./sim-random.ts";

/** What the page cache keeps and the device writes as one. */
export const PAGE_BYTES = 4096;
/** What the device writes without tearing. */
const SECTOR_BYTES = 512;

/** Content that has been handed to the device and will be on it when the sync completes. */
export interface SyncInFlight {
  readonly pages: ReadonlyMap<number, Buffer>;
  readonly sizeBytes: number;
  readonly cutTo: number;
}

/**
 * The content of one file, twice: as processes see it (page cache), and as the device has it. Absent
 * pages are zeros, so that preallocated files cost nothing. A page is changed in place only while it
 * is dirty; otherwise the device's copy may be the same buffer.
 */
export class SimFileContent {
  sizeBytes = 0;
  #pages = new Map<number, Buffer>();
  #dirty = new Set<number>();
  /** Least size since the last sync: pages from there on must not come back once the cut is durable. */
  #cutTo = Infinity;
  #inFlight = new Set<SyncInFlight>();
  #deviceSizeBytes = 0;
  #devicePages = new Map<number, Buffer>();

  /** Bytes on the volume, in whole pages. */
  get allocatedBytes(): number {
    return this.#pages.size * PAGE_BYTES;
  }

  /** Size of what the device has. */
  get deviceSizeBytes(): number {
    return this.#deviceSizeBytes;
  }

  /** Whether anything would be lost with the power. */
  get isDirty(): boolean {
    return (
      this.#dirty.size > 0 ||
      this.#inFlight.size > 0 ||
      this.#cutTo !== Infinity ||
      this.sizeBytes !== this.#deviceSizeBytes
    );
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.sizeBytes - position));
    for (let done = 0; done < count;) {
      const within = (position + done) % PAGE_BYTES;
      const step = Math.min(PAGE_BYTES - within, count - done);
      const page = this.#pages.get(Math.floor((position + done) / PAGE_BYTES));
      if (page === undefined) target.fill(0, targetOffset + done, targetOffset + done + step);
      else target.set(page.subarray(within, within + step), targetOffset + done);
      done += step;
    }
    return count;
  }

  /** New pages that a write would allocate. */
  pagesMissing(length: number, position: number): number {
    let missing = 0;
    const last = Math.floor((position + length - 1) / PAGE_BYTES);
    for (let index = Math.floor(position / PAGE_BYTES); index <= last; index++) {
      if (!this.#pages.has(index)) missing++;
    }
    return missing;
  }

  write(bytes: Uint8Array, offset: number, length: number, position: number): void {
    for (let done = 0; done < length;) {
      const index = Math.floor((position + done) / PAGE_BYTES);
      const within = (position + done) % PAGE_BYTES;
      const step = Math.min(PAGE_BYTES - within, length - done);
      const page = this.#writablePage(index);
      page.set(bytes.subarray(offset + done, offset + done + step), within);
      done += step;
    }
    this.sizeBytes = Math.max(this.sizeBytes, position + length);
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes < this.sizeBytes) {
      this.#cutTo = Math.min(this.#cutTo, sizeBytes);
      const pagesKept = Math.ceil(sizeBytes / PAGE_BYTES);
      for (const index of this.#pages.keys()) {
        if (index < pagesKept) continue;
        this.#pages.delete(index);
        this.#dirty.delete(index);
      }
      const within = sizeBytes % PAGE_BYTES;
      if (within > 0 && this.#pages.has(pagesKept - 1)) {
        this.#writablePage(pagesKept - 1).fill(0, within);
      }
    }
    this.sizeBytes = sizeBytes;
  }

  /** Hands what is dirty to the device. Until {@link completeSync} it can still be lost. */
  beginSync(): SyncInFlight {
    const pages = new Map<number, Buffer>();
    for (const index of this.#dirty) {
      const page = this.#pages.get(index);
      if (page !== undefined) pages.set(index, page);
    }
    const sync = { pages, sizeBytes: this.sizeBytes, cutTo: this.#cutTo };
    this.#dirty = new Set();
    this.#cutTo = Infinity;
    this.#inFlight.add(sync);
    return sync;
  }

  completeSync(sync: SyncInFlight): void {
    // After a loss of power the device has forgotten it.
    if (!this.#inFlight.delete(sync)) return;
    cutPages(this.#devicePages, sync.cutTo);
    for (const [index, page] of sync.pages) this.#devicePages.set(index, page);
    this.#deviceSizeBytes = sync.sizeBytes;
  }

  /**
   * The device refused. As on ext4, XFS and Btrfs the pages count as clean from now on: processes
   * still see them, no later sync writes them, and the next loss of power takes them.
   */
  failSync(sync: SyncInFlight): void {
    this.#inFlight.delete(sync);
  }

  /** Flips bits in both copies: what a failing device does to data at rest. */
  flip(position: number, mask: number): void {
    const index = Math.floor(position / PAGE_BYTES);
    for (const pages of [this.#pages, this.#devicePages]) {
      const page = Buffer.from(pages.get(index) ?? Buffer.alloc(PAGE_BYTES));
      page[position % PAGE_BYTES]! ^= mask;
      pages.set(index, page);
    }
  }

  /**
   * The power fails: what was synced stays; of the rest, what the device had got to. Sizes and pages
   * are consistent with one another as after the journal of ext4 or XFS was replayed: a size may stand
   * without the data, which is zeros then, and a cut is undone only with all that was written after it.
   */
  losePower(random: SimRandom): void {
    const unsynced = this.#unsyncedPages();
    const cutTo = Math.min(this.#cutTo, ...[...this.#inFlight].map((sync) => sync.cutTo));
    const kept = surviving(unsynced, random);
    const keepsCut =
      cutTo !== Infinity &&
      (random.chance(0.5) || kept.some((index) => index * PAGE_BYTES >= cutTo));
    const pages = new Map(this.#devicePages);
    let size = this.#deviceSizeBytes;
    if (keepsCut) {
      cutPages(pages, cutTo);
      size = Math.min(size, cutTo);
    }
    kept.forEach((index, at) => {
      const isTorn = at === kept.length - 1 && random.chance(0.6);
      const page = this.#pages.get(index)!;
      const keptBytes = isTorn
        ? SECTOR_BYTES * random.below(PAGE_BYTES / SECTOR_BYTES)
        : PAGE_BYTES;
      const mixed = Buffer.from(pages.get(index) ?? Buffer.alloc(PAGE_BYTES));
      page.copy(mixed, 0, 0, keptBytes);
      pages.set(index, mixed);
      const end = Math.min(index * PAGE_BYTES + keptBytes, this.sizeBytes);
      size = Math.max(size, end);
    });
    const sizeRunsAhead = (cutTo === Infinity || keepsCut) && random.chance(0.2);
    if (sizeRunsAhead) size = Math.max(size, this.sizeBytes);
    this.#settle(pages, size);
  }

  #settle(pages: Map<number, Buffer>, sizeBytes: number): void {
    cutPages(pages, sizeBytes);
    this.#pages = new Map(pages);
    this.#devicePages = pages;
    this.sizeBytes = sizeBytes;
    this.#deviceSizeBytes = sizeBytes;
    this.#dirty = new Set();
    this.#inFlight = new Set();
    this.#cutTo = Infinity;
  }

  #unsyncedPages(): number[] {
    const indexes = new Set(this.#dirty);
    for (const sync of this.#inFlight) {
      for (const index of sync.pages.keys()) indexes.add(index);
    }
    return [...indexes].filter((index) => this.#pages.has(index)).sort((a, b) => a - b);
  }

  #writablePage(index: number): Buffer {
    const page = this.#pages.get(index);
    if (page !== undefined && this.#dirty.has(index)) return page;
    const fresh = page === undefined ? Buffer.alloc(PAGE_BYTES) : Buffer.from(page);
    this.#pages.set(index, fresh);
    this.#dirty.add(index);
    return fresh;
  }
}

/** Which unsynced pages the device had got to: none, all, those before some place, or any. */
function surviving(indexes: readonly number[], random: SimRandom): number[] {
  const mood = random.fraction();
  if (mood < 0.3) return [];
  if (mood < 0.4) return [...indexes];
  if (mood < 0.8) return indexes.slice(0, random.below(indexes.length + 1));
  return indexes.filter(() => random.chance(0.5));
}

/** Drops what lies beyond a size; the rest of the last page becomes zeros, as on real file systems. */
function cutPages(pages: Map<number, Buffer>, sizeBytes: number): void {
  if (sizeBytes === Infinity) return;
  const pagesKept = Math.ceil(sizeBytes / PAGE_BYTES);
  for (const index of pages.keys()) if (index >= pagesKept) pages.delete(index);
  const within = sizeBytes % PAGE_BYTES;
  const last = pages.get(pagesKept - 1);
  if (within > 0 && last !== undefined) {
    const cut = Buffer.from(last);
    cut.fill(0, within);
    pages.set(pagesKept - 1, cut);
  }
}
