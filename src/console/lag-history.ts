import type { GroupHistory } from "./api.ts";
import type { GroupSample } from "./cluster-view.ts";

/** Samples of a group that are kept: an hour at one in five seconds. */
const SAMPLES_MAX = 720;
const SAMPLE_EVERY_MS = 5000;
const EVENTS_MAX = 200;
/** Groups of which a history is kept; those that were seen last. */
const GROUPS_MAX = 2000;

interface Kept {
  readonly samples: GroupHistory["samples"][number][];
  readonly events: GroupHistory["events"][number][];
  state: string;
  members: number;
  committed: number;
}

/** Lag of groups over time, and what happened to them. In memory, since the console was opened. */
export class LagHistory {
  readonly #groups = new Map<string, Kept>();

  take(atMs: number, group: GroupSample, lag: number): void {
    let committed = 0;
    for (const offsets of group.committed.values()) {
      for (const offset of offsets.values()) committed += offset;
    }
    const kept = this.#groups.get(group.name);
    if (kept === undefined) {
      if (this.#groups.size >= GROUPS_MAX) return;
      this.#groups.set(group.name, {
        samples: [{ atMs, lag, committed }],
        events: [],
        state: group.state,
        members: group.members,
        committed,
      });
      return;
    }
    this.#noteEvents(atMs, kept, group, committed);
    const last = kept.samples.at(-1);
    if (last === undefined || atMs - last.atMs >= SAMPLE_EVERY_MS) {
      kept.samples.push({ atMs, lag, committed });
      if (kept.samples.length > SAMPLES_MAX) kept.samples.shift();
    }
  }

  forget(names: readonly string[]): void {
    for (const name of names) this.#groups.delete(name);
  }

  of(name: string): GroupHistory {
    const kept = this.#groups.get(name);
    return { samples: kept?.samples ?? [], events: kept?.events ?? [] };
  }

  #noteEvents(atMs: number, kept: Kept, group: GroupSample, committed: number): void {
    const change = group.members - kept.members;
    if (change > 0)
      note(kept, atMs, "joined", `${membersText(change)} joined, ${group.members} now`);
    if (change < 0) note(kept, atMs, "left", `${membersText(-change)} left, ${group.members} now`);
    if (group.state !== kept.state) {
      const isRebalance = /Rebalance|Assigning|Reconciling/.test(group.state);
      note(kept, atMs, isRebalance ? "rebalance" : "state", `${kept.state} → ${group.state}`);
    }
    if (committed < kept.committed) note(kept, atMs, "reset", "Offsets were set back");
    kept.state = group.state;
    kept.members = group.members;
    kept.committed = committed;
  }
}

function note(
  kept: Kept,
  atMs: number,
  kind: GroupHistory["events"][number]["kind"],
  text: string,
): void {
  kept.events.push({ atMs, kind, text });
  if (kept.events.length > EVENTS_MAX) kept.events.shift();
}

function membersText(count: number): string {
  return count === 1 ? "a member" : `${count} members`;
}
