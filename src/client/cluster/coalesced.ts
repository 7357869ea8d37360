/**
 * Questions about single things that go out as one request. While one is under way those who come later
 * gather for the next: so each gets an answer that is not older than its question.
 */
export class Coalesced<K, R> {
  readonly #ask: (keys: ReadonlySet<K>) => Promise<R>;
  #next: { readonly keys: Set<K>; readonly answer: PromiseWithResolvers<R> } | undefined;
  #isAsking = false;

  constructor(ask: (keys: ReadonlySet<K>) => Promise<R>) {
    this.#ask = ask;
  }

  /** Joins the next request with these keys; resolves with the answer to all of it. */
  join(keys: Iterable<K>): Promise<R> {
    if (this.#next === undefined) {
      this.#next = { keys: new Set(), answer: Promise.withResolvers<R>() };
      if (!this.#isAsking) queueMicrotask(() => void this.#run());
    }
    for (const key of keys) this.#next.keys.add(key);
    return this.#next.answer.promise;
  }

  async #run(): Promise<void> {
    this.#isAsking = true;
    for (let batch = this.#next; batch !== undefined; batch = this.#next) {
      this.#next = undefined;
      try {
        batch.answer.resolve(await this.#ask(batch.keys));
      } catch (thrown) {
        batch.answer.reject(thrown);
      }
    }
    this.#isAsking = false;
  }
}
