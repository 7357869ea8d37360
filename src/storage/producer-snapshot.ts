import { int16At, putInt16, putInt32, uint32At } from "../core/bytes.ts";
import { crc32c } from "../core/crc32c.ts";
import { messageOf, MoldauError } from "../core/errors.ts";
import type { Disk } from "../platform/disk.ts";
import { decodeMessage, encodeMessage } from "../protocol/codec.ts";
import { producerSnapshot } from "../protocol/records/storage/producer-snapshot.ts";
import type { Logger } from "../telemetry/logger.ts";
import { DELETED_SUFFIX, offsetOfFileName, SegmentSuffix, segmentFileName } from "./file-names.ts";
import type { SnapshotEntry } from "./producer-entry.ts";
import { DamagedFileError } from "./storage-error.ts";

/** A snapshot file: version (2), CRC-32C of all that follows the CRC (4), then the entries. */
const VERSION = 1;
const CRC = 2;
const CRC_END = 6;

/** The bytes of a snapshot file. */
export function encodeProducerSnapshot(entries: readonly SnapshotEntry[]): Buffer {
  const body = encodeMessage(producerSnapshot, VERSION, { crc: 0, producerEntries: entries });
  const bytes = Buffer.allocUnsafe(CRC + body.length);
  putInt16(bytes, 0, VERSION);
  body.copy(bytes, CRC);
  putInt32(bytes, CRC, crc32c(bytes, CRC_END));
  return bytes;
}

/** The entries of a snapshot file; throws {@link DamagedFileError}. */
export function decodeProducerSnapshot(bytes: Buffer, path: string): readonly SnapshotEntry[] {
  if (bytes.length < CRC_END) throw new DamagedFileError(path, `${bytes.length} bytes`);
  if (int16At(bytes, 0) !== VERSION) {
    throw new DamagedFileError(path, `unknown version ${int16At(bytes, 0)}`);
  }
  if (uint32At(bytes, CRC) !== crc32c(bytes, CRC_END)) {
    throw new DamagedFileError(path, "its checksum is not that of its bytes");
  }
  try {
    return decodeMessage(producerSnapshot, VERSION, bytes.subarray(CRC)).producerEntries;
  } catch (error) {
    if (error instanceof MoldauError) throw new DamagedFileError(path, messageOf(error), error);
    throw error;
  }
}

/** The snapshot files of a log, by the offset up to which each has the producer state. */
export class ProducerSnapshots {
  readonly #disk: Disk;
  readonly #folder: string;
  /** Rising. */
  #offsets: number[] = [];
  readonly #unsynced = new Set<number>();

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  /** Takes note of the files there are. */
  load(names: readonly string[]): void {
    this.#offsets = [];
    for (const name of names) {
      const offset = offsetOfFileName(name);
      if (offset === undefined || !name.endsWith(SegmentSuffix.producerSnapshot)) continue;
      if (segmentFileName(offset, SegmentSuffix.producerSnapshot) === name) {
        this.#offsets.push(offset);
      }
    }
    this.#offsets.sort((a, b) => a - b);
  }

  get offsets(): readonly number[] {
    return this.#offsets;
  }

  get latestOffset(): number | undefined {
    return this.#offsets.at(-1);
  }

  /** Writes a snapshot; it is durable after {@link sync}. */
  write(offset: number, entries: readonly SnapshotEntry[]): void {
    const bytes = encodeProducerSnapshot(entries);
    const file = this.#disk.open(this.#path(offset), "write");
    try {
      file.write(bytes, 0, bytes.length, 0);
      file.truncate(bytes.length);
    } finally {
      file.close();
    }
    this.#unsynced.add(offset);
    if (this.#offsets.includes(offset)) return;
    this.#offsets.push(offset);
    this.#offsets.sort((a, b) => a - b);
  }

  /** The newest snapshot that can be read. Those that cannot are removed. */
  readLatest(
    logger: Logger,
  ): { readonly offset: number; readonly entries: readonly SnapshotEntry[] } | undefined {
    for (;;) {
      const offset = this.latestOffset;
      if (offset === undefined) return undefined;
      try {
        const path = this.#path(offset);
        return { offset, entries: decodeProducerSnapshot(this.#disk.readFile(path), path) };
      } catch (error) {
        if (!(error instanceof DamagedFileError)) throw error;
        logger.warn(`removed an unreadable producer snapshot: ${messageOf(error)}`);
        this.remove(offset);
      }
    }
  }

  remove(offset: number): void {
    this.#forget(offset);
    this.#disk.remove(this.#path(offset));
  }

  removeWhere(matches: (offset: number) => boolean): void {
    for (const offset of this.#offsets.filter(matches)) this.remove(offset);
  }

  /** Gives the file the name of one that is to be unlinked; returns that name. */
  renameToDeleted(offset: number): string | undefined {
    if (!this.#offsets.includes(offset)) return undefined;
    this.#forget(offset);
    const path = this.#path(offset);
    this.#disk.rename(path, path + DELETED_SUFFIX);
    return path + DELETED_SUFFIX;
  }

  /** Done when the snapshots written so far are on the device. */
  async sync(): Promise<void> {
    for (const offset of this.#unsynced) {
      if (!this.#unsynced.delete(offset)) continue;
      const file = this.#disk.open(this.#path(offset), "write");
      try {
        await file.datasync();
      } finally {
        file.close();
      }
    }
  }

  #forget(offset: number): void {
    this.#offsets = this.#offsets.filter((other) => other !== offset);
    this.#unsynced.delete(offset);
  }

  #path(offset: number): string {
    return `${this.#folder}/${segmentFileName(offset, SegmentSuffix.producerSnapshot)}`;
  }
}
