import { Endings } from "./endings.ts";
import { activeTracing, type ProcessSpan } from "../diagnostics/open-telemetry.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import { OffsetsAtWork } from "./offsets-at-work.ts";
import { RecordTaker, type RecordSource, type TakingOwner } from "./record-taker.ts";
import type { Taker } from "./taking-core.ts";

/** How many records are worked on at a time. */
export interface ForEachOptions {
  /**
   * Default 1: one after the other. A number: so many at a time, begun in order, without any order in which
   * they end. `"partition"`: one of each partition. `"key"`: one of each key (of a partition); records
   * without a key wait for nobody.
   */
  readonly concurrency?: number | "partition" | "key" | undefined;
  /** With `"key"`: the most records that are begun or wait for another of their key. Default 1,000. */
  readonly maxAtWork?: number | undefined;
}

/** What is done with each record. */
export type RecordWork<R> = (record: R) => unknown;

const AT_WORK_MAX = 1_000;

/**
 * Calls a function for each record, several at a time if wanted. Whatever order they end in, only what is done
 * without a gap before it counts as done. Ends with the iteration, or with the first failure of the function,
 * when all that was begun has ended.
 */
export class ForEach implements Taker {
  readonly isConcurrent = true;
  readonly #owner: TakingOwner;
  readonly #taker: RecordTaker;
  readonly #work: RecordWork<ConsumerRecord>;
  readonly #concurrency: number | "partition" | "key";
  readonly #maxAtWork: number;
  readonly #offsets = new OffsetsAtWork();
  readonly #lanes = new Map<string, Promise<void>>();
  /** The first record of each partition that was taken and not begun, because others had failed. */
  readonly #left = new Map<AssignedPartition, number>();
  #atWork = 0;
  /** One after the other: what is worked on, or failed. */
  #single: AssignedPartition | undefined;
  #singleOffset = -1;
  #failure: { readonly thrown: unknown } | undefined;
  readonly #endings = new Endings();

  constructor(owner: TakingOwner, work: RecordWork<ConsumerRecord>, options: ForEachOptions) {
    this.#owner = owner;
    this.#taker = new RecordTaker(owner);
    this.#work = work;
    const concurrency = options.concurrency ?? 1;
    this.#concurrency =
      typeof concurrency === "number" ? Math.max(1, Math.floor(concurrency)) : concurrency;
    const most = typeof this.#concurrency === "number" ? this.#concurrency : options.maxAtWork;
    this.#maxAtWork = Math.max(1, most ?? AT_WORK_MAX);
  }

  get isAtWork(): boolean {
    return this.#atWork > 0;
  }

  firstUndone(partition: AssignedPartition): number | undefined {
    if (partition === this.#single) return this.#singleOffset;
    return this.#offsets.first(partition) ?? this.#taker.firstUndone(partition);
  }

  abandon(): void {
    this.#taker.abandon();
  }

  async run(): Promise<void> {
    await this.#taker.begin(this);
    try {
      if (this.#concurrency === 1) await this.#oneByOne();
      else await this.#several();
    } finally {
      while (this.#atWork > 0) await this.#endings.next();
      // Whoever goes on with this consumer gets what was taken and not begun.
      for (const [partition, offset] of this.#left) this.#owner.core.putBack(partition, offset);
    }
    if (this.#failure !== undefined) throw this.#failure.thrown;
    await this.#owner.finish();
  }

  #leave(partition: AssignedPartition, offset: number): void {
    this.#left.set(partition, Math.min(offset, this.#left.get(partition) ?? offset));
  }

  async #oneByOne(): Promise<void> {
    const { core } = this.#owner;
    for (;;) {
      this.#taker.check(this);
      const record = this.#taker.takeNow() ?? (await this.#taker.take());
      if (record === undefined) return;
      this.#taker.acknowledge(this);
      const partition = core.buffer.takenFrom!;
      this.#atWork = 1;
      this.#single = partition;
      this.#singleOffset = record.offset;
      try {
        const working = callInSpan(core, this.#work, record);
        if (isThenable(working)) await working;
      } finally {
        this.#atWork = 0;
      }
      this.#single = undefined;
      if (core.watchesProgress) core.progressed();
    }
  }

  async #several(): Promise<void> {
    const { core } = this.#owner;
    for (;;) {
      this.#taker.check(this);
      while (this.#atWork >= this.#maxAtWork && this.#failure === undefined)
        await this.#endings.next();
      if (this.#failure !== undefined) return;
      const record = this.#taker.takeNow() ?? (await this.#taker.take());
      if (record === undefined) return;
      this.#taker.acknowledge(this);
      const partition = core.buffer.takenFrom!;
      this.#offsets.begin(partition, record.offset);
      this.#atWork++;
      const lane = this.#laneOf(partition, record);
      // One record of a partition at a time: the others are left in the buffer meanwhile.
      if (this.#concurrency === "partition") core.hold(partition);
      if (lane === undefined) void this.#workOn(partition, record);
      else this.#queue(lane, partition, record);
    }
  }

  #laneOf(partition: AssignedPartition, record: ConsumerRecord): string | undefined {
    if (this.#concurrency !== "key") return undefined;
    const { keyBytes } = record;
    return keyBytes === null ? undefined : `${partition.name} ${keyBytes.toString("latin1")}`;
  }

  #queue(lane: string, partition: AssignedPartition, record: ConsumerRecord): void {
    const before = this.#lanes.get(lane);
    const { seeks } = partition;
    const working =
      before === undefined
        ? this.#workOn(partition, record)
        : before.then(() => this.#workOn(partition, record, seeks));
    const last = working.then(() => {
      if (this.#lanes.get(lane) === last) this.#lanes.delete(lane);
    });
    this.#lanes.set(lane, last);
  }

  /** Never rejects. `seeks`: how often the program had moved the partition when the record was taken. */
  async #workOn(
    partition: AssignedPartition,
    record: ConsumerRecord,
    seeks = partition.seeks,
  ): Promise<void> {
    const { core } = this.#owner;
    try {
      // Nothing is begun behind a failure, nor what was taken back meanwhile.
      if (this.#failure !== undefined) this.#leave(partition, record.offset);
      else {
        const isWanted = !partition.isGone && partition.seeks === seeks;
        if (isWanted) await callInSpan(core, this.#work, record);
        this.#offsets.end(partition, record.offset);
      }
    } catch (thrown) {
      this.#failure ??= { thrown };
    }
    this.#atWork--;
    if (partition.isHeld) core.letGo(partition);
    if (core.watchesProgress) core.progressed();
    this.#endings.tell();
    if (this.#failure !== undefined) this.#taker.interrupt();
  }
}

/** Calls the function, in a span of its own where somebody wants to know. */
export function callInSpan<R extends ConsumerRecord>(
  core: Pick<RecordSource<unknown, R>, "cluster" | "options">,
  work: RecordWork<R>,
  record: R,
): unknown {
  const tracing = activeTracing();
  if (tracing === undefined) return work(record);
  const { topic, partition, offset, headers, keyBytes: key, valueBytes } = record;
  const span = tracing.startProcess(
    { topic, partition, offset, headers, key, tombstone: valueBytes === null },
    { clientId: core.cluster.clientId, group: core.options.group },
  );
  return span.run(() => workIn(span, work, record));
}

async function workIn<R>(span: ProcessSpan, work: RecordWork<R>, record: R): Promise<void> {
  try {
    await work(record);
    span.end();
  } catch (thrown) {
    span.end(thrown);
    throw thrown;
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}
