import type { Timer } from "../../platform/clock.ts";

/** A record whose lock can be renewed. */
export interface LeasedRecord {
  /** Milliseconds that its lock lasts. */
  readonly lockRemainingMs: number;
  renew(): Promise<void>;
}

/** What a lease needs of the session that its record was acquired in. */
export interface LeaseSession {
  setTimer(delayMs: number, fire: () => void): Timer;
  /** Calls when the session is over; returns how to be forgotten. */
  onEnded(listener: () => void): () => void;
}

/** Of what is left of a lock, so much passes until it is renewed. */
const RENEW_AFTER = 0.5;

/** Keeps a record locked while it is worked on, however long that takes: ends with {@link end} or its scope. */
export class ShareLease implements Disposable {
  readonly #record: LeasedRecord;
  readonly #session: LeaseSession;
  readonly #lost = new AbortController();
  readonly #forget: () => void;
  #timer: Timer | undefined;
  #isEnded = false;

  constructor(record: LeasedRecord, session: LeaseSession) {
    this.#record = record;
    this.#session = session;
    this.#forget = session.onEnded(() => this.#lose(undefined));
    this.#schedule();
  }

  /** Aborted when the lock could not be renewed: the record is another's then, and work on it is for nothing. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** The lock is not renewed any more. So it is when the record is acknowledged. */
  end(): void {
    this.#isEnded = true;
    this.#timer?.cancel();
    this.#forget();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #schedule(): void {
    const delayMs = this.#record.lockRemainingMs * RENEW_AFTER;
    this.#timer = this.#session.setTimer(delayMs, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    try {
      await this.#record.renew();
      if (!this.#isEnded) this.#schedule();
    } catch (thrown) {
      this.#lose(thrown);
    }
  }

  #lose(reason: unknown): void {
    if (this.#isEnded) return;
    this.end();
    this.#lost.abort(reason);
  }
}
