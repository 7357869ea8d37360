import type { Checker, Fail, RestartKind } from "../history.ts";

/** What a node tells of itself, as lines of text by what they are about. */
export interface ToldState {
  /** What every record says, or follows from records. */
  readonly replayed: ReadonlyMap<string, string>;
  /** What is written down now and then, and when the node ends cleanly. */
  readonly noted: ReadonlyMap<string, string>;
}

/** What a node told before it ended, while nobody asked anything of it, it tells after its restart. */
export class ReplayedState implements Checker {
  readonly name = "replayed-state";
  readonly #fail: Fail;

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  compare(before: ToldState, after: ToldState, how: RestartKind): void {
    this.#compare(before.replayed, after.replayed);
    if (how === "clean") this.#compare(before.noted, after.noted);
  }

  #compare(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): void {
    for (const [about, text] of before) {
      const now = after.get(about);
      if (now === text) continue;
      this.#fail(`${about} was ${text}, and after the restart ${now ?? "nothing"}`);
      return;
    }
  }
}
