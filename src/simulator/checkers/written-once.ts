import type { Checker, Fail, HistoryEvent, PartitionHistory } from "../history.ts";
import { batchOfRecord, recordIdOf } from "../sent-records.ts";

/**
 * A record stands at one offset: always with idempotence, and otherwise when its batch was sent once.
 */
export class WrittenOnce implements Checker {
  readonly name = "written-once";
  readonly #fail: Fail;
  readonly #offsets = new Map<PartitionHistory, Map<number, number>>();

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  on(event: HistoryEvent): void {
    switch (event.kind) {
      case "acknowledged": {
        const { batch, baseOffset } = event;
        if (baseOffset < 0) return;
        batch.valueSizes.forEach((_size, index) => {
          this.#note(batch.partition, recordIdOf(batch.id, index), baseOffset + index);
        });
        return;
      }
      case "read":
        for (const { baseOffset, ids } of event.batches) {
          ids.forEach((id, index) => this.#note(event.partition, id, baseOffset + index));
        }
        return;
      case "cut": {
        const offsets = this.#offsets.get(event.partition);
        for (const [id, offset] of offsets ?? []) {
          if (offset >= event.offset) offsets?.delete(id);
        }
        return;
      }
      case "topic deleted":
        for (const partition of event.topic.partitions) this.#offsets.delete(partition);
    }
  }

  #note(partition: PartitionHistory, id: number, offset: number): void {
    const batch = partition.batches.get(batchOfRecord(id));
    if (batch === undefined) {
      this.#fail(`${partition.name} offset ${offset} holds record ${id}, which nobody sent there`);
      return;
    }
    let offsets = this.#offsets.get(partition);
    if (offsets === undefined) {
      offsets = new Map();
      this.#offsets.set(partition, offsets);
    }
    const before = offsets.get(id);
    if (before === undefined) offsets.set(id, offset);
    else if (before !== offset && (batch.producerId >= 0 || batch.attempts <= 1)) {
      this.#fail(
        `${partition.name} holds record ${id} of ${batch.producer} at ${before} and at ${offset}`,
      );
    }
  }
}
