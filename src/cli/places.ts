import { listOffsets, type OffsetQuery } from "../client/admin/offsets.ts";
import type { Cluster } from "../client/cluster/cluster.ts";
import type { TopicPartition } from "../core/topic-partition.ts";
import { parseDuration } from "./duration.ts";
import { usageProblem } from "./problem.ts";

/** A place in a log, as `--from`, `--to`, `--until` and `--before` say it. */
export type Place =
  | { readonly kind: "earliest" }
  | { readonly kind: "latest" }
  | { readonly kind: "offset"; readonly offset: number }
  /** So many records before the end. */
  | { readonly kind: "last"; readonly count: number }
  /** The first record of this time or later, milliseconds since 1970. */
  | { readonly kind: "time"; readonly timestampMs: number };

const PLACE_WORDS =
  "say earliest, latest, an offset, -10 for the last ten, 15m for a time ago, 2026-01-31T12:00, or s@milliseconds";

/**
 * Reads a place. A bare number is an offset, `-10` the last ten, `15m` fifteen minutes ago, `s@…` (kcat's)
 * milliseconds since 1970; `beginning` and `end` are kcat's words.
 */
export function parsePlace(text: string, nowMs: number, flag: string): Place {
  if (text === "earliest" || text === "beginning") return { kind: "earliest" };
  if (text === "latest" || text === "end") return { kind: "latest" };
  if (/^\d+$/.test(text)) return { kind: "offset", offset: checked(Number(text), text, flag) };
  if (/^-\d+$/.test(text)) return { kind: "last", count: Number(text.slice(1)) };
  const milliseconds = /^[se]@(\d+)$/.exec(text);
  if (milliseconds !== null) return { kind: "time", timestampMs: Number(milliseconds[1]) };
  const agoMs = /[a-z]$/.test(text) ? parseDuration(text) : undefined;
  if (agoMs !== undefined) return { kind: "time", timestampMs: Math.round(nowMs - agoMs) };
  const timestampMs = parseTime(text);
  if (timestampMs !== undefined) return { kind: "time", timestampMs };
  throw usageProblem(`--${flag} does not understand "${text}"`, PLACE_WORDS);
}

function checked(offset: number, text: string, flag: string): number {
  if (Number.isSafeInteger(offset)) return offset;
  throw usageProblem(`--${flag} ${text} is beyond what an offset can be`);
}

/** `2026-01-31`, `2026-01-31T12:00`, with or without a zone; without one it is local time. */
export function parseTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text)) {
    return undefined;
  }
  // A date alone would be taken for midnight of Greenwich, a date with a time for local time.
  const timestampMs = Date.parse(text.length === DATE_LENGTH ? `${text}T00:00` : text);
  return Number.isNaN(timestampMs) ? undefined : timestampMs;
}

const DATE_LENGTH = 10;

export interface Position extends TopicPartition {
  readonly offset: number;
}

/** A partition and where in it. */
export interface PlaceQuery extends TopicPartition {
  readonly place: Place;
}

/** What the log of a partition holds: its first offset, and the one after its last. */
export interface Bounds extends TopicPartition {
  readonly first: number;
  readonly end: number;
}

/** The ends of logs, asked of their leaders. Throws for a partition that has none. */
export async function boundsOf(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  readCommitted = false,
): Promise<Bounds[]> {
  const queries = partitions.flatMap(({ topic, partition }): OffsetQuery[] => [
    { topic, partition, at: "earliest" },
    { topic, partition, at: "latest" },
  ]);
  const found = await listOffsets(cluster, queries, { readCommitted });
  return partitions.map(({ topic, partition }, index) => {
    const [first, end] = [found[index * 2], found[index * 2 + 1]];
    if (first?.error !== undefined) throw first.error;
    if (end?.error !== undefined) throw end.error;
    return { topic, partition, first: first?.value.offset ?? 0, end: end?.value.offset ?? 0 };
  });
}

/**
 * The offsets that places mean. A time after the last record, and a place beyond the ends of a log, mean
 * the ends; offsets given as numbers stay as they are unless `clamp` is set. With `readCommitted` a log
 * ends where its first open transaction begins.
 */
export async function resolvePlaces(
  cluster: Cluster,
  queries: readonly PlaceQuery[],
  { clamp, readCommitted = false }: { readonly clamp: boolean; readonly readCommitted?: boolean },
): Promise<Position[]> {
  const bounds = await boundsOf(cluster, queries, readCommitted);
  const times = await timesOf(cluster, queries);
  return queries.map(({ topic, partition, place }, index) => {
    const { first, end } = bounds[index] ?? { first: 0, end: 0 };
    const within = (offset: number): number => Math.min(end, Math.max(first, offset));
    switch (place.kind) {
      case "earliest":
        return { topic, partition, offset: first };
      case "latest":
        return { topic, partition, offset: end };
      case "offset":
        return { topic, partition, offset: clamp ? within(place.offset) : place.offset };
      case "last":
        return { topic, partition, offset: within(end - place.count) };
      case "time":
        return { topic, partition, offset: times.get(`${topic}-${partition}`) ?? end };
    }
  });
}

/** The offsets of times that a record was found for, by partition. */
async function timesOf(
  cluster: Cluster,
  queries: readonly PlaceQuery[],
): Promise<ReadonlyMap<string, number>> {
  const asked = queries.flatMap(({ topic, partition, place }): OffsetQuery[] =>
    place.kind === "time" ? [{ topic, partition, at: { timestamp: place.timestampMs } }] : [],
  );
  const offsets = new Map<string, number>();
  if (asked.length === 0) return offsets;
  for (const { topic, partition, value, error } of await listOffsets(cluster, asked)) {
    if (error !== undefined) throw error;
    if (value.offset !== null) offsets.set(`${topic}-${partition}`, value.offset);
  }
  return offsets;
}
