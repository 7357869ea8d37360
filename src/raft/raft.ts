import { assert } from "../core/assert.ts";
import type { LogOutline, OffsetAndEpoch } from "./epochs.ts";
import type {
  BeginQuorumEpochRequest,
  EndQuorumEpochRequest,
  FetchRequest,
  FetchResponse,
  LeaderView,
  OutboundRequest,
  QuorumEpochResponse,
  RaftError,
  RaftRequest,
  RaftResponse,
  VoteRequest,
  VoteResponse,
} from "./messages.ts";
import { noElection, type ElectionState } from "./quorum-state.ts";
import { answerFetchOf, checkFetch, committedOffset, progressOf } from "./leader.ts";
import { Outbox } from "./outbox.ts";
import { Votes, type Follower, type Leader, type RaftState } from "./states.ts";
import {
  sameReplica,
  type ReplicaKey,
  type VoterEndpoint,
  type VoterHistory,
} from "./voter-set.ts";
import { answerVote, answerPreVote, illegalVote } from "./vote.ts";

/** Timing of elections; defaults are Kafka's (`controller.quorum.*`). */
export interface RaftTimeouts {
  /** A candidate waits for a time drawn from [this, twice this). */
  readonly electionTimeoutMs: number;
  /** Without an answer to a fetch for so long a voter stands for election. */
  readonly fetchTimeoutMs: number;
  readonly electionBackoffMaxMs: number;
  readonly retryBackoffMs: number;
}

export const defaultTimeouts: RaftTimeouts = {
  electionTimeoutMs: 1000,
  fetchTimeoutMs: 2000,
  electionBackoffMaxMs: 1000,
  retryBackoffMs: 20,
};

export interface RaftOptions {
  readonly self: ReplicaKey;
  readonly selfEndpoints: readonly VoterEndpoint[];
  /** Content of quorum-state, `undefined` when there is no file. */
  readonly election: ElectionState | undefined;
  readonly voters: VoterHistory;
  readonly log: LogOutline;
  readonly timeouts?: RaftTimeouts;
  /** A whole number in [0, bound). */
  readonly random: (bound: number) => number;
  /** Ids under which bootstrap servers are addressed by a node that knows no leader. */
  readonly bootstrapIds?: readonly number[];
}

/**
 * What the driver must do now, in this order: make `election` durable, truncate, append the control
 * records of a new leader, then send. Answers that were returned by the same call are sent last.
 */
export interface Ready {
  readonly election: ElectionState | undefined;
  readonly truncateTo: number | undefined;
  /** This node leads a new epoch: its log goes on with a LeaderChange batch of this content. */
  readonly elected: Elected | undefined;
  readonly fetchSnapshot: OffsetAndEpoch | undefined;
  readonly requests: readonly OutboundRequest[];
  /** Set when leader or epoch changed. */
  readonly leader: { readonly leaderId: number | undefined; readonly epoch: number } | undefined;
  /** Set when it moved. */
  readonly highWatermark: number | undefined;
}

export interface Elected {
  readonly epoch: number;
  readonly leaderId: number;
  readonly voters: readonly number[];
  readonly grantingVoters: readonly number[];
}

/**
 * The consensus of one node: events in, {@link Ready} out. It knows neither clock nor disk nor network;
 * times are given, and the log is an outline that mirrors the real one.
 */
export class Raft {
  readonly self: ReplicaKey;
  readonly voters: VoterHistory;
  readonly log: LogOutline;
  readonly #selfEndpoints: readonly VoterEndpoint[];
  readonly #timeouts: RaftTimeouts;
  readonly #random: (bound: number) => number;
  readonly #outbox: Outbox;
  #state: RaftState;
  #highWatermark: number | undefined;
  /** Own log is on disk up to here; as a leader this is what counts. */
  #durableEnd: number;
  #persisted: ElectionState | undefined;
  #reported: { leaderId: number | undefined; epoch: number } | undefined;
  #truncateTo: number | undefined;
  #elected: Elected | undefined;
  #fetchSnapshot: OffsetAndEpoch | undefined;
  #movedHighWatermark: number | undefined;

