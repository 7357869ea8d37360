import type { OffsetAndEpoch } from "./epochs.ts";
import type { ReplicaKey, VoterEndpoint } from "./voter-set.ts";

/**
 * The states of a KRaft node. Times are monotonic milliseconds; `undefined` = no timer runs.
 * Unattached, Candidate, Leader and Follower are durable before they count; Prospective and Resigned
 * live in memory.
 */
export type RaftState = Unattached | Prospective | Candidate | Leader | Follower | Resigned;

/** Knows no leader of its epoch, or how to reach it. */
export interface Unattached {
  readonly kind: "unattached";
  readonly epoch: number;
  readonly leaderId: number | undefined;
  readonly voted: ReplicaKey | undefined;
  readonly electionDeadlineMs: number | undefined;
}

/** Asks whether it could win before it disturbs anybody with a new epoch (KIP-996). */
export interface Prospective {
  readonly kind: "prospective";
  readonly epoch: number;
  readonly leaderId: number | undefined;
  readonly leaderEndpoints: readonly VoterEndpoint[];
  readonly voted: ReplicaKey | undefined;
  readonly electionDeadlineMs: number;
  readonly votes: Votes;
}

/** Stands for election in an epoch of its own. */
export interface Candidate {
  readonly kind: "candidate";
  readonly epoch: number;
  readonly electionDeadlineMs: number;
  readonly votes: Votes;
}

export interface Leader {
  readonly kind: "leader";
  readonly epoch: number;
  /** End of the log when it was elected; nothing commits until an entry at or above it does. */
  readonly epochStartOffset: number;
  readonly grantingVoters: readonly number[];
  readonly progress: Map<string, Progress>;
  /** When a majority must have been heard again. */
  checkQuorumDeadlineMs: number | undefined;
}

/** What a leader knows of a replica that fetches from it, or should. */
export interface Progress {
  readonly key: ReplicaKey;
  /** End of its log, durable there; `undefined` before its first fetch in this epoch. */
  endOffset: number | undefined;
  lastFetchMs: number | undefined;
  /** When it last had all that the leader had. */
  lastCaughtUpMs: number | undefined;
}

export interface Follower {
  readonly kind: "follower";
  readonly epoch: number;
  readonly leaderId: number;
  readonly leaderEndpoints: readonly VoterEndpoint[];
  readonly voted: ReplicaKey | undefined;
  fetchDeadlineMs: number;
  /** Whether the leader has answered a fetch: from then on pre-votes against it are refused. */
  hasFetched: boolean;
  /** A snapshot that is to be loaded before fetching goes on. */
  pendingSnapshot: OffsetAndEpoch | undefined;
}

/** Was the leader and says so until everybody has heard. */
export interface Resigned {
  readonly kind: "resigned";
  readonly epoch: number;
  readonly electionDeadlineMs: number;
  readonly unacknowledged: Set<number>;
  readonly successors: readonly ReplicaKey[];
}

/** Answers to a (pre-)vote by voter id. */
export class Votes {
  readonly #answers = new Map<number, boolean>();

  record(voterId: number, granted: boolean): void {
    this.#answers.set(voterId, granted);
  }

  answered(voterId: number): boolean {
    return this.#answers.has(voterId);
  }

  /** Ids of this set that said yes. */
  granting(voterIds: readonly number[]): number[] {
    return voterIds.filter((id) => this.#answers.get(id) === true);
  }

  refusing(voterIds: readonly number[]): number[] {
    return voterIds.filter((id) => this.#answers.get(id) === false);
  }
}
