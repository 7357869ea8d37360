import { assert } from "../core/assert.ts";
import { ZERO_UUID, type Uuid } from "../core/uuid.ts";

/** A replica of the metadata log: a node and the directory its log lives in; the zero id = not known. */
export interface ReplicaKey {
  readonly id: number;
  readonly directoryId: Uuid;
}

export function sameReplica(a: ReplicaKey, b: ReplicaKey): boolean {
  return a.id === b.id && a.directoryId === b.directoryId;
}

/** Where a voter is reached, by the name of the controller listener. */
export interface VoterEndpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** A member of a voter set as VotersRecord describes it (KIP-853). */
export interface Voter extends ReplicaKey {
  readonly endpoints: readonly VoterEndpoint[];
  /** Levels of kraft.version it supports. */
  readonly kraftVersionMin: number;
  readonly kraftVersionMax: number;
}

/** The nodes that elect and that count for the high watermark. Immutable; sorted by id. */
export class VoterSet {
  readonly voters: readonly Voter[];

  constructor(voters: Iterable<Voter>) {
    this.voters = [...voters].sort((a, b) => a.id - b.id);
    for (const [i, voter] of this.voters.entries()) {
      assert(voter.id !== this.voters[i + 1]?.id, "a voter is listed twice", { id: voter.id });
    }
  }

  static readonly empty = new VoterSet([]);

  get size(): number {
    return this.voters.length;
  }

  /** Votes, or acknowledgements, that make a majority. */
  get majority(): number {
    return Math.floor(this.voters.length / 2) + 1;
  }

  get ids(): number[] {
    return this.voters.map(({ id }) => id);
  }

  voter(id: number): Voter | undefined {
    return this.voters.find((voter) => voter.id === id);
  }

  /** Under static voters directory ids are not known, and an entry matches every directory of its node. */
  isVoter(key: ReplicaKey): boolean {
    const voter = this.voter(key.id);
    if (voter === undefined) return false;
    return voter.directoryId === ZERO_UUID || voter.directoryId === key.directoryId;
  }

  isOnlyVoter(key: ReplicaKey): boolean {
    return this.voters.length === 1 && this.isVoter(key);
  }

  /** The set with this voter added, or its entry replaced. */
  with(voter: Voter): VoterSet {
    return new VoterSet([...this.voters.filter(({ id }) => id !== voter.id), voter]);
  }

  without(id: number): VoterSet {
    return new VoterSet(this.voters.filter((voter) => voter.id !== id));
  }
}

/** What the log says about its voters as of an offset. */
export interface VoterHistoryEntry {
  readonly offset: number;
  readonly voters: VoterSet | undefined;
  readonly kraftVersion: number | undefined;
}

/**
 * Voter sets and kraft.version by offset. The **last** set counts, committed or not; a truncation of
 * the log rolls it back. Without one in the log the configured, static set holds.
 */
export class VoterHistory {
  readonly #static: VoterSet;
  #entries: VoterHistoryEntry[] = [];

  /** `staticVoters`: of `controller.quorum.voters`, empty for a dynamic quorum. */
  constructor(staticVoters: VoterSet) {
    this.#static = staticVoters;
  }

  /** Notes what a control batch at `offset` said; `offset` -1 for a snapshot's. */
  add(entry: VoterHistoryEntry): void {
    const last = this.#entries.at(-1);
    assert(last === undefined || entry.offset >= last.offset, "voter history goes back", {
      offset: entry.offset,
    });
    this.#entries.push(entry);
  }

  /** The set that counts now. */
  get voters(): VoterSet {
    return this.votersAt(Number.MAX_SAFE_INTEGER);
  }

  get kraftVersion(): number {
    return this.kraftVersionAt(Number.MAX_SAFE_INTEGER);
  }

  /** The set as of records up to `offset` inclusive. */
  votersAt(offset: number): VoterSet {
    const entry = this.#entries.findLast((e) => e.offset <= offset && e.voters !== undefined);
    return entry?.voters ?? this.#static;
  }

  kraftVersionAt(offset: number): number {
    const entry = this.#entries.findLast((e) => e.offset <= offset && e.kraftVersion !== undefined);
    return entry?.kraftVersion ?? 0;
  }

  /** Where the set that counts stands in the log; -1 = in no log, but in configuration or formatting. */
  get votersOffset(): number {
    return this.#entries.findLast((entry) => entry.voters !== undefined)?.offset ?? -1;
  }

  /** Offset of the newest entry, -1 when there is none. */
  get notedUpTo(): number {
    return this.#entries.at(-1)?.offset ?? -1;
  }

  /** Whether the last set was made by an entry below `highWatermark`. */
  isLastCommitted(highWatermark: number): boolean {
    const entry = this.#entries.findLast((e) => e.voters !== undefined);
    return entry === undefined || entry.offset < highWatermark;
  }

  /** The log now ends at `endOffset`. */
  truncateTo(endOffset: number): void {
    this.#entries = this.#entries.filter(({ offset }) => offset < endOffset);
  }

  /** A snapshot replaced the whole log. */
  reset(): void {
    this.#entries = [];
  }
}
