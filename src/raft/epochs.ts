import { assert } from "../core/assert.ts";

/** The first offset of an epoch. */
export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

/** The end of an epoch in a log: exclusive. */
export interface OffsetAndEpoch {
  readonly offset: number;
  readonly epoch: number;
}

/**
 * What consensus must know of a log: where it starts and ends, and where its epochs begin. It mirrors
 * the log that the driver writes.
 */
export class LogOutline {
  startOffset: number;
  endOffset: number;
  /** Newest snapshot, the bootstrap one (0-0) aside. */
  latestSnapshot: OffsetAndEpoch | undefined;
  #epochs: EpochStart[];

  constructor(outline: {
    readonly startOffset: number;
    readonly endOffset: number;
    readonly epochs: readonly EpochStart[];
    readonly latestSnapshot?: OffsetAndEpoch | undefined;
  }) {
    this.startOffset = outline.startOffset;
    this.endOffset = outline.endOffset;
    this.latestSnapshot = outline.latestSnapshot;
    this.#epochs = [...outline.epochs];
  }

  /** Epoch of the last record, or of the snapshot the log stands on; 0 for nothing at all. */
  get lastEpoch(): number {
    return this.#epochs.at(-1)?.epoch ?? this.latestSnapshot?.epoch ?? 0;
  }

  get epochs(): readonly EpochStart[] {
    return this.#epochs;
  }

  /** Records of `epoch` were appended up to `endOffset`, exclusive. */
  appended(epoch: number, endOffset: number): void {
    assert(epoch >= this.lastEpoch, "an append of an older epoch", { epoch });
    if (this.#epochs.at(-1)?.epoch !== epoch) {
      this.#epochs.push({ epoch, startOffset: this.endOffset });
    }
    this.endOffset = endOffset;
  }

  truncateTo(endOffset: number): void {
    if (endOffset >= this.endOffset) return;
    this.#epochs = this.#epochs.filter(({ startOffset }) => startOffset < endOffset);
    this.endOffset = endOffset;
  }

  /** The log was dropped in favour of a snapshot. */
  restartAt(snapshot: OffsetAndEpoch): void {
    this.#epochs = [];
    this.startOffset = snapshot.offset;
    this.endOffset = snapshot.offset;
    this.latestSnapshot = snapshot;
  }

  /** Records below a snapshot were deleted. */
  advanceStart(startOffset: number): void {
    this.startOffset = Math.max(this.startOffset, startOffset);
    const first = this.#epochs.findLastIndex((entry) => entry.startOffset <= this.startOffset);
    if (first <= 0) return;
    this.#epochs = this.#epochs.slice(first);
  }

  /** The largest epoch not above `epoch`, and where it ends here. */
  endOfEpoch(epoch: number): OffsetAndEpoch {
    const next = this.#epochs.findIndex((entry) => entry.epoch > epoch);
    if (next === -1) return { epoch: Math.min(epoch, this.lastEpoch), offset: this.endOffset };
    if (next === 0) {
      return { epoch: this.latestSnapshot?.epoch ?? 0, offset: this.#epochs[0]!.startOffset };
    }
    return { epoch: this.#epochs[next - 1]!.epoch, offset: this.#epochs[next]!.startOffset };
  }

  /** Whether a log that ends like this is at least as complete as ours: the rule of votes. */
  isUpToDate(lastEpoch: number, endOffset: number): boolean {
    if (lastEpoch !== this.lastEpoch) return lastEpoch > this.lastEpoch;
    return endOffset >= this.endOffset;
  }
}
