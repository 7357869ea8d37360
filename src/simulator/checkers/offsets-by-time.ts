import type { Checker, Fail, PartitionHistory } from "../history.ts";

/** An answer to a search by time. */
export interface TimeSearch {
  readonly timestampMs: number;
  /** Offset and time of what was found; -1 when nothing was. */
  readonly offset: number;
  readonly foundMs: number;
  /** Batches that were acknowledged when the search was asked for, by number. */
  readonly acknowledgedBefore: readonly number[];
}

/** A search by time finds the first record of that time or later. */
export class OffsetsByTime implements Checker {
  readonly name = "offsets-by-time";
  readonly #fail: Fail;

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  found(partition: PartitionHistory, search: TimeSearch): void {
    const { timestampMs, offset, foundMs } = search;
    if (offset >= 0 && foundMs < timestampMs) {
      this.#fail(`${partition.name}: ${offset} of ${foundMs} is found for ${timestampMs}`);
    }
    const start = Math.max(partition.logStart, partition.deletionAskedTo);
    for (const id of search.acknowledgedBefore) {
      const batch = partition.batches.get(id);
      if (batch?.state !== "acknowledged" || batch.baseOffset < 0) continue;
      const index = Math.max(0, timestampMs - batch.timestampMs);
      const first = batch.baseOffset + index;
      const isEarlier = first >= start && (offset < 0 || first < offset);
      if (index < batch.valueSizes.length && isEarlier) {
        this.#fail(
          `${partition.name}: ${offset} is found for ${timestampMs}, and ${first} is of ${batch.timestampMs + index}`,
        );
        return;
      }
    }
  }
}
