import type { Random } from "../../platform/random.ts";

/** A partition as the partitioner sees it. */
export interface PartitionLoad {
  /** Whether it has a leader. */
  readonly isAvailable: boolean;
  /** Batches that wait. */
  readonly queuedBatches: number;
}

/** A turn is over when a batch is full up to an eighth: the next record seldom fits exactly. */
const FULL_SHARE = 7 / 8;

/**
 * Where the records of a topic go that have no key (KIP-794): to one partition until it has got a batch's
 * worth of bytes, then to the next. All partitions take turns, in an order that is shuffled each round,
 * so that all get the same number of bytes and none twice in a row. When queues differ in length (a broker
 * is slow) the shorter ones are chosen more often.
 */
export class StickyPartitioner {
  readonly #random: Random;
  readonly #adaptive: boolean;
  readonly #switchBytes: number;
  readonly #order: number[] = [];
  #turn = 0;
  #partition = -1;
  #bytes = 0;

  constructor(
    random: Random,
    options: { readonly batchBytes: number; readonly adaptive: boolean },
  ) {
    this.#random = random;
    this.#adaptive = options.adaptive;
    this.#switchBytes = options.batchBytes * FULL_SHARE;
  }

  /** The partition whose turn it is, -1 before the first. */
  get partition(): number {
    return this.#partition;
  }

  /** Whether it has got its share: at the next new batch another one is due. */
  get isDone(): boolean {
    return this.#bytes >= this.#switchBytes;
  }

  /** Records went to {@link partition}. */
  took(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Begins the turn of another partition. There is at least one. */
  moveOn(partitions: readonly PartitionLoad[]): number {
    this.#bytes = 0;
    this.#partition = this.#next(partitions);
    return this.#partition;
  }

  #next(partitions: readonly PartitionLoad[]): number {
    let longest = 0;
    let shortest = Infinity;
    for (const { isAvailable, queuedBatches } of partitions) {
      if (!isAvailable) continue;
      longest = Math.max(longest, queuedBatches);
      shortest = Math.min(shortest, queuedBatches);
    }
    if (this.#adaptive && shortest < longest) return this.#weighted(partitions, longest);
    for (let tries = partitions.length; tries > 0; tries--) {
      const candidate = this.#nextInOrder(partitions.length);
      if (partitions[candidate]!.isAvailable) return candidate;
    }
    return this.#nextInOrder(partitions.length);
  }

  /** By chance, the more probable the shorter the queue. */
  #weighted(partitions: readonly PartitionLoad[], longest: number): number {
    let total = 0;
    for (const { isAvailable, queuedBatches } of partitions) {
      if (isAvailable) total += longest + 1 - queuedBatches;
    }
    let at = this.#random.below(total);
    for (let index = 0; index < partitions.length; index++) {
      const { isAvailable, queuedBatches } = partitions[index]!;
      if (!isAvailable) continue;
      at -= longest + 1 - queuedBatches;
      if (at < 0) return index;
    }
    return 0;
  }

  #nextInOrder(count: number): number {
    const order = this.#order;
    if (order.length !== count) {
      order.length = 0;
      for (let index = 0; index < count; index++) order.push(index);
      this.#turn = 0;
    }
    const at = this.#turn;
    const drawn = at + this.#random.below(count - at);
    const chosen = order[drawn]!;
    order[drawn] = order[at]!;
    order[at] = chosen;
    this.#turn = (at + 1) % count;
    return chosen;
  }
}
