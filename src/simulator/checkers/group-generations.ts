import type { Checker, Fail, HistoryEvent } from "../history.ts";

/** One generation of a group, as its members tell. */
interface Generation {
  readonly leader: string;
  readonly joined: Set<string>;
  /** The members that the leader was told, and what it gave each. */
  members: ReadonlySet<string> | undefined;
  assignments: ReadonlyMap<string, string> | undefined;
}

interface GroupHistory {
  generations: Map<number, Generation>;
  /** The greatest generation somebody has joined, in this process. */
  latest: number;
  /** The greatest generation that was given its assignments. */
  kept: number;
  /** Static members take one another's places without a new generation. */
  hasStaticMembers: boolean;
}

/** What the settings of the node promise about groups. */
export interface GroupTraits {
  /** Everything is synced before it is acknowledged. */
  readonly isStrict: boolean;
  /** Groups without members and offsets are kept; otherwise their generations begin anew. */
  readonly keepsGroups: boolean;
}

export interface GroupsView {
  incarnation(): number;
  /** A disk was made to fail: what cannot be written is taken back, generations too. */
  isDiskHurt(): boolean;
}

export interface JoinedMember {
  readonly group: string;
  readonly generation: number;
  readonly memberId: string;
  readonly leader: string;
  /** Empty unless the member leads. */
  readonly members: readonly string[];
  /** The latest generation when the member asked to join. */
  readonly latestWhenAsked: number;
  readonly incarnation: number;
}

/**
 * Each rebalance has a generation of its own, greater than all before, with one leader; what the
 * leader assigns is what members get; older generations have no say.
 */
export class GroupGenerations implements Checker {
  readonly name = "group-generations";
  readonly #fail: Fail;
  readonly #traits: GroupTraits;
  readonly #view: GroupsView;
  readonly #groups = new Map<string, GroupHistory>();

  constructor(fail: Fail, traits: GroupTraits, view: GroupsView) {
    this.#fail = fail;
    this.#traits = traits;
    this.#view = view;
  }

  on(event: HistoryEvent): void {
    if (event.kind !== "restarted") return;
    for (const group of this.#groups.values()) {
      // Generations that nobody was assigned anything in are not kept.
      group.generations = new Map();
      if (event.how === "power loss" && !this.#traits.isStrict) group.kept = 0;
      group.latest = group.kept;
    }
  }

  hasStaticMembers(group: string): void {
    this.#groupOf(group).hasStaticMembers = true;
  }

  latestOf(group: string): number {
    return this.#groupOf(group).latest;
  }

  joined(member: JoinedMember): void {
    if (member.incarnation !== this.#view.incarnation()) return;
    const { group: name, generation: number, memberId, leader } = member;
    const group = this.#groupOf(name);
    if (this.#view.isDiskHurt()) {
      group.generations = new Map();
      group.latest = 0;
      group.kept = 0;
    }
    if (!this.#traits.keepsGroups || this.#view.isDiskHurt()) return;
    if (number < member.latestWhenAsked) {
      this.#fail(`${name}: ${memberId} joins generation ${number} after ${member.latestWhenAsked}`);
    }
    group.latest = Math.max(group.latest, number);
    let generation = group.generations.get(number);
    if (generation === undefined) {
      generation = { leader, joined: new Set(), members: undefined, assignments: undefined };
      group.generations.set(number, generation);
    }
    generation.joined.add(memberId);
    if (group.hasStaticMembers) return;
    if (generation.leader !== leader) {
      this.#fail(`${name}: generation ${number} is led by ${generation.leader} and by ${leader}`);
    }
    if (member.members.length > 0) {
      const members = new Set(member.members);
      const before = generation.members;
      if (before !== undefined && !isSame(before, members)) {
        this.#fail(`${name}: generation ${number} has two sets of members`);
      }
      generation.members = members;
    }
    this.#checkMembers(name, number, generation);
  }

  /** The leader sends its assignments. */
  assigns(group: string, generation: number, assignments: ReadonlyMap<string, string>): void {
    const found = this.#groupOf(group).generations.get(generation);
    if (found !== undefined) found.assignments = assignments;
  }

  /** A member was told its assignment. */
  assigned(
    group: string,
    number: number,
    member: { readonly id: string; readonly assignment: string; readonly incarnation: number },
  ): void {
    if (member.incarnation !== this.#view.incarnation()) return;
    const history = this.#groupOf(group);
    history.kept = Math.max(history.kept, number);
    const expected = history.generations.get(number)?.assignments;
    if (expected === undefined || history.hasStaticMembers) return;
    if ((expected.get(member.id) ?? "") !== member.assignment) {
      this.#fail(`${group}: ${member.id} of generation ${number} has not what the leader gave it`);
    }
  }

  /** A member's commit or heartbeat was accepted. */
  accepted(what: string, group: string, generation: number, latestWhenAsked: number): void {
    if (this.#traits.keepsGroups && generation < latestWhenAsked) {
      this.#fail(`${group}: ${what} of generation ${generation} is accepted in ${latestWhenAsked}`);
    }
  }

  #checkMembers(group: string, number: number, { joined, members }: Generation): void {
    if (members === undefined) return;
    for (const memberId of joined) {
      if (!members.has(memberId)) {
        this.#fail(
          `${group}: ${memberId} joined generation ${number}, and its leader knows nothing`,
        );
      }
    }
  }

  #groupOf(name: string): GroupHistory {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { generations: new Map(), latest: 0, kept: 0, hasStaticMembers: false };
      this.#groups.set(name, group);
    }
    return group;
  }
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((item) => other.has(item));
}
