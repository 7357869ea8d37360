/** Events that a subscriber may leave unread; the oldest are dropped beyond. */
const UNREAD_MAX = 1_000;

/** Tells any number of loops what happens. */
export class EventSubscribers<E> {
  readonly #subscribers = new Set<Subscriber<E>>();
  #isClosed = false;

  publish(event: E): void {
    for (const subscriber of this.#subscribers) subscriber.put(event);
  }

  /** Ends all loops, when they have read what there is. */
  close(): void {
    this.#isClosed = true;
    for (const subscriber of this.#subscribers) subscriber.end();
    this.#subscribers.clear();
  }

  /** Events from now on. */
  subscribe(): AsyncIterableIterator<E> {
    const subscriber = new Subscriber<E>((gone) => this.#subscribers.delete(gone));
    if (this.#isClosed) subscriber.end();
    else this.#subscribers.add(subscriber);
    return subscriber;
  }
}

class Subscriber<E> implements AsyncIterableIterator<E> {
  readonly #onGone: (subscriber: Subscriber<E>) => void;
  readonly #unread: E[] = [];
  readonly #waiting: ((result: IteratorResult<E>) => void)[] = [];
  #isOver = false;

  constructor(onGone: (subscriber: Subscriber<E>) => void) {
    this.#onGone = onGone;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  put(event: E): void {
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

  next(): Promise<IteratorResult<E>> {
    const event = this.#unread.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<E>> {
    this.#onGone(this);
    this.#unread.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }
}
