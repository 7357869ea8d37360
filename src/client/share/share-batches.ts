import type { BatchesOptions } from "../consumer/batch-iterator.ts";
import { RecordTaker, type LoopOwner } from "../consumer/record-taker.ts";
import type { Taker } from "../consumer/taking-core.ts";
import { activeTracing, type ProcessSpan } from "../diagnostics/open-telemetry.ts";
import type { AcquiredChunk } from "./acquired-chunk.ts";
import type { ShareRecord } from "./share-record.ts";

const BATCH_RECORDS_MAX = 500;
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Several records at a time. They are done when the next batch is asked for. */
export class ShareBatches implements AsyncIterableIterator<ShareRecord[]>, Taker<AcquiredChunk> {
  readonly isConcurrent = false;
  readonly #owner: LoopOwner<AcquiredChunk, ShareRecord>;
  readonly #taker: RecordTaker<AcquiredChunk, ShareRecord>;
  readonly #max: number;
  readonly #withinMs: number;
  /** In the program's hands, or about to be. */
  #batch: ShareRecord[] = [];
  #isOpen = true;
  #hasBegun = false;
  #isGathering = false;
  #tail: Promise<unknown> = Promise.resolve();
  #span: ProcessSpan | undefined;
  /** What the next call throws. */
  #failure: { readonly thrown: unknown } | undefined;

  constructor(owner: LoopOwner<AcquiredChunk, ShareRecord>, { max, withinMs }: BatchesOptions) {
    this.#owner = owner;
    this.#taker = new RecordTaker(owner);
    this.#max = Math.max(1, max ?? BATCH_RECORDS_MAX);
    this.#withinMs = withinMs ?? 0;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get isAtWork(): boolean {
    return this.#isOpen && !this.#isGathering && this.#batch.length > 0;
  }

  firstUndone(): undefined {
    return undefined;
  }

  /** Another loop has the records: those that did not reach the program are for somebody else. */
  abandon(): void {
    this.#taker.abandon();
    if (this.#isGathering) this.#leave();
  }

  next(): Promise<IteratorResult<ShareRecord[], undefined>> {
    const next = this.#tail.then(() => this.#next());
    this.#tail = next.catch(() => undefined);
    return next;
  }

  /** The loop was left at its batch. */
  return(): Promise<IteratorReturnResult<undefined>> {
    this.#isOpen = false;
    this.#leave();
    return Promise.resolve(DONE);
  }

  async #next(): Promise<IteratorResult<ShareRecord[], undefined>> {
    this.#finishBatch();
    if (!this.#isOpen) return DONE;
    this.#throwFailure();
    if (!this.#hasBegun) await this.#taker.begin(this);
    this.#hasBegun = true;
    this.#taker.check(this);
    this.#isGathering = true;
    await this.#gather();
    this.#taker.check(this);
    this.#isGathering = false;
    const batch = this.#batch;
    if (batch.length === 0) {
      this.#isOpen = false;
      await this.#owner.finish();
      return DONE;
    }
    const { cluster, options } = this.#owner.core;
    this.#span = activeTracing()?.startProcessBatch(batch, {
      clientId: cluster.clientId,
      group: options.group,
    });
    return { done: false, value: batch };
  }

  /** Puts together a batch; none at the end of everything. What throws comes after the records before it. */
  async #gather(): Promise<void> {
    const first = this.#taker.takeNow() ?? (await this.#taker.take());
    if (first === undefined) return;
    this.#put(first);
    try {
      this.#takeThere();
      await this.#takeWithin();
    } catch (thrown) {
      this.#failure = { thrown };
    }
  }

  #put(record: ShareRecord): void {
    this.#batch.push(record);
    this.#taker.acknowledge(this);
  }

  #takeThere(): void {
    while (this.#batch.length < this.#max) {
      const record = this.#taker.takeMore();
      if (record === undefined) return;
      this.#put(record);
    }
  }

  async #takeWithin(): Promise<void> {
    const { clock } = this.#owner.core.cluster.platform;
    const untilMs = clock.monotonicMs() + this.#withinMs;
    while (this.#batch.length < this.#max) {
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) return;
      const record = await this.#taker.take(leftMs);
      if (record === undefined) return;
      this.#put(record);
      this.#takeThere();
    }
  }

  #throwFailure(): void {
    const failure = this.#failure;
    if (failure === undefined) return;
    this.#failure = undefined;
    throw failure.thrown;
  }

  #finishBatch(): void {
    if (!this.#isOpen) return;
    for (const record of this.#batch) this.#owner.done?.(record);
    this.#endBatch();
  }

  #leave(): void {
    for (const record of this.#batch) this.#owner.left?.(record);
    this.#endBatch();
  }

  #endBatch(): void {
    this.#batch = [];
    this.#span?.end();
    this.#span = undefined;
    const { core } = this.#owner;
    if (core.watchesProgress) core.progressed();
  }
}
