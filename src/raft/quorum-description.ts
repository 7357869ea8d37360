import type { Uuid } from "../core/uuid.ts";
import type { Clock } from "../platform/clock.ts";
import { progressOf } from "./leader.ts";
import type { Raft } from "./raft.ts";
import type { Progress } from "./states.ts";
import type { VoterEndpoint } from "./voter-set.ts";

/** How far a replica of the metadata log is, as the leader knows it. */
export interface ReplicaDescription {
  readonly id: number;
  readonly directoryId: Uuid;
  /** -1 = not heard of in this epoch. */
  readonly logEndOffset: number;
  /** Milliseconds since 1970, -1 = never. */
  readonly lastFetchTimestampMs: number;
  readonly lastCaughtUpTimestampMs: number;
}

/** What DescribeQuorum tells. */
export interface QuorumDescription {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly highWatermark: number;
  readonly voters: readonly ReplicaDescription[];
  readonly observers: readonly ReplicaDescription[];
  readonly nodes: readonly {
    readonly id: number;
    readonly endpoints: readonly VoterEndpoint[];
  }[];
}

/** The quorum as its leader sees it; others only know who leads. */
export function describeQuorum(raft: Raft, clock: Clock): QuorumDescription {
  const { state } = raft;
  const { voters } = raft.voters;
  const nowMs = clock.nowMs();
  const monotonicMs = clock.monotonicMs();
  const wall = (at: number | undefined): number =>
    at === undefined ? -1 : Math.round(nowMs - (monotonicMs - at));
  const describe = (id: number, directoryId: Uuid, progress: Progress | undefined) => ({
    id,
    directoryId,
    logEndOffset: progress?.endOffset ?? -1,
    lastFetchTimestampMs: wall(progress?.lastFetchMs),
    lastCaughtUpTimestampMs: wall(progress?.lastCaughtUpMs),
  });
  const self = {
    id: raft.self.id,
    logEndOffset: raft.log.endOffset,
    lastFetchTimestampMs: nowMs,
    lastCaughtUpTimestampMs: nowMs,
  };
  const leads = state.kind === "leader";
  const isVoter = (progress: Progress): boolean => voters.isVoter(progress.key);
  return {
    leaderId: raft.leaderId ?? -1,
    leaderEpoch: raft.epoch,
    highWatermark: raft.highWatermark ?? -1,
    voters: voters.voters.map(({ id, directoryId }) => {
      if (leads && id === raft.self.id) return { ...self, directoryId };
      return describe(id, directoryId, leads ? progressOf(state, { id, directoryId }) : undefined);
    }),
    observers: leads
      ? [...state.progress.values()]
          .filter((progress) => !isVoter(progress) && progress.key.id >= 0)
          .map((progress) => describe(progress.key.id, progress.key.directoryId, progress))
      : [],
    nodes: voters.voters.map(({ id, endpoints }) => ({ id, endpoints })),
  };
}
