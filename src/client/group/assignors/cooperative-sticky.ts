import { topicPartitionName, type TopicPartition } from "../../../core/topic-partition.ts";
import type { Assignment, Assignor, AssignorMember, TopicLayouts } from "./assignor.ts";
import { cooperativeClaim, encodeCooperative, settleClaims } from "./sticky-claims.ts";
import { planSticky } from "./sticky-plan.ts";

/**
 * Kafka's cooperative sticky assignment (KIP-429): as the sticky one, and members keep what they have
 * through the rebalance. So a partition that goes from one to another is given to nobody at first; when
 * the one has given it up, it joins again, and the other gets it then.
 */
export const cooperativeStickyAssignor: Assignor = {
  name: "cooperative-sticky",
  isCooperative: true,
  userData: (_partitions, generation) => encodeCooperative(generation),
  assign: assignCooperatively,
};

function assignCooperatively(members: readonly AssignorMember[], topics: TopicLayouts): Assignment {
  const plan = planSticky(members, settleClaims(members, cooperativeClaim, topics), topics);
  const owners = ownersOf(members);
  const given = new Map<string, readonly TopicPartition[]>();
  for (const [memberId, partitions] of plan) {
    const mayHave = partitions.filter(({ topic, partition }) => {
      const owning = owners.get(topicPartitionName(topic, partition));
      return owning === undefined || owning.has(memberId);
    });
    given.set(memberId, mayHave);
  }
  return given;
}

/** Who says that it reads a partition, by its name; whoever does, reads it. */
function ownersOf(members: readonly AssignorMember[]): ReadonlyMap<string, ReadonlySet<string>> {
  const owners = new Map<string, Set<string>>();
  for (const { memberId, owned } of members) {
    for (const { topic, partition } of owned) {
      const name = topicPartitionName(topic, partition);
      const known = owners.get(name);
      if (known === undefined) owners.set(name, new Set([memberId]));
      else known.add(memberId);
    }
  }
  return owners;
}
