/** Topics are gone: so is where groups stood in them. */

import { NO_DECISION, type Decision } from "../machine.ts";
import type { GroupMachine } from "./group-machine.ts";
import { NO_TOPIC_ID, offsetTombstone, type GroupRecord } from "./group-records.ts";

export interface DeletedTopic {
  readonly name: string;
  readonly topicId: string;
}

/** Deletes the offsets of these topics in all groups, but not those of new topics of the same name. */
export function decideTopicsDeleted(
  machine: GroupMachine,
  topics: readonly DeletedTopic[],
): Decision<GroupRecord, undefined> {
  const idsByName = new Map<string, Set<string>>();
  for (const { name, topicId } of topics) {
    const ids = idsByName.get(name);
    if (ids === undefined) idsByName.set(name, new Set([topicId, NO_TOPIC_ID]));
    else ids.add(topicId);
  }
  const { offsets } = machine;
  const records: GroupRecord[] = [];
  for (const groupId of offsets.groupIds()) {
    for (const { topic, partition, topicId } of offsets.ofGroup(groupId)) {
      if (idsByName.get(topic)?.has(topicId) !== true) continue;
      records.push(offsetTombstone(groupId, topic, partition));
    }
  }
  for (const groupId of offsets.openGroupIds()) {
    for (const { topic, partition, topicId } of offsets.openPartitions(groupId)) {
      if (idsByName.get(topic)?.has(topicId) !== true) continue;
      if (offsets.get(groupId, topic, partition) !== undefined) continue;
      records.push(offsetTombstone(groupId, topic, partition));
    }
  }
  return records.length === 0 ? NO_DECISION : { records, reply: undefined, divisible: true };
}
