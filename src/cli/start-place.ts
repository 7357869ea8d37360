import type { TopicPartition } from "../core/topic-partition.ts";
import type { Cluster } from "../client/cluster/cluster.ts";
import type { Position } from "../client/consumer/assigned-consumer.ts";
import { listOffsets, OffsetSpec } from "../client/consumer/list-offsets.ts";
import { usageProblem } from "./problem.ts";

/** Where to begin reading, as `--from` says it. */
export type StartPlace =
  | { readonly kind: "earliest" }
  | { readonly kind: "latest" }
  | { readonly kind: "offset"; readonly offset: number }
  /** So many records before the end. */
  | { readonly kind: "last"; readonly count: number }
  | { readonly kind: "time"; readonly timestampMs: number };

const AGO = /^(\d+)(s|m|h|d)$/;
const AGO_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads `--from`. A bare number is an offset, `-10` the last ten, `15m` fifteen minutes ago. */
export function parseStartPlace(text: string, nowMs: number): StartPlace {
  if (text === "earliest" || text === "latest") return { kind: text };
  if (/^\d+$/.test(text)) return { kind: "offset", offset: Number(text) };
  if (/^-\d+$/.test(text)) return { kind: "last", count: Number(text.slice(1)) };
  const ago = AGO.exec(text);
  if (ago !== null) {
    const backMs = Number(ago[1]) * (AGO_MS[ago[2] ?? "s"] ?? 0);
    return { kind: "time", timestampMs: nowMs - backMs };
  }
  const timestampMs = Date.parse(text);
  if (!Number.isNaN(timestampMs) && /^\d{4}-/.test(text)) return { kind: "time", timestampMs };
  throw usageProblem(
    `--from does not understand "${text}"`,
    "say earliest, latest, an offset, -10 for the last ten, 15m for a time ago, or 2026-01-31T12:00",
  );
}

/** The offsets that a place means in each partition. */
export async function positionsAt(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  place: StartPlace,
): Promise<readonly Position[]> {
  switch (place.kind) {
    case "earliest":
    case "latest":
      return listOffsets(cluster, partitions, OffsetSpec[place.kind]);
    case "offset":
      return partitions.map((partition) => ({ ...partition, offset: place.offset }));
    case "last":
      return lastOffsets(cluster, partitions, place.count);
    case "time": {
      const found = await listOffsets(cluster, partitions, place.timestampMs);
      const beyond = found.filter(({ offset }) => offset < 0);
      const ends = beyond.length === 0 ? [] : await listOffsets(cluster, beyond, OffsetSpec.latest);
      return [...found.filter(({ offset }) => offset >= 0), ...ends];
    }
  }
}

async function lastOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  count: number,
): Promise<readonly Position[]> {
  const [firsts, ends] = await Promise.all([
    listOffsets(cluster, partitions, OffsetSpec.earliest),
    listOffsets(cluster, partitions, OffsetSpec.latest),
  ]);
  return ends.map(({ topic, partition, offset }) => {
    const first = firsts.find((found) => found.topic === topic && found.partition === partition);
    return { topic, partition, offset: Math.max(first?.offset ?? 0, offset - count) };
  });
}
