import { activeTracing, type ProcessSpan, type Tracing } from "../diagnostics/open-telemetry.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { Taker } from "./consumer-core.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import { RecordTaker, type TakingOwner } from "./record-taker.ts";

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Record by record. While records are there `next` costs a promise that is resolved already. A record is done
 * when the next one is asked for; one on which the loop was left is not.
 */
export class RecordIterator implements AsyncIterableIterator<ConsumerRecord>, Taker {
  readonly isConcurrent = false;
  readonly #owner: TakingOwner;
  readonly #taker: RecordTaker;
  #current: ConsumerRecord | undefined;
  #isOpen = true;
  #hasBegun = false;
  /** Calls of `next` that wait for the one before. */
  #busy = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #tracing: Tracing | undefined;
  #span: ProcessSpan | undefined;

  constructor(owner: TakingOwner) {
    this.#owner = owner;
    this.#taker = new RecordTaker(owner);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get isAtWork(): boolean {
    return this.#isOpen && this.#current !== undefined;
  }

  firstUndone(partition: AssignedPartition): number | undefined {
    const current = this.#current;
    const isOfIt =
      current !== undefined &&
      current.partition === partition.partition &&
      current.topic === partition.topic;
    return isOfIt ? current.offset : this.#taker.firstUndone(partition);
  }

  abandon(): void {
    this.#taker.abandon();
  }

  next(): Promise<IteratorResult<ConsumerRecord, undefined>> {
    const isOurs = this.#owner.core.taker === this;
    if (this.#busy > 0 || !isOurs) return this.#nextInTurn();
    this.#finishCurrent();
    try {
      const record = this.#isOpen ? this.#taker.takeNow() : undefined;
      if (record === undefined) return this.#nextInTurn();
      this.#current = record;
      if (this.#tracing !== undefined) this.#startSpan(record);
      return Promise.resolve({ done: false, value: record });
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  /** The loop was left: its record is not done, unless another loop takes up the consumer. */
  return(): Promise<IteratorReturnResult<undefined>> {
    this.#isOpen = false;
    this.#endSpan();
    const { core } = this.#owner;
    if (core.watchesProgress) core.progressed();
    return Promise.resolve(DONE);
  }

  #finishCurrent(): void {
    if (this.#current === undefined) return;
    this.#current = undefined;
    if (this.#span !== undefined) this.#endSpan();
    const { core } = this.#owner;
    if (core.watchesProgress) core.progressed();
  }

  #nextInTurn(): Promise<IteratorResult<ConsumerRecord, undefined>> {
    this.#busy++;
    const next = this.#tail.then(() => this.#nextSlowly());
    this.#tail = next.catch(() => undefined);
    return next;
  }

  async #nextSlowly(): Promise<IteratorResult<ConsumerRecord, undefined>> {
    try {
      this.#finishCurrent();
      if (!this.#isOpen) return DONE;
      if (!this.#hasBegun) await this.#taker.begin(this);
      this.#hasBegun = true;
      this.#taker.check(this);
      const record = await this.#taker.take();
      if (record === undefined) return await this.#end();
      this.#taker.acknowledge(this);
      this.#current = record;
      this.#tracing = activeTracing();
      if (this.#tracing !== undefined) this.#startSpan(record);
      return { done: false, value: record };
    } finally {
      this.#busy--;
    }
  }

  async #end(): Promise<IteratorReturnResult<undefined>> {
    this.#isOpen = false;
    await this.#owner.finish();
    return DONE;
  }

  #startSpan(record: ConsumerRecord): void {
    const { core } = this.#owner;
    const { topic, partition, offset, headers, keyBytes: key, valueBytes } = record;
    const details = { topic, partition, offset, headers, key, tombstone: valueBytes === null };
    const { clientId } = core.cluster;
    this.#span = this.#tracing?.startProcess(details, { clientId, group: core.options.group });
  }

  #endSpan(): void {
    this.#span?.end();
    this.#span = undefined;
  }
}
