import { MoldauError } from "../core/errors.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import { parentOf, writeFileAtomically, type Disk, type DiskFile } from "../platform/disk.ts";
import type { Random } from "../platform/random.ts";
import type { OffsetAndEpoch } from "./epochs.ts";
import { decodeQuorumState, encodeQuorumState, type ElectionState } from "./quorum-state.ts";
import {
  BOOTSTRAP_SNAPSHOT,
  compareSnapshots,
  parseSnapshotFileName,
  PART_SUFFIX,
  readSnapshot,
  SNAPSHOT_SUFFIX,
  SnapshotBuilder,
  snapshotFileName,
  type Snapshot,
  type SnapshotHeader,
} from "./snapshot.ts";

/** Folder of the metadata log within its log directory. */
export const METADATA_FOLDER = "__cluster_metadata-0";
const QUORUM_STATE_FILE = "quorum-state";
/** Where Kafka before 4.4 kept the bootstrap records: beside the metadata log's folder. */
const LEGACY_BOOTSTRAP_FILE = "bootstrap.checkpoint";
const DELETED_SUFFIX = ".deleted";
/** Readers of a snapshot that is deleted get so long to finish. */
const UNLINK_DELAY_MS = 60_000;
/** After so many bytes of a snapshot other work gets its turn. */
const SNAPSHOT_SLICE_BYTES = 256 * 1024;
const READ_ONLY = 0o400;

/** The files beside the metadata log's segments: elections and snapshots. */
export class MetadataDirectory {
  /** Path of the folder. */
  readonly path: string;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #unlinking = new Set<Timer>();

  constructor(
    platform: { readonly disk: Disk; readonly clock: Clock; readonly random: Random },
    path: string,
  ) {
    this.path = path;
    this.#disk = platform.disk;
    this.#clock = platform.clock;
    this.#random = platform.random;
  }

