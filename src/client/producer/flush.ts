/** A flush: over when all batches that it waits for are. */
export class Flush {
  readonly promise: Promise<void>;
  #left = 1;
  #resolve: () => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** One more thing to wait for. */
  add(): void {
    this.#left++;
  }

  /** One of them is done; the flush itself counts as one until all are known. */
  done(): void {
    this.#left--;
    if (this.#left === 0) this.#resolve();
  }
}
