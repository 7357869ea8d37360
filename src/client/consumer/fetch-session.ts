import type { Uuid } from "../../core/uuid.ts";
import type { AssignedPartition } from "./assigned-partition.ts";

/** What a Fetch asks of one partition. */
export interface PartitionToFetch {
  readonly partition: AssignedPartition;
  /** `ZERO_UUID` where topics have no ids. */
  readonly topicId: Uuid;
  readonly leaderEpoch: number;
  readonly maxBytes: number;
}

/** A partition as a broker's session knows it. */
export interface SessionPartition extends PartitionToFetch {
  readonly fetchOffset: number;
  /** Of the partition when it was asked for. */
  readonly generation: number;
}

/** What goes into the next request. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  /** Whether topics go by id, or by name. */
  readonly byId: boolean;
  /** By id or name of the topic. */
  readonly toFetch: ReadonlyMap<string, readonly SessionPartition[]>;
  readonly toForget: ReadonlyMap<string, readonly number[]>;
}

const NO_SESSION_ID = 0;
/** Asks for a session, and names all partitions. */
const INITIAL_EPOCH = 0;
/** Ends a session. */
export const FINAL_EPOCH = -1;
const EPOCH_MAX = 2 ** 31 - 1;

/**
 * The session with one broker (KIP-227): the broker remembers the partitions, so a request names only what
 * changed since the last one, and an answer only partitions of which there is news. Strictly one request
 * after the other.
 */
export class FetchSession {
  #id = NO_SESSION_ID;
  #epoch = INITIAL_EPOCH;
  #byId = true;
  #known = new Map<string, Map<number, SessionPartition>>();

  get id(): number {
    return this.#id;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Partitions that the broker knows of. */
  get size(): number {
    let size = 0;
    for (const partitions of this.#known.values()) size += partitions.size;
    return size;
  }

  /**
   * What to send so that the broker looks at just these partitions. `byId` tells whether topics are named by
   * id, which a session cannot change.
   */
  prepare(wanted: readonly PartitionToFetch[], byId: boolean): SessionRequest {
    if (byId !== this.#byId) this.lost();
    this.#byId = byId;
    const isFull = this.#epoch === INITIAL_EPOCH;
    const before = isFull ? new Map<string, Map<number, SessionPartition>>() : this.#known;
    const next = new Map<string, Map<number, SessionPartition>>();
    const toFetch = new Map<string, SessionPartition[]>();
    for (const one of wanted) {
      const { partition, topicId } = one;
      const topicKey = byId ? topicId : partition.topic;
      const { fetchOffset, generation } = partition;
      const asked: SessionPartition = { ...one, fetchOffset, generation };
      put(next, topicKey, partition.partition, asked);
      const known = before.get(topicKey)?.get(partition.partition);
      if (known !== undefined && isSame(known, asked)) continue;
      const ofTopic = toFetch.get(topicKey);
      if (ofTopic === undefined) toFetch.set(topicKey, [asked]);
      else ofTopic.push(asked);
    }
    const toForget = new Map<string, number[]>();
    for (const [topicKey, partitions] of before) {
      const left = next.get(topicKey);
      const gone = [...partitions.keys()].filter((partition) => left?.has(partition) !== true);
      if (gone.length > 0) toForget.set(topicKey, gone);
    }
    this.#known = next;
    return { byId, sessionId: this.#id, sessionEpoch: this.#epoch, toFetch, toForget };
  }

  /** What was asked of a partition that an answer speaks of. */
  asked(
    { topicId, topic }: { readonly topicId: Uuid; readonly topic: string },
    partition: number,
  ): SessionPartition | undefined {
    return this.#known.get(this.#byId ? topicId : topic)?.get(partition);
  }

  /** The broker answered without an error, and named the session. */
  answered(sessionId: number): void {
    if (sessionId === NO_SESSION_ID) {
      // It keeps no session for this client, and gets to know everything with each request.
      this.#id = NO_SESSION_ID;
      this.#epoch = INITIAL_EPOCH;
      return;
    }
    this.#id = sessionId;
    this.#epoch = this.#epoch >= EPOCH_MAX ? 1 : this.#epoch + 1;
  }

  /** Nobody knows what the broker took note of: a new session, which takes the place of the old one. */
  lost(): void {
    this.#epoch = INITIAL_EPOCH;
  }

  /** The broker does not know the session. */
  forgotten(): void {
    this.#id = NO_SESSION_ID;
    this.#epoch = INITIAL_EPOCH;
  }
}

function put(
  into: Map<string, Map<number, SessionPartition>>,
  topicKey: string,
  index: number,
  asked: SessionPartition,
): void {
  const ofTopic = into.get(topicKey);
  if (ofTopic === undefined) into.set(topicKey, new Map([[index, asked]]));
  else ofTopic.set(index, asked);
}

function isSame(known: SessionPartition, asked: SessionPartition): boolean {
  return (
    known.fetchOffset === asked.fetchOffset &&
    known.leaderEpoch === asked.leaderEpoch &&
    known.maxBytes === asked.maxBytes
  );
}
