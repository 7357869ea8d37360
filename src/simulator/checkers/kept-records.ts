import type { Checker, Fail, HistoryEvent, PartitionHistory } from "../history.ts";

/** What a partition has promised. */
interface Promised {
  /** Records below were acknowledged or served: they survive the process. */
  seenEnd: number;
  /** Records below were synced before anybody heard of them: they survive a loss of power. */
  syncedEnd: number;
}

/**
 * What was acknowledged or served is there after a restart: after the death of a process all of it,
 * after a loss of power what was promised to be synced, and always everything before what is there.
 */
export class KeptRecords implements Checker {
  readonly name = "kept-records";
  readonly #fail: Fail;
  readonly #promised = new Map<PartitionHistory, Promised>();
  /** What was promised when the node came back. */
  readonly #owed = new Map<PartitionHistory, Promised>();

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  on(event: HistoryEvent): void {
    switch (event.kind) {
      case "acknowledged": {
        const { batch, baseOffset } = event;
        if (baseOffset >= 0) this.#see(batch.partition, baseOffset + batch.valueSizes.length);
        return;
      }
      case "read": {
        const last = event.batches.at(-1);
        if (last !== undefined) this.#see(event.partition, last.nextOffset);
        return;
      }
      case "marks":
        if (event.highWatermark !== undefined) this.#see(event.partition, event.highWatermark);
        return;
      case "restarted":
        for (const partition of event.partitions) {
          this.#owed.set(partition, { ...this.#promisedBy(partition) });
        }
        return;
      case "found":
        this.#check(event.partition, event.how === "power loss", event.logEnd);
        return;
      case "cut": {
        const promised = this.#promisedBy(event.partition);
        promised.seenEnd = Math.min(promised.seenEnd, event.offset);
        promised.syncedEnd = Math.min(promised.syncedEnd, event.offset);
      }
    }
  }

  #promisedBy(partition: PartitionHistory): Promised {
    let promised = this.#promised.get(partition);
    if (promised === undefined) {
      promised = { seenEnd: 0, syncedEnd: 0 };
      this.#promised.set(partition, promised);
    }
    return promised;
  }

  #see(partition: PartitionHistory, end: number): void {
    const promised = this.#promisedBy(partition);
    promised.seenEnd = Math.max(promised.seenEnd, end);
    if (partition.topic.isStrict) promised.syncedEnd = promised.seenEnd;
  }

  #check(partition: PartitionHistory, hasLostPower: boolean, logEnd: number): void {
    const { seenEnd, syncedEnd } = this.#owed.get(partition) ?? { seenEnd: 0, syncedEnd: 0 };
    const end = hasLostPower ? syncedEnd : seenEnd;
    if (logEnd >= end) return;
    const after = hasLostPower ? "a loss of power" : "the process ended";
    this.#fail(`${partition.name} ends at ${logEnd} after ${after}; ${end} was promised`);
  }
}
