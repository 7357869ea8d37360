import type { Clock } from "../platform/clock.ts";
import type { LogSegment } from "./log-segment.ts";

/** How far before a reader of cold data the next bytes are fetched. */
export const READ_AHEAD_BYTES = 2 * 1024 * 1024;
/** One request to the device; several are under way at a time. */
const REQUEST_BYTES = 256 * 1024;
/** Requests of all logs that may be under way. */
const REQUESTS_MAX = 8;
/** A read that takes longer than this for its size did not come from the page cache. */
const COLD_MS_PER_BYTE = 1 / (1024 * 1024);
const COLD_MS_MIN = 0.3;

/**
 * Fetches what a reader of cold data will ask for next into the page cache, while its last answer is
 * under way. Reads of a log are synchronous, so without it the device would be idle whenever the
 * consumer is busy, and the other way round.
 */
export class ReadAhead {
  readonly #clock: Clock;
  /** The bytes that are fetched go to the page cache; nobody looks at this copy. */
  #scratch: Buffer | undefined;
  #underWay = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.monotonicMs();
  }

  /** Begins to fetch `length` bytes; false when too much is under way. `done` tells how long it took. */
  fetch(
    segment: LogSegment,
    position: number,
    length: number,
    done: (tookMs: number) => void,
  ): boolean {
    if (this.#underWay >= REQUESTS_MAX) return false;
    this.#underWay++;
    this.#scratch ??= Buffer.allocUnsafeSlow(REQUEST_BYTES);
    const startMs = this.nowMs();
    const ended = (): void => {
      this.#underWay--;
      done(this.nowMs() - startMs);
    };
    // A failure is the reader's to meet, when it reads the same bytes itself.
    segment.file.readAsync(this.#scratch, length, position).then(ended, ended);
    return true;
  }
}

/** One log's reader of cold data, if it has one. */
export class ColdReader {
  readonly #ahead: ReadAhead;
  #segment: LogSegment | undefined;
  /** Where the last read ended. */
  #position = 0;
  /** Up to where bytes were asked for. */
  #aheadTo = 0;
  #isCold = false;

  constructor(ahead: ReadAhead) {
    this.#ahead = ahead;
  }

  /** A read of `[from, to)` took `tookMs`. */
  noteRead(segment: LogSegment, from: number, to: number, tookMs: number): void {
    const isSlow = tookMs > Math.max(COLD_MS_MIN, (to - from) * COLD_MS_PER_BYTE);
    if (this.#segment !== segment || this.#position !== from) {
      if (!isSlow) return;
      this.#segment = segment;
      this.#aheadTo = to;
    }
    this.#position = to;
    this.#aheadTo = Math.max(this.#aheadTo, to);
    if (isSlow) this.#isCold = true;
    if (this.#isCold) this.#fetch(segment);
  }

  #fetch(segment: LogSegment): void {
    const end = Math.min(segment.sizeBytes, this.#position + READ_AHEAD_BYTES);
    while (this.#aheadTo < end) {
      const length = Math.min(REQUEST_BYTES, end - this.#aheadTo);
      const begun = this.#ahead.fetch(segment, this.#aheadTo, length, (tookMs) => {
        // What comes at once was in memory: from here on the reader needs no help.
        this.#isCold = tookMs > Math.max(COLD_MS_MIN, length * COLD_MS_PER_BYTE);
      });
      if (!begun) return;
      this.#aheadTo += length;
    }
  }
}
