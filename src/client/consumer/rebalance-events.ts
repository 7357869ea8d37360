import type { TopicPartition } from "../../core/topic-partition.ts";

/** Partitions that came to this consumer, or went. */
export interface Rebalance {
  /** `lost`: they went before what was read of them could be committed; others may read them already. */
  readonly kind: "assigned" | "revoked" | "lost";
  readonly partitions: readonly TopicPartition[];
}

/** Events that a subscriber may leave unread; the oldest are dropped beyond. */
const UNREAD_MAX = 1_000;

/** Tells any number of loops what comes and goes. */
export class RebalanceEvents {
  readonly #subscribers = new Set<Subscriber>();
  #isClosed = false;

  publish(event: Rebalance): void {
    for (const subscriber of this.#subscribers) subscriber.put(event);
  }

  /** Ends all loops, when they have read what there is. */
  close(): void {
    this.#isClosed = true;
    for (const subscriber of this.#subscribers) subscriber.end();
    this.#subscribers.clear();
  }

  /** Events from now on. */
  subscribe(): AsyncIterableIterator<Rebalance> {
    const subscriber = new Subscriber((gone) => this.#subscribers.delete(gone));
    if (this.#isClosed) subscriber.end();
    else this.#subscribers.add(subscriber);
    return subscriber;
  }
}

class Subscriber implements AsyncIterableIterator<Rebalance> {
  readonly #onGone: (subscriber: Subscriber) => void;
  readonly #unread: Rebalance[] = [];
  readonly #waiting: ((result: IteratorResult<Rebalance>) => void)[] = [];
  #isOver = false;

  constructor(onGone: (subscriber: Subscriber) => void) {
    this.#onGone = onGone;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  put(event: Rebalance): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting({ done: false, value: event });
      return;
    }
    if (this.#unread.length === UNREAD_MAX) this.#unread.shift();
    this.#unread.push(event);
  }

  end(): void {
    this.#isOver = true;
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Rebalance>> {
    const event = this.#unread.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<Rebalance>> {
    this.#onGone(this);
    this.#unread.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }
}
