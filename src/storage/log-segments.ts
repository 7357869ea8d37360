import { assert } from "../core/assert.ts";
import type { LogSegment } from "./log-segment.ts";

/** The segments of a log by rising base offset; never empty. The last one is appended to. */
export class LogSegments {
  #segments: LogSegment[];
  /** Bytes of all but the last. */
  #inactiveBytes = 0;

  constructor(segments: readonly LogSegment[]) {
    assert(segments.length > 0, "a log has at least one segment");
    this.#segments = [...segments].sort((a, b) => a.baseOffset - b.baseOffset);
    this.#count();
  }

  get all(): readonly LogSegment[] {
    return this.#segments;
  }

  get length(): number {
    return this.#segments.length;
  }

  get first(): LogSegment {
    return this.#segments[0]!;
  }

  get active(): LogSegment {
    return this.#segments[this.#segments.length - 1]!;
  }

  get sizeBytes(): number {
    return this.#inactiveBytes + this.active.sizeBytes;
  }

  at(index: number): LogSegment | undefined {
    return this.#segments[index];
  }

  /** Index of the last segment whose base is not above `offset`, -1 when all are above. */
  floorIndex(offset: number): number {
    let low = -1;
    let high = this.#segments.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#segments[middle]!.baseOffset > offset) high = middle;
      else low = middle;
    }
    return low;
  }

  /** Adds a segment behind all others. */
  push(segment: LogSegment): void {
    assert(segment.baseOffset > this.active.baseOffset, "a new segment begins below the last one", {
      baseOffset: segment.baseOffset,
      last: this.active.baseOffset,
    });
    this.#segments.push(segment);
    this.#count();
  }

  /** Takes the first `count` segments out; some must be left. */
  removeFirst(count: number): LogSegment[] {
    assert(count < this.#segments.length, "a log has at least one segment", { count });
    const removed = this.#segments.splice(0, count);
    this.#count();
    return removed;
  }

  /** Takes the segments from `index` on out; some must be left. */
  removeFrom(index: number): LogSegment[] {
    assert(index > 0, "a log has at least one segment", { index });
    const removed = this.#segments.splice(index);
    this.#count();
    return removed;
  }

  /** Takes all out and puts one in. */
  replaceAll(segment: LogSegment): LogSegment[] {
    const removed = this.#segments;
    this.#segments = [segment];
    this.#count();
    return removed;
  }

  #count(): void {
    let bytes = 0;
    for (let i = 0; i < this.#segments.length - 1; i++) bytes += this.#segments[i]!.sizeBytes;
    this.#inactiveBytes = bytes;
  }
}
