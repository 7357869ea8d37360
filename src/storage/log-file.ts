import { assert } from "../core/assert.ts";
import type { Disk, DiskFile } from "../platform/disk.ts";

/** Files of segments that stay open at a time; beyond it those that were not used lately are closed. */
export const OPEN_FILES_MAX = 2048;

/**
 * Keeps the number of open segment files bounded, by the second-chance rule. A thousand idle
 * partitions have none open.
 */
export class OpenFiles {
  readonly #max: number;
  readonly #open = new Set<LogFile>();

  constructor(max: number = OPEN_FILES_MAX) {
    assert(max > 0, "no files may be open", { max });
    this.#max = max;
  }

  get count(): number {
    return this.#open.size;
  }

  opened(file: LogFile): void {
    if (this.#open.size >= this.#max) this.#evict();
    this.#open.add(file);
  }

  closed(file: LogFile): void {
    this.#open.delete(file);
  }

  /** Closes what is open still, such as the files of a log whose loading failed. */
  closeAll(): void {
    for (const file of this.#open) file.close();
  }

  #evict(): void {
    // Two rounds: the first takes the marks away, unless it finds one without.
    for (let tries = 2 * this.#open.size; tries > 0; tries--) {
      const { value: file } = this.#open.values().next();
      if (file === undefined) return;
      if (file.releaseIfIdle()) return;
      this.#open.delete(file);
      this.#open.add(file);
    }
  }
}

/** The records of a segment on disk: opened when used, closed when others need the room. */
export class LogFile {
  readonly #disk: Disk;
  readonly #openFiles: OpenFiles;
  #path: string;
  #file: DiskFile | undefined;
  #usedLately = false;
  #pins = 0;
  #closing = false;

  constructor(disk: Disk, openFiles: OpenFiles, path: string) {
    this.#disk = disk;
    this.#openFiles = openFiles;
    this.#path = path;
  }

  get path(): string {
    return this.#path;
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    return this.#use().read(target, targetOffset, length, position);
  }

  /** Reads off the loop; returns how many bytes there were. */
  readAsync(target: Uint8Array, length: number, position: number): Promise<number> {
    return this.#pinned((file) => file.readAsync(target, 0, length, position));
  }

  write(bytes: Uint8Array, offset: number, length: number, position: number): void {
    this.#use().write(bytes, offset, length, position);
  }

  /** Makes the file when there is none, and leaves it closed. */
  create(): void {
    this.#disk.open(this.#path, "write").close();
  }

  truncate(sizeBytes: number): void {
    this.#use().truncate(sizeBytes);
  }

  size(): number {
    return this.#use().size();
  }

  /** Resolves when what was written before is on the device. */
  datasync(): Promise<void> {
    return this.#pinned((file) => file.datasync());
  }

  datasyncNow(): void {
    this.#use().datasyncNow();
  }

  rename(to: string): void {
    this.#disk.rename(this.#path, to);
    this.#path = to;
  }

  /** Closes the file; it is opened again when used. What is under way is waited for. */
  close(): void {
    if (this.#pins > 0) this.#closing = true;
    else this.#closeNow();
  }

  /** For {@link OpenFiles}: closes the file unless it is in use or was lately. */
  releaseIfIdle(): boolean {
    if (this.#pins > 0) return false;
    if (this.#usedLately) {
      this.#usedLately = false;
      return false;
    }
    this.#closeNow();
    return true;
  }

  /** Runs something on the file, which is not closed before that has ended. */
  async #pinned<T>(run: (file: DiskFile) => Promise<T>): Promise<T> {
    const file = this.#use();
    this.#pins++;
    try {
      return await run(file);
    } finally {
      this.#pins--;
      if (this.#closing && this.#pins === 0) this.#closeNow();
    }
  }

  #use(): DiskFile {
    this.#usedLately = true;
    this.#closing = false;
    if (this.#file === undefined) {
      this.#file = this.#disk.open(this.#path, "write");
      this.#openFiles.opened(this);
    }
    return this.#file;
  }

  #closeNow(): void {
    this.#closing = false;
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    this.#openFiles.closed(this);
    file.close();
  }
}
