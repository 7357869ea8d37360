/** Told what a process' own code threw and nobody caught: on a machine the process would end. */
export type UncaughtListener = (thrown: unknown) => void;

/**
 * Whether a process lives. All doors call back into it through {@link call}: a dead process is never
 * called, and what it throws while it dies is nobody's concern.
 */
export class SimProcessLife {
  readonly #onUncaught: UncaughtListener | undefined;
  /** Resolves when the process ends. */
  readonly ended: Promise<"ended">;
  #resolveEnded: (() => void) | undefined;
  #isAlive = true;

  constructor(onUncaught?: UncaughtListener) {
    this.#onUncaught = onUncaught;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = () => resolve("ended");
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  end(): void {
    this.#isAlive = false;
    this.#resolveEnded?.();
  }

  /** Runs the process' code, if it lives. */
  call(run: () => void): void {
    if (!this.#isAlive) return;
    try {
      run();
    } catch (thrown) {
      this.uncaught(thrown);
    }
  }

  /** Something was thrown that nobody in the process caught. */
  uncaught(thrown: unknown): void {
    if (!this.#isAlive) return;
    if (this.#onUncaught === undefined) throw thrown;
    this.#onUncaught(thrown);
  }
}
