import type { Kafka } from "../client/kafka.ts";
import type { ConsumerRecord } from "../client/consumer/consumer-record.ts";
import type { MessagePage, MessageRow, Timeline } from "./api.ts";
import { writeCursor, type Beginning, type Cursor } from "./message-cursor.ts";
import { LINE_BYTES_MAX, payloadOf } from "./payload.ts";

/** What one request looks at, at most; the page goes on where it stopped. */
export interface ScanBounds {
  readonly recordsMax: number;
  readonly msMax: number;
  /** Bytes of records that are kept to be shown, or to be looked at in one step. */
  readonly bytesMax: number;
}

export const SCAN_BOUNDS: ScanBounds = {
  recordsMax: 100_000,
  msMax: 3000,
  bytesMax: 32 * 1024 * 1024,
};
/** A backward step is so many times the one before it, as long as the bounds allow. */
const STEP_GROWTH = 4;
/** The share of the time that is left which a step is planned to take. */
const STEP_SHARE = 0.5;
const CALL_MAX_MS = 10_000;
/** Partitions that a timeline looks at; of more every n-th. */
const TIMELINE_PARTITIONS_MAX = 24;
/** What a batch of the reader holds. */
const BATCH_MAX = 500;

/** Bytes as they were received, whatever the topic. */
export type RawRecord = ConsumerRecord;

/** A page of messages that is asked for. */
export interface PageRequest {
  readonly topic: string;
  /** Undefined: all. */
  readonly partition: number | undefined;
  readonly beginning: Beginning;
  readonly before: Cursor | undefined;
  readonly after: Cursor | undefined;
  readonly limit: number;
  /** Lower case; empty finds everything. */
  readonly search: string;
  /** Bytes that are told of each key, value and header. */
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

interface Bounds {
  readonly start: number;
  readonly end: number;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

interface Scanned {
  readonly reached: Map<number, number>;
  readonly scanned: number;
  readonly isWhole: boolean;
}

interface Backwards<T> {
  readonly topic: string;
  readonly bounds: ReadonlyMap<number, Bounds>;
  /** Where it goes back from, by partition. */
  readonly uppers: ReadonlyMap<number, number>;
  /** Records of each partition in the first step. */
  readonly step: number;
  readonly take: (record: RawRecord) => T | undefined;
  readonly bytesOf: (kept: T) => number;
  readonly isEnough: (found: readonly T[]) => boolean;
  readonly signal?: AbortSignal;
}

/** What one request may still look at. */
class Budget {
  scanned = 0;
  /** Of what is kept; a step that is given up gives its bytes back. */
  heldBytes = 0;
  readonly #bounds: ScanBounds;
  readonly #nowMs: () => number;
  #beganMs: number;

  constructor(bounds: ScanBounds, nowMs: () => number) {
    this.#bounds = bounds;
    this.#nowMs = nowMs;
    this.#beganMs = nowMs();
  }

  get isSpent(): boolean {
    return this.recordsLeft <= 0 || this.msLeft <= 0 || this.heldBytes >= this.#bounds.bytesMax;
  }

  get recordsLeft(): number {
    return this.#bounds.recordsMax - this.scanned;
  }

  get msLeft(): number {
    return this.#bounds.msMax - (this.#nowMs() - this.#beganMs);
  }

  /** Begins anew, for a smaller step than the one that was too much. */
  beginAnew(): void {
    this.scanned = 0;
    this.heldBytes = 0;
    this.#beganMs = this.#nowMs();
  }
}

/** Reads messages of topics for people: pages in both directions, single records, records over time. */
export class MessageReader {
  readonly #kafka: Kafka;
  readonly #bounds: ScanBounds;

  constructor(kafka: Kafka, bounds: ScanBounds = SCAN_BOUNDS) {
    this.#kafka = kafka;
    this.#bounds = bounds;
  }

