import type { BrokerInsight, Observations } from "./insight.ts";

/** What may have changed since a sample, from what the broker has seen. */
export interface WhatMoved {
  /** Another value means that topics or their partitions have changed; undefined: that is not known. */
  readonly topicsVersion: unknown;
  /** Topics that were written to; undefined: any of them may have been. */
  readonly topics: ReadonlySet<string> | undefined;
  /** Groups that have committed; undefined: any of them may have. */
  readonly groups: ReadonlySet<string> | undefined;
  /** Whether writing to a partition with this leader is seen. */
  readonly isOurs: (leader: number | null) => boolean;
  /** Time between two samples. */
  readonly periodMs: number;
}

/** A commit or a record may be counted a moment after the time that it is given. */
const OVERLAP_MS = 50;

/** Looks through what the broker has counted since `sinceMs`, milliseconds since 1970. */
export function whatMoved(
  insight: BrokerInsight | undefined,
  observed: Observations | undefined,
  sinceMs: number,
  periodMs: number,
): WhatMoved {
  if (insight === undefined || observed === undefined) {
    const nothing = { topicsVersion: undefined, topics: undefined, groups: undefined };
    return { ...nothing, isOurs: () => false, periodMs };
  }
  const fromMs = sinceMs - OVERLAP_MS;
  const topics = new Set<string>();
  // Beyond the bound of what is told apart there is one entry for all others.
  let isBeyond = false;
  for (const { topic, lastMs } of observed.produced.values()) {
    if (lastMs < fromMs) continue;
    if (topic === "") isBeyond = true;
    else topics.add(topic);
  }
  const groups = new Set<string>();
  for (const { group, lastMs } of observed.commits.values())
    if (lastMs >= fromMs) groups.add(group);
  // Commits to coordinators on other brokers are not seen here.
  const seesGroups = insight.brokerCount() === 1 && !observed.hasLostCommits;
  return {
    topicsVersion: insight.topicsVersion(),
    topics: isBeyond ? undefined : topics,
    groups: seesGroups ? groups : undefined,
    isOurs: (leader) => leader === null || leader === insight.nodeId,
    periodMs,
  };
}
