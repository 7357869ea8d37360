import type { Checker, Fail, HistoryEvent, PartitionHistory } from "../history.ts";

/** A commit of one partition's offset. Times are those of the checker's own count of events. */
export interface Commit {
  readonly offset: number;
  /** Metadata that no other commit has. */
  readonly tag: string;
  readonly sentAt: number;
  /** From when on it is certain: it was acknowledged, and nothing has taken it since. */
  sureAt: number;
  /** From when on it has taken effect or never will. */
  doneAt: number;
  isRefused: boolean;
}

/** What a reader of committed offsets must see, as of the moment of asking. */
export interface OffsetsAsked {
  readonly at: number;
}

/**
 * The committed offset of a group is the last one that was acknowledged, or one that was sent at the
 * same time or later; nothing that was overwritten for certain comes back.
 */
export class CommittedOffsets implements Checker {
  readonly name = "committed-offsets";
  readonly #fail: Fail;
  /** Whether commits are synced before they are acknowledged. */
  readonly #isStrict: boolean;
  readonly #groups = new Map<string, Map<PartitionHistory, Commit[]>>();
  #now = 0;
  #tags = 0;

  constructor(fail: Fail, isStrict: boolean) {
    this.#fail = fail;
    this.#isStrict = isStrict;
  }

  on(event: HistoryEvent): void {
    if (event.kind === "restarted") this.#restarted(event.how === "power loss" && !this.#isStrict);
  }

  nextTag(): string {
    return `commit-${this.#tags++}`;
  }

  sent(group: string, partition: PartitionHistory, offset: number, tag: string): Commit {
    const commit: Commit = {
      offset,
      tag,
      sentAt: ++this.#now,
      sureAt: Infinity,
      doneAt: Infinity,
      isRefused: false,
    };
    this.#commitsOf(group, partition).push(commit);
    return commit;
  }

  acknowledged(commit: Commit): void {
    commit.sureAt = commit.doneAt = ++this.#now;
  }

  refused(commit: Commit): void {
    commit.isRefused = true;
  }

  asked(): OffsetsAsked {
    return { at: ++this.#now };
  }

  /** A group's offset was told; -1 is none. */
  told(
    group: string,
    partition: PartitionHistory,
    asked: OffsetsAsked,
    offset: number,
    metadata: string,
  ): void {
    const commits = this.#commitsOf(group, partition);
    const lastSure = commits.filter(({ sureAt }) => sureAt < asked.at);
    if (offset < 0) {
      const [sure] = lastSure;
      if (sure !== undefined) {
        this.#fail(`${group} has no offset of ${partition.name}; ${sure.offset} was acknowledged`);
      }
      return;
    }
    const found = commits.find(({ tag }) => tag === metadata);
    // A topic of the same name that was deleted may have left something.
    if (found === undefined) return;
    if (found.isRefused || found.offset !== offset) {
      this.#fail(`${group} is at ${offset} (${metadata}) of ${partition.name}, which was refused`);
    }
    const later = lastSure.find(({ sentAt }) => sentAt > found.doneAt);
    if (later !== undefined) {
      this.#fail(
        `${group} is at ${offset} (${metadata}) of ${partition.name}, behind ${later.offset} (${later.tag})`,
      );
    }
  }

  #commitsOf(group: string, partition: PartitionHistory): Commit[] {
    let partitions = this.#groups.get(group);
    if (partitions === undefined) {
      partitions = new Map();
      this.#groups.set(group, partitions);
    }
    let commits = partitions.get(partition);
    if (commits === undefined) {
      commits = [];
      partitions.set(partition, commits);
    }
    return commits;
  }

  #restarted(mayHaveLost: boolean): void {
    const now = ++this.#now;
    for (const partitions of this.#groups.values()) {
      for (const commits of partitions.values()) {
        for (const commit of commits) {
          if (mayHaveLost) {
            commit.sureAt = Infinity;
            commit.doneAt = now;
          } else commit.doneAt = Math.min(commit.doneAt, now);
        }
      }
    }
  }
}
