import type { ConsumerMetrics } from "../diagnostics/client-metrics.ts";
import type { AcquiredChunk } from "./acquired-chunk.ts";
import type { ShareRecord } from "./share-record.ts";

/** What was acquired and not handed out yet, answer by answer; and what was handed out and not acknowledged. */
export class ShareBuffer {
  /** Of the record that {@link take} gave last. */
  takenFrom: AcquiredChunk | undefined;
  readonly #metrics: ConsumerMetrics;
  readonly #row: AcquiredChunk[] = [];
  /** All of which something is locked still. */
  readonly #locked = new Set<AcquiredChunk>();

  constructor(metrics: ConsumerMetrics) {
    this.#metrics = metrics;
  }

  /** Whether nothing waits to be handed out. */
  get isEmpty(): boolean {
    return this.#row.length === 0;
  }

  /** Whether the program has records that it has said nothing of. */
  get hasHeld(): boolean {
    for (const chunk of this.#locked) if (chunk.heldCount > 0 && !chunk.isDone) return true;
    return false;
  }

  add(chunk: AcquiredChunk): void {
    for (const locked of this.#locked) if (locked.isDone) this.#locked.delete(locked);
    this.#locked.add(chunk);
    this.#row.push(chunk);
  }

  /** The next record whose lock has not run out. Throws what {@link AcquiredChunk.take} throws. */
  take(): ShareRecord | undefined {
    for (;;) {
      const chunk = this.#row[0];
      if (chunk === undefined) return undefined;
      // What waited too long is somebody else's by now.
      if (chunk.nowMs() >= chunk.lockedUntilMs) chunk.drop(false);
      const record = chunk.isOver ? undefined : chunk.take();
      if (record !== undefined) {
        this.takenFrom = chunk;
        return record;
      }
      this.#row.shift();
      this.#metrics.recordsConsumed += chunk.recordsRead;
      this.#metrics.bytesConsumed += chunk.bytesRead;
    }
  }

  /** Gives back all that is locked. */
  releaseAll(): void {
    for (const chunk of this.#locked) {
      chunk.drop(true);
      chunk.releaseHeld();
    }
  }
}
