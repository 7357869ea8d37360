import { KafkaError } from "../../client/errors.ts";
import type { TopicPartition } from "../../core/topic-partition.ts";
import type { PrintableRecord } from "./printable.ts";

/** How long one poll waits; limits are looked at in between. */
const POLL_MS = 1_000;
/** Who waits for the end shall learn soon that it is reached. */
const POLL_NEAR_END_MS = 50;
const POLL_RECORDS_MAX = 2_000;

/** When to stop. */
export interface ReadLimits {
  readonly count: number;
  readonly untilEnd: boolean;
  readonly idleMs: number;
  /** By partition the first offset that is not wanted any more. */
  readonly until: ReadonlyMap<string, number> | undefined;
}

/** Where a partition has been read to. */
export interface ReadPosition extends TopicPartition {
  readonly offset: number;
}

/** What a reader needs of a consumer of bytes. */
export interface RecordSource {
  readonly atEnd: boolean;
  readonly assignment: readonly TopicPartition[];
  position(partition: TopicPartition): number | undefined;
  poll(
    maxWaitMs: number,
    options: { readonly max: number; readonly signal: AbortSignal },
  ): Promise<readonly PrintableRecord[]>;
}

/** Whether somebody wants to see a record. */
export type Matches = (record: PrintableRecord) => boolean;

/** Reads until a limit is reached, and hands on what matches. */
export class RecordReader {
  taken = 0;
  readonly #consumer: RecordSource;
  readonly #limits: ReadLimits;
  readonly #matches: Matches | undefined;
  readonly #signal: AbortSignal;
  readonly #positions = new Map<string, ReadPosition>();

  constructor(
    consumer: RecordSource,
    limits: ReadLimits,
    matches: Matches | undefined,
    signal: AbortSignal,
  ) {
    this.#consumer = consumer;
    this.#limits = limits;
    this.#matches = matches;
    this.#signal = signal;
  }

  /** What has been handed on, and what stood between: where a group is to go on. */
  get positions(): readonly ReadPosition[] {
    return [...this.#positions.values()];
  }

  /** Calls `take` with what matches, and `afterPoll` now and then, until a limit or the signal. */
  async run(
    take: (records: readonly PrintableRecord[]) => Promise<void>,
    afterPoll?: () => Promise<void>,
  ): Promise<void> {
    const { count, idleMs, untilEnd, until } = this.#limits;
    const waitMs = Math.min(untilEnd || until !== undefined ? POLL_NEAR_END_MS : POLL_MS, idleMs);
    let lastMs = performance.now();
    while (!this.#signal.aborted && this.taken < count && !this.#isPast()) {
      const records = await this.#poll(waitMs);
      const wanted = this.#select(records);
      if (wanted.length > 0) await take(wanted);
      this.taken += wanted.length;
      await afterPoll?.();
      if (untilEnd && this.#consumer.atEnd) return;
      if (records.length > 0) lastMs = performance.now();
      if (performance.now() - lastMs >= idleMs) return;
    }
  }

  /** A poll that is stopped by the signal, while joining a group perhaps, gives nothing. */
  async #poll(maxWaitMs: number): Promise<readonly PrintableRecord[]> {
    const left = this.#matches === undefined ? this.#limits.count - this.taken : POLL_RECORDS_MAX;
    try {
      const options = { max: Math.min(left, POLL_RECORDS_MAX), signal: this.#signal };
      return await this.#consumer.poll(maxWaitMs, options);
    } catch (thrown) {
      const isStop = thrown instanceof KafkaError && STOP_CODES.has(thrown.code);
      if (this.#signal.aborted && isStop) return [];
      throw thrown;
    }
  }

  #select(records: readonly PrintableRecord[]): readonly PrintableRecord[] {
    const { count, until } = this.#limits;
    const wanted: PrintableRecord[] = [];
    for (const record of records) {
      const { topic, partition, offset } = record;
      const name = `${topic}-${partition}`;
      const end = until?.get(name);
      if (end !== undefined && offset >= end) continue;
      if (this.taken + wanted.length >= count) break;
      this.#positions.set(name, { topic, partition, offset: offset + 1 });
      if (this.#matches === undefined || this.#matches(record)) wanted.push(record);
    }
    return wanted;
  }

  /** Whether every partition has been read up to where it is wanted. */
  #isPast(): boolean {
    const { until } = this.#limits;
    if (until === undefined) return false;
    const { assignment } = this.#consumer;
    const seen = new Map(assignment.map((one) => [`${one.topic}-${one.partition}`, one]));
    for (const [name, end] of until) {
      const partition = seen.get(name);
      if (partition === undefined) return false;
      const position = this.#consumer.position(partition);
      if (position === undefined || position < end) return false;
    }
    return true;
  }
}

const STOP_CODES: ReadonlySet<string> = new Set(["CANCELLED", "CLOSED"]);
