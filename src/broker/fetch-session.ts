import type { Random } from "../platform/random.ts";
import type { Uuid } from "../core/uuid.ts";
import { ErrorCode } from "../protocol/error-code.ts";

/** `SessionId` of a fetch without a session. */
export const NO_SESSION = 0;
/** `SessionEpoch` of a full fetch that asks for a session. */
export const INITIAL_EPOCH = 0;
/** `SessionEpoch` of a full fetch that ends its session or wants none. */
export const FINAL_EPOCH = -1;
/** A session that has been idle this long may be evicted for a new one (KIP-227). */
const EVICTION_MS = 120_000;
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
  readonly partitions = new Map<string, FetchPartition>();
  epoch: number;
  lastUsedMs: number;
  readonly createdMs: number;

  constructor(id: number, usesTopicIds: boolean, nowMs: number) {
    this.id = id;
    this.usesTopicIds = usesTopicIds;
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
  readonly #sessions = new Map<number, FetchSession>();
  readonly #slots: number;
  readonly #random: Random;

  constructor(slots: number, random: Random) {
    this.#slots = slots;
    this.#random = random;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** A new session, or `undefined` when every slot is taken by one that was used lately. */
  create(usesTopicIds: boolean, partitionCount: number, nowMs: number): FetchSession | undefined {
    if (partitionCount === 0) return undefined;
    if (this.#sessions.size >= this.#slots && !this.#evict(nowMs)) return undefined;
    let id: number;
    do {
      id = this.#random.below(SESSION_ID_BOUND - 1) + 1;
    } while (this.#sessions.has(id));
    const session = new FetchSession(id, usesTopicIds, nowMs);
    this.#sessions.set(id, session);
    return session;
  }

  /** The session of an incremental fetch, moved on to its next epoch. */
  resume(id: number, epoch: number, usesTopicIds: boolean, nowMs: number): SessionLookup {
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
    session.epoch = nextSessionEpoch(epoch);
    session.lastUsedMs = nowMs;
    return { kind: "session", session };
  }

  remove(id: number): void {
    this.#sessions.delete(id);
  }

  #evict(nowMs: number): boolean {
    let oldest: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      if (oldest === undefined || session.lastUsedMs < oldest.lastUsedMs) oldest = session;
    }
    if (oldest === undefined || nowMs - oldest.lastUsedMs < EVICTION_MS) return false;
    this.#sessions.delete(oldest.id);
    return true;
  }
}
