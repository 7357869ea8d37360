import type { LogOutline } from "./epochs.ts";
import type { VoteRequest } from "./messages.ts";
import type { RaftState } from "./states.ts";
import { sameReplica } from "./voter-set.ts";

/** Whether a request cannot come from a sane node: answered INVALID_REQUEST. */
export function illegalVote(request: VoteRequest): boolean {
  if (request.candidate.id < 0 || request.epoch < 0) return true;
  if (request.lastOffset < 0 || request.lastEpoch < 0) return true;
  // A candidate has raised its epoch above that of its log; a pre-vote is asked in the current one.
  return request.preVote ? request.lastEpoch > request.epoch : request.lastEpoch >= request.epoch;
}

/** One vote per epoch, for a log that is at least as complete, and none against a known leader. */
export function answerVote(state: RaftState, log: LogOutline, request: VoteRequest): boolean {
  if (state.kind !== "unattached" && state.kind !== "prospective") return false;
  if (state.voted !== undefined) return sameReplica(state.voted, request.candidate);
  if (state.leaderId !== undefined) return false;
  return log.isUpToDate(request.lastEpoch, request.lastOffset);
}

/** Would this node vote so? A follower whose leader lives says no, so nobody disturbs a working quorum (KIP-996). */
export function answerPreVote(state: RaftState, log: LogOutline, request: VoteRequest): boolean {
  if (state.kind === "leader") return false;
  if (state.kind === "follower" && state.hasFetched) return false;
  return log.isUpToDate(request.lastEpoch, request.lastOffset);
}
