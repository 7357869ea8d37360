/** Counts tests and prints one line for each. */
export class Report {
  #passed = 0;
  #failed = 0;
  #skipped = 0;
  readonly failures: string[] = [];

  pass(part: string, test: string, ms: number): void {
    this.#passed += 1;
    console.log(`ok ${part}: ${test} (${Math.round(ms)} ms)`);
  }

  fail(part: string, test: string, reason: string): void {
    this.#failed += 1;
    this.failures.push(`${part}: ${test}`);
    console.log(`not ok ${part}: ${test}`);
    for (const line of reason.trimEnd().split("\n")) console.log(`    ${line}`);
  }

  skip(part: string, reason: string): void {
    this.#skipped += 1;
    console.log(`skipped ${part}: ${reason}`);
  }

  /** Runs one test; what it throws is its failure. Tells whether it passed. */
  async test(part: string, name: string, body: () => Promise<void>): Promise<boolean> {
    const started = performance.now();
    try {
      await body();
      this.pass(part, name, performance.now() - started);
      return true;
    } catch (error) {
      this.fail(
        part,
        name,
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      );
      return false;
    }
  }

  get failed(): number {
    return this.#failed;
  }

  /** The last line of the suite. */
  summary(): string {
    const skipped = this.#skipped === 0 ? "" : `, ${this.#skipped} skipped`;
    return `${this.#passed} passed, ${this.#failed} failed${skipped}`;
  }
}
