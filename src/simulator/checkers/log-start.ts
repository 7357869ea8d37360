import type { Checker, Fail, HistoryEvent, PartitionHistory } from "../history.ts";

export interface LogStartView {
  /** The latest time that the wall clock can have shown. */
  wallClockMaxMs(): number;
}

/**
 * The start of a log never moves back while the node runs nor over a clean restart, and moves on only
 * by deletion or by what retention says.
 */
export class LogStart implements Checker {
  readonly name = "log-start";
  readonly #fail: Fail;
  readonly #view: LogStartView;
  /** Where logs began before the last restart. */
  readonly #before = new Map<PartitionHistory, number>();

  constructor(fail: Fail, view: LogStartView) {
    this.#fail = fail;
    this.#view = view;
  }

  on(event: HistoryEvent): void {
    switch (event.kind) {
      case "marks": {
        const { partition, known, incarnation, logStart } = event;
        if (logStart === undefined || logStart < 0) return;
        if (known.incarnation === incarnation && logStart < known.logStart) {
          this.#fail(`${partition.name}: the log began at ${known.logStart}, now at ${logStart}`);
        }
        this.#moved(partition, logStart);
        return;
      }
      case "deletion acknowledged":
        this.#moved(event.partition, event.lowWatermark);
        return;
      case "restarted":
        for (const partition of event.partitions) {
          this.#before.set(partition, partition.logStart);
          if (event.how !== "clean") partition.logStart = 0;
        }
        return;
      case "found": {
        const { partition, how, logStart } = event;
        const before = this.#before.get(partition) ?? 0;
        if (how === "clean" && logStart < before) {
          this.#fail(
            `${partition.name}: the log began at ${before}, and at ${logStart} after a clean restart`,
          );
        }
        this.#moved(partition, logStart);
      }
    }
  }

  #moved(partition: PartitionHistory, logStart: number): void {
    if (logStart <= partition.logStart) return;
    if (logStart > partition.deletionAskedTo) this.#justify(partition, logStart);
    partition.logStart = logStart;
  }

  /** Retention took what nobody asked to delete: it was too old, or too much. */
  #justify(partition: PartitionHistory, logStart: number): void {
    const { retentionsMs, retentionsBytes } = partition.topic;
    const sizes = [...retentionsBytes].filter((bytes) => bytes >= 0);
    const ages = [...retentionsMs].filter((ms) => ms >= 0);
    let keptBytes = 0;
    let youngestTakenMs = 0;
    for (const {
      state,
      baseOffset,
      sizeBytes,
      timestampMs,
      valueSizes,
    } of partition.batches.values()) {
      if (state === "refused" || state === "lost") continue;
      if (baseOffset < 0 || baseOffset >= logStart) keptBytes += sizeBytes;
      else if (baseOffset >= partition.deletionAskedTo) {
        youngestTakenMs = Math.max(youngestTakenMs, timestampMs + valueSizes.length - 1);
      }
    }
    if (sizes.length > 0 && keptBytes >= Math.min(...sizes)) return;
    const oldestKeptMs = this.#view.wallClockMaxMs() - Math.min(...ages);
    if (ages.length > 0 && youngestTakenMs < oldestKeptMs) return;
    this.#fail(
      `${partition.name}: the log begins at ${logStart}; nothing says that it may ` +
        `(${keptBytes} bytes are left, the youngest record gone is of ${youngestTakenMs})`,
    );
  }
}
