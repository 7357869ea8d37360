/**
 * An answer that comes later: a parked fetch, a join that waits for others, an append that waits for
 * its flush. Completed exactly once; heard by exactly one listener.
 */
export class Pending<T> implements Parked<T> {
  #state: "open" | "answered" | "failed" = "open";
  #value: T | undefined;
  #error: unknown;
  #onAnswer: ((value: T) => void) | undefined;
  #onFailure: ((error: unknown) => void) | undefined;

  get completed(): boolean {
    return this.#state !== "open";
  }

  /** Gives the answer; later calls are ignored, so a timer and an event may race. */
  complete(value: T): void {
    if (this.#state !== "open") return;
    this.#state = "answered";
    if (this.#onAnswer === undefined) this.#value = value;
    else this.#onAnswer(value);
  }

  /** There will be no answer, because preparing it failed; ignored like a later {@link complete}. */
  fail(error: unknown): void {
    if (this.#state !== "open") return;
    this.#state = "failed";
    if (this.#onFailure === undefined) this.#error = error;
    else this.#onFailure(error);
  }

  /** Calls one of them once, at once when the answer is there. */
  onComplete(onAnswer: (value: T) => void, onFailure: (error: unknown) => void): void {
    if (this.#state === "answered") onAnswer(this.#value as T);
    else if (this.#state === "failed") onFailure(this.#error);
    this.#onAnswer = onAnswer;
    this.#onFailure = onFailure;
  }
}

/** The part of a {@link Pending} that whoever waits for it sees. */
export interface Parked<T> {
  onComplete(onAnswer: (value: T) => void, onFailure: (error: unknown) => void): void;
}

/** What a handler returns: the response now, or later. */
export type Answer<T> = T | Parked<T> | Promise<T>;
