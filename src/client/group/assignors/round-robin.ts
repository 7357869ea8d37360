import type { TopicPartition } from "../../../core/topic-partition.ts";
import {
  compareMembers,
  compareText,
  type Assignment,
  type Assignor,
  type AssignorMember,
  type TopicLayouts,
} from "./assignor.ts";

/**
 * Kafka's round robin: all partitions in order of topic and number go around the members in order;
 * who does not want the topic is passed over.
 */
export const roundRobinAssignor: Assignor = {
  name: "roundrobin",
  isCooperative: false,
  userData: () => null,
  assign: assignRoundRobin,
};

function assignRoundRobin(members: readonly AssignorMember[], topics: TopicLayouts): Assignment {
  const assignment = new Map<string, TopicPartition[]>();
  for (const { memberId } of members) assignment.set(memberId, []);
  const sorted = [...members].sort(compareMembers);
  const wants = new Map(sorted.map((member) => [member, new Set(member.topics)]));
  const wanted = [...topics].filter(([topic]) => sorted.some((one) => wants.get(one)?.has(topic)));
  wanted.sort(([a], [b]) => compareText(a, b));
  let turn = 0;
  for (const [topic, partitions] of wanted) {
    for (const { partition } of partitions) {
      while (wants.get(sorted[turn]!)?.has(topic) !== true) turn = (turn + 1) % sorted.length;
      assignment.get(sorted[turn]!.memberId)?.push({ topic, partition });
      turn = (turn + 1) % sorted.length;
    }
  }
  return assignment;
}
