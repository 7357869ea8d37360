import type { PartitionHistory } from "../history.ts";

/** What a fetch asks of one partition. */
export interface Wanted {
  readonly partition: PartitionHistory;
  readonly fetchOffset: number;
}

const FINAL_EPOCH = -1;

/**
 * A client's side of a fetch session (KIP-227): what the node was told last, so that a request only
 * says what has changed.
 */
export class FetchSession {
  readonly version: number;
  #id = 0;
  #epoch: number;
  #told = new Map<PartitionHistory, number>();

  /** `version` of all its requests. `isWanted` is false for requests that stand alone. */
  constructor(version: number, isWanted: boolean) {
    this.version = version;
    this.#epoch = isWanted ? 0 : FINAL_EPOCH;
  }

  get id(): number {
    return this.#id;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Whether a request tells changes only, and an answer news only. */
  get isIncremental(): boolean {
    return this.#id !== 0;
  }

  /** The partitions to name in the next request, and those that the session is to forget. */
  next(wanted: readonly Wanted[]): {
    readonly named: readonly Wanted[];
    readonly forgotten: readonly PartitionHistory[];
  } {
    if (!this.isIncremental) {
      this.#told = new Map(wanted.map(({ partition, fetchOffset }) => [partition, fetchOffset]));
      return { named: wanted, forgotten: [] };
    }
    const named = wanted.filter(
      ({ partition, fetchOffset }) => this.#told.get(partition) !== fetchOffset,
    );
    const kept = new Set(wanted.map(({ partition }) => partition));
    const forgotten = [...this.#told.keys()].filter((partition) => !kept.has(partition));
    for (const partition of forgotten) this.#told.delete(partition);
    for (const { partition, fetchOffset } of named) this.#told.set(partition, fetchOffset);
    return { named, forgotten };
  }

  answered(sessionId: number): void {
    if (this.#epoch === FINAL_EPOCH) return;
    this.#id = sessionId;
    this.#epoch = sessionId === 0 ? 0 : this.#epoch + 1;
  }
}