  async page(request: PageRequest): Promise<MessagePage> {
    const bounds = await this.bounds(request.topic, request.partition);
    if (request.before !== undefined) return this.#backward(request, bounds, request.before);
    if (request.after !== undefined) return this.#forward(request, bounds, request.after);
    const { beginning } = request;
    if (beginning.kind === "newest") {
      return this.#backward(request, bounds, new Map([...bounds].map(([p, { end }]) => [p, end])));
    }
    return this.#forward(request, bounds, await this.#placeOf(request.topic, beginning, bounds));
  }

  /** First and next offsets of the partitions. */
  async bounds(topic: string, partition: number | undefined): Promise<Map<number, Bounds>> {
    const { admin } = this.#kafka;
    const described = await admin.describeTopic(topic, { timeoutMs: CALL_MAX_MS });
    const partitions = described.partitions
      .filter(
        (one) => one.leader !== null && (partition === undefined || one.partition === partition),
      )
      .map((one) => ({ topic, partition: one.partition }));
    const ask = async (at: "earliest" | "latest"): Promise<Map<number, number>> => {
      const queries = partitions.map((where) => ({ ...where, at }));
      const found = await admin.listOffsets(queries, { timeoutMs: CALL_MAX_MS });
      return new Map(found.map((one) => [one.partition, one.value?.offset ?? 0]));
    };
    const [starts, ends] = await Promise.all([ask("earliest"), ask("latest")]);
    return new Map(
      partitions.map((one) => [
        one.partition,
        { start: starts.get(one.partition) ?? 0, end: ends.get(one.partition) ?? 0 },
      ]),
    );
  }

  /** One record, or `undefined` when there is none at that offset (any more). */
  async record(topic: string, partition: number, offset: number): Promise<RawRecord | undefined> {
    const ranges = new Map([[partition, { from: offset, to: offset + 1 }]]);
    let found: RawRecord | undefined;
    await this.#scan(topic, ranges, undefined, (record) => {
      if (record.offset === offset) found = record;
    });
    return found;
  }

