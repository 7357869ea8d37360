import type { TopicPartition } from "../../core/topic-partition.ts";
import { activeTracing, type ProcessSpan, type Tracing } from "../diagnostics/open-telemetry.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import { RecordTaker, type LoopOwner, type TakenFrom } from "./record-taker.ts";
import type { Taker } from "./taking-core.ts";

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Record by record. While records are there `next` costs a promise that is resolved already. A record is done
 * when the next one is asked for; one on which the loop was left is not.
 */
export class RecordIterator<
  P extends TakenFrom & TopicPartition = AssignedPartition,
  R extends ConsumerRecord = ConsumerRecord,
>
  implements AsyncIterableIterator<R>, Taker<P>
{
  readonly isConcurrent = false;
  readonly #owner: LoopOwner<P, R>;
  readonly #taker: RecordTaker<P, R>;
  #current: R | undefined;
  #isOpen = true;
  #hasBegun = false;
  /** Calls of `next` that wait for the one before. */
  #busy = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #tracing: Tracing | undefined;
  #span: ProcessSpan | undefined;

  constructor(owner: LoopOwner<P, R>) {
    this.#owner = owner;
    this.#taker = new RecordTaker(owner);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get isAtWork(): boolean {
    return this.#isOpen && this.#current !== undefined;
  }

  firstUndone(partition: P): number | undefined {
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

  next(): Promise<IteratorResult<R, undefined>> {
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
    const { core, left } = this.#owner;
    if (left !== undefined && this.#current !== undefined) left(this.#current);
    if (core.watchesProgress) core.progressed();
    return Promise.resolve(DONE);
  }

  #finishCurrent(): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    if (this.#span !== undefined) this.#endSpan();
    const { core, done } = this.#owner;
    if (done !== undefined && this.#isOpen) done(current);
    if (core.watchesProgress) core.progressed();
  }

  #nextInTurn(): Promise<IteratorResult<R, undefined>> {
    this.#busy++;
    const next = this.#tail.then(() => this.#nextSlowly());
    this.#tail = next.catch(() => undefined);
    return next;
  }

  async #nextSlowly(): Promise<IteratorResult<R, undefined>> {
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

  #startSpan(record: R): void {
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
