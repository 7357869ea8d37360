import { assert } from "../core/assert.ts";
import { MoldauError, messageOf } from "../core/errors.ts";
import { BatchBuilder } from "../records/build.ts";
import { batchesIn, type RecordBatchView } from "../records/record-batch.ts";
import { buildControlRecords, readControlRecords, type ControlRecord } from "./control-records.ts";
import type { OffsetAndEpoch } from "./epochs.ts";
import type { VoterSet } from "./voter-set.ts";

/** Largest batch of a snapshot and of the metadata log. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;

export const SNAPSHOT_SUFFIX = ".checkpoint";
/** Added while it is being written. */
export const PART_SUFFIX = ".part";

/** The snapshot that formatting writes: no part of the log's history, but what the cluster begins with. */
export const BOOTSTRAP_SNAPSHOT: OffsetAndEpoch = { offset: 0, epoch: 0 };

/** `<end offset, 20 digits>-<epoch, 10 digits>.checkpoint`. */
export function snapshotFileName({ offset, epoch }: OffsetAndEpoch): string {
  const end = String(offset).padStart(20, "0");
  return `${end}-${String(epoch).padStart(10, "0")}${SNAPSHOT_SUFFIX}`;
}

/** The id in the name of a finished snapshot, or `undefined` when the name is none. */
export function parseSnapshotFileName(name: string): OffsetAndEpoch | undefined {
  const match = /^(\d{20})-(\d{10})\.checkpoint$/.exec(name);
  if (match === null) return undefined;
  const offset = Number(match[1]);
  const epoch = Number(match[2]);
  return Number.isSafeInteger(offset) ? { offset, epoch } : undefined;
}

/** Rising by what they hold. */
export function compareSnapshots(a: OffsetAndEpoch, b: OffsetAndEpoch): number {
  return a.offset - b.offset || a.epoch - b.epoch;
}

/** What stands before the data of a snapshot. */
export interface SnapshotHeader {
  readonly id: OffsetAndEpoch;
  /** Append time of the last batch the snapshot stands for. */
  readonly lastContainedLogTimestampMs: number;
  /** 0 writes neither it nor voters, as before KIP-853. */
  readonly kraftVersion: number;
  readonly voters: VoterSet | undefined;
}

/**
 * Makes the batches of a snapshot file. Their offsets count from 0 whatever the snapshot's own, and
 * their epoch is that of its name.
 */
export class SnapshotBuilder {
  readonly #epoch: number;
  readonly #nowMs: () => number;
  readonly #write: (batch: Buffer) => void;
  readonly #batchBytesMax: number;
  #builder: BatchBuilder | undefined;
  #nextOffset = 0;
  #finished = false;

  /** `write` gets one batch after the other; the header at once. */
  constructor(
    header: SnapshotHeader,
    options: {
      readonly nowMs: () => number;
      readonly write: (batch: Buffer) => void;
      readonly batchBytesMax?: number;
    },
  ) {
    this.#epoch = header.id.epoch;
    this.#nowMs = options.nowMs;
    this.#write = options.write;
    this.#batchBytesMax = options.batchBytesMax ?? BATCH_BYTES_MAX;
    const records: ControlRecord[] = [
      {
        kind: "snapshot-header",
        lastContainedLogTimestampMs: header.lastContainedLogTimestampMs,
      },
    ];
    if (header.kraftVersion > 0) {
      records.push({ kind: "kraft-version", kraftVersion: header.kraftVersion });
      if (header.voters !== undefined) records.push({ kind: "voters", voters: header.voters });
    }
    this.#writeControl(records);
  }

  /** Adds the value of one data record. */
  append(value: Buffer): void {
    assert(!this.#finished, "a finished snapshot grows");
    let builder = this.#builder;
    // A record takes a few bytes beside its value.
    if (builder !== undefined && builder.sizeBytes + value.length + 32 > this.#batchBytesMax) {
      this.#flush();
      builder = undefined;
    }
    builder ??= new BatchBuilder({
      baseOffset: this.#nextOffset,
      partitionLeaderEpoch: this.#epoch,
    });
    this.#builder = builder;
    builder.append({ timestamp: this.#nowMs(), key: null, value });
  }

  /** Writes what is left and the footer. */
  finish(): void {
    this.#flush();
    this.#finished = true;
    this.#writeControl([{ kind: "snapshot-footer" }]);
  }

  #flush(): void {
    const builder = this.#builder;
    if (builder === undefined) return;
    this.#builder = undefined;
    this.#nextOffset += builder.count;
    this.#write(builder.finish());
  }

  #writeControl(records: readonly ControlRecord[]): void {
    const batch = {
      baseOffset: this.#nextOffset,
      epoch: this.#epoch,
      timestampMs: this.#nowMs(),
    };
    this.#nextOffset += records.length;
    this.#write(buildControlRecords(records, batch));
  }
}

/** A snapshot that was read. */
export interface Snapshot extends SnapshotHeader {
  /** Values of the data records; views of the file's bytes. */
  readonly values: readonly Buffer[];
}

/**
 * Reads a whole snapshot file.
 * @throws MoldauError SNAPSHOT_DAMAGED: a snapshot replaces the log, so a part of one is no use
 */
export function readSnapshot(bytes: Buffer, id: OffsetAndEpoch, path: string): Snapshot {
  const control: ControlRecord[] = [];
  const values: Buffer[] = [];
  let consumed = 0;
  try {
    for (const batch of batchesIn(bytes)) {
      if (!batch.verifyChecksum()) throw new Error(`the checksum at byte ${batch.at} is wrong`);
      if (batch.isControl) control.push(...readControlRecords(batch));
      else readValues(batch, values);
      consumed = batch.at + batch.sizeBytes;
    }
  } catch (thrown) {
    throw damaged(path, messageOf(thrown), thrown);
  }
  const header = control.find((record) => record.kind === "snapshot-header");
  if (header === undefined) throw damaged(path, "it has no header");
  if (control.at(-1)?.kind !== "snapshot-footer" || consumed !== bytes.length) {
    throw damaged(path, "it is cut short");
  }
  return {
    id,
    lastContainedLogTimestampMs: header.lastContainedLogTimestampMs,
    kraftVersion: control.find((record) => record.kind === "kraft-version")?.kraftVersion ?? 0,
    voters: control.find((record) => record.kind === "voters")?.voters,
    values,
  };
}

function readValues(batch: RecordBatchView, values: Buffer[]): void {
  for (const { value } of batch.records()) {
    if (value === null) throw new Error("a record without value");
    values.push(value);
  }
}

function damaged(path: string, reason: string, cause?: unknown): MoldauError {
  return new MoldauError(`the snapshot ${path} cannot be used: ${reason}`, {
    code: "SNAPSHOT_DAMAGED",
    cause,
    remedy:
      "If an older snapshot and the log after it are there, remove this one; else restore it from another controller.",
  });
}
