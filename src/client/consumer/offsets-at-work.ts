import type { AssignedPartition } from "./assigned-partition.ts";

/** Finished places in a row before they are dropped from it. */
const FINISHED_MAX = 1_024;

interface Row {
  /** In the order in which they were handed out. */
  readonly offsets: number[];
  /** Where the first one stands that is not done. */
  head: number;
  /** Done, with others before them that are not. */
  readonly done: Set<number>;
}

/** Which records of each partition are worked on, so that only what is done without a gap counts. */
export class OffsetsAtWork {
  readonly #rows = new Map<AssignedPartition, Row>();

  begin(partition: AssignedPartition, offset: number): void {
    const row = this.#rows.get(partition);
    if (row !== undefined) row.offsets.push(offset);
    else this.#rows.set(partition, { offsets: [offset], head: 0, done: new Set() });
  }

  end(partition: AssignedPartition, offset: number): void {
    const row = this.#rows.get(partition);
    if (row === undefined) return;
    const { offsets, done } = row;
    if (offsets[row.head] !== offset) {
      done.add(offset);
      return;
    }
    row.head++;
    while (row.head < offsets.length && done.delete(offsets[row.head]!)) row.head++;
    if (row.head === offsets.length) {
      offsets.length = 0;
      row.head = 0;
      if (partition.isGone) this.#rows.delete(partition);
    } else if (row.head >= FINISHED_MAX) {
      offsets.splice(0, row.head);
      row.head = 0;
    }
  }

  /** The first offset that is not done. */
  first(partition: AssignedPartition): number | undefined {
    const row = this.#rows.get(partition);
    return row?.offsets[row.head];
  }
}
