/**
 * State that can be read as it was when the log was last committed, and taken back to it.
 *
 * Writes go to the newest state at once. What they replaced is kept per batch of the log, until the
 * high watermark passes the batch (then it is forgotten) or the append fails (then it is put back).
 * While nothing is uncommitted, a structure costs no more than the plain one inside it.
 */

import { assert } from "../core/assert.ts";

/** What a batch replaced in one structure. */
interface Layer {
  /** Epoch of the timeline in which the changes were made. */
  readonly epoch: number;
}

/** A structure that keeps layers; the timeline tells it which to drop and which to put back. */
interface Layered {
  /** Forgets the oldest layer. */
  forgetOldest(): void;
  /** Puts back what the newest layer replaced. */
  restoreNewest(): void;
}

interface Epoch {
  readonly epoch: number;
  /** The structures that have a layer of this epoch. */
  readonly touched: Layered[];
}

/**
 * The line of uncommitted batches that the structures of one shard share. The newest epoch is open:
 * changes belong to it until {@link seal} ends it with a batch.
 */
export class Timeline {
  #next = 1;
  #open: Epoch = { epoch: 0, touched: [] };
  readonly #sealed: Epoch[] = [];
  #tracking = true;

  /** Epoch that changes belong to now; `undefined` while they are final at once. */
  get openEpoch(): number | undefined {
    return this.#tracking ? this.#open.epoch : undefined;
  }

  /** Batches that are neither committed nor reverted. */
  get sealedCount(): number {
    return this.#sealed.length;
  }

  /**
   * Whether changes are kept revertible. Off while committed batches are loaded: they are final, and
   * nobody reads yet.
   */
  set tracking(tracking: boolean) {
    assert(
      this.#sealed.length === 0 || tracking,
      "uncommitted epochs when tracking was turned off",
    );
    this.#tracking = tracking;
  }

  /** A structure says once per epoch that it holds a layer of the open one. */
  touch(structure: Layered): void {
    this.#open.touched.push(structure);
  }

  /** The changes since the last call are those of one batch, now appended. */
  seal(): void {
    this.#sealed.push(this.#open);
    this.#open = { epoch: this.#next++, touched: [] };
  }

  /** The oldest sealed batch is committed. */
  commitOldest(): void {
    const oldest = this.#sealed.shift();
    assert(oldest !== undefined, "nothing to commit");
    for (const structure of oldest.touched) structure.forgetOldest();
  }

  /** Takes back all changes since the last seal. */
  revertOpen(): void {
    const { touched } = this.#open;
    for (let i = touched.length - 1; i >= 0; i--) touched[i]!.restoreNewest();
    this.#open = { epoch: this.#next++, touched: [] };
  }
}

interface MapLayer<K, V> extends Layer {
  /** Value of each changed key before its first change; `undefined` where there was none. */
  readonly before: Map<K, V | undefined>;
}

/**
 * A map on a {@link Timeline}. Values are not watched: a value that changes inside itself is read as
 * it is now, so what must be read as committed is replaced, not changed.
 */
export class TimelineMap<K, V extends NonNullable<unknown>> implements Layered {
  readonly #timeline: Timeline;
  readonly #latest = new Map<K, V>();
  readonly #layers: MapLayer<K, V>[] = [];

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** Number of keys in the newest state. */
  get size(): number {
    return this.#latest.size;
  }

  get(key: K): V | undefined {
    return this.#latest.get(key);
  }

  has(key: K): boolean {
    return this.#latest.has(key);
  }

  keys(): MapIterator<K> {
    return this.#latest.keys();
  }

  values(): MapIterator<V> {
    return this.#latest.values();
  }

  entries(): MapIterator<[K, V]> {
    return this.#latest.entries();
  }

  set(key: K, value: V): void {
    this.#remember(key);
    this.#latest.set(key, value);
  }

  delete(key: K): boolean {
    if (!this.#latest.has(key)) return false;
    this.#remember(key);
    return this.#latest.delete(key);
  }

  /** The value as the committed part of the log left it. */
  getCommitted(key: K): V | undefined {
    for (const layer of this.#layers) {
      if (layer.before.has(key)) return layer.before.get(key);
    }
    return this.#latest.get(key);
  }

  /** All committed entries; of changed keys the order is not kept. */
  *committedEntries(): Generator<[K, V], void, undefined> {
    if (this.#layers.length === 0) {
      yield* this.#latest.entries();
      return;
    }
    const seen = new Set<K>();
    for (const layer of this.#layers) {
      for (const [key, value] of layer.before) {
        if (seen.has(key)) continue;
        seen.add(key);
        if (value !== undefined) yield [key, value];
      }
    }
    for (const entry of this.#latest) {
      if (!seen.has(entry[0])) yield entry;
    }
  }

  /** Whether the committed state has no entry. */
  get isCommittedEmpty(): boolean {
    return this.committedEntries().next().done === true;
  }

  forgetOldest(): void {
    this.#layers.shift();
  }

  restoreNewest(): void {
    const layer = this.#layers.pop();
    assert(layer !== undefined, "no layer to restore");
    for (const [key, value] of layer.before) {
      if (value === undefined) this.#latest.delete(key);
      else this.#latest.set(key, value);
    }
  }

  #remember(key: K): void {
    const epoch = this.#timeline.openEpoch;
    if (epoch === undefined) return;
    let layer = this.#layers.at(-1);
    if (layer === undefined || layer.epoch !== epoch) {
      layer = { epoch, before: new Map() };
      this.#layers.push(layer);
      this.#timeline.touch(this);
    }
    if (!layer.before.has(key)) layer.before.set(key, this.#latest.get(key));
  }
}

interface CellLayer<T> extends Layer {
  readonly before: T;
}

/** One value on a {@link Timeline}. */
export class TimelineCell<T> implements Layered {
  readonly #timeline: Timeline;
  readonly #layers: CellLayer<T>[] = [];
  #latest: T;

  constructor(timeline: Timeline, initial: T) {
    this.#timeline = timeline;
    this.#latest = initial;
  }

  get(): T {
    return this.#latest;
  }

  /** The value as the committed part of the log left it. */
  getCommitted(): T {
    const oldest = this.#layers[0];
    return oldest === undefined ? this.#latest : oldest.before;
  }

  set(value: T): void {
    const epoch = this.#timeline.openEpoch;
    if (epoch !== undefined && this.#layers.at(-1)?.epoch !== epoch) {
      this.#layers.push({ epoch, before: this.#latest });
      this.#timeline.touch(this);
    }
    this.#latest = value;
  }

  forgetOldest(): void {
    this.#layers.shift();
  }

  restoreNewest(): void {
    const layer = this.#layers.pop();
    assert(layer !== undefined, "no layer to restore");
    this.#latest = layer.before;
  }
}
