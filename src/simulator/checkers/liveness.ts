import type { Checker, Fail } from "../history.ts";

/** A request that waits for its answer. */
export interface Ask {
  readonly what: string;
  readonly sinceMs: number;
  /** How long the request itself may make the node wait. */
  readonly waitMs: number;
  readonly incarnation: number;
}

/** What liveness is measured against. */
export interface LivenessView {
  nowMs(): number;
  incarnation(): number;
  isUp(): boolean;
  /** Latest time at which something stood in the way of answers: a link, a slow disk. */
  hinderedUntilMs(): number;
}

/** Beyond what a request asks to wait: time for a node that works to answer it. */
const ANSWER_MS_MAX = 20_000;

/** Every request is answered, or its connection closed, within a bounded time. */
export class Liveness implements Checker {
  readonly name = "liveness";
  readonly #fail: Fail;
  readonly #view: LivenessView;
  readonly #open = new Set<Ask>();

  constructor(fail: Fail, view: LivenessView) {
    this.#fail = fail;
    this.#view = view;
  }

  asked(what: string, waitMs: number): Ask {
    const ask: Ask = {
      what,
      waitMs,
      sinceMs: this.#view.nowMs(),
      incarnation: this.#view.incarnation(),
    };
    this.#open.add(ask);
    return ask;
  }

  answered(ask: Ask): void {
    this.#open.delete(ask);
  }

  /** Looks whether somebody waits for too long. */
  look(): void {
    if (!this.#view.isUp()) return;
    const nowMs = this.#view.nowMs();
    const incarnation = this.#view.incarnation();
    for (const ask of this.#open) {
      if (ask.incarnation !== incarnation) continue;
      const sinceMs = Math.max(ask.sinceMs, this.#view.hinderedUntilMs());
      const waitedMs = nowMs - sinceMs;
      if (waitedMs > ask.waitMs + ANSWER_MS_MAX) {
        this.#fail(`${ask.what} has no answer after ${Math.round(nowMs - ask.sinceMs)} ms`);
      }
    }
  }
}
