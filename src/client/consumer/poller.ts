import type { AssignedPartition } from "./assigned-partition.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import { RecordTaker, type TakingOwner } from "./record-taker.ts";
import type { Taker } from "./taking-core.ts";

/** What one call of `poll` may give. */
export interface PollOptions {
  /** The most records. Default 500. */
  readonly max?: number | undefined;
  /** Stops waiting. */
  readonly signal?: AbortSignal | undefined;
}

const POLL_RECORDS_MAX = 500;

/** Records call by call. What a call gave is done when the next one is made. */
export class Poller implements Taker {
  readonly isConcurrent = false;
  readonly #owner: TakingOwner;
  readonly #taker: RecordTaker;
  readonly #undone = new Map<AssignedPartition, number>();
  /** What the next call throws. */
  #failure: { readonly thrown: unknown } | undefined;
  /** Calls come one after the other. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(owner: TakingOwner) {
    this.#owner = owner;
    this.#taker = new RecordTaker(owner);
  }

  get isAtWork(): boolean {
    return this.#undone.size > 0;
  }

  firstUndone(partition: AssignedPartition): number | undefined {
    return this.#undone.get(partition) ?? this.#taker.firstUndone(partition);
  }

  abandon(): void {
    this.#taker.abandon();
  }

  poll(maxWaitMs: number, options: PollOptions): Promise<ConsumerRecord[]> {
    const polled = this.#tail.then(() => this.#poll(maxWaitMs, options));
    this.#tail = polled.catch(() => undefined);
    return polled;
  }

  async #poll(maxWaitMs: number, { max, signal }: PollOptions): Promise<ConsumerRecord[]> {
    const { core } = this.#owner;
    this.#undone.clear();
    if (core.watchesProgress) core.progressed();
    this.#throwFailure();
    const onAbort = (): void => this.#taker.interrupt();
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted === true) onAbort();
    try {
      await this.#taker.begin(this);
      return await this.#take(maxWaitMs, max ?? POLL_RECORDS_MAX);
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#taker.goOn();
    }
  }

  async #take(maxWaitMs: number, max: number): Promise<ConsumerRecord[]> {
    const records: ConsumerRecord[] = [];
    let record = this.#taker.takeNow() ?? (await this.#taker.take(maxWaitMs));
    if (record === undefined && this.#taker.isOver) await this.#owner.finish();
    while (record !== undefined) {
      this.#taker.acknowledge(this);
      records.push(record);
      const partition = this.#owner.core.buffer.takenFrom;
      if (partition !== undefined && !this.#undone.has(partition)) {
        this.#undone.set(partition, record.offset);
      }
      record = records.length < max ? this.#takeMore() : undefined;
    }
    return records;
  }

  /** What throws here comes after the records before it. */
  #takeMore(): ConsumerRecord | undefined {
    try {
      return this.#taker.takeMore();
    } catch (thrown) {
      this.#failure = { thrown };
      return undefined;
    }
  }

  #throwFailure(): void {
    const failure = this.#failure;
    if (failure === undefined) return;
    this.#failure = undefined;
    throw failure.thrown;
  }
}