  /** `undefined` when this node never voted. Throws MoldauError QUORUM_STATE_DAMAGED. */
  readElection(): ElectionState | undefined {
    const path = `${this.path}/${QUORUM_STATE_FILE}`;
    if (this.#disk.status(path) === undefined) return undefined;
    return decodeQuorumState(this.#disk.readFile(path), path);
  }

  /** Durable when it returns: what it says may count from then on. */
  writeElection(
    state: ElectionState,
    kraftVersion: number,
    staticVoterIds: readonly number[],
  ): void {
    const content = encodeQuorumState(state, kraftVersion, staticVoterIds);
    writeFileAtomically(this.#disk, `${this.path}/${QUORUM_STATE_FILE}`, content);
  }

  /** Finished snapshots, oldest first; that of formatting (0-0) is not one of them. */
  snapshots(): OffsetAndEpoch[] {
    const ids: OffsetAndEpoch[] = [];
    for (const name of this.#disk.list(this.path)) {
      const id = parseSnapshotFileName(name);
      if (id !== undefined && compareSnapshots(id, BOOTSTRAP_SNAPSHOT) !== 0) ids.push(id);
    }
    return ids.sort(compareSnapshots);
  }

  /** Removes what a crash left: snapshots that were being written or deleted, those the log has outgrown. */
  cleanAtStart(logStartOffset: number): void {
    for (const name of this.#disk.list(this.path)) {
      const id = parseSnapshotFileName(name);
      const outgrown = id !== undefined && id.offset < logStartOffset;
      const unfinished =
        name.endsWith(SNAPSHOT_SUFFIX + PART_SUFFIX) ||
        name.endsWith(SNAPSHOT_SUFFIX + DELETED_SUFFIX);
      const isBootstrap = id !== undefined && compareSnapshots(id, BOOTSTRAP_SNAPSHOT) === 0;
      if (unfinished || (outgrown && !isBootstrap)) this.#disk.remove(`${this.path}/${name}`);
    }
  }

  /** Throws MoldauError SNAPSHOT_DAMAGED. */
  read(id: OffsetAndEpoch): Snapshot {
    const path = this.#pathOf(id);
    return readSnapshot(this.#disk.readFile(path), id, path);
  }

  /** What the cluster begins with, from formatting; also where older versions of Kafka put it. */
  readBootstrap(): Snapshot | undefined {
    const candidates = [
      this.#pathOf(BOOTSTRAP_SNAPSHOT),
      `${parentOf(this.path)}/${LEGACY_BOOTSTRAP_FILE}`,
    ];
    for (const path of candidates) {
      if (this.#disk.status(path) === undefined) continue;
      return readSnapshot(this.#disk.readFile(path), BOOTSTRAP_SNAPSHOT, path);
    }
    return undefined;
  }

  sizeOf(id: OffsetAndEpoch): number {
    return this.#disk.status(this.#pathOf(id))?.sizeBytes ?? 0;
  }

  /**
   * Writes a snapshot in slices, so that serving goes on, and puts it in place when it is whole and
   * durable. `values` are taken as it goes.
   */
  async write(header: SnapshotHeader, values: Iterable<Buffer>): Promise<void> {
    const target = this.#pathOf(header.id);
    const unique = this.#random.bytes(8).readBigUInt64BE(0);
    const base = target.slice(0, -SNAPSHOT_SUFFIX.length);
    const temporary = `${base}-${unique}${SNAPSHOT_SUFFIX}${PART_SUFFIX}`;
    const file = this.#disk.open(temporary, "create");
    try {
      const sink = new FileSink(file);
      const builder = new SnapshotBuilder(header, {
        nowMs: () => this.#clock.nowMs(),
        write: (batch) => sink.write(batch),
      });
      let slice = 0;
      for (const value of values) {
        builder.append(value);
        slice += value.length;
        if (slice < SNAPSHOT_SLICE_BYTES) continue;
        slice = 0;
        await new Promise<void>((resolve) => this.#clock.defer(resolve));
      }
      builder.finish();
      await file.datasync();
    } finally {
      file.close();
    }
    this.#disk.setPermissions(temporary, READ_ONLY);
    this.#disk.rename(temporary, target);
    this.#disk.syncDirectory(this.path);
  }

  /** Writes a small snapshot at once; for formatting, where nothing else is going on. */
  writeNow(header: SnapshotHeader, values: Iterable<Buffer>): void {
    const batches: Buffer[] = [];
    const builder = new SnapshotBuilder(header, {
      nowMs: () => this.#clock.nowMs(),
      write: (batch) => batches.push(batch),
    });
    for (const value of values) builder.append(value);
    builder.finish();
    const path = this.#pathOf(header.id);
    // A file of a format that was begun before may be in the way, and cannot be written over.
    this.#disk.remove(path);
    writeFileAtomically(this.#disk, path, Buffer.concat(batches));
    this.#disk.setPermissions(path, READ_ONLY);
  }

  /** Takes a snapshot out of use; its file goes a while later. */
  delete(id: OffsetAndEpoch): void {
    const path = this.#pathOf(id);
    const deleted = path + DELETED_SUFFIX;
    this.#disk.rename(path, deleted);
    const timer = this.#clock.setTimer(UNLINK_DELAY_MS, () => {
      this.#unlinking.delete(timer);
      this.#disk.remove(deleted);
    });
    this.#unlinking.add(timer);
  }

  /** Lets go of timers; what is left to unlink goes at the next start. */
  close(): void {
    for (const timer of this.#unlinking) timer.cancel();
    this.#unlinking.clear();
  }

  #pathOf(id: OffsetAndEpoch): string {
    return `${this.path}/${snapshotFileName(id)}`;
  }
}

class FileSink {
  readonly #file: DiskFile;
  #position = 0;

  constructor(file: DiskFile) {
    this.#file = file;
  }

  write(bytes: Buffer): void {
    this.#file.write(bytes, 0, bytes.length, this.#position);
    this.#position += bytes.length;
  }
}

/** The log does not reach down to where its snapshots end. */
export function missingSnapshot(path: string, logStartOffset: number): MoldauError {
  return new MoldauError(
    `${path} begins at offset ${logStartOffset}, but there is no snapshot of what was before`,
    {
      code: "SNAPSHOT_MISSING",
      remedy:
        "Restore the .checkpoint files of this folder, or its whole content from another controller.",
    },
  );
}