  /** The last record of a key before an offset, among so many before it as one request looks at. */
  async previousOf(
    topic: string,
    partition: number,
    offset: number,
    key: Buffer,
  ): Promise<{ readonly record: RawRecord | undefined; readonly scanned: number }> {
    const bounds = await this.bounds(topic, partition);
    const outcome = await this.#backwards<RawRecord>({
      topic,
      bounds,
      uppers: new Map([[partition, offset]]),
      step: BATCH_MAX,
      take: (record) => (record.key?.equals(key) === true ? record : undefined),
      bytesOf: () => 0,
      isEnough: (found) => found.length > 0,
    });
    // Of one partition, in the order of its log.
    return { record: outcome.found.at(-1), scanned: outcome.scanned };
  }

  async timeline(topic: string, buckets: number): Promise<Timeline> {
    const bounds = await this.bounds(topic, undefined);
    const filled = [...bounds].filter(([, { start, end }]) => end > start);
    const chosen = everyNth(filled);
    const firsts = await Promise.all(
      chosen.map(([partition, { start, end }]) => this.#firstTime(topic, partition, start, end)),
    );
    const fromMs = Math.min(...firsts.filter((time) => time >= 0));
    const toMs = await this.#lastTime(
      topic,
      chosen.map(([partition]) => partition),
    );
    if (!Number.isFinite(fromMs) || toMs <= fromMs) return { fromMs: 0, toMs: 0, counts: [] };
    const edges = Array.from({ length: buckets - 1 }, (_, index) =>
      Math.round(fromMs + ((index + 1) * (toMs - fromMs)) / buckets),
    );
    const sums = await Promise.all(edges.map((edge) => this.#offsetsAt(topic, chosen, edge)));
    const first = chosen.reduce((sum, [, { start }]) => sum + start, 0);
    const last = chosen.reduce((sum, [, { end }]) => sum + end, 0);
    const marks = [first, ...sums, last];
    const factor = filled.length / Math.max(1, chosen.length);
    const counts = marks
      .slice(1)
      .map((mark, index) => Math.max(0, Math.round((mark - (marks[index] ?? 0)) * factor)));
    return { fromMs, toMs, counts };
  }

  async #offsetsAt(
    topic: string,
    partitions: readonly (readonly [number, Bounds])[],
    timestamp: number,
  ): Promise<number> {
    const queries = partitions.map(([partition]) => ({ topic, partition, at: { timestamp } }));
    const found = await this.#kafka.admin.listOffsets(queries, { timeoutMs: CALL_MAX_MS });
    const ends = new Map(partitions);
    return found.reduce(
      (sum, { partition, value }) => sum + (value?.offset ?? ends.get(partition)?.end ?? 0),
      0,
    );
  }

  async #firstTime(topic: string, partition: number, start: number, end: number): Promise<number> {
    let time = -1;
    const ranges = new Map([[partition, { from: start, to: Math.min(end, start + 1) }]]);
    await this.#scan(topic, ranges, undefined, (record) => {
      if (time < 0) time = record.timestamp;
    });
    return time;
  }

  async #lastTime(topic: string, partitions: readonly number[]): Promise<number> {
    const queries = partitions.map((partition) => ({
      topic,
      partition,
      at: "maxTimestamp" as const,
    }));
    const found = await this.#kafka.admin.listOffsets(queries, { timeoutMs: CALL_MAX_MS });
    return Math.max(-1, ...found.map(({ value }) => value?.timestamp ?? -1));
  }

  async #placeOf(
    topic: string,
    beginning: Beginning,
    bounds: Map<number, Bounds>,
  ): Promise<Cursor> {
    if (beginning.kind === "time") {
      const queries = [...bounds.keys()].map((partition) => ({
        topic,
        partition,
        at: { timestamp: beginning.timeMs },
      }));
      const found = await this.#kafka.admin.listOffsets(queries, { timeoutMs: CALL_MAX_MS });
      return new Map(
        found.map(({ partition, value }) => [
          partition,
          value?.offset ?? bounds.get(partition)?.end ?? 0,
        ]),
      );
    }
    const offset = beginning.kind === "offset" ? beginning.offset : 0;
    return new Map(
      [...bounds].map(([partition, { start }]) => [partition, Math.max(start, offset)]),
    );
  }

  /** The oldest messages from a place on. */
  async #forward(
    request: PageRequest,
    bounds: Map<number, Bounds>,
    place: Cursor,
  ): Promise<MessagePage> {
    const { limit, bytesMax } = request;
    const budget = new Budget(this.#bounds, () => this.#nowMs());
    const ranges = new Map<number, Range>();
    for (const [partition, { start, end }] of bounds) {
      const from = Math.max(start, place.get(partition) ?? start);
      if (from < end) ranges.set(partition, { from, to: end });
    }
    const found = new Map<number, MessageRow[]>();
    const take = (record: RawRecord): boolean => {
      if (!matches(record, request.search)) return true;
      const row = rowOf(record, bytesMax);
      budget.heldBytes += shownBytes(row);
      const list = found.get(record.partition);
      if (list === undefined) found.set(record.partition, [row]);
      else list.push(row);
      // Of each partition as many as are wanted at all: which of them are the oldest shows in the end.
      return (found.get(record.partition)?.length ?? 0) < limit;
    };
    const { reached } = await this.#scan(request.topic, ranges, budget, take, request.signal);
    const kept = [...found.values()].flat().sort(byTime).slice(0, limit);
    const next = new Map(reached);
    const left = new Set([...found.values()].flat());
    for (const record of kept) left.delete(record);
    for (const record of left) {
      next.set(
        record.partition,
        Math.min(next.get(record.partition) ?? record.offset, record.offset),
      );
    }
    const goesOn = [...next].some(
      ([partition, offset]) => offset < (bounds.get(partition)?.end ?? 0),
    );
    const first = new Map(
      [...bounds].map(([partition, { start }]) => [
        partition,
        Math.max(start, place.get(partition) ?? start),
      ]),
    );
    const hasOlder = [...first].some(
      ([partition, offset]) => offset > (bounds.get(partition)?.start ?? 0),
    );
    return {
      messages: kept,
      ...(hasOlder ? { older: writeCursor(first) } : {}),
      ...(goesOn ? { newer: writeCursor(new Map([...first, ...next])) } : {}),
      scanned: Math.min(budget.scanned, between(first, next)),
      ...(budget.isSpent && kept.length < limit && goesOn ? { partial: true as const } : {}),
    };
  }

  /** The newest messages before a place. */
  async #backward(
    request: PageRequest,
    bounds: Map<number, Bounds>,
    place: Cursor,
  ): Promise<MessagePage> {
    const { limit, topic, search, bytesMax, signal } = request;
    const uppers = new Map<number, number>();
    for (const [partition, { start, end }] of bounds) {
      uppers.set(partition, Math.max(start, Math.min(end, place.get(partition) ?? end)));
    }
    const { found, lowers, scanned, isSpent } = await this.#backwards<MessageRow>({
      topic,
      bounds,
      uppers,
      step: limit,
      take: (record) => (matches(record, search) ? rowOf(record, bytesMax) : undefined),
      bytesOf: shownBytes,
      isEnough: (rows) => rows.length >= limit,
      signal,
    });
    const sorted = found.sort(byTime);
    const kept = sorted.slice(-limit);
    const next = new Map(lowers);
    for (const record of sorted.slice(0, -limit)) {
      next.set(record.partition, Math.max(next.get(record.partition) ?? 0, record.offset + 1));
    }
    const goesOn = [...next].some(
      ([partition, offset]) => offset > (bounds.get(partition)?.start ?? 0),
    );
    const hasNewer = [...uppers].some(
      ([partition, offset]) => offset < (bounds.get(partition)?.end ?? 0),
    );
    return {
      messages: kept,
      ...(goesOn ? { older: writeCursor(next) } : {}),
      ...(hasNewer ? { newer: writeCursor(uppers) } : {}),
      scanned: Math.min(scanned, between(next, uppers)),
      ...(isSpent && kept.length < limit && goesOn ? { partial: true as const } : {}),
    };
  }

  /**
   * Goes back from `uppers`, a step after the other, until there is enough or the bounds are reached. A step is
   * taken whole or not at all: what it was given up in would else be taken for looked at.
   */
  async #backwards<T>({
    topic,
    bounds,
    uppers,
    step: firstStep,
    take,
    bytesOf,
    isEnough,
    signal,
  }: Backwards<T>): Promise<{
    readonly found: T[];
    readonly lowers: Map<number, number>;
    readonly scanned: number;
    readonly isSpent: boolean;
  }> {
    const budget = new Budget(this.#bounds, () => this.#nowMs());
    const lowers = new Map(uppers);
    const found: T[] = [];
    let scanned = 0;
    let step = firstStep;
    const isGone = (): boolean => signal?.aborted === true;
    while (!isEnough(found) && !budget.isSpent && !isGone()) {
      const ranges = new Map<number, Range>();
      for (const [partition, to] of lowers) {
        const from = Math.max(bounds.get(partition)?.start ?? 0, to - step);
        if (from < to) ranges.set(partition, { from, to });
      }
      if (ranges.size === 0) break;
      const news: T[] = [];
      const leftMs = budget.msLeft;
      const keep = (record: RawRecord): void => {
        const one = take(record);
        if (one === undefined) return;
        budget.heldBytes += bytesOf(one);
        news.push(one);
      };
      // The smallest step is taken whatever it costs: each request gets on.
      const bound = step === 1 ? undefined : budget;
      const outcome = await this.#scan(topic, ranges, bound, keep, signal);
      if (!outcome.isWhole) {
        if (scanned > 0 || isGone()) break;
        budget.beginAnew();
        step = Math.max(1, Math.floor(step / STEP_GROWTH));
        continue;
      }
      scanned += outcome.scanned;
      found.push(...news);
      for (const [partition, { from }] of ranges) lowers.set(partition, from);
      const tookMs = Math.max(1, leftMs - budget.msLeft);
      step = Math.max(
        1,
        Math.min(
          step * STEP_GROWTH,
          Math.floor(budget.recordsLeft / ranges.size),
          Math.floor((step * budget.msLeft * STEP_SHARE) / tookMs),
        ),
      );
    }
    const goesOn = [...lowers].some(
      ([partition, offset]) => offset > (bounds.get(partition)?.start ?? 0),
    );
    return { found, lowers, scanned, isSpent: goesOn && !isEnough(found) };
  }

  /**
   * Goes through the records of the ranges; `take` may end a partition by returning false. Tells, by
   * partition, what was not looked at yet, and whether all was that was asked for.
   */
  async #scan(
    topic: string,
    ranges: ReadonlyMap<number, Range>,
    budget: Budget | undefined,
    take: (record: RawRecord) => boolean | void,
    signal?: AbortSignal,
  ): Promise<Scanned> {
    const reached = new Map([...ranges].map(([partition, { from }]) => [partition, from]));
    if (ranges.size === 0) return { reached, scanned: 0, isWhole: true };
    const open = new Map(ranges);
    let scanned = 0;
    const consumer = this.#kafka.consume(topic, {
      partitions: [...ranges.keys()],
      from: {
        offsets: [...ranges].map(([partition, { from }]) => ({ topic, partition, offset: from })),
      },
      until: "end",
      isolation: "read_uncommitted",
      onOutOfRange: "earliest",
      ...(signal === undefined ? {} : { signal }),
    });
    try {
      for await (const batch of consumer.batches({ max: BATCH_MAX })) {
        for (const record of batch) {
          const range = open.get(record.partition);
          if (range === undefined) continue;
          if (record.offset >= range.to) {
            reached.set(record.partition, range.to);
            open.delete(record.partition);
            continue;
          }
          scanned++;
          if (budget !== undefined) budget.scanned++;
          reached.set(record.partition, record.offset + 1);
          if (take(record) === false) {
            open.delete(record.partition);
            consumer.pause([{ topic, partition: record.partition }]);
          } else if (record.offset + 1 >= range.to) {
            open.delete(record.partition);
          }
        }
        if (open.size === 0) return { reached, scanned, isWhole: true };
        if (budget?.isSpent === true) return { reached, scanned, isWhole: false };
      }
      if (signal?.aborted === true) return { reached, scanned, isWhole: false };
      // The end was reached: what is missing there are marks of transactions, or gaps.
      for (const [partition, { to }] of open) reached.set(partition, to);
      return { reached, scanned, isWhole: true };
    } finally {
      await consumer.close();
    }
  }

  #nowMs(): number {
    return this.#kafka.cluster.platform.clock.monotonicMs();
  }
}

