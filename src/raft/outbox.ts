import type { LogOutline } from "./epochs.ts";
import type { OutboundRequest, RaftRequest } from "./messages.ts";
import type { RaftState } from "./states.ts";
import { progressOf } from "./leader.ts";
import type { ReplicaKey, VoterEndpoint, VoterHistory, VoterSet } from "./voter-set.ts";

/** What requests are made from. */
export interface Sender {
  readonly self: ReplicaKey;
  readonly state: RaftState;
  readonly voters: VoterHistory;
  readonly log: LogOutline;
  readonly highWatermark: number | undefined;
}

interface Destination {
  inFlight: boolean;
  notBeforeMs: number;
}

/** Sends where the destination is free; false where it has to wait. */
type Send = (to: number, endpoints: readonly VoterEndpoint[], request: RaftRequest) => boolean;

/**
 * Which requests are due. One is in flight per destination at a time; a failed one is repeated after a
 * backoff. What to send follows from the state alone, so a change of state needs no clean-up here.
 */
export class Outbox {
  readonly #retryBackoffMs: number;
  readonly #beginIntervalMs: number;
  readonly #bootstrapIds: readonly number[];
  readonly #random: (bound: number) => number;
  readonly #destinations = new Map<number, Destination>();
  /** A follower whose last fetch failed asks any bootstrap server instead. */
  #leaderUnreachable = false;

  constructor(
    timeouts: { readonly retryBackoffMs: number; readonly fetchTimeoutMs: number },
    bootstrapIds: readonly number[],
    random: (bound: number) => number,
  ) {
    this.#retryBackoffMs = timeouts.retryBackoffMs;
    this.#beginIntervalMs = timeouts.fetchTimeoutMs / 2;
    this.#bootstrapIds = bootstrapIds;
    this.#random = random;
  }

  /** A new state: what it has to say is due at once, except where an answer is still awaited. */
  reset(): void {
    for (const destination of this.#destinations.values()) destination.notBeforeMs = 0;
    this.#leaderUnreachable = false;
  }

  settled(to: number, nowMs: number, failed: boolean): void {
    const destination = this.#destination(to);
    destination.inFlight = false;
    if (failed) {
      destination.notBeforeMs = Math.max(destination.notBeforeMs, nowMs + this.#retryBackoffMs);
    }
    this.#leaderUnreachable = failed;
  }

  /** Takes the requests that are to go out now. */
  due(sender: Sender, selfEndpoints: readonly VoterEndpoint[], nowMs: number): OutboundRequest[] {
    const requests: OutboundRequest[] = [];
    const send: Send = (to, endpoints, request) => {
      const destination = this.#destination(to);
      if (destination.inFlight || destination.notBeforeMs > nowMs) return false;
      if (to === sender.self.id) return false;
      destination.inFlight = true;
      requests.push({ to, endpoints, request });
      return true;
    };
    for (const destination of this.#destinations.values()) {
      if (destination.notBeforeMs <= nowMs) destination.notBeforeMs = 0;
    }
    const { state } = sender;
    const voters = sender.voters.voters;
    switch (state.kind) {
      case "prospective":
      case "candidate":
        for (const voter of voters.voters) {
          if (state.votes.answered(voter.id)) continue;
          send(voter.id, voter.endpoints, voteRequest(sender, state.kind === "prospective", voter));
        }
        break;
      case "leader":
        for (const voter of voters.voters) {
          if (voter.id === sender.self.id) continue;
          const heardMs = progressOf(state, voter)?.lastFetchMs ?? -Infinity;
          const dueMs = heardMs + this.#beginIntervalMs;
          const begin = beginRequest(sender, selfEndpoints, voter);
          if (dueMs > nowMs) this.#destination(voter.id).notBeforeMs = dueMs;
          else if (send(voter.id, voter.endpoints, begin)) {
            this.#destination(voter.id).notBeforeMs = nowMs + this.#beginIntervalMs;
          }
        }
        break;
      case "resigned":
        for (const id of state.unacknowledged) {
          const { epoch, successors } = state;
          const endpoints = voters.voter(id)?.endpoints ?? [];
          const leaderId = sender.self.id;
          send(id, endpoints, { kind: "end-quorum-epoch", epoch, leaderId, successors });
        }
        break;
      case "follower":
        if (state.pendingSnapshot !== undefined) break;
        if (this.#leaderUnreachable) this.#askBootstrap(sender, send);
        else send(state.leaderId, state.leaderEndpoints, fetchRequest(sender));
        break;
      case "unattached":
        this.#askBootstrap(sender, send);
        break;
    }
    return requests;
  }

  /** When a request that waits for its backoff becomes due. */
  nextAttemptMs(state: RaftState, voters: VoterSet, self: ReplicaKey): number | undefined {
    const silent = state.kind === "unattached" && this.#bootstrapIds.length === 0;
    if (silent || voters.isOnlyVoter(self)) return undefined;
    let next: number | undefined;
    for (const { inFlight, notBeforeMs } of this.#destinations.values()) {
      if (inFlight || notBeforeMs === 0) continue;
      next = next === undefined ? notBeforeMs : Math.min(next, notBeforeMs);
    }
    return next;
  }

  #askBootstrap(sender: Sender, send: Send): void {
    const others = this.#bootstrapIds.filter((id) => id !== sender.self.id);
    if (others.length === 0) return;
    // One question at a time, to whoever comes up.
    if (others.some((id) => this.#destination(id).inFlight)) return;
    send(others[this.#random(others.length)]!, [], fetchRequest(sender));
  }

  #destination(id: number): Destination {
    let destination = this.#destinations.get(id);
    if (destination === undefined) {
      destination = { inFlight: false, notBeforeMs: 0 };
      this.#destinations.set(id, destination);
    }
    return destination;
  }
}

function voteRequest(sender: Sender, preVote: boolean, voter: ReplicaKey): RaftRequest {
  return {
    kind: "vote",
    epoch: sender.state.epoch,
    candidate: sender.self,
    voter,
    lastEpoch: sender.log.lastEpoch,
    lastOffset: sender.log.endOffset,
    preVote,
  };
}

function beginRequest(
  sender: Sender,
  leaderEndpoints: readonly VoterEndpoint[],
  voter: ReplicaKey,
): RaftRequest {
  const { epoch } = sender.state;
  return {
    kind: "begin-quorum-epoch",
    epoch,
    leaderId: sender.self.id,
    leaderEndpoints,
    voter,
  };
}

function fetchRequest(sender: Sender): RaftRequest {
  return {
    kind: "fetch",
    epoch: sender.state.epoch,
    replica: sender.self,
    fetchOffset: sender.log.endOffset,
    lastFetchedEpoch: sender.log.lastEpoch,
    highWatermark: sender.highWatermark ?? -1,
  };
}
