import type { Fact } from "./facts.ts";

/** A record as somebody read it from the log. */
export interface LoggedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
}

/** What was promised and what was seen; the invariants that were broken, by name. */
export class Ledger {
  readonly #log = new Map<number, Map<number, string>>();
  readonly #acknowledged = new Map<string, { partition: number; offset: number }>();
  readonly #consumed = new Map<number, Set<number>>();
  readonly #commits = new Map<number, { offset: number; atMs: number }[]>();
  readonly #begins: { member: string; partition: number; offset: number; atMs: number }[] = [];
  readonly #failures = new Map<string, string[]>();
  acknowledgedCount = 0;
  consumedCount = 0;
  failedSends = 0;

  constructor(invariants: readonly string[]) {
    for (const name of invariants) this.#failures.set(name, []);
  }

  get failures(): ReadonlyMap<string, readonly string[]> {
    return this.#failures;
  }

  fail(invariant: string, message: string): void {
    this.#failures.get(invariant)?.push(message);
  }

  /** A client told something. */
  take(client: string, fact: Fact): void {
    switch (fact.kind) {
      case "acknowledged":
        this.acknowledgedCount++;
        this.#acknowledged.set(`${client}:${fact.partition}:${fact.number}`, fact);
        return;
      case "failed":
        this.failedSends++;
        this.fail("no send fails", `${client}: ${fact.reason}`);
        return;
      case "record":
        this.#takeConsumed(fact);
        return;
      case "committed": {
        const commits = this.#commits.get(fact.partition) ?? [];
        commits.push(fact);
        this.#commits.set(fact.partition, commits);
        return;
      }
      case "begins":
        this.#begins.push({ ...fact, member: client });
    }
  }

  #takeConsumed({ partition, offset, value }: LoggedRecord): void {
    this.consumedCount++;
    const consumed = this.#consumed.get(partition) ?? new Set();
    this.#consumed.set(partition, consumed.add(offset));
    this.#noteValue("one value at each offset", partition, offset, value);
  }

  #noteValue(invariant: string, partition: number, offset: number, value: string): void {
    let log = this.#log.get(partition);
    if (log === undefined) {
      log = new Map();
      this.#log.set(partition, log);
    }
    const before = log.get(offset);
    if (before === undefined) log.set(offset, value);
    else if (before !== value) {
      this.fail(invariant, `partition ${partition} offset ${offset}: ${before}, then ${value}`);
    }
  }

  /** The whole log was read, everything acknowledged before that must be in it. */
  audit(records: readonly LoggedRecord[]): void {
    const present = new Map<string, LoggedRecord>();
    const lastNumbers = new Map<string, number>();
    const nextOffsets = new Map<number, number>();
    for (const record of records) {
      const { partition, offset, value } = record;
      this.#noteValue("one value at each offset", partition, offset, value);
      const expected = nextOffsets.get(partition) ?? 0;
      if (offset !== expected) {
        this.fail(
          "one value at each offset",
          `partition ${partition}: ${offset} after ${expected}`,
        );
      }
      nextOffsets.set(partition, offset + 1);
      const twin = present.get(value);
      if (twin !== undefined) {
        this.fail("nothing twice", `${value} at ${twin.offset} and ${offset} of ${partition}`);
      }
      present.set(value, record);
      const [producer = "", , number = ""] = value.split(":");
      const stream = `${producer}:${partition}`;
      const last = lastNumbers.get(stream) ?? -1;
      if (Number(number) <= last) this.fail("order is kept", `${value} follows ${stream}:${last}`);
      lastNumbers.set(stream, Number(number));
    }
    for (const [value, { partition, offset }] of this.#acknowledged) {
      const found = present.get(value);
      if (found === undefined) {
        this.fail("nothing acknowledged is lost", `${value} at ${offset} of ${partition}`);
      } else if (offset >= 0 && found.offset !== offset) {
        this.fail(
          "one value at each offset",
          `${value} told at ${offset}, found at ${found.offset}`,
        );
      }
    }
  }

  /** Records of the log that no member has had. */
  unseen(records: readonly LoggedRecord[]): number {
    let count = 0;
    for (const { partition, offset } of records) {
      if (this.#consumed.get(partition)?.has(offset) !== true) count++;
    }
    return count;
  }

  /** Where members went on, against what was committed before they asked. */
  auditCommits(): void {
    for (const { member, partition, offset, atMs } of this.#begins) {
      for (const commit of this.#commits.get(partition) ?? []) {
        if (commit.atMs < atMs - CLOCK_MARGIN_MS && commit.offset > offset) {
          this.fail(
            "committed offsets never go back",
            `${member} begins partition ${partition} at ${offset}; ${commit.offset} was committed`,
          );
          break;
        }
      }
    }
  }
}

/** Clients round their clocks to milliseconds, and tell of what happened a little later. */
const CLOCK_MARGIN_MS = 5;
