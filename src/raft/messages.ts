import type { OffsetAndEpoch } from "./epochs.ts";
import type { ReplicaKey, VoterEndpoint } from "./voter-set.ts";

/**
 * The messages of KRaft as the pure core sees them (KIP-595, 853, 996). The driver turns them into the
 * requests and responses of the protocol; log data itself never passes through the core.
 */
export type RaftRequest =
  | VoteRequest
  | BeginQuorumEpochRequest
  | EndQuorumEpochRequest
  | FetchRequest;

export type RaftResponse = VoteResponse | QuorumEpochResponse | FetchResponse;

/** What the protocol can answer; the driver translates into ErrorCode. */
export type RaftError =
  | "NONE"
  | "FENCED_LEADER_EPOCH"
  | "UNKNOWN_LEADER_EPOCH"
  | "NOT_LEADER_OR_FOLLOWER"
  | "INVALID_REQUEST"
  | "INVALID_VOTER_KEY"
  | "BROKER_NOT_AVAILABLE"
  | "UNSUPPORTED_VERSION";

export interface VoteRequest {
  readonly kind: "vote";
  /** The candidate's epoch; in a pre-vote the one it is in. */
  readonly epoch: number;
  readonly candidate: ReplicaKey;
  /** Whom the sender takes the receiver for; absent before version 1. */
  readonly voter: ReplicaKey | undefined;
  readonly lastEpoch: number;
  readonly lastOffset: number;
  readonly preVote: boolean;
}

/** Every answer tells the sender's view of the epoch: this is how nodes find the leader. */
export interface LeaderView {
  readonly epoch: number;
  readonly leaderId: number | undefined;
  readonly leaderEndpoints: readonly VoterEndpoint[];
}

export interface VoteResponse extends LeaderView {
  readonly kind: "vote";
  readonly error: RaftError;
  readonly granted: boolean;
}

export interface BeginQuorumEpochRequest {
  readonly kind: "begin-quorum-epoch";
  readonly epoch: number;
  readonly leaderId: number;
  readonly leaderEndpoints: readonly VoterEndpoint[];
  readonly voter: ReplicaKey | undefined;
}

export interface EndQuorumEpochRequest {
  readonly kind: "end-quorum-epoch";
  readonly epoch: number;
  readonly leaderId: number;
  /** Who should stand for election, best first. */
  readonly successors: readonly ReplicaKey[];
}

export interface QuorumEpochResponse extends LeaderView {
  readonly kind: "begin-quorum-epoch" | "end-quorum-epoch";
  readonly error: RaftError;
}

export interface FetchRequest {
  readonly kind: "fetch";
  /** The leader's epoch as the follower knows it. */
  readonly epoch: number;
  readonly replica: ReplicaKey;
  /** End of the follower's log: all below is on its disk. */
  readonly fetchOffset: number;
  readonly lastFetchedEpoch: number;
  readonly highWatermark: number;
}

export interface FetchResponse extends LeaderView {
  readonly kind: "fetch";
  readonly error: RaftError;
  readonly highWatermark: number;
  /** The follower's log parts from the leader's; it must be cut back to this, then fetch again. */
  readonly diverging: OffsetAndEpoch | undefined;
  /** The records asked for are gone; load this snapshot. */
  readonly snapshot: OffsetAndEpoch | undefined;
  /** Records `[fromOffset, toOffset)` of the leader's log go with the answer. */
  readonly fromOffset: number;
  readonly toOffset: number;
}

/** A request that is to be sent to a node. Its answer, or the lack of one, comes back with it. */
export interface OutboundRequest {
  readonly to: number;
  /** Where, when it is not a voter of the set, such as a bootstrap server. */
  readonly endpoints: readonly VoterEndpoint[];
  readonly request: RaftRequest;
}
