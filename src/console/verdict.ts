import type { Verdict } from "./api.ts";

/** How a member fetches in a partition. Times in milliseconds. */
export interface FetchFacts {
  readonly offset: number;
  readonly lastMs: number;
  /** Since when the offset is the same, and fetches there that were given records. */
  readonly sinceMs: number;
  readonly repeats: number;
  /** The offset that it went back to last, how often in a row, and when last. */
  readonly backTo: number;
  readonly backs: number;
  readonly backLastMs: number;
  /** The offset that members with this client id began at last, and how many in a row did. */
  readonly begunAt: number;
  readonly begins: number;
}

/** What is known of a partition that a group reads. Times in milliseconds. */
export interface ReadingFacts {
  readonly nowMs: number;
  readonly groupState: string;
  /** Members that the group waits for in a rebalance, where they are known. */
  readonly waitingFor: readonly string[];
  readonly hasMember: boolean;
  /** Undefined: never committed. */
  readonly committed: number | undefined;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Below it everything is decided; records of open transactions come after it. */
  readonly lastStableOffset: number;
  /**
   * Where its member fetched last, or where nobody is there whoever was; undefined where the broker does not tell, null
   * when it never did.
   */
  readonly fetch: FetchFacts | null | undefined;
  /** When the offset was last seen to move, and when one of any partition of its member was. */
  readonly movedMs: number;
  readonly memberMovedMs: number;
  /** Since when the facts have been gathered. */
  readonly observedSinceMs: number;
}

/** A member that has not asked for so long does not read. */
export const SILENT_MS = 10_000;
/** A commit that stands still for so long while fetches go on is missing. */
export const COMMITLESS_MS = 20_000;
/** Fetching the same records so often is reading the same again. */
const REPEATS_MIN = 3;

const FAILS = "most likely it fails at that record";

const rebalancing: ReadonlySet<string> = new Set([
  "PreparingRebalance",
  "CompletingRebalance",
  "Assigning",
  "Reconciling",
]);

/**
 * Why a partition does or does not move on for a group, from what is known. The first reason that holds
 * is told, in the order in which a person would ask: is there anybody; do they take part; do they ask; do
 * they get on; do they say so.
 */
export function verdictOf(facts: ReadingFacts): Verdict {
  const { endOffset, startOffset, committed, nowMs, fetch } = facts;
  const next = committed ?? startOffset;
  const lag = Math.max(0, endOffset - Math.max(next, startOffset));
  if (!facts.hasMember && !rebalancing.has(facts.groupState)) {
    if (lag === 0) return { kind: "well", text: "Everything is read; nobody is reading now." };
    const text = "Nobody in the group reads it: start a consumer of the group.";
    return comesAndGoes(facts, next) ?? { kind: "no-member", text };
  }
  if (lag === 0 && committed !== undefined && committed <= endOffset) {
    return { kind: "well", text: "Everything is read and committed." };
  }
  if (rebalancing.has(facts.groupState)) {
    const who = facts.waitingFor.length === 0 ? "its members" : facts.waitingFor.join(", ");
    const text = `The group is sharing its partitions out anew and waits for ${who}.`;
    return { kind: "rebalancing", text, waitingFor: facts.waitingFor };
  }
  if (committed !== undefined && (committed < startOffset || committed > endOffset)) {
    const text =
      committed < startOffset
        ? `It is to go on at offset ${committed}, but the log begins at ${startOffset}: those records are deleted.`
        : `It is to go on at offset ${committed}, beyond the end at ${endOffset}: the topic was made anew or cut.`;
    return { kind: "out-of-range", text };
  }
  const fetching = fetch === undefined ? undefined : byFetches(facts, next);
  if (fetching !== undefined) return fetching;
  if (facts.lastStableOffset < endOffset && next >= facts.lastStableOffset) {
    const text = `A transaction that is open since offset ${facts.lastStableOffset} holds back what comes after it.`;
    return { kind: "open-transaction", text };
  }
  if (nowMs - facts.movedMs < COMMITLESS_MS) {
    return { kind: "catching-up", text: "It is being read; the end is not reached yet." };
  }
  if (fetch === undefined) {
    const text =
      "It has not moved for a while; this broker does not tell whether its member asks for records.";
    return { kind: "unknown", text };
  }
  return {
    kind: "unknown",
    text: "It has not moved for a while, for a reason that cannot be seen here.",
  };
}

/** What the fetches of the member say; nothing when they say that all is well. */
function byFetches(facts: ReadingFacts, next: number): Verdict | undefined {
  const { fetch, nowMs } = facts;
  const observedMs = nowMs - facts.observedSinceMs;
  const stays = fetch === null || fetch === undefined ? undefined : sameOffset(facts, fetch, next);
  if (stays !== undefined) return stays;
  if ((fetch?.offset ?? 0) > next && nowMs - facts.memberMovedMs < SILENT_MS) {
    const text = "It is being read; its member has fetched ahead and works through what it has.";
    return { kind: "catching-up", text };
  }
  if (fetch === null || fetch === undefined || nowMs - fetch.lastMs > SILENT_MS) {
    // One that works through what it has fetched ahead commits meanwhile.
    if (observedMs < SILENT_MS || nowMs - facts.movedMs < SILENT_MS) return undefined;
    const text =
      "Its member is in the group but does not ask for records: it is paused, or busy with what it has.";
    return { kind: "never-fetches", text };
  }
  if (fetch.offset > next && nowMs - facts.movedMs > COMMITLESS_MS && observedMs > COMMITLESS_MS) {
    const text = `Its member has read up to offset ${fetch.offset} but does not commit.`;
    return { kind: "never-commits", text };
  }
  return undefined;
}

/** A member that comes back to an offset, in one life or from one life to the next. */
function sameOffset(facts: ReadingFacts, fetch: FetchFacts, next: number): Verdict | undefined {
  const { nowMs } = facts;
  if (fetch.repeats >= REPEATS_MIN && nowMs - fetch.sinceMs > SILENT_MS) {
    const text = `Its member reads offset ${fetch.offset} again and again: ${FAILS}.`;
    return { kind: "same-offset", offset: fetch.offset, text };
  }
  if (!hasStood(facts)) return undefined;
  if (
    fetch.backs >= REPEATS_MIN &&
    fetch.backTo >= next &&
    nowMs - fetch.backLastMs < COMMITLESS_MS
  ) {
    const text = `Its member goes back to offset ${fetch.backTo} again and again: ${FAILS}.`;
    return { kind: "same-offset", offset: fetch.backTo, text };
  }
  return begunAgain(fetch, next);
}

function hasStood({ nowMs, movedMs }: ReadingFacts): boolean {
  return nowMs - movedMs > SILENT_MS;
}

/** One that ends so soon that it is not there at most times. */
function comesAndGoes(facts: ReadingFacts, next: number): Verdict | undefined {
  const { fetch, nowMs } = facts;
  if (fetch === null || fetch === undefined || nowMs - fetch.lastMs >= COMMITLESS_MS) {
    return undefined;
  }
  return hasStood(facts) ? begunAgain(fetch, next) : undefined;
}

/** A member that is started over and over, and ends where it began. */
function begunAgain({ begins, begunAt }: FetchFacts, next: number): Verdict | undefined {
  if (begins < REPEATS_MIN || begunAt !== next) return undefined;
  const text = `Its member was started ${begins} times at offset ${next} and got no further: ${FAILS}.`;
  return { kind: "same-offset", offset: next, text };
}
