import type { Cluster } from "../cluster/cluster.ts";
import type { ConsumerMetrics } from "../diagnostics/client-metrics.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { ResolvedOptions } from "./consumer-options.ts";
import type { LeaderTable } from "./leader-table.ts";
import type { RecordBuffer } from "./record-buffer.ts";

/** What the parts of one consumer share. */
export interface ReadingContext {
  readonly cluster: Cluster;
  /** Its own connections, because a Fetch holds up what comes behind it. */
  readonly channel: string;
  readonly options: ResolvedOptions;
  readonly metrics: ConsumerMetrics;
  /** What is read at the moment, by `topic-partition`. */
  readonly partitions: ReadonlyMap<string, AssignedPartition>;
  readonly leaders: LeaderTable;
  readonly buffer: RecordBuffer;
  /** Aborted when the consumer is closed. */
  readonly closing: AbortSignal;
  /** Ends the iteration. */
  fail(error: unknown): void;
  /** Leaders of the topic have to be asked for. */
  wantLeaders(topic: string): void;
  /** Places have to be found out for partitions that say so. */
  wantPlaces(): void;
  /** Partitions may be fetched that could not be before. */
  wantRecords(): void;
}

const RETRY_MS = 100;
const RETRY_MAX_MS = 1_000;

/** How long to wait after so many failures in a row: doubles from 100 ms to 1 s, a fifth less or more. */
export function retryPauseMs(failures: number, { platform }: Cluster): number {
  const pauseMs = Math.min(RETRY_MS * 2 ** Math.min(failures - 1, 10), RETRY_MAX_MS);
  return pauseMs * (0.8 + platform.random.below(400) / 1000);
}
