import type { TopicPartition } from "../../../core/topic-partition.ts";
import {
  compareMembers,
  compareText,
  type Assignment,
  type Assignor,
  type AssignorMember,
  type PartitionLayout,
  type TopicLayouts,
} from "./assignor.ts";

/**
 * Kafka's range assignment: topic by topic, the members that want it in order get neighbouring
 * partitions, the first ones one more where it does not come out even. Topics with as many partitions
 * and the same members come out alike, so that partitions with the same number meet (co-partitioning).
 *
 * Members that name their rack get partitions with a replica in it first, as long as the shares stay
 * as large as they were (KIP-881). Not used where every partition is in every rack anyway.
 */
export const rangeAssignor: Assignor = {
  name: "range",
  isCooperative: false,
  userData: () => null,
  assign: assignRanges,
};

function assignRanges(members: readonly AssignorMember[], topics: TopicLayouts): Assignment {
  const sorted = [...members].sort(compareMembers);
  const assignment = new Map<string, TopicPartition[]>();
  for (const { memberId } of members) assignment.set(memberId, []);
  const shares: TopicShare[] = [];
  for (const [topic, partitions] of topics) {
    const wanting = sorted.filter((member) => member.topics.includes(topic));
    if (wanting.length > 0) shares.push(new TopicShare(topic, partitions, wanting, assignment));
  }
  if (shares.some((share) => share.isRackAware)) {
    assignInRacks(shares);
    for (const share of shares) share.assignInOrder(() => true);
    for (const partitions of assignment.values()) partitions.sort(comparePartitions);
  } else {
    for (const share of shares) share.assignInOrder(() => true);
  }
  return assignment;
}

function comparePartitions(a: TopicPartition, b: TopicPartition): number {
  return compareText(a.topic, b.topic) || a.partition - b.partition;
}

/** What can be had in the members' own racks; topics that are co-partitioned stay so. */
function assignInRacks(shares: readonly TopicShare[]): void {
  const alike = new Map<string, TopicShare[]>();
  for (const share of shares) {
    const key = JSON.stringify([share.partitions.length, share.members.map((m) => m.memberId)]);
    const found = alike.get(key);
    if (found === undefined) alike.set(key, [share]);
    else found.push(share);
  }
  for (const group of alike.values()) {
    const [share] = group;
    if (group.length > 1) assignTogether(group);
    else if (share?.isRackAware === true) {
      share.assignInOrder((member, partition) => share.isNear(member, partition));
    }
  }
}

/** Gives partitions of one number in all topics to the first member that is near to all of them. */
function assignTogether(shares: readonly TopicShare[]): void {
  const [first] = shares;
  if (first === undefined) return;
  const open = new Set(first.members);
  for (let index = 0; index < first.partitions.length && open.size > 0; index++) {
    for (const member of open) {
      const isFit = shares.every(
        (share) => share.roomOf(member) > 0 && share.isNear(member, share.partitions[index]!),
      );
      if (!isFit) continue;
      for (const share of shares) share.give(member, share.partitions[index]!.partition);
      if (shares.every((share) => share.roomOf(member) === 0)) open.delete(member);
      break;
    }
  }
}

/** How the partitions of one topic are shared among the members that want it. */
class TopicShare {
  readonly partitions: readonly PartitionLayout[];
  readonly members: readonly AssignorMember[];
  readonly isRackAware: boolean;
  readonly #topic: string;
  readonly #assignment: ReadonlyMap<string, TopicPartition[]>;
  readonly #free: Set<number>;
  readonly #given = new Map<string, number>();
  readonly #quota: number;
  /** Members that still get one partition more than the others. */
  #extras: number;

  constructor(
    topic: string,
    partitions: readonly PartitionLayout[],
    members: readonly AssignorMember[],
    assignment: ReadonlyMap<string, TopicPartition[]>,
  ) {
    this.#topic = topic;
    this.#assignment = assignment;
    this.partitions = partitions;
    this.members = members;
    this.#free = new Set(partitions.map(({ partition }) => partition));
    this.#quota = Math.floor(partitions.length / members.length);
    this.#extras = partitions.length % members.length;
    this.isRackAware = isRackAware(members, partitions);
  }

  /** Partitions that a member may still get. */
  roomOf({ memberId }: AssignorMember): number {
    const most = this.#quota + (this.#extras > 0 ? 1 : 0);
    return Math.max(0, most - (this.#given.get(memberId) ?? 0));
  }

  /** Whether a partition has a replica in the rack of the member; members without a rack are near to all. */
  isNear({ rack }: AssignorMember, { racks }: PartitionLayout): boolean {
    return rack === null || racks.includes(rack);
  }

  give({ memberId }: AssignorMember, partition: number): void {
    const count = (this.#given.get(memberId) ?? 0) + 1;
    this.#given.set(memberId, count);
    if (count === this.#quota + 1) this.#extras--;
    this.#free.delete(partition);
    this.#assignment.get(memberId)?.push({ topic: this.#topic, partition });
  }

  /** Gives to each member in order the first free partitions that it may have. */
  assignInOrder(mayHave: (member: AssignorMember, partition: PartitionLayout) => boolean): void {
    for (const member of this.members) {
      let room = this.roomOf(member);
      if (room === 0) continue;
      for (const layout of this.partitions) {
        if (room === 0) break;
        if (!this.#free.has(layout.partition) || !mayHave(member, layout)) continue;
        this.give(member, layout.partition);
        room--;
      }
    }
  }
}

function isRackAware(
  members: readonly AssignorMember[],
  partitions: readonly PartitionLayout[],
): boolean {
  const all = new Set(partitions.flatMap(({ racks }) => racks));
  if (!members.some(({ rack }) => rack !== null && all.has(rack))) return false;
  return !partitions.every(({ racks }) => new Set(racks).size === all.size);
}
