/**
 * An answer that comes later: a parked fetch, a join that waits for others, an append that waits for
 * its flush. Completed exactly once; heard by exactly one listener.
 */
export class Pending<T> implements Parked<T> {
  #value: T | undefined;
  #completed = false;
  #listener: ((value: T) => void) | undefined;

  get completed(): boolean {
    return this.#completed;
  }

  /** Gives the answer; later calls are ignored, so a timer and an event may race. */
  complete(value: T): void {
    if (this.#completed) return;
    this.#completed = true;
    if (this.#listener === undefined) this.#value = value;
    else this.#listener(value);
  }

  /** Calls `listener` with the answer, at once when it is there. */
  onComplete(listener: (value: T) => void): void {
    if (this.#completed) listener(this.#value as T);
    else this.#listener = listener;
  }
}

/** The part of a {@link Pending} that whoever waits for it sees. */
export interface Parked<T> {
  onComplete(listener: (value: T) => void): void;
}

/** What a handler returns: the response now, or later. */
export type Answer<T> = T | Parked<T> | Promise<T>;
