import type { SharePartition } from "./share-partition.ts";

/** Asks for a session, and names all partitions. */
export const INITIAL_EPOCH = 0;
/** Applies what is acknowledged, ends the session and releases what it holds. */
export const FINAL_EPOCH = -1;
const EPOCH_MAX = 2 ** 31 - 1;

/** What a ShareFetch says of the partitions of its session. */
export interface ShareSessionRequest {
  readonly epoch: number;
  readonly added: readonly SharePartition[];
  readonly forgotten: readonly SharePartition[];
}

/**
 * The session of a member with one broker (KIP-932): the broker remembers its partitions and what it acquired
 * of them. ShareFetch and ShareAcknowledge raise its epoch by one each, so one goes strictly after the other.
 */
export class ShareSession {
  #epoch = INITIAL_EPOCH;
  #known = new Map<string, SharePartition>();

  /** Of the next request. */
  get epoch(): number {
    return this.#epoch;
  }

  get isOpen(): boolean {
    return this.#epoch !== INITIAL_EPOCH;
  }

  /** Partitions that the broker knows of. */
  get size(): number {
    return this.#known.size;
  }

  /** What to send so that the broker looks at just these partitions. */
  prepare(wanted: readonly SharePartition[]): ShareSessionRequest {
    const before = this.isOpen ? this.#known : new Map<string, SharePartition>();
    const next = new Map(wanted.map((partition) => [partition.key, partition]));
    this.#known = next;
    return {
      epoch: this.#epoch,
      added: wanted.filter(({ key }) => !before.has(key)),
      forgotten: [...before.values()].filter(({ key }) => !next.has(key)),
    };
  }

  /** A partition that an answer speaks of. */
  find(key: string): SharePartition | undefined {
    return this.#known.get(key);
  }

  /** The broker took note of a request. */
  answered(): void {
    this.#epoch = nextEpoch(this.#epoch);
  }

  /** The broker does not know the session, or nobody knows what it took note of: it begins anew. */
  lost(): void {
    this.#epoch = INITIAL_EPOCH;
    this.#known = new Map();
  }
}

/** The epoch of the request after one that the broker took note of. */
export function nextEpoch(epoch: number): number {
  return epoch >= EPOCH_MAX ? 1 : epoch + 1;
}