  constructor(options: RaftOptions) {
    this.self = options.self;
    this.voters = options.voters;
    this.log = options.log;
    this.#selfEndpoints = options.selfEndpoints;
    this.#timeouts = options.timeouts ?? defaultTimeouts;
    this.#random = options.random;
    this.#outbox = new Outbox(this.#timeouts, options.bootstrapIds ?? [], options.random);
    this.#durableEnd = options.log.endOffset;
    this.#persisted = options.election;
    const election = options.election ?? noElection;
    this.#state = {
      kind: "unattached",
      epoch: election.epoch,
      leaderId: election.leaderId,
      voted: election.voted,
      electionDeadlineMs: undefined,
    };
  }

  get state(): RaftState {
    return this.#state;
  }

  get epoch(): number {
    return this.#state.epoch;
  }

  get leaderId(): number | undefined {
    const state = this.#state;
    if (state.kind === "leader") return this.self.id;
    return state.kind === "candidate" || state.kind === "resigned" ? undefined : state.leaderId;
  }

  /** First offset that may still be lost; `undefined` until it is known in this run. Never goes back. */
  get highWatermark(): number | undefined {
    return this.#highWatermark;
  }

  get isVoter(): boolean {
    return this.voters.voters.isVoter(this.self);
  }

  /** Takes up what quorum-state says. An only voter leads when this returns. */
  start(nowMs: number): void {
    const election = this.#persisted ?? noElection;
    if (this.voters.voters.isOnlyVoter(this.self)) {
      if (this.log.lastEpoch > election.epoch) this.#becomeUnattached(this.log.lastEpoch, nowMs);
      this.#becomeProspective(nowMs);
    } else if (this.log.lastEpoch > election.epoch) {
      this.#becomeUnattached(this.log.lastEpoch, nowMs);
    } else if (election.leaderId === this.self.id && this.isVoter) {
      this.#becomeResigned(nowMs);
    } else if (election.voted !== undefined && sameReplica(election.voted, this.self)) {
      this.#stand(election.epoch, nowMs);
    } else {
      this.#resume(election, nowMs);
    }
  }

  /** Lets time pass: runs out timers and retries what is due. */
  tick(nowMs: number): void {
    const state = this.#state;
    switch (state.kind) {
      case "unattached":
        if (this.isVoter && passed(state.electionDeadlineMs, nowMs)) this.#becomeProspective(nowMs);
        break;
      case "prospective":
        if (passed(state.electionDeadlineMs, nowMs)) this.#giveUpPreVote(nowMs);
        break;
      case "candidate":
        if (passed(state.electionDeadlineMs, nowMs)) this.#becomeProspective(nowMs);
        break;
      case "follower":
        if (this.isVoter && passed(state.fetchDeadlineMs, nowMs)) this.#becomeProspective(nowMs);
        break;
      case "leader":
        if (passed(state.checkQuorumDeadlineMs, nowMs)) this.resign(nowMs);
        break;
      case "resigned":
        if (passed(state.electionDeadlineMs, nowMs)) {
          this.#becomeUnattached(state.epoch + 1, nowMs);
        }
        break;
    }
  }

  /** When {@link tick} has something to do at the latest; `undefined` when only events matter. */
  get nextDeadlineMs(): number | undefined {
    const state = this.#state;
    let timer: number | undefined;
    if (state.kind === "leader") timer = state.checkQuorumDeadlineMs;
    else if (state.kind === "follower") timer = this.isVoter ? state.fetchDeadlineMs : undefined;
    else timer = state.electionDeadlineMs;
    const retry = this.#outbox.nextAttemptMs(this.#state, this.voters.voters, this.self);
    if (timer === undefined || retry === undefined) return timer ?? retry;
    return Math.min(timer, retry);
  }

  /** The leader appended records of its epoch up to `endOffset`, exclusive; they are not durable yet. */
  appended(endOffset: number): void {
    assert(this.#state.kind === "leader", "only the leader appends by itself");
    this.log.appended(this.#state.epoch, endOffset);
  }

  /**
   * Whether the records that came with an answer continue this log. If so they are to be appended
   * durably, told with {@link replicated}, and only then {@link answered} is called.
   */
  acceptsRecords(request: FetchRequest, answer: FetchResponse): boolean {
    const state = this.#state;
    if (state.kind !== "follower" || state.epoch !== request.epoch) return false;
    if (answer.error !== "NONE" || answer.epoch !== state.epoch) return false;
    return answer.toOffset > answer.fromOffset && answer.fromOffset === this.log.endOffset;
  }

  /** The follower appended fetched records of one epoch, durably. */
  replicated(epoch: number, endOffset: number): void {
    this.log.appended(epoch, endOffset);
    this.#durableEnd = endOffset;
  }

  /** Own log is on disk up to `endOffset`. */
  persisted(endOffset: number): void {
    assert(endOffset <= this.log.endOffset, "more is durable than was appended", { endOffset });
    this.#durableEnd = Math.max(this.#durableEnd, endOffset);
    if (this.#state.kind === "leader") this.#advanceHighWatermark(this.#state);
  }

  /** The log was replaced by this snapshot, and is durable. */
  snapshotLoaded(snapshot: OffsetAndEpoch): void {
    this.log.restartAt(snapshot);
    this.#durableEnd = snapshot.offset;
    this.#moveHighWatermark(snapshot.offset);
    if (this.#state.kind === "follower") this.#state.pendingSnapshot = undefined;
  }

  /** Gives up leadership; the others are told who should follow. */
  resign(nowMs: number): void {
    if (this.#state.kind === "leader") this.#becomeResigned(nowMs);
  }

  /**
   * Answers a request; `undefined` parks a fetch that has nothing to get yet: ask again when the end of
   * the log or the high watermark moved, and answer it with {@link answerParked} when its wait is over.
   */
  receive(request: RaftRequest, nowMs: number): RaftResponse | undefined {
    switch (request.kind) {
      case "vote":
        return this.#receiveVote(request, nowMs);
      case "begin-quorum-epoch":
        return this.#receiveBegin(request, nowMs);
      case "end-quorum-epoch":
        return this.#receiveEnd(request, nowMs);
      case "fetch":
        return this.#receiveFetch(request, nowMs);
    }
  }

  /** The answer to a fetch whose wait is over. */
  answerParked(request: FetchRequest): FetchResponse {
    return answerFetchOf(this, request);
  }

  /** Takes the answer to a request, or `undefined` when there was none; records were appended before. */
  answered(
    to: number,
    request: RaftRequest,
    answer: RaftResponse | undefined,
    nowMs: number,
  ): void {
    const failed = answer === undefined || answer.error === "BROKER_NOT_AVAILABLE";
    this.#outbox.settled(to, nowMs, failed);
    if (answer === undefined) return;
    if (answer.epoch >= this.epoch) this.#learnLeader(answer, nowMs);
    switch (request.kind) {
      case "vote":
        if (answer.kind === "vote") this.#countVote(to, request, answer, nowMs);
        break;
      case "begin-quorum-epoch":
        break;
      case "end-quorum-epoch":
        if (this.#state.kind === "resigned" && this.#state.epoch === request.epoch) {
          this.#state.unacknowledged.delete(to);
        }
        break;
      case "fetch":
        if (answer.kind === "fetch") this.#takeFetched(request, answer, nowMs);
        break;
    }
  }

  /** What is to be done since the last call. */
  takeReady(nowMs: number): Ready {
    const election = this.#durableElection();
    const changed = this.#persisted === undefined || !sameElection(this.#persisted, election);
    if (changed) this.#persisted = election;
    const view = { leaderId: this.leaderId, epoch: this.epoch };
    const known = this.#reported;
    const news = known?.leaderId !== view.leaderId || known?.epoch !== view.epoch;
    if (news) this.#reported = view;
    const ready: Ready = {
      election: changed ? election : undefined,
      truncateTo: this.#truncateTo,
      elected: this.#elected,
      fetchSnapshot: this.#fetchSnapshot,
      requests: this.#outbox.due(this, this.#selfEndpoints, nowMs),
      leader: news ? view : undefined,
      highWatermark: this.#movedHighWatermark,
    };
    this.#truncateTo = undefined;
    this.#elected = undefined;
    this.#fetchSnapshot = undefined;
    this.#movedHighWatermark = undefined;
    return ready;
  }

  /** How this node sees the epoch: goes into every answer. */
  leaderView(): LeaderView {
    const state = this.#state;
    const endpoints =
      state.kind === "leader"
        ? this.#selfEndpoints
        : state.kind === "follower" || state.kind === "prospective"
          ? state.leaderEndpoints
          : [];
    return { epoch: state.epoch, leaderId: this.leaderId, leaderEndpoints: endpoints };
  }

  // ---- transitions

  #resume(election: ElectionState, nowMs: number): void {
    const leader =
      election.leaderId === undefined ? undefined : this.voters.voters.voter(election.leaderId);
    if (leader !== undefined && leader.id !== this.self.id && leader.endpoints.length > 0) {
      this.#becomeFollower(election.epoch, leader.id, leader.endpoints, nowMs, election.voted);
    } else {
      const deadline = this.isVoter ? nowMs + this.#electionTimeout() : undefined;
      this.#state = {
        kind: "unattached",
        epoch: election.epoch,
        leaderId: election.leaderId === this.self.id ? undefined : election.leaderId,
        voted: election.voted,
        electionDeadlineMs: deadline,
      };
    }
  }

  #becomeUnattached(epoch: number, nowMs: number, voted?: ReplicaKey): void {
    assert(epoch >= this.epoch, "the epoch goes back", { epoch, current: this.epoch });
    this.#state = {
      kind: "unattached",
      epoch,
      leaderId: undefined,
      voted,
      electionDeadlineMs: this.isVoter ? this.#carriedDeadline(nowMs) : undefined,
    };
    this.#outbox.reset();
  }

  /** A timer that runs goes on, so that a stream of new epochs cannot keep a node from standing. */
  #carriedDeadline(nowMs: number): number {
    const state = this.#state;
    if (state.kind === "leader") return nowMs + this.#electionTimeout();
    const running = state.kind === "follower" ? state.fetchDeadlineMs : state.electionDeadlineMs;
    return running ?? nowMs + this.#electionTimeout();
  }

  #becomeProspective(nowMs: number): void {
    const state = this.#state;
    assert(this.isVoter, "only a voter stands for election", { id: this.self.id });
    const votes = new Votes();
    votes.record(this.self.id, true);
    this.#state = {
      kind: "prospective",
      epoch: state.epoch,
      leaderId: this.leaderId,
      leaderEndpoints: state.kind === "follower" ? state.leaderEndpoints : [],
      voted:
        state.kind === "candidate"
          ? this.self
          : state.kind === "unattached" || state.kind === "follower"
            ? state.voted
            : undefined,
      electionDeadlineMs: nowMs + this.#electionTimeout(),
      votes,
    };
    this.#outbox.reset();
    if (this.voters.voters.majority <= 1) this.#stand(state.epoch + 1, nowMs);
  }

  #giveUpPreVote(nowMs: number): void {
    const state = this.#state;
    if (state.kind !== "prospective") return;
    if (state.leaderId !== undefined && state.leaderEndpoints.length > 0) {
      this.#becomeFollower(state.epoch, state.leaderId, state.leaderEndpoints, nowMs, state.voted);
      return;
    }
    this.#state = {
      kind: "unattached",
      epoch: state.epoch,
      leaderId: state.leaderId,
      voted: state.voted,
      electionDeadlineMs: nowMs + this.#electionTimeout(),
    };
    this.#outbox.reset();
  }

  /** Becomes candidate of `epoch`, which is new or in which this node has voted for itself. */
  #stand(epoch: number, nowMs: number): void {
    const votes = new Votes();
    votes.record(this.self.id, true);
    const electionDeadlineMs = nowMs + this.#electionTimeout();
    this.#state = { kind: "candidate", epoch, electionDeadlineMs, votes };
    this.#outbox.reset();
    if (this.voters.voters.majority <= 1) this.#becomeLeader(nowMs);
  }

  #becomeLeader(nowMs: number): void {
    const state = this.#state;
    assert(state.kind === "candidate", "only a candidate becomes leader", { state: state.kind });
    const voters = this.voters.voters;
    const grantingVoters = state.votes.granting(voters.ids);
    const leader: Leader = {
      kind: "leader",
      epoch: state.epoch,
      epochStartOffset: this.log.endOffset,
      grantingVoters,
      progress: new Map(),
      checkQuorumDeadlineMs:
        voters.isOnlyVoter(this.self) || voters.size === 0
          ? undefined
          : nowMs + this.#checkQuorumTimeoutMs,
    };
    this.#state = leader;
    this.#outbox.reset();
    this.#elected = {
      epoch: state.epoch,
      leaderId: this.self.id,
      voters: voters.ids,
      grantingVoters,
    };
  }

  #becomeFollower(
    epoch: number,
    leaderId: number,
    leaderEndpoints: readonly VoterEndpoint[],
    nowMs: number,
    voted?: ReplicaKey,
  ): void {
    assert(epoch >= this.epoch, "the epoch goes back", { epoch, current: this.epoch });
    this.#state = {
      kind: "follower",
      epoch,
      leaderId,
      leaderEndpoints,
      voted,
      fetchDeadlineMs: nowMs + this.#timeouts.fetchTimeoutMs,
      hasFetched: false,
      pendingSnapshot: undefined,
    };
    this.#outbox.reset();
  }

  #becomeResigned(nowMs: number): void {
    const state = this.#state;
    const others = this.voters.voters.voters.filter(({ id }) => id !== this.self.id);
    const ends = (key: ReplicaKey): number =>
      state.kind === "leader" ? (progressOf(state, key)?.endOffset ?? -1) : -1;
    this.#state = {
      kind: "resigned",
      epoch: state.epoch,
      electionDeadlineMs: nowMs + this.#electionTimeout(),
      unacknowledged: new Set(others.map(({ id }) => id)),
      successors: others.sort((a, b) => ends(b) - ends(a)),
    };
    this.#outbox.reset();
  }

  get #checkQuorumTimeoutMs(): number {
    return this.#timeouts.fetchTimeoutMs * 1.5;
  }

  #electionTimeout(): number {
    return this.#timeouts.electionTimeoutMs + this.#random(this.#timeouts.electionTimeoutMs);
  }

  // ---- votes

  #receiveVote(request: VoteRequest, nowMs: number): VoteResponse {
    const answer = (error: RaftError, granted = false): VoteResponse => {
      return { kind: "vote", error, granted, ...this.leaderView() };
    };
    if (illegalVote(request)) return answer("INVALID_REQUEST");
    if (request.epoch < this.epoch) return answer("FENCED_LEADER_EPOCH");
    if (request.epoch > this.epoch) this.#becomeUnattached(request.epoch, nowMs);
    if (!this.#isMe(request.voter)) return answer("INVALID_VOTER_KEY");
    if (request.preVote) return answer("NONE", answerPreVote(this.#state, this.log, request));
    const granted = answerVote(this.#state, this.log, request);
    const state = this.#state;
    if (granted && (state.kind === "unattached" || state.kind === "prospective")) {
      this.#becomeUnattached(state.epoch, nowMs, request.candidate);
    }
    return answer("NONE", granted);
  }

  #countVote(from: number, request: VoteRequest, answer: VoteResponse, nowMs: number): void {
    const state = this.#state;
    const mine = request.preVote ? "prospective" : "candidate";
    if (state.kind !== mine || request.epoch !== state.epoch) return;
    if (state.kind === "prospective" && answer.error === "UNSUPPORTED_VERSION") {
      // A voter older than pre-votes: it can only be asked for real.
      this.#stand(state.epoch + 1, nowMs);
      return;
    }
    if (answer.error !== "NONE") return;
    state.votes.record(from, answer.granted);
    const voters = this.voters.voters;
    if (state.votes.granting(voters.ids).length >= voters.majority) {
      if (state.kind === "candidate") this.#becomeLeader(nowMs);
      else this.#stand(state.epoch + 1, nowMs);
    } else if (state.kind === "prospective") {
      const refusals = state.votes.refusing(voters.ids).length;
      if (voters.size - refusals < voters.majority) this.#giveUpPreVote(nowMs);
    }
  }

  // ---- leaders of other epochs

  #receiveBegin(request: BeginQuorumEpochRequest, nowMs: number): QuorumEpochResponse {
    const answer = (error: RaftError): QuorumEpochResponse => {
      return { kind: "begin-quorum-epoch", error, ...this.leaderView() };
    };
    if (request.epoch < this.epoch) return answer("FENCED_LEADER_EPOCH");
    this.#learnLeader(request, nowMs);
    return answer(this.#isMe(request.voter) ? "NONE" : "INVALID_VOTER_KEY");
  }

  #receiveEnd(request: EndQuorumEpochRequest, nowMs: number): QuorumEpochResponse {
    const answer = (error: RaftError): QuorumEpochResponse => {
      return { kind: "end-quorum-epoch", error, ...this.leaderView() };
    };
    if (request.epoch < this.epoch) return answer("FENCED_LEADER_EPOCH");
    this.#learnLeader({ ...request, leaderEndpoints: [] }, nowMs);
    const state = this.#state;
    if (state.kind === "follower" && state.leaderId === request.leaderId) {
      const place = request.successors.findIndex(({ id }) => id === this.self.id);
      state.fetchDeadlineMs = nowMs + this.#succession(place, request.successors.length);
    }
    return answer("NONE");
  }

  /** How long the successor at a place waits before it stands: the best one not at all. */
  #succession(place: number, successors: number): number {
    const max = this.#timeouts.electionBackoffMaxMs;
    if (place < 0) return max;
    if (place === 0) return 0;
    return Math.min(max, (max >> Math.max(0, successors - 1)) << (place - 1));
  }

  #learnLeader(
    view: {
      readonly epoch: number;
      readonly leaderId: number | undefined;
      readonly leaderEndpoints: readonly VoterEndpoint[];
    },
    nowMs: number,
  ): void {
    const state = this.#state;
    if (view.epoch < state.epoch) return;
    if (view.epoch > state.epoch) {
      if (view.leaderId === undefined || view.leaderId === this.self.id) {
        this.#becomeUnattached(view.epoch, nowMs);
      } else {
        this.#becomeFollower(view.epoch, view.leaderId, this.#endpointsOf(view), nowMs);
      }
      return;
    }
    if (view.leaderId === undefined || view.leaderId === this.self.id) return;
    const known = this.leaderId;
    assert(known === undefined || known === view.leaderId, "an epoch has two leaders", {
      epoch: view.epoch,
      known,
      claimed: view.leaderId,
    });
    if (state.kind === "leader" || state.kind === "resigned" || state.kind === "follower") return;
    if (state.kind === "prospective" && state.leaderId === view.leaderId) return;
    const voted = state.kind === "candidate" ? this.self : state.voted;
    this.#becomeFollower(view.epoch, view.leaderId, this.#endpointsOf(view), nowMs, voted);
  }

  #endpointsOf(view: {
    readonly leaderId: number | undefined;
    readonly leaderEndpoints: readonly VoterEndpoint[];
  }): readonly VoterEndpoint[] {
    if (view.leaderEndpoints.length > 0 || view.leaderId === undefined) return view.leaderEndpoints;
    return this.voters.voters.voter(view.leaderId)?.endpoints ?? [];
  }

  #isMe(key: ReplicaKey | undefined): boolean {
    if (key === undefined) return true;
    if (key.id !== this.self.id) return false;
    return this.voters.kraftVersion === 0 || key.directoryId === this.self.directoryId;
  }

  // ---- replication

  #receiveFetch(request: FetchRequest, nowMs: number): FetchResponse | undefined {
    const state = this.#state;
    const refusal = checkFetch(this, request);
    if (refusal !== undefined) return refusal;
    assert(state.kind === "leader", "a fetch passed the checks of a node that does not lead");
    const answer = answerFetchOf(this, request);
    const valid = answer.diverging === undefined && answer.snapshot === undefined;
    const moved = this.#noteFetch(state, request, valid, nowMs);
    if (!valid || answer.toOffset > answer.fromOffset) return answer;
    const current = this.#highWatermark ?? -1;
    if (moved) return answerFetchOf(this, request);
    return request.highWatermark < current ? answer : undefined;
  }

  /** Whether the high watermark moved by it. */
  #noteFetch(state: Leader, request: FetchRequest, valid: boolean, nowMs: number): boolean {
    const name = `${request.replica.id}/${request.replica.directoryId}`;
    let progress = state.progress.get(name);
    if (progress === undefined) {
      progress = {
        key: request.replica,
        endOffset: undefined,
        lastFetchMs: undefined,
        lastCaughtUpMs: undefined,
      };
      state.progress.set(name, progress);
    }
    progress.lastFetchMs = nowMs;
    this.#checkQuorum(state, nowMs);
    if (!valid) return false;
    progress.endOffset = Math.max(progress.endOffset ?? 0, request.fetchOffset);
    if (request.fetchOffset >= this.log.endOffset) progress.lastCaughtUpMs = nowMs;
    return this.#advanceHighWatermark(state);
  }

  /** Restarts the timer when a majority was heard since it was started. */
  #checkQuorum(state: Leader, nowMs: number): void {
    if (state.checkQuorumDeadlineMs === undefined) return;
    const since = state.checkQuorumDeadlineMs - this.#checkQuorumTimeoutMs;
    const voters = this.voters.voters;
    const heard = voters.voters.filter((voter) => {
      if (voters.isVoter(this.self) && voter.id === this.self.id) return true;
      return (progressOf(state, voter)?.lastFetchMs ?? -Infinity) >= since;
    });
    if (heard.length >= voters.majority) {
      state.checkQuorumDeadlineMs = nowMs + this.#checkQuorumTimeoutMs;
    }
  }

  #advanceHighWatermark(state: Leader): boolean {
    const ownEnd = this.isVoter ? this.#durableEnd : undefined;
    const committed = committedOffset(state, this.voters.voters, this.self, ownEnd);
    if (committed === undefined || committed <= state.epochStartOffset) return false;
    if (this.#highWatermark !== undefined && committed <= this.#highWatermark) return false;
    this.#moveHighWatermark(committed);
    return true;
  }

  #moveHighWatermark(offset: number): void {
    const current = this.#highWatermark;
    assert(current === undefined || offset >= current, "the high watermark goes back", {
      offset,
      current,
    });
    if (current === offset) return;
    this.#highWatermark = offset;
    this.#movedHighWatermark = offset;
  }

  #takeFetched(request: FetchRequest, answer: FetchResponse, nowMs: number): void {
    const state = this.#state;
    if (state.kind !== "follower" || request.epoch !== state.epoch) return;
    if (answer.error !== "NONE" || answer.epoch !== state.epoch) return;
    state.fetchDeadlineMs = nowMs + this.#timeouts.fetchTimeoutMs;
    state.hasFetched = true;
    if (answer.diverging !== undefined) this.#truncate(answer.diverging);
    else if (answer.snapshot !== undefined) this.#askSnapshot(state, answer.snapshot);
    else if (answer.highWatermark >= 0) {
      const reached = Math.min(answer.highWatermark, this.log.endOffset);
      if (this.#highWatermark === undefined || reached > this.#highWatermark) {
        this.#moveHighWatermark(reached);
      }
    }
  }

  #truncate(diverging: OffsetAndEpoch): void {
    const own = this.log.endOfEpoch(diverging.epoch);
    const target = Math.min(own.offset, diverging.offset);
    assert(target >= (this.#highWatermark ?? 0), "committed records would be truncated", {
      target,
    });
    this.log.truncateTo(target);
    this.voters.truncateTo(target);
    this.#durableEnd = Math.min(this.#durableEnd, target);
    this.#truncateTo = target;
  }

  #askSnapshot(state: Follower, snapshot: OffsetAndEpoch): void {
    state.pendingSnapshot = snapshot;
    this.#fetchSnapshot = snapshot;
  }

  /** What quorum-state is to hold; becoming prospective or resigned changes nothing in it. */
  #durableElection(): ElectionState {
    const state = this.#state;
    switch (state.kind) {
      case "leader":
        return { epoch: state.epoch, leaderId: this.self.id, voted: undefined };
      case "candidate":
        return { epoch: state.epoch, leaderId: undefined, voted: this.self };
      case "unattached":
      case "prospective":
      case "follower":
        return { epoch: state.epoch, leaderId: state.leaderId, voted: state.voted };
      case "resigned":
        return { epoch: state.epoch, leaderId: this.self.id, voted: undefined };
    }
  }
}

function passed(deadlineMs: number | undefined, nowMs: number): boolean {
  return deadlineMs !== undefined && nowMs >= deadlineMs;
}

function sameElection(a: ElectionState, b: ElectionState): boolean {
  if (a.epoch !== b.epoch || a.leaderId !== b.leaderId) return false;
  if (a.voted === undefined || b.voted === undefined) return a.voted === b.voted;
  return sameReplica(a.voted, b.voted);
}
