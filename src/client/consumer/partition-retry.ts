import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { brokerError } from "../errors.ts";
import { retryPauseMs } from "./reading-context.ts";

/** A partition that is asked for again after a pause. */
export interface RetriedPartition extends TopicPartition {
  /** Failures in a row. */
  failures: number;
  /** Not asked for before this time of the monotonic clock. */
  retryAtMs: number;
}

/** The leader is another one, or has not got that far: whoever it is is asked for, and it is tried again. */
export function refusedByLeader(
  context: { readonly cluster: Cluster; wantLeaders(topic: string): void },
  partition: RetriedPartition,
  errorCode: number,
  api: string,
): void {
  const { topic, partition: index } = partition;
  context.cluster.forget(brokerError(errorCode, { api, topic, partition: index }));
  context.wantLeaders(topic);
  pausePartition(context.cluster, partition);
}

/** Until a newer leader is known, at the latest. */
export function pausePartition(cluster: Cluster, partition: RetriedPartition): void {
  partition.failures++;
  const pauseMs = retryPauseMs(partition.failures, cluster);
  partition.retryAtMs = cluster.platform.clock.monotonicMs() + pauseMs;
}