/** Offsets from one place to another: what is left for another page is looked at there. */
function between(from: Cursor, to: Cursor): number {
  let count = 0;
  for (const [partition, offset] of from) count += (to.get(partition) ?? offset) - offset;
  return count;
}

function everyNth<T>(items: readonly T[]): readonly T[] {
  const step = Math.max(1, Math.ceil(items.length / TIMELINE_PARTITIONS_MAX));
  return items.filter((_item, index) => index % step === 0);
}

function byTime(a: MessageRow, b: MessageRow): number {
  return a.timestamp - b.timestamp || a.partition - b.partition || a.offset - b.offset;
}

/** Whether a text is in key, value or a header; case does not count. */
export function matches(record: RawRecord, search: string): boolean {
  if (search === "") return true;
  if (contains(record.key, search) || contains(record.value, search)) return true;
  for (const { key, value } of record.headers) {
    if (key.toLowerCase().includes(search) || contains(value, search)) return true;
  }
  return false;
}

function contains(bytes: Buffer | null, search: string): boolean {
  return bytes !== null && bytes.toString("utf8").toLowerCase().includes(search);
}

/** Bytes of a row as they are told, near enough for a bound. */
function shownBytes({ key, value, headers }: MessageRow): number {
  let bytes = key.text.length + value.text.length;
  for (const header of headers) bytes += header.key.length + header.value.text.length;
  return bytes;
}

/** A record as the page shows it. */
export function rowOf(record: RawRecord, bytesMax = LINE_BYTES_MAX): MessageRow {
  return {
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestamp,
    timestampType: record.timestampType,
    key: payloadOf(record.key, bytesMax),
    value: payloadOf(record.value, bytesMax),
    headers: Array.from(record.headers, ({ key, value }) => ({
      key,
      value: payloadOf(value, bytesMax),
    })),
  };
}
