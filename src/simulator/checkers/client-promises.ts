import { KafkaError } from "../../client/errors.ts";
import type { Checker, Fail } from "../history.ts";

/** Something that a client was asked to do and has not done yet. */
export interface ClientAsk {
  readonly what: string;
  readonly sinceMs: number;
  /** How long it may take, whatever happens. */
  readonly atMostMs: number;
}

/** Whatever a client is asked to do ends: it is done, or fails, within the time that it was given. */
export class ClientPromises implements Checker {
  readonly name = "client-promises";
  readonly #fail: Fail;
  readonly #nowMs: () => number;
  readonly #open = new Set<ClientAsk>();

  constructor(fail: Fail, nowMs: () => number) {
    this.#fail = fail;
    this.#nowMs = nowMs;
  }

  asked(what: string, atMostMs: number): ClientAsk {
    const ask: ClientAsk = { what, atMostMs, sinceMs: this.#nowMs() };
    this.#open.add(ask);
    return ask;
  }

  /** It ended, or its process did. */
  ended(ask: ClientAsk): void {
    this.#open.delete(ask);
  }

  look(): void {
    const nowMs = this.#nowMs();
    for (const { what, sinceMs, atMostMs } of this.#open) {
      const tookMs = nowMs - sinceMs;
      if (tookMs > atMostMs) this.#fail(`${what} has not ended after ${Math.round(tookMs)} ms`);
    }
  }
}

/** Clients fail with errors of their own alone, and with those that the world gave a reason for. */
export class ClientErrors implements Checker {
  readonly name = "client-errors";
  readonly #fail: Fail;

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  told(what: string, thrown: unknown, expected: readonly string[]): void {
    if (thrown instanceof KafkaError && expected.includes(thrown.code)) return;
    const text = thrown instanceof Error ? describe(thrown) : String(thrown);
    this.#fail(`${what} fails with ${text}`);
  }
}

function describe(error: Error): string {
  const code = "code" in error ? ` ${String(error.code)}` : "";
  const cause = error.cause instanceof Error ? `\ncaused by ${describe(error.cause)}` : "";
  return `${error.name}${code}: ${error.stack ?? error.message}${cause}`;
}
