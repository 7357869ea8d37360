import type { Random } from "../platform/random.ts";
import type { Uuid } from "../core/uuid.ts";
import { ErrorCode } from "../protocol/error-code.ts";

/** `SessionId` of a fetch without a session. */
export const NO_SESSION = 0;
/** `SessionEpoch` of a full fetch that asks for a session. */
export const INITIAL_EPOCH = 0;
/** `SessionEpoch` of a full fetch that ends its session or wants none. */
export const FINAL_EPOCH = -1;
/** A session that was not used for this long may be evicted for any new one (KIP-227). */
export const EVICTION_MS = 120_000;
/** Partitions of all sessions together; who would exceed it fetches without a session. */
export const SESSION_PARTITIONS_MAX = 250_000;
const SESSION_ID_BOUND = 2 ** 31 - 1;

/** What a fetch wants from one partition. `partition` is the cell of a session or of one request. */
export interface FetchPartition {
  /** Empty while the topic id is unknown. */
  topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  fetchOffset: number;
  currentLeaderEpoch: number;
  lastFetchedEpoch: number;
  logStartOffset: number;
  partitionMaxBytes: number;
  /** What the client was told last; an incremental answer leaves out what has not changed. */
  toldHighWatermark: number;
  toldLogStartOffset: number;
}

/** The partitions of one client's incremental fetches (KIP-227). */
export class FetchSession {
  readonly id: number;
  readonly usesTopicIds: boolean;
  /** In the order they are served; those that returned data move to the end. */
  readonly partitions: Map<string, FetchPartition>;
  epoch: number;
  lastUsedMs: number;
  readonly createdMs: number;

  constructor(
    id: number,
    usesTopicIds: boolean,
    partitions: Map<string, FetchPartition>,
    nowMs: number,
  ) {
    this.id = id;
    this.usesTopicIds = usesTopicIds;
    this.partitions = partitions;
    this.epoch = 1;
    this.lastUsedMs = nowMs;
    this.createdMs = nowMs;
  }

  /** Moves a partition behind the others, so that all get their turn under a small `MaxBytes`. */
  moveToEnd(key: string, partition: FetchPartition): void {
    this.partitions.delete(key);
    this.partitions.set(key, partition);
  }
}

/** The epoch after `epoch`; it wraps to 1, because 0 and −1 have meanings. */
export function nextSessionEpoch(epoch: number): number {
  return epoch >= SESSION_ID_BOUND ? 1 : epoch + 1;
}

/** Key of a partition within a session or a request. */
export function fetchPartitionKey(topicOrId: string, partition: number): string {
  return `${topicOrId}:${partition}`;
}

export type SessionLookup =
  | { readonly kind: "session"; readonly session: FetchSession }
  | { readonly kind: "error"; readonly errorCode: ErrorCode };

/** All fetch sessions of a broker, `max.incremental.fetch.session.cache.slots` at most. */
export class FetchSessions {
  /** In the order of their last use. */
  readonly #sessions = new Map<number, FetchSession>();
  readonly #slots: number;
  readonly #random: Random;
  #partitionCount = 0;

  constructor(slots: number, random: Random) {
    this.#slots = slots;
    this.#random = random;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Partitions of all sessions together. */
  get partitionCount(): number {
    return this.#partitionCount;
  }

  /**
   * A new session, which owns `partitions` from now on; `undefined` when every slot is taken by
   * one that is worth more.
   */
  create(
    usesTopicIds: boolean,
    partitions: Map<string, FetchPartition>,
    nowMs: number,
  ): FetchSession | undefined {
    const { size } = partitions;
    if (this.#partitionCount + size > SESSION_PARTITIONS_MAX) return undefined;
    if (this.#sessions.size >= this.#slots && !this.#evict(size, nowMs)) return undefined;
    let id: number;
    do {
      id = this.#random.below(SESSION_ID_BOUND - 1) + 1;
    } while (this.#sessions.has(id));
    const session = new FetchSession(id, usesTopicIds, partitions, nowMs);
    this.#sessions.set(id, session);
    this.#partitionCount += size;
    return session;
  }

  /** The session of an incremental fetch, which is this session's next. */
  find(id: number, epoch: number, usesTopicIds: boolean): SessionLookup {
    const session = this.#sessions.get(id);
    if (session === undefined) {
      return { kind: "error", errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    }
    if (session.epoch !== epoch) {
      return { kind: "error", errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH };
    }
    if (session.usesTopicIds !== usesTopicIds) {
      return { kind: "error", errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR };
    }
    return { kind: "session", session };
  }

  /**
   * Moves a session on to its next epoch, with what the client wants changed of it. False when it has
   * no partitions left, or too many; then it is no more.
   */
  update(
    session: FetchSession,
    wanted: ReadonlyMap<string, FetchPartition>,
    forgotten: Iterable<string>,
    nowMs: number,
  ): boolean {
    const { partitions } = session;
    this.remove(session.id);
    for (const [key, partition] of wanted) {
      const known = partitions.get(key);
      if (known === undefined) partitions.set(key, partition);
      else takeOver(known, partition);
    }
    for (const key of forgotten) partitions.delete(key);
    const { size } = partitions;
    if (size === 0 || this.#partitionCount + size > SESSION_PARTITIONS_MAX) return false;
    session.epoch = nextSessionEpoch(session.epoch);
    session.lastUsedMs = nowMs;
    this.#sessions.set(session.id, session);
    this.#partitionCount += size;
    return true;
  }

  remove(id: number): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    this.#partitionCount -= session.partitions.size;
  }

  /**
   * Makes room for a session of so many partitions: one that nobody used for long goes, else the
   * smallest of those that have had their time, if it is smaller than the new one.
   */
  #evict(size: number, nowMs: number): boolean {
    const { value: oldest } = this.#sessions.values().next();
    if (oldest === undefined) return false;
    if (nowMs - oldest.lastUsedMs > EVICTION_MS) {
      this.remove(oldest.id);
      return true;
    }
    let smallest: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      if (session.lastUsedMs - session.createdMs <= EVICTION_MS) continue;
      if (smallest === undefined || session.partitions.size < smallest.partitions.size) {
        smallest = session;
      }
    }
    if (smallest === undefined || smallest.partitions.size >= size) return false;
    this.remove(smallest.id);
    return true;
  }
}

/** Takes over what the client says now; what it was told stays as it was. */
function takeOver(known: FetchPartition, wanted: FetchPartition): void {
  known.fetchOffset = wanted.fetchOffset;
  known.currentLeaderEpoch = wanted.currentLeaderEpoch;
  known.lastFetchedEpoch = wanted.lastFetchedEpoch;
  known.logStartOffset = wanted.logStartOffset;
  known.partitionMaxBytes = wanted.partitionMaxBytes;
}
