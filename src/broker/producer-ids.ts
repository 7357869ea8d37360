/** A block of producer ids that the controller gave to this broker (`ProducerIdsRecord`). */
export interface ProducerIdBlock {
  readonly firstProducerId: number;
  readonly size: number;
}

/** The next block is asked for when this share of the current one is used. */
const PREFETCH_AT = 0.9;

/** Hands out producer ids, each once, from blocks that the controller allocates (KIP-730). */
export class ProducerIds {
  readonly #allocate: () => Promise<ProducerIdBlock>;
  #block: ProducerIdBlock = { firstProducerId: 0, size: 0 };
  #used = 0;
  #following: ProducerIdBlock | undefined;
  #asking: Promise<void> | undefined;

  constructor(allocate: () => Promise<ProducerIdBlock>) {
    this.#allocate = allocate;
  }

  /** The next id, or `undefined` when the controller gave none. */
  async next(): Promise<number | undefined> {
    if (this.#used >= this.#block.size) {
      if (this.#following === undefined) await this.#ask();
      this.#advance();
    }
    if (this.#used >= this.#block.size) return undefined;
    const id = this.#block.firstProducerId + this.#used;
    this.#used++;
    if (this.#used >= this.#block.size * PREFETCH_AT && this.#following === undefined) {
      void this.#ask();
    }
    return id;
  }

  #advance(): void {
    // Of several that waited for one block, the first moves on to it.
    if (this.#used < this.#block.size || this.#following === undefined) return;
    this.#block = this.#following;
    this.#used = 0;
    this.#following = undefined;
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#allocate().then(
      (block) => {
        this.#following = block;
        this.#asking = undefined;
      },
      () => {
        this.#asking = undefined;
      },
    );
    return this.#asking;
  }
}
