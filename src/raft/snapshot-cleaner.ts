import type { Clock, Timer } from "../platform/clock.ts";
import type { Log } from "../storage/log.ts";
import type { OffsetAndEpoch } from "./epochs.ts";
import type { MetadataDirectory } from "./metadata-directory.ts";

/** How long snapshots and the log below them are kept (`metadata.max.retention.*`). */
export interface SnapshotRetention {
  /** Of log and snapshots together; below 0 = no bound. */
  readonly bytes: number;
  /** Below 0 = no bound. */
  readonly ms: number;
}

const CLEAN_INTERVAL_MS = 60_000;

/**
 * Deletes old snapshots, and the log that only they stood for. Two are kept at least, so the newest
 * never goes; the log then starts where the oldest one ends.
 */
export class SnapshotCleaner {
  readonly #directory: MetadataDirectory;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #retention: SnapshotRetention;
  readonly #onStartMoved: (offset: number) => void;
  readonly #timestamps = new Map<number, number>();
  #timer: Timer | undefined;

  constructor(
    directory: MetadataDirectory,
    log: Log,
    options: {
      readonly clock: Clock;
      readonly retention: SnapshotRetention;
      readonly onStartMoved: (offset: number) => void;
    },
  ) {
    this.#directory = directory;
    this.#log = log;
    this.#clock = options.clock;
    this.#retention = options.retention;
    this.#onStartMoved = options.onStartMoved;
  }

  start(): void {
    this.#timer = this.#clock.setTimer(CLEAN_INTERVAL_MS, () => {
      this.clean();
      this.start();
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  written(id: OffsetAndEpoch, timestampMs: number): void {
    this.#timestamps.set(id.offset, timestampMs);
  }

  /** Deletes what retention does not keep. */
  clean(): void {
    const snapshots = this.#directory.snapshots();
    while (snapshots.length >= 2 && this.#mayGo(snapshots)) {
      const oldest = snapshots.shift()!;
      const next = snapshots[0]!;
      this.#timestamps.delete(oldest.offset);
      this.#log.advanceLogStartOffset(next.offset);
      this.#log.deleteOldSegments(this.#clock.nowMs());
      this.#directory.delete(oldest);
      this.#onStartMoved(this.#log.logStartOffset);
    }
  }

  #mayGo(snapshots: readonly OffsetAndEpoch[]): boolean {
    const { bytes, ms } = this.#retention;
    if (bytes >= 0) {
      let total = this.#log.sizeBytes;
      for (const id of snapshots) total += this.#directory.sizeOf(id);
      if (total > bytes) return true;
    }
    if (ms < 0) return false;
    return this.#clock.nowMs() - this.#timestampOf(snapshots[0]!) > ms;
  }

  #timestampOf(id: OffsetAndEpoch): number {
    let timestamp = this.#timestamps.get(id.offset);
    if (timestamp === undefined) {
      timestamp = this.#directory.read(id).lastContainedLogTimestampMs;
      this.#timestamps.set(id.offset, timestamp);
    }
    return timestamp;
  }
}
