/** What a loop waits with until some of the work that it began has ended. */
export class Endings {
  #wake: (() => void) | undefined;

  /** Resolves when something ends, from now on. One waits at a time. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Something has ended. */
  tell(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
