import type { MetadataImage } from "../metadata/image.ts";
import type { Clock } from "../platform/clock.ts";

/**
 * When a snapshot is due: so many bytes of records after the last one, or so long after it. Judged
 * whenever something is committed, be it nothing but idle records.
 */
export class SnapshotTrigger {
  readonly #clock: Clock;
  readonly #bytesMax: number;
  readonly #intervalMs: number;
  #bytes = 0;
  #lastMs: number;
  #writing = false;

  /** `intervalMs` 0 = only by size. */
  constructor(clock: Clock, options: { readonly bytesMax: number; readonly intervalMs: number }) {
    this.#clock = clock;
    this.#bytesMax = options.bytesMax;
    this.#intervalMs = options.intervalMs;
    this.#lastMs = clock.monotonicMs();
  }

  /** So many bytes were added to the log. */
  appended(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Calls `write` when a snapshot of the image is due; one is written at a time. */
  committed(image: MetadataImage, write: (image: MetadataImage) => Promise<void>): void {
    if (this.#writing || image.isEmpty || !this.#isDue()) return;
    this.#bytes = 0;
    this.#lastMs = this.#clock.monotonicMs();
    this.#writing = true;
    void this.#run(write(image));
  }

  async #run(writing: Promise<void>): Promise<void> {
    try {
      await writing;
    } finally {
      this.#writing = false;
    }
  }

  #isDue(): boolean {
    if (this.#bytes >= this.#bytesMax) return true;
    if (this.#intervalMs === 0) return false;
    return this.#clock.monotonicMs() - this.#lastMs >= this.#intervalMs;
  }
}
