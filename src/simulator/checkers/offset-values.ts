import type { Checker, Fail, HistoryEvent, PartitionHistory } from "../history.ts";
import { recordIdOf } from "../sent-records.ts";

/** An offset has one value, whoever tells of it: the acknowledgement, any reader, before or after a crash. */
export class OffsetValues implements Checker {
  readonly name = "offset-values";
  readonly #fail: Fail;
  readonly #values = new Map<PartitionHistory, Map<number, number>>();

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  on(event: HistoryEvent): void {
    switch (event.kind) {
      case "acknowledged": {
        const { batch, baseOffset } = event;
        if (baseOffset < 0) return;
        batch.valueSizes.forEach((_size, index) => {
          this.#note(
            batch.partition,
            baseOffset + index,
            recordIdOf(batch.id, index),
            "acknowledged",
          );
        });
        return;
      }
      case "read":
        for (const { baseOffset, ids } of event.batches) {
          ids.forEach((id, index) => this.#note(event.partition, baseOffset + index, id, "read"));
        }
        return;
      case "cut": {
        const values = this.#values.get(event.partition);
        for (const offset of values?.keys() ?? []) {
          if (offset >= event.offset) values?.delete(offset);
        }
        return;
      }
      case "topic deleted":
        for (const partition of event.topic.partitions) this.#values.delete(partition);
    }
  }

  #note(partition: PartitionHistory, offset: number, id: number, how: string): void {
    let values = this.#values.get(partition);
    if (values === undefined) {
      values = new Map();
      this.#values.set(partition, values);
    }
    const before = values.get(offset);
    if (before === undefined) values.set(offset, id);
    else if (before !== id) {
      this.#fail(`${partition.name} offset ${offset} was record ${before}, now ${how} as ${id}`);
    }
  }
}
