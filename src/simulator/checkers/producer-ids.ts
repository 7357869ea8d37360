import type { Checker, Fail } from "../history.ts";

/** A producer id is given to one producer only, also after restarts. */
export class GivenProducerIds implements Checker {
  readonly name = "producer-ids";
  readonly #fail: Fail;
  readonly #given = new Set<number>();

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  given(producerId: number, producerEpoch: number): void {
    if (this.#given.has(producerId) || producerId < 0 || producerEpoch !== 0) {
      this.#fail(`producer id ${producerId} with epoch ${producerEpoch} is given (again)`);
    }
    this.#given.add(producerId);
  }
}
