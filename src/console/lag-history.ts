import type { GroupHistory } from "./api.ts";
import type { GroupSample } from "./cluster-view.ts";

/** Samples of a group that are kept: an hour at one in five seconds. */
const SAMPLES_MAX = 720;
const SAMPLE_EVERY_MS = 5000;
const EVENTS_MAX = 200;
/** Groups of which a history is kept; those that were seen first. */
const GROUPS_MAX = 2000;

type Event = GroupHistory["events"][number];

interface Kept {
  /** Plain numbers side by side: times, lags and sums of what was committed. */
  readonly atMs: number[];
  readonly lags: number[];
  readonly committed: number[];
  readonly events: Event[];
  last: GroupSample;
  /** Of all offsets that the last one has committed. */
  sum: number;
}

/** Lag of groups over time, and what happened to them. In memory, since the console was opened. */
export class LagHistory {
  readonly #groups = new Map<string, Kept>();

  take(atMs: number, group: GroupSample, lag: number): void {
    let kept = this.#groups.get(group.name);
    if (kept === undefined) {
      if (this.#groups.size >= GROUPS_MAX) return;
      const sum = sumOf(group.committed);
      kept = { atMs: [], lags: [], committed: [], events: [], last: group, sum };
      this.#groups.set(group.name, kept);
    } else if (kept.last !== group) {
      noteEvents(kept, atMs, group);
      kept.last = group;
      kept.sum = sumOf(group.committed);
    }
    addSample(kept, atMs, lag, kept.sum);
  }

  forget(names: readonly string[]): void {
    for (const name of names) this.#groups.delete(name);
  }

  of(name: string): GroupHistory {
    const kept = this.#groups.get(name);
    if (kept === undefined) return { samples: [], events: [] };
    const { atMs, lags, committed, events } = kept;
    return {
      samples: atMs.map((at, index) => ({
        atMs: at,
        lag: lags[index] ?? 0,
        committed: committed[index] ?? 0,
      })),
      events,
    };
  }
}

/** One in a while; of figures that stand still only the first and the last time are kept. */
function addSample(kept: Kept, atMs: number, lag: number, committed: number): void {
  const { atMs: times, lags, committed: sums } = kept;
  const count = times.length;
  if (count > 0 && atMs - (times[count - 1] ?? 0) < SAMPLE_EVERY_MS) return;
  const stands = (index: number): boolean => lags[index] === lag && sums[index] === committed;
  if (count > 1 && stands(count - 1) && stands(count - 2)) {
    times[count - 1] = atMs;
    return;
  }
  times.push(atMs);
  lags.push(lag);
  sums.push(committed);
  if (count < SAMPLES_MAX) return;
  times.shift();
  lags.shift();
  sums.shift();
}

function sumOf(committed: GroupSample["committed"]): number {
  let sum = 0;
  for (const offsets of committed.values()) for (const offset of offsets.values()) sum += offset;
  return sum;
}

function noteEvents(kept: Kept, atMs: number, group: GroupSample): void {
  const { last } = kept;
  const change = group.members - last.members;
  if (change > 0) note(kept, atMs, "joined", `${membersText(change)} joined, ${group.members} now`);
  if (change < 0) note(kept, atMs, "left", `${membersText(-change)} left, ${group.members} now`);
  if (isRebalancing(group.state)) {
    if (!isRebalancing(last.state)) note(kept, atMs, "rebalance", "Partitions are shared out anew");
  } else if (!isRebalancing(last.state)) {
    // Most rebalances begin and end between two samples: they show by who has what.
    const isMoved = group.shares !== last.shares && group.shares !== "" && last.shares !== "";
    if (isMoved) note(kept, atMs, "rebalance", "Partitions were shared out anew");
    else if (group.state !== last.state && change === 0) {
      note(kept, atMs, "state", `${last.state} → ${group.state}`);
    }
  }
  const places = setBack(last.committed, group.committed);
  if (places > 0) {
    const where = places === 1 ? "a partition" : `${places} partitions`;
    note(kept, atMs, "reset", `Set back in ${where}`);
  }
}

function isRebalancing(state: string): boolean {
  return /Rebalance|Assigning|Reconciling/.test(state);
}

/** In how many partitions the group goes on before where it was. */
function setBack(before: GroupSample["committed"], now: GroupSample["committed"]): number {
  let places = 0;
  for (const [topic, offsets] of now) {
    const known = before.get(topic);
    if (known === undefined) continue;
    for (const [partition, offset] of offsets) {
      if (offset < (known.get(partition) ?? -1)) places++;
    }
  }
  return places;
}

function note(kept: Kept, atMs: number, kind: Event["kind"], text: string): void {
  kept.events.push({ atMs, kind, text });
  if (kept.events.length > EVENTS_MAX) kept.events.shift();
}

function membersText(count: number): string {
  return count === 1 ? "a member" : `${count} members`;
}
