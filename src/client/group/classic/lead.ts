import { topicPartitionName, type TopicPartition } from "../../../core/topic-partition.ts";
import type { JoinGroupResponse } from "../../../protocol/messages/join-group.ts";
import type { Deadline } from "../../cluster/deadline.ts";
import { kafkaError, type KafkaError } from "../../errors.ts";
import type { Assignor, AssignorMember } from "../assignors/assignor.ts";
import type { TopicWatch } from "../topic-watch.ts";
import { decodeSubscription, encodeAssignment } from "./member-bytes.ts";

/** What SyncGroup carries from the leader. */
export interface EncodedAssignment {
  readonly memberId: string;
  readonly assignment: Buffer;
}

/**
 * What the leader of a group does: deals the partitions of all topics that somebody wants out to the
 * members, any of which may be another client. From then on the partitions are watched.
 */
export async function lead(
  members: JoinGroupResponse["members"],
  assignor: Assignor,
  watch: TopicWatch,
  deadline: Deadline,
): Promise<EncodedAssignment[]> {
  const read = readMembers(members);
  const layouts = await watch.lead(wantedBy(read), hasRacks(read), deadline);
  const assignment = assignor.assign(read, layouts);
  return [...assignment].map(([memberId, partitions]) => ({
    memberId,
    assignment: encodeAssignment(inOrder(partitions)),
  }));
}

/**
 * Of a leader that came back and finds its assignment as it was (KIP-814): only the watching. Nobody has
 * watched while it was away, so what `dealt` gives is compared with the partitions that there are.
 */
export async function watchOnly(
  members: JoinGroupResponse["members"],
  watch: TopicWatch,
  dealt: () => Promise<readonly TopicPartition[]>,
  deadline: Deadline,
): Promise<void> {
  const read = readMembers(members);
  const layouts = await watch.lead(wantedBy(read), hasRacks(read), deadline);
  let known: ReadonlySet<string>;
  try {
    known = new Set((await dealt()).map(nameOf));
  } catch {
    // Who may not describe the group goes on as it is.
    return;
  }
  for (const [topic, partitions] of layouts) {
    const isDealt = partitions.every(({ partition }) => known.has(nameOf({ topic, partition })));
    if (!isDealt) watch.distrust(topic);
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return topicPartitionName(topic, partition);
}

function readMembers(members: JoinGroupResponse["members"]): AssignorMember[] {
  return members.map(({ memberId, groupInstanceId, metadata }) => ({
    memberId,
    instanceId: groupInstanceId,
    ...decodeSubscription(metadata),
  }));
}

function wantedBy(members: readonly AssignorMember[]): string[] {
  return [...new Set(members.flatMap(({ topics }) => topics))].sort();
}

function hasRacks(members: readonly AssignorMember[]): boolean {
  return members.some(({ rack }) => rack !== null);
}

function inOrder(partitions: readonly TopicPartition[]): TopicPartition[] {
  return [...partitions].sort(
    (a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) || a.partition - b.partition,
  );
}

/** The group agreed on something that this member never offered. */
export function unknownAssignor(group: string, name: string | null): KafkaError {
  return kafkaError(`group ${group}: it agreed on the assignor ${name}, which is not known`, {
    code: "UNSUPPORTED_ASSIGNOR",
    context: { group },
  });
}
