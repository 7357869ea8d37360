import { backoffMs, RETRY_BACKOFF } from "../cluster/backoff.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { ConsumerMetrics } from "../diagnostics/client-metrics.ts";
import type { AssignedPartition } from "./assigned-partition.ts";
import type { ResolvedOptions } from "./consumer-options.ts";
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
  readonly buffer: RecordBuffer;
  /** Aborted when the consumer is closed. */
  readonly closing: AbortSignal;
  /** Something went wrong that the program has not been told yet: nothing is tried until it asks again. */
  readonly isFailing: boolean;
  /** Ends the iteration. */
  fail(error: unknown): void;
  /** Leaders of the topic have to be asked for. */
  wantLeaders(topic: string): void;
  /** Places have to be found out for partitions that say so. */
  wantPlaces(): void;
  /** Partitions may be fetched that could not be before. */
  wantRecords(): void;
}

/** How long to wait after so many failures in a row. */
export function retryPauseMs(failures: number, { platform }: Cluster): number {
  return backoffMs(platform.random, failures, RETRY_BACKOFF);
}
