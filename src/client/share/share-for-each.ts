import { RecordTaker, type LoopOwner } from "../consumer/record-taker.ts";
import { Endings } from "../consumer/endings.ts";
import { callInSpan, type RecordWork } from "../consumer/for-each.ts";
import type { Taker } from "../consumer/taking-core.ts";
import type { AcquiredChunk } from "./acquired-chunk.ts";
import type { ShareRecord } from "./share-record.ts";

/** How many records are worked on at a time. */
export interface ShareForEachOptions {
  /** Default 1. Records of a share group have no order, so any may go on while others are worked on. */
  readonly concurrency?: number | undefined;
}

/**
 * Calls a function for each record, several at a time if wanted. A record is done when what the function gave has
 * resolved, and left when it rejects: that ends the loop, when all that was begun has ended.
 */
export class ShareForEach implements Taker<AcquiredChunk> {
  readonly isConcurrent = true;
  readonly #owner: LoopOwner<AcquiredChunk, ShareRecord>;
  readonly #taker: RecordTaker<AcquiredChunk, ShareRecord>;
  readonly #work: RecordWork<ShareRecord>;
  readonly #concurrency: number;
  #atWork = 0;
  #failure: { readonly thrown: unknown } | undefined;
  readonly #endings = new Endings();

  constructor(
    owner: LoopOwner<AcquiredChunk, ShareRecord>,
    work: RecordWork<ShareRecord>,
    { concurrency }: ShareForEachOptions,
  ) {
    this.#owner = owner;
    this.#taker = new RecordTaker(owner);
    this.#work = work;
    this.#concurrency = Math.max(1, Math.floor(concurrency ?? 1));
  }

  get isAtWork(): boolean {
    return this.#atWork > 0;
  }

  firstUndone(): undefined {
    return undefined;
  }

  abandon(): void {
    this.#taker.abandon();
  }

  async run(): Promise<void> {
    await this.#taker.begin(this);
    try {
      await this.#takeAll();
    } finally {
      while (this.#atWork > 0) await this.#endings.next();
    }
    if (this.#failure !== undefined) throw this.#failure.thrown;
    await this.#owner.finish();
  }

  async #takeAll(): Promise<void> {
    for (;;) {
      this.#taker.check(this);
      while (this.#atWork >= this.#concurrency) await this.#endings.next();
      if (this.#failure !== undefined) return;
      const record = this.#taker.takeNow() ?? (await this.#taker.take());
      if (record === undefined) return;
      this.#taker.acknowledge(this);
      this.#atWork++;
      void this.#workOn(record);
    }
  }

  /** Never rejects. */
  async #workOn(record: ShareRecord): Promise<void> {
    const { core, done, left } = this.#owner;
    try {
      await callInSpan(core, this.#work, record);
      done?.(record);
    } catch (thrown) {
      this.#failure ??= { thrown };
      left?.(record);
    }
    this.#atWork--;
    if (core.watchesProgress) core.progressed();
    this.#endings.tell();
    if (this.#failure !== undefined) this.#taker.interrupt();
  }
}
