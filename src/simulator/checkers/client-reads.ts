import type { ClientPartition } from "../client-history.ts";
import type { Checker, Fail, HistoryEvent } from "../history.ts";

/** What one consumer was handed of a partition since it has it. */
interface Reading {
  /** All before it came, as far as it has to; `undefined` where reading began in any order. */
  next: number | undefined;
  /** What came beyond that, where nobody asked for order. */
  readonly ahead: Set<number>;
}

/** A record as a consumer was handed it. */
export interface Delivery {
  readonly partition: ClientPartition;
  readonly offset: number;
  /** Whether the consumer says that it has the partition. */
  readonly isAssigned: boolean;
  /** Whether records of the partition come in order; else each comes, and none twice. */
  readonly isOrdered: boolean;
}

/** A consumer object, as it is checked. */
export class ClientReader {
  readonly name: string;
  /** Whether reading begins at the first record, where no group says otherwise. */
  readonly readsAll: boolean;
  readonly partitions = new Map<ClientPartition, Reading>();

  constructor(name: string, readsAll: boolean) {
    this.name = name;
    this.readsAll = readsAll;
  }
}

/**
 * A consumer is handed the records of a partition one after the other, none left out and none twice, from
 * where it began or was put. What a rebalance took from it may begin anew.
 */
export class Polls implements Checker {
  readonly name = "polls";
  readonly #fail: Fail;

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  /** A partition came to the consumer, or went: it may begin anywhere. */
  rebalanced(reader: ClientReader, partition: ClientPartition): void {
    reader.partitions.delete(partition);
  }

  /** The program put the consumer somewhere. */
  seeked(reader: ClientReader, partition: ClientPartition, offset: number): void {
    reader.partitions.set(partition, { next: offset, ahead: new Set() });
  }

  delivered(reader: ClientReader, delivery: Delivery): void {
    const { partition, offset, isAssigned, isOrdered } = delivery;
    const where = `offset ${offset} of ${partition.name}`;
    if (!isAssigned) this.#fail(`${reader.name} is handed ${where}, which is not assigned to it`);
    let reading = reader.partitions.get(partition);
    if (reading === undefined) {
      const first = isOrdered ? offset : undefined;
      reading = { next: reader.readsAll ? 0 : first, ahead: new Set() };
      reader.partitions.set(partition, reading);
    }
    const { ahead } = reading;
    // When records come in order again, all that came in any order before are there.
    if (isOrdered && reading.next === undefined) {
      reading.next = Math.max(...ahead) + 1;
      ahead.clear();
    }
    const { next = 0 } = reading;
    if (offset < next || ahead.has(offset)) this.#fail(`${reader.name} is handed ${where} again`);
    if (isOrdered && offset > next) this.#fail(`${reader.name} skips to ${where} from ${next}`);
    ahead.add(offset);
    if (reading.next === undefined) return;
    while (ahead.delete(reading.next)) reading.next++;
    if (isOrdered && ahead.size > 0) this.#fail(`${reader.name} skips to ${where} from ${next}`);
  }
}

/** How far a group is with one partition. */
interface Progress {
  /** All records before it were processed by some member. */
  processedTo: number;
  /** Processed beyond that. */
  readonly ahead: Set<number>;
  /** The greatest offset that the group was told to have committed. */
  committed: number;
}

/** A group as it is checked. */
export class ClientGroup {
  readonly name: string;
  readonly #progress = new Map<ClientPartition, Progress>();

  constructor(name: string) {
    this.name = name;
  }

  progressOf(partition: ClientPartition): Progress {
    let progress = this.#progress.get(partition);
    if (progress === undefined) {
      progress = { processedTo: 0, ahead: new Set(), committed: 0 };
      this.#progress.set(partition, progress);
    }
    return progress;
  }

  all(): Iterable<readonly [ClientPartition, Progress]> {
    return this.#progress;
  }
}

/**
 * What a group has committed was processed by its members, without a gap; it never goes back. A member
 * begins at what was committed, so at what was processed, at most.
 */
export class GroupProgress implements Checker {
  readonly name = "group-progress";
  readonly #fail: Fail;
  readonly #isStrict: boolean;
  readonly #groups = new Map<string, ClientGroup>();

  /** `isStrict`: offsets are synced before they are acknowledged. */
  constructor(fail: Fail, isStrict: boolean) {
    this.#fail = fail;
    this.#isStrict = isStrict;
  }

  group(name: string): ClientGroup {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = new ClientGroup(name);
      this.#groups.set(name, group);
    }
    return group;
  }

  on(event: HistoryEvent): void {
    if (event.kind !== "restarted" || event.how !== "power loss" || this.#isStrict) return;
    for (const group of this.#groups.values()) {
      for (const [, progress] of group.all()) progress.committed = 0;
    }
  }

  /** The first record that a member is handed of a partition. */
  begins(group: ClientGroup, partition: ClientPartition, offset: number): void {
    const { processedTo } = group.progressOf(partition);
    if (offset <= processedTo) return;
    this.#fail(
      `${group.name} goes on at ${offset} of ${partition.name}, and is done with ${processedTo} alone`,
    );
  }

  processed(group: ClientGroup, partition: ClientPartition, offset: number): void {
    const progress = group.progressOf(partition);
    if (offset < progress.processedTo) return;
    progress.ahead.add(offset);
    while (progress.ahead.delete(progress.processedTo)) progress.processedTo++;
  }

  /** What the group had committed for sure when it is asked now. */
  committedBefore(group: ClientGroup, partition: ClientPartition): number {
    return group.progressOf(partition).committed;
  }

  /** The group's offset was told. */
  told(group: ClientGroup, partition: ClientPartition, before: number, offset: number): void {
    const progress = group.progressOf(partition);
    if (offset > progress.processedTo) {
      this.#fail(
        `${group.name} has committed ${offset} of ${partition.name}, and is done with ${progress.processedTo} alone`,
      );
    }
    // A loss of power may have come in between.
    if (offset < Math.min(before, progress.committed)) {
      this.#fail(`${group.name} went back from ${before} to ${offset} of ${partition.name}`);
    }
    progress.committed = Math.max(progress.committed, offset);
  }
}
