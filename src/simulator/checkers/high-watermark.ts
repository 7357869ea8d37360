import type { Checker, Fail, HistoryEvent } from "../history.ts";

/** The high watermark never falls while the node runs, and what is acknowledged is below it. */
export class HighWatermark implements Checker {
  readonly name = "high-watermark";
  readonly #fail: Fail;

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  on(event: HistoryEvent): void {
    if (event.kind === "restarted") {
      for (const partition of event.partitions) partition.highWatermark = 0;
      return;
    }
    if (event.kind === "acknowledged" && event.isCurrent) {
      const { partition, valueSizes } = event.batch;
      const end = event.baseOffset + valueSizes.length;
      partition.highWatermark = Math.max(partition.highWatermark, end);
      return;
    }
    if (event.kind !== "marks" || event.highWatermark === undefined) return;
    const { partition, known, incarnation, highWatermark } = event;
    if (known.incarnation !== incarnation) return;
    if (highWatermark < known.highWatermark) {
      this.#fail(
        `${partition.name}: the high watermark was ${known.highWatermark} and is ${highWatermark}`,
      );
    }
    partition.highWatermark = Math.max(partition.highWatermark, highWatermark);
  }
}
