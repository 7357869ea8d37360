import { assert } from "../core/assert.ts";
import { messageOf } from "../core/errors.ts";
import { writeFileAtomicallyAsync, type Disk } from "../platform/disk.ts";
import { UNDEFINED_EPOCH } from "../protocol/constants.ts";
import type { Logger } from "../telemetry/logger.ts";
import { formatCheckpoint, parseCheckpoint, wholeNumber } from "./checkpoint-file.ts";
import { DamagedFileError } from "./storage-error.ts";

/** Name of the file in a partition folder that keeps the leader epochs. */
export const LEADER_EPOCH_FILE = "leader-epoch-checkpoint";

/** Where an epoch ends: the offset after its last record. */
export interface EpochEndOffset {
  readonly epoch: number;
  readonly endOffset: number;
}

export interface LeaderEpochEntry {
  readonly epoch: number;
  readonly startOffset: number;
}

/**
 * The leader epochs of a log and the offset at which each began, rising in both (KIP-101). Kept in
 * `leader-epoch-checkpoint`: the first epoch is written at once, later ones by {@link persist}, which
 * the log awaits before its recovery point passes them. What a crash takes is found again in the
 * headers of the batches above the recovery point.
 */
export class LeaderEpochCache {
  readonly #disk: Disk;
  readonly #path: string;
  #entries: LeaderEpochEntry[] = [];
  #dirty = false;
  #fileHasEntries = false;
  #persisting: Promise<void> | undefined;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#path = `${folder}/${LEADER_EPOCH_FILE}`;
  }

  /** Reads the file; an unreadable one counts as empty and is said. */
  load(logger: Logger): void {
    if (this.#disk.status(this.#path) === undefined) return;
    try {
      this.#entries = parseEntries(this.#disk.readFile(this.#path).toString(), this.#path);
      this.#fileHasEntries = this.#entries.length > 0;
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      logger.warn(`leader epochs are taken from the batches: ${messageOf(error)}`);
      this.#dirty = true;
    }
  }

  /** Makes the empty file of a new partition. */
  create(): void {
    this.#disk.open(this.#path, "write").close();
  }

  get entries(): readonly LeaderEpochEntry[] {
    return this.#entries;
  }

  /** Newest epoch, or `undefined` when the log has none. */
  get latestEpoch(): number | undefined {
    return this.#entries.at(-1)?.epoch;
  }

  /** Whether there is something that {@link persist} would write. */
  get isDirty(): boolean {
    return this.#dirty;
  }

  /**
   * Notes that `epoch` begins at `startOffset`. Does nothing when it is the newest one and began no
   * later. Entries that contradict it are dropped: their data was never there, or is gone.
   */
  assign(epoch: number, startOffset: number): void {
    assert(epoch >= 0 && startOffset >= 0, "a leader epoch is below zero", { epoch, startOffset });
    const latest = this.#entries.at(-1);
    if (latest !== undefined && latest.epoch === epoch && startOffset >= latest.startOffset) return;
    const kept = this.#entries.filter(
      (entry) => entry.epoch < epoch && entry.startOffset < startOffset,
    );
    kept.push({ epoch, startOffset });
    this.#replace(kept);
    if (!this.#fileHasEntries) this.#writeUnsynced();
  }

  /** The epoch that an offset belongs to, or `undefined`. */
  epochOf(offset: number): number | undefined {
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i]!;
      if (entry.startOffset <= offset) return entry.epoch;
    }
    return undefined;
  }

  /**
   * The end of the greatest epoch not above `epoch` (OffsetForLeaderEpoch); `undefined` when nothing
   * is known of it. An epoch older than all known ones ends, as itself, where the oldest known begins.
   */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEndOffset | undefined {
    const entries = this.#entries;
    if (epoch === UNDEFINED_EPOCH || entries.length === 0) return undefined;
    if (epoch === entries.at(-1)!.epoch) return { epoch, endOffset: logEndOffset };
    const above = entries.findIndex((entry) => entry.epoch > epoch);
    if (above < 0) return undefined;
    const endOffset = entries[above]!.startOffset;
    return { epoch: above === 0 ? epoch : entries[above - 1]!.epoch, endOffset };
  }

  /** Drops epochs that begin at `endOffset` or above. */
  truncateFromEnd(endOffset: number): void {
    if ((this.#entries.at(-1)?.startOffset ?? -1) < endOffset) return;
    this.#replace(this.#entries.filter((entry) => entry.startOffset < endOffset));
  }

  /**
   * Drops epochs in which nothing was written, after loading. That alone is no reason to write the
   * file: the next loading would do the same.
   */
  forgetUnwritten(logEndOffset: number): void {
    this.#entries = this.#entries.filter((entry) => entry.startOffset < logEndOffset);
  }

  /** Drops epochs wholly below `startOffset`; the one that holds it begins there. */
  truncateFromStart(startOffset: number): void {
    const first = this.#entries[0];
    if (first === undefined || first.startOffset >= startOffset) return;
    const kept = this.#entries.filter((entry) => entry.startOffset > startOffset);
    const holder = this.#entries[this.#entries.length - kept.length - 1]!;
    this.#replace([{ epoch: holder.epoch, startOffset }, ...kept]);
  }

  clear(): void {
    this.#replace([]);
  }

  /** Brings the file up to date, durably. */
  async persist(): Promise<void> {
    while (this.#dirty || this.#persisting !== undefined) {
      this.#persisting ??= this.#write().finally(() => {
        this.#persisting = undefined;
      });
      await this.#persisting;
    }
  }

  async #write(): Promise<void> {
    this.#dirty = false;
    const text = formatEntries(this.#entries);
    try {
      await writeFileAtomicallyAsync(this.#disk, this.#path, Buffer.from(text));
      this.#fileHasEntries = text !== "";
    } catch (error) {
      this.#dirty = true;
      throw error;
    }
  }

  #replace(entries: LeaderEpochEntry[]): void {
    this.#entries = entries;
    this.#dirty = true;
  }

  /** Into a file that says nothing yet, so that no crash can take what was there. */
  #writeUnsynced(): void {
    if (this.#persisting !== undefined) return;
    const content = Buffer.from(formatEntries(this.#entries));
    const file = this.#disk.open(this.#path, "write");
    try {
      file.write(content, 0, content.length, 0);
      file.truncate(content.length);
    } finally {
      file.close();
    }
    this.#fileHasEntries = true;
  }
}

function formatEntries(entries: readonly LeaderEpochEntry[]): string {
  return formatCheckpoint(entries.map((entry) => `${entry.epoch} ${entry.startOffset}`));
}

function parseEntries(text: string, path: string): LeaderEpochEntry[] {
  const entries: LeaderEpochEntry[] = [];
  for (const line of parseCheckpoint(text, path)) {
    const [epochText, startText, ...rest] = line.split(" ");
    const epoch = wholeNumber(epochText);
    const startOffset = wholeNumber(startText);
    if (epoch === undefined || startOffset === undefined || rest.length > 0) {
      throw new DamagedFileError(path, `malformed entry "${line}"`);
    }
    const last = entries.at(-1);
    if (last !== undefined && (epoch <= last.epoch || startOffset <= last.startOffset)) {
      throw new DamagedFileError(path, `epochs do not rise at "${line}"`);
    }
    entries.push({ epoch, startOffset });
  }
  return entries;
}
