import { parentOf, writeFileAtomically, type Disk } from "../platform/disk.ts";
import { DamagedFileError } from "./storage-error.ts";

/**
 * Kafka's checkpoint text: a line `0` for the version, a line with the number of entries, then one
 * entry a line. An empty file has no entries.
 */
const VERSION = "0";
const HEADER_LINES = 2;
/** No log directory holds more partitions than this; a greater count is damage. */
const ENTRIES_MAX = 10_000_000;

/** The text of a checkpoint file with these entries. */
export function formatCheckpoint(entries: readonly string[]): string {
  const lines = entries.length === 0 ? "" : `${entries.join("\n")}\n`;
  return `${VERSION}\n${entries.length}\n${lines}`;
}

/** The entries of a checkpoint text; throws {@link DamagedFileError} where it is none. */
export function parseCheckpoint(text: string, path: string): string[] {
  if (text.length === 0) return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines[0] !== VERSION) throw new DamagedFileError(path, `unknown version ${lines[0] ?? ""}`);
  const count = wholeNumber(lines[1]);
  if (count === undefined || count > ENTRIES_MAX) {
    throw new DamagedFileError(path, `no number of entries in line 2`);
  }
  if (lines.length !== HEADER_LINES + count) {
    throw new DamagedFileError(path, `${lines.length - HEADER_LINES} entries instead of ${count}`);
  }
  return lines.slice(HEADER_LINES);
}

/** A number as text of digits, or `undefined`. */
export function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,19}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * One of the files of a log directory that give an offset for each partition, by the name of its
 * folder (`orders-0`). Written as a whole; while one writing is under way the newest waiting one
 * replaces the others.
 */
export class OffsetCheckpoint {
  readonly path: string;
  readonly #disk: Disk;
  #writing: Promise<void> | undefined;
  #waiting: ReadonlyMap<string, number> | undefined;
  #written: string | undefined;
  /** Partitions of which the file may say something, whatever becomes of a write under way. */
  #mentioned: ReadonlySet<string> = new Set();
  /** Counts the blocking writes. */
  #generation = 0;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.path = path;
  }

  /** Makes an empty file when there is none, as Kafka does at start. */
  create(): void {
    this.#disk.open(this.path, "write").close();
  }

  /** What the file says; empty when there is none. Throws {@link DamagedFileError}. */
  read(): Map<string, number> {
    const offsets = new Map<string, number>();
    if (this.#disk.status(this.path) === undefined) return offsets;
    const text = this.#disk.readFile(this.path).toString();
    for (const line of parseCheckpoint(text, this.path)) {
      const [topic, partition, offset, ...rest] = line.split(" ");
      const number = wholeNumber(offset);
      if (topic === undefined || wholeNumber(partition) === undefined || number === undefined) {
        throw new DamagedFileError(this.path, `malformed entry "${line.slice(0, 300)}"`);
      }
      if (rest.length > 0) throw new DamagedFileError(this.path, `malformed entry "${line}"`);
      offsets.set(`${topic}-${Number(partition)}`, number);
    }
    this.#mentioned = new Set(offsets.keys());
    return offsets;
  }

  /** Whether a process that reads the file after a crash may find something about the partition. */
  mentions(name: string): boolean {
    return this.#mentioned.has(name) || (this.#waiting?.has(name) ?? false);
  }

  /** Replaces the content; done when it is on the device. Does nothing when it is the same. */
  async write(offsets: ReadonlyMap<string, number>): Promise<void> {
    this.#waiting = offsets;
    this.#writing ??= this.#writeWaiting().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  /** The same, blocking. A {@link write} that is under way does not overwrite it. */
  writeNow(offsets: ReadonlyMap<string, number>): void {
    this.#generation++;
    this.#waiting = undefined;
    const text = formatOffsets(offsets);
    if (text === this.#written) return;
    this.#written = undefined;
    writeFileAtomically(this.#disk, this.path, Buffer.from(text));
    this.#written = text;
    this.#mentioned = new Set(offsets.keys());
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting !== undefined) {
      const offsets = this.#waiting;
      const text = formatOffsets(offsets);
      this.#waiting = undefined;
      if (text === this.#written) continue;
      const generation = this.#generation;
      this.#mentioned = new Set([...this.#mentioned, ...offsets.keys()]);
      await this.#replace(text);
      if (generation === this.#generation) this.#mentioned = new Set(offsets.keys());
    }
  }

  async #replace(text: string): Promise<void> {
    const generation = this.#generation;
    const temporary = `${this.path}.next.tmp`;
    const content = Buffer.from(text);
    const file = this.#disk.open(temporary, "write");
    try {
      file.truncate(0);
      file.write(content, 0, content.length, 0);
      await file.datasync();
    } finally {
      file.close();
    }
    if (generation !== this.#generation) {
      this.#disk.remove(temporary);
      return;
    }
    this.#written = undefined;
    this.#disk.rename(temporary, this.path);
    await this.#disk.syncDirectoryAsync(parentOf(this.path));
    if (generation === this.#generation) this.#written = text;
  }
}

function formatOffsets(offsets: ReadonlyMap<string, number>): string {
  const lines: string[] = [];
  for (const [name, offset] of offsets) {
    const dash = name.lastIndexOf("-");
    lines.push(`${name.slice(0, dash)} ${name.slice(dash + 1)} ${offset}`);
  }
  return formatCheckpoint(lines);
}
