import type { LogOutline } from "./epochs.ts";
import type { FetchRequest, FetchResponse, LeaderView, RaftError } from "./messages.ts";
import type { Leader, Progress, RaftState } from "./states.ts";
import type { ReplicaKey, VoterSet } from "./voter-set.ts";

/** What the answers to fetches are made of. */
export interface FetchSource {
  readonly state: RaftState;
  readonly log: LogOutline;
  readonly highWatermark: number | undefined;
  leaderView(): LeaderView;
}

/** What a leader knows of a replica; an entry without directory id stands for any directory. */
export function progressOf(state: Leader, key: ReplicaKey): Progress | undefined {
  const exact = state.progress.get(`${key.id}/${key.directoryId}`);
  if (exact !== undefined) return exact;
  for (const progress of state.progress.values()) {
    if (progress.key.id === key.id) return progress;
  }
  return undefined;
}

/**
 * The offset a majority of voters has on disk: the ⌊n/2⌋-th largest end of their logs. `ownEnd` is
 * `undefined` for a leader outside the set, which does not count.
 */
export function committedOffset(
  state: Leader,
  voters: VoterSet,
  self: ReplicaKey,
  ownEnd: number | undefined,
): number | undefined {
  const ends = voters.voters.map((voter) => {
    if (voter.id === self.id) return ownEnd ?? -1;
    return progressOf(state, voter)?.endOffset ?? -1;
  });
  ends.sort((a, b) => b - a);
  const committed = ends[Math.floor(ends.length / 2)];
  return committed === undefined || committed < 0 ? undefined : committed;
}

/** The refusal of a fetch, if any: with the leader in it, which is how everyone finds the leader. */
export function checkFetch(source: FetchSource, request: FetchRequest): FetchResponse | undefined {
  const { state } = source;
  const { fetchOffset, lastFetchedEpoch, epoch } = request;
  if (fetchOffset < 0 || lastFetchedEpoch < 0 || epoch < 0 || lastFetchedEpoch > epoch) {
    return refused(source, "INVALID_REQUEST");
  }
  if (epoch < state.epoch) return refused(source, "FENCED_LEADER_EPOCH");
  if (epoch > state.epoch) return refused(source, "UNKNOWN_LEADER_EPOCH");
  if (state.kind !== "leader") return refused(source, "NOT_LEADER_OR_FOLLOWER");
  return undefined;
}

/** The answer to a fetch that passed {@link checkFetch}, as the log is now. */
export function answerFetchOf(source: FetchSource, request: FetchRequest): FetchResponse {
  const refusal = checkFetch(source, request);
  if (refusal !== undefined) return refusal;
  const { log } = source;
  const { fetchOffset, lastFetchedEpoch } = request;
  const empty = refused(source, "NONE");
  const snapshot = log.latestSnapshot;
  if (snapshot !== undefined && mustLoadSnapshot(log, snapshot, request)) {
    return { ...empty, snapshot };
  }
  const end = log.endOfEpoch(lastFetchedEpoch);
  if (fetchOffset > 0 && (end.epoch !== lastFetchedEpoch || end.offset < fetchOffset)) {
    return { ...empty, diverging: end };
  }
  const fromOffset = Math.min(fetchOffset, log.endOffset);
  return { ...empty, fromOffset, toOffset: log.endOffset };
}

function mustLoadSnapshot(
  log: LogOutline,
  snapshot: { readonly offset: number; readonly epoch: number },
  request: FetchRequest,
): boolean {
  const { fetchOffset, lastFetchedEpoch } = request;
  if (fetchOffset === 0 || fetchOffset < log.startOffset) return true;
  const first = log.epochs[0];
  if (fetchOffset === log.startOffset && log.startOffset > 0) {
    return lastFetchedEpoch > (first?.epoch ?? snapshot.epoch);
  }
  return log.startOffset > 0 && first !== undefined && lastFetchedEpoch < first.epoch;
}

function refused(source: FetchSource, error: RaftError): FetchResponse {
  return {
    kind: "fetch",
    error,
    highWatermark: source.highWatermark ?? -1,
    diverging: undefined,
    snapshot: undefined,
    fromOffset: 0,
    toOffset: 0,
    ...source.leaderView(),
  };
}
