/** What can be noted about an event. */
export type TraceValue = number | string | boolean;

/**
 * Everything that happens in a simulated world, folded into a hash: the same seed must give the same
 * hash. The last lines are kept for people.
 */
export class SimTrace {
  #low = 0x811c9dc5 | 0;
  #high = 0x1b873593 | 0;
  #events = 0;
  readonly #recent: string[] = [];
  readonly #recentMax: number;
  readonly #watch: ((line: string) => void) | undefined;

  /** `recentMax`: lines to keep. `watch` is handed each line as it comes. */
  constructor(
    options: { readonly recentMax?: number; readonly watch?: (line: string) => void } = {},
  ) {
    this.#recentMax = options.recentMax ?? 0;
    this.#watch = options.watch;
  }

  /** Events so far. */
  get events(): number {
    return this.#events;
  }

  note(event: string, ...values: readonly TraceValue[]): void {
    this.#events++;
    this.#foldWord(values.length);
    this.#foldText(event);
    for (const value of values) {
      if (typeof value === "number") this.#foldNumber(value);
      else this.#foldText(String(value));
    }
    if (this.#recentMax === 0 && this.#watch === undefined) return;
    const line = `${this.#events} ${event} ${values.join(" ")}`;
    this.#watch?.(line);
    if (this.#recentMax === 0) return;
    if (this.#recent.length === this.#recentMax) this.#recent.shift();
    this.#recent.push(line);
  }

  /** Of all events so far, 16 hex digits. */
  hash(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
    return hex(this.#high) + hex(this.#low);
  }

  /** The lines kept, oldest first. */
  recent(): readonly string[] {
    return this.#recent;
  }

  #foldText(text: string): void {
    for (let i = 0; i < text.length; i++) this.#foldWord(text.charCodeAt(i));
    this.#foldWord(text.length);
  }

  #foldNumber(value: number): void {
    // Thousandths, so that times of day with fractions count in full.
    const scaled = Math.round(value * 1000);
    this.#foldWord(scaled | 0);
    this.#foldWord(Math.floor(scaled / 0x1_0000_0000) | 0);
  }

  #foldWord(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193);
    const mixed = Math.imul(this.#high ^ this.#low ^ (word << 7), 0x85ebca6b);
    this.#high = (mixed << 13) | (mixed >>> 19);
  }
}
