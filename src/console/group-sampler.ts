import { crc32c } from "../core/crc32c.ts";
import type { Kafka } from "../client/kafka.ts";
import type { AnyGroupDescription } from "../client/admin/describe-groups.ts";
import type { GroupOffset } from "../client/admin/group-offsets.ts";
import type { GroupListing } from "../client/admin/groups.ts";
import type { GroupSample } from "./cluster-view.ts";
import type { WhatMoved } from "./what-moved.ts";

/** Groups whose members are asked for in one sample; more take turns. */
const DESCRIBED_MAX = 50;
/** Groups whose offsets are asked for at once, so that the loop has a rest in between. */
const OFFSETS_CHUNK = 100;
/** The offsets of every group are asked for this often, also where it was not seen to commit. */
const ROUND_MS = 10_000;
const CALL_MAX_MS = 5000;

/** Who is in a group, as far as it was described. */
type Members = Pick<GroupSample, "members" | "reads" | "shares">;

const NOBODY: Members = { members: 0, reads: [], shares: "" };
const NOTHING: GroupSample["committed"] = new Map();

interface Known {
  listing: GroupListing;
  who: Members;
  committed: GroupSample["committed"];
  sample: GroupSample | undefined;
}

/** Asks for groups, their members and offsets, for no more of them than may have changed. */
export class GroupSampler {
  readonly #kafka: Kafka;
  readonly #nowMs: () => number;
  readonly #groups = new Map<string, Known>();
  #roundBeganMs = -Infinity;
  /** Groups that the round has yet to ask for. */
  #round: string[] = [];
  /** Groups with members, in the order in which they are described next. */
  #toDescribe: string[] = [];

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
    this.#nowMs = () => kafka.cluster.platform.clock.monotonicMs();
  }

  /** All groups; those in which nothing moved are the same objects as before. */
  async sample(moved: WhatMoved): Promise<readonly GroupSample[]> {
    const listings = await this.#kafka.admin.listGroups({ timeoutMs: CALL_MAX_MS });
    const changed = this.#takeListings(listings);
    await this.#learnOffsets(this.#offsetsToAsk(moved, changed));
    await this.#learnMembers(changed);
    return [...this.#groups].map(([name, known]) => (known.sample ??= sampleOf(name, known)));
  }

  /** Takes what is listed; tells which groups are new or in another state. */
  #takeListings(listings: readonly GroupListing[]): ReadonlySet<string> {
    const changed = new Set<string>();
    const alive = new Set<string>();
    for (const listing of listings) {
      const { group, state, type } = listing;
      alive.add(group);
      const known = this.#groups.get(group);
      if (known === undefined) {
        this.#groups.set(group, { listing, who: NOBODY, committed: NOTHING, sample: undefined });
        changed.add(group);
      } else if (known.listing.state !== state || known.listing.type !== type) {
        known.listing = listing;
        known.sample = undefined;
        changed.add(group);
      }
    }
    for (const name of this.#groups.keys()) if (!alive.has(name)) this.#groups.delete(name);
    return changed;
  }

  #offsetsToAsk({ groups, periodMs }: WhatMoved, changed: ReadonlySet<string>): readonly string[] {
    const nowMs = this.#nowMs();
    if (this.#round.length === 0 && nowMs - this.#roundBeganMs >= ROUND_MS) {
      this.#round = [...this.#groups.keys()];
      this.#roundBeganMs = nowMs;
    }
    const share = Math.ceil((this.#groups.size * periodMs) / ROUND_MS);
    const wanted =
      groups === undefined
        ? this.#groups.keys()
        : new Set([...groups, ...changed, ...this.#round.splice(0, share)]);
    return [...wanted].filter((name) => {
      const known = this.#groups.get(name);
      return known !== undefined && known.listing.type !== "Share";
    });
  }

  async #learnOffsets(names: readonly string[]): Promise<void> {
    for (let from = 0; from < names.length; from += OFFSETS_CHUNK) {
      const found = await this.#kafka.admin.groupOffsetsOf(
        names.slice(from, from + OFFSETS_CHUNK),
        { timeoutMs: CALL_MAX_MS },
      );
      for (const { name, value } of found) {
        const known = this.#groups.get(name);
        if (known === undefined || value === undefined) continue;
        if (isSame(known.committed, value)) continue;
        known.committed = byTopic(value);
        known.sample = undefined;
      }
    }
  }

  /** Members of groups that changed, and of others in turn. */
  async #learnMembers(changed: ReadonlySet<string>): Promise<void> {
    const isBusy = ({ listing: { state } }: Known): boolean =>
      state !== "Empty" && state !== "Dead";
    for (const known of this.#groups.values()) {
      if (isBusy(known) || known.who.members === 0) continue;
      known.who = NOBODY;
      known.sample = undefined;
    }
    if (this.#toDescribe.length === 0) this.#toDescribe = [...this.#groups.keys()];
    const names = [...changed];
    while (names.length < DESCRIBED_MAX && this.#toDescribe.length > 0) {
      const name = this.#toDescribe.shift() ?? "";
      const known = this.#groups.get(name);
      if (known !== undefined && isBusy(known) && !changed.has(name)) names.push(name);
    }
    const selectors = names.flatMap((group) => {
      const known = this.#groups.get(group);
      return known !== undefined && isBusy(known) ? [{ group, type: known.listing.type }] : [];
    });
    if (selectors.length === 0) return;
    const described = await this.#kafka.admin.describeGroups(selectors, { timeoutMs: CALL_MAX_MS });
    for (const { name, value } of described) {
      const known = this.#groups.get(name);
      if (known === undefined || value === undefined) continue;
      const who = membersOf(value);
      if (who.shares === known.who.shares && who.members === known.who.members) continue;
      known.who = who;
      known.sample = undefined;
    }
  }
}

function membersOf({ members }: AnyGroupDescription): Members {
  const reads = new Set<string>();
  const shares: string[] = [];
  for (const { memberId, assignment } of members) {
    const places: string[] = [];
    for (const { topic, partition } of assignment) {
      reads.add(topic);
      places.push(`${topic}-${partition}`);
    }
    shares.push(`${memberId} ${places.sort().join(" ")}`);
  }
  const text = Buffer.from(shares.sort().join("\n"));
  return { members: members.length, reads: [...reads], shares: crc32c(text).toString(16) };
}

function isSame(known: GroupSample["committed"], found: readonly GroupOffset[]): boolean {
  let count = 0;
  for (const offsets of known.values()) count += offsets.size;
  return (
    count === found.length &&
    found.every(({ topic, partition, offset }) => known.get(topic)?.get(partition) === offset)
  );
}

function byTopic(offsets: readonly GroupOffset[]): GroupSample["committed"] {
  const topics = new Map<string, Map<number, number>>();
  for (const { topic, partition, offset } of offsets) {
    let of = topics.get(topic);
    if (of === undefined) {
      of = new Map();
      topics.set(topic, of);
    }
    of.set(partition, offset);
  }
  return topics;
}

function sampleOf(name: string, { listing, who, committed }: Known): GroupSample {
  return { name, type: groupType(listing.type), state: listing.state, ...who, committed };
}

/** A type as the page has it. */
export function groupType(type: string): GroupSample["type"] {
  switch (type) {
    case "Classic":
      return "classic";
    case "Consumer":
      return "consumer";
    case "Share":
      return "share";
    case "Streams":
      return "streams";
    default:
      return "unknown";
  }
}
