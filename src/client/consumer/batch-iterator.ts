import { activeTracing, type ProcessSpan } from "../diagnostics/open-telemetry.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import { RecordTaker, type TakingOwner } from "./record-taker.ts";
import type { Taker } from "./taking-core.ts";

/** How records are put together. */
export interface BatchesOptions {
  /** The most records of one batch. Default 500. */
  readonly max?: number | undefined;
  /** How long the first record of a batch waits for others, in milliseconds. Default 0: what is there at once. */
  readonly withinMs?: number | undefined;
}

const BATCH_RECORDS_MAX = 500;
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Several records at a time. The records of a batch are done when the next batch is asked for. */
export class BatchIterator implements AsyncIterableIterator<ConsumerRecord[]>, Taker {
  readonly isConcurrent = false;
  readonly #owner: TakingOwner;
  readonly #taker: RecordTaker;
  readonly #max: number;
  readonly #withinMs: number;
  /** The first offset of each partition in what was handed out last. */
  readonly #undone = new Map<AssignedPartition, number>();
  /** How often the program had moved these partitions when their first record was taken. */
  readonly #seeks = new Map<AssignedPartition, number>();
  /** The partition of the record that was put last: records come in runs of one. */
  #lastPut: AssignedPartition | undefined;
  #isOpen = true;
  /** The records of {@link undone} are not in the program's hands yet. */
  #isGathering = false;
  #hasBegun = false;
  #tail: Promise<unknown> = Promise.resolve();
  #span: ProcessSpan | undefined;
  /** What the next call throws. */
  #failure: { readonly thrown: unknown } | undefined;

  constructor(owner: TakingOwner, { max, withinMs }: BatchesOptions) {
    this.#owner = owner;
    this.#taker = new RecordTaker(owner);
    this.#max = Math.max(1, max ?? BATCH_RECORDS_MAX);
    this.#withinMs = withinMs ?? 0;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get isAtWork(): boolean {
    return this.#isOpen && this.#undone.size > 0;
  }

  firstUndone(partition: AssignedPartition): number | undefined {
    return this.#undone.get(partition) ?? this.#taker.firstUndone(partition);
  }

  abandon(): void {
    this.#taker.abandon();
    if (!this.#isGathering) return;
    for (const [partition, offset] of this.#undone) {
      const isWhereItWas = this.#seeks.get(partition) === partition.seeks;
      if (isWhereItWas) this.#owner.core.putBack(partition, offset);
    }
    this.#undone.clear();
  }

  next(): Promise<IteratorResult<ConsumerRecord[], undefined>> {
    const next = this.#tail.then(() => this.#next());
    this.#tail = next.catch(() => undefined);
    return next;
  }

  /** The loop was left: its records are not done, unless another loop takes up the consumer. */
  return(): Promise<IteratorReturnResult<undefined>> {
    this.#isOpen = false;
    this.#endSpan();
    const { core } = this.#owner;
    if (core.watchesProgress) core.progressed();
    return Promise.resolve(DONE);
  }

  async #next(): Promise<IteratorResult<ConsumerRecord[], undefined>> {
    this.#finishBatch();
    if (!this.#isOpen) return DONE;
    this.#throwFailure();
    if (!this.#hasBegun) await this.#taker.begin(this);
    this.#hasBegun = true;
    this.#taker.check(this);
    this.#isGathering = true;
    const batch = await this.#gather();
    this.#taker.check(this);
    this.#isGathering = false;
    if (batch.length === 0) {
      this.#isOpen = false;
      await this.#owner.finish();
      return DONE;
    }
    this.#startSpan(batch);
    return { done: false, value: batch };
  }

  /** A batch; empty at the end of everything. */
  async #gather(): Promise<ConsumerRecord[]> {
    for (;;) {
      this.#seeks.clear();
      this.#lastPut = undefined;
      const first = this.#taker.takeNow() ?? (await this.#taker.take());
      if (first === undefined) return [];
      const batch = this.#stillWanted(await this.#gatherBehind(first));
      if (batch.length > 0) return batch;
      this.#throwFailure();
    }
  }

  /** A record and those that come within the time. What throws comes after the records before it. */
  async #gatherBehind(first: ConsumerRecord): Promise<ConsumerRecord[]> {
    const batch: ConsumerRecord[] = [];
    this.#put(first, batch);
    try {
      this.#takeThere(batch);
      if (batch.length < this.#max && this.#withinMs > 0) await this.#takeWithin(batch);
    } catch (thrown) {
      // The records before it are handed out first.
      this.#failure = { thrown };
    }
    return batch;
  }

  /** Leaves out what the program, the group or the end has taken back while the batch was gathered. */
  #stillWanted(batch: ConsumerRecord[]): ConsumerRecord[] {
    for (const [partition, seeks] of this.#seeks) {
      if (!partition.isGone && partition.seeks === seeks) continue;
      this.#undone.delete(partition);
      leaveOut(batch, partition);
    }
    return batch;
  }

  #throwFailure(): void {
    const failure = this.#failure;
    if (failure === undefined) return;
    this.#failure = undefined;
    throw failure.thrown;
  }

  #takeThere(batch: ConsumerRecord[]): void {
    while (batch.length < this.#max) {
      const record = this.#taker.takeMore();
      if (record === undefined) return;
      this.#put(record, batch);
    }
  }

  async #takeWithin(batch: ConsumerRecord[]): Promise<void> {
    const { clock } = this.#owner.core.cluster.platform;
    const untilMs = clock.monotonicMs() + this.#withinMs;
    while (batch.length < this.#max) {
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) return;
      const record = await this.#taker.take(leftMs);
      if (record === undefined) return;
      // The program may have moved partitions meanwhile.
      this.#lastPut = undefined;
      this.#put(record, batch);
      this.#takeThere(batch);
    }
  }

  #put(record: ConsumerRecord, batch: ConsumerRecord[]): void {
    const partition = this.#owner.core.buffer.takenFrom;
    if (partition !== undefined && partition !== this.#lastPut)
      this.#begin(partition, record, batch);
    batch.push(record);
    this.#taker.acknowledge(this);
  }

  #begin(partition: AssignedPartition, { offset }: ConsumerRecord, batch: ConsumerRecord[]): void {
    this.#lastPut = partition;
    if (this.#seeks.get(partition) === partition.seeks) return;
    if (this.#undone.has(partition)) leaveOut(batch, partition);
    this.#undone.set(partition, offset);
    this.#seeks.set(partition, partition.seeks);
  }

  #finishBatch(): void {
    if (this.#undone.size === 0) return;
    this.#undone.clear();
    this.#endSpan();
    const { core } = this.#owner;
    if (core.watchesProgress) core.progressed();
  }

  #startSpan(batch: readonly ConsumerRecord[]): void {
    const tracing = activeTracing();
    if (tracing === undefined) return;
    const { core } = this.#owner;
    const { clientId } = core.cluster;
    this.#span = tracing.startProcessBatch(batch, { clientId, group: core.options.group });
  }

  #endSpan(): void {
    this.#span?.end();
    this.#span = undefined;
  }
}

/** Removes the records of a partition. */
function leaveOut(batch: ConsumerRecord[], { topic, partition }: AssignedPartition): void {
  const kept = batch.filter((record) => record.topic !== topic || record.partition !== partition);
  batch.splice(0, batch.length, ...kept);
}
