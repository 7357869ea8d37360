import type { Deadline } from "../cluster/deadline.ts";
import type { KafkaError } from "../errors.ts";
import { within } from "./waiting.ts";

/** Who waits for something to become of a member. */
export class MemberWaiters {
  #joining: PromiseWithResolvers<void>[] = [];
  #changing: (() => void)[] = [];
  readonly #closed = Promise.withResolvers<void>();

  /** Resolves when the member has its first assignment; `begin` sets it going. */
  async untilJoined(deadline: Deadline, begin: () => void): Promise<void> {
    const waiter = Promise.withResolvers<void>();
    this.#joining.push(waiter);
    try {
      begin();
      await within(deadline, waiter.promise);
    } finally {
      this.#joining = this.#joining.filter((other) => other !== waiter);
    }
  }

  /** Resolves when the member has left. */
  untilClosed(deadline: Deadline): Promise<void> {
    return within(deadline, this.#closed.promise);
  }

  /** Resolves when anything changed. */
  untilChanged(): Promise<void> {
    return new Promise((resolve) => this.#changing.push(resolve));
  }

  joined(): void {
    for (const waiter of this.#joining.splice(0)) waiter.resolve();
  }

  /** Tells those who wait to be joined; false when there is nobody. */
  failed(error: KafkaError): boolean {
    const waiting = this.#joining.splice(0);
    for (const waiter of waiting) waiter.reject(error);
    return waiting.length > 0;
  }

  changed(): void {
    for (const waiter of this.#changing.splice(0)) waiter();
  }

  closed(error: KafkaError): void {
    this.failed(error);
    this.changed();
    this.#closed.resolve();
  }
}
