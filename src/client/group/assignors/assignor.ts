import type { TopicPartition } from "../../../core/topic-partition.ts";

/** A member of a classic group as its leader sees it. */
export interface AssignorMember {
  readonly memberId: string;
  /** Of a static member (KIP-345). */
  readonly instanceId: string | null;
  readonly topics: readonly string[];
  /** What it says that it reads, and in which generation it got that (-1: not known). */
  readonly owned: readonly TopicPartition[];
  readonly generation: number;
  readonly rack: string | null;
  readonly userData: Buffer | null;
}

/** A partition, and the racks in which it has replicas. */
export interface PartitionLayout {
  readonly partition: number;
  readonly racks: readonly string[];
}

/** The topics that somebody wants and that there are, with their partitions in order. */
export type TopicLayouts = ReadonlyMap<string, readonly PartitionLayout[]>;

/** Who reads what, by member id; every member has an entry. */
export type Assignment = ReadonlyMap<string, readonly TopicPartition[]>;

export type AssignorName = "range" | "roundrobin" | "sticky" | "cooperative-sticky";

/** Deals the partitions of a classic group out to its members. Kafka's name and bytes. */
export interface Assignor {
  readonly name: AssignorName;
  /** Whether members may keep what they own through a rebalance (KIP-429). */
  readonly isCooperative: boolean;
  /** What the member keeps with the group: from its last assignment and the generation of that. */
  userData(assignment: readonly TopicPartition[], generation: number): Buffer | null;
  assign(members: readonly AssignorMember[], topics: TopicLayouts): Assignment;
}

/** Order of members in Kafka's range and round robin: static ones first, by instance id, then by member id. */
export function compareMembers(a: AssignorMember, b: AssignorMember): number {
  if (a.instanceId !== null && b.instanceId !== null) {
    return compareText(a.instanceId, b.instanceId);
  }
  if (a.instanceId !== null) return -1;
  if (b.instanceId !== null) return 1;
  return compareText(a.memberId, b.memberId);
}

/** Order of Java's `String.compareTo`: by UTF-16 unit. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
