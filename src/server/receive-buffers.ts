import type { Clock, Timer } from "../platform/clock.ts";

/** Every socket without half a frame receives into one buffer of this size. */
export const SHARED_BUFFER_BYTES = 256 * 1024;
/** Buffers come in powers of two from here … */
const SMALLEST_BUFFER_BYTES = 1024;
/** … to here; larger ones are made to measure and not kept. */
const LARGEST_KEPT_BYTES = 1024 * 1024;
/** Free buffers that are kept for reuse, together. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;
/** While others wait for memory, a frame may take this long to arrive, its own waiting not counted. */
export const FRAME_UNDER_PRESSURE_MS_MAX = 30_000;
/** While somebody waits for memory, it is looked this often who takes too long. */
const PRESSURE_CHECK_MS = 1000;
/** When this much of the bound is used, reads that begin may bring no more than a little each. */
const CAUTION_PART = 2;
const CAUTIOUS_READ_BYTES = 16 * 1024;
/** What reads that had begun bring beyond the bound is kept up to the bound again, or up to this. */
const OVERDRAFT_BYTES_MIN = 16 * 1024 * 1024;

/** A connection that holds part of a frame. */
export interface MemoryHolder {
  /** When that frame began, or its waiting ended, by the monotonic clock. */
  readonly frameBeganMs: number;
  /** There is memory: reading may go on. The time of the frame begins anew. */
  resumeReading(): void;
  /** Its frame takes too long while others wait. */
  giveUp(): void;
}

export interface ReceiveBuffersOptions {
  /** `queued.max.request.bytes`: bound on what parts of frames take together. */
  readonly maxBytes: number;
  readonly clock: Clock;
}

/**
 * Memory that requests are received into. Frames that arrive whole are handled where they stand in
 * the shared buffer. Who holds a part of one may read on while the bound is not reached; then they
 * wait in turn, one of them excepted, so that there is always a frame that gets done. Thus what is
 * held is at most twice the bound and one largest frame; the bound is passed only by reads that had
 * begun before it was reached.
 */
export class ReceiveBuffers {
  /** Read callbacks run to completion, so all connections can share it. */
  readonly shared: Buffer = Buffer.allocUnsafeSlow(SHARED_BUFFER_BYTES);
  readonly #cautious = this.shared.subarray(0, CAUTIOUS_READ_BYTES);
  readonly #maxBytes: number;
  readonly #clock: Clock;
  /** Free buffers by size. */
  readonly #kept = new Map<number, Buffer[]>();
  #keptBytes = 0;
  #usedBytes = 0;
  readonly #holders = new Set<MemoryHolder>();
  readonly #waiting = new Set<MemoryHolder>();
  /** Reads on whatever the bound says. */
  #favoured: MemoryHolder | undefined;
  #isWakeScheduled = false;
  #pressureTimer: Timer | undefined;

  constructor(options: ReceiveBuffersOptions) {
    this.#maxBytes = options.maxBytes;
    this.#clock = options.clock;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Whether so much is held that nothing may be added to it. */
  get isOverdrawn(): boolean {
    return this.#usedBytes > this.#maxBytes + Math.max(this.#maxBytes, OVERDRAFT_BYTES_MIN);
  }

  /** The shared buffer, or as much of it as a read may fill for now. */
  get place(): Buffer {
    return this.#usedBytes * CAUTION_PART < this.#maxBytes ? this.shared : this.#cautious;
  }

  /** A buffer of at least `bytes`. Whether to read on is {@link mayReadOn}'s to say. */
  take(bytes: number): Buffer {
    const size = sizeFor(bytes);
    this.#usedBytes += size;
    const kept = this.#kept.get(size)?.pop();
    if (kept === undefined) return Buffer.allocUnsafeSlow(size);
    this.#keptBytes -= size;
    return kept;
  }

  /** Gives back what {@link take} gave, once. */
  give(buffer: Buffer): void {
    const size = buffer.length;
    this.#usedBytes -= size;
    if (size <= LARGEST_KEPT_BYTES && this.#keptBytes + size <= KEPT_BYTES_MAX) {
      let kept = this.#kept.get(size);
      if (kept === undefined) {
        kept = [];
        this.#kept.set(size, kept);
      }
      kept.push(buffer);
      this.#keptBytes += size;
    }
    this.#scheduleWake();
  }

  /** The connection holds part of a frame from now on. */
  hold(holder: MemoryHolder): void {
    this.#holders.add(holder);
  }

  /** The connection holds nothing any more. */
  release(holder: MemoryHolder): void {
    this.#holders.delete(holder);
    this.#waiting.delete(holder);
    if (this.#favoured === holder) this.#favoured = undefined;
    this.#scheduleWake();
  }

  /** Whether a holder may read on; if not, its `resumeReading` is called later. */
  mayReadOn(holder: MemoryHolder): boolean {
    if (this.#usedBytes >= this.#maxBytes) this.#favoured ??= holder;
    if (this.#usedBytes < this.#maxBytes || this.#favoured === holder) {
      this.#waiting.delete(holder);
      return true;
    }
    this.#waiting.add(holder);
    this.#pressureTimer ??= this.#clock.setTimer(PRESSURE_CHECK_MS, () => this.#relieve());
    return false;
  }

  /** Nobody waits for anything any more. */
  close(): void {
    this.#pressureTimer?.cancel();
    this.#pressureTimer = undefined;
    this.#waiting.clear();
  }

  /** Soon, because who wakes up may give buffers back, and take them, on the way. */
  #scheduleWake(): void {
    if (this.#waiting.size === 0 || this.#isWakeScheduled) return;
    this.#isWakeScheduled = true;
    this.#clock.defer(() => {
      this.#isWakeScheduled = false;
      this.#wake();
    });
  }

  #wake(): void {
    let room = this.#maxBytes - this.#usedBytes;
    for (const holder of this.#waiting) {
      if (room <= 0) {
        if (this.#favoured !== undefined) return;
        this.#favoured = holder;
      }
      this.#waiting.delete(holder);
      room -= SHARED_BUFFER_BYTES;
      holder.resumeReading();
    }
  }

  /** Ends those whose frames take too long, so that who waits gets its turn. */
  #relieve(): void {
    this.#pressureTimer = undefined;
    if (this.#waiting.size === 0) return;
    const oldest = this.#clock.monotonicMs() - FRAME_UNDER_PRESSURE_MS_MAX;
    for (const holder of this.#holders) {
      if (holder.frameBeganMs < oldest && !this.#waiting.has(holder)) holder.giveUp();
    }
    this.#scheduleWake();
    this.#pressureTimer = this.#clock.setTimer(PRESSURE_CHECK_MS, () => this.#relieve());
  }
}

function sizeFor(bytes: number): number {
  if (bytes > LARGEST_KEPT_BYTES) return bytes;
  return Math.max(SMALLEST_BUFFER_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
}
