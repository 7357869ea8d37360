/** DeleteGroups, versions 0 to 3; v3 carries a message. */

import { ErrorCode } from "../../protocol/error-code.ts";
import type { Decision } from "../machine.ts";
import type { Group, GroupMachine } from "./group-machine.ts";
import { groupTombstone, offsetTombstone, type GroupRecord } from "./group-records.ts";

export interface DeletedGroup {
  readonly groupId: string;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

/** The record that tells of state which the persister of a share group keeps. */
const SHARE_STATE_RECORD_TYPE = 15;

/** Forgets groups without members, with their offsets; those of open transactions too. */
export function decideDeleteGroups(
  machine: GroupMachine,
  groupIds: readonly string[],
): Decision<GroupRecord, readonly DeletedGroup[]> {
  const records: GroupRecord[] = [];
  const reply: DeletedGroup[] = [];
  for (const groupId of groupIds) {
    const group = machine.group(groupId);
    const refusal = refusalOf(group, groupId);
    if (group !== undefined && refusal === undefined) {
      deleteOffsets(machine, groupId, records);
      for (const record of groupTombstones(group)) records.push(record);
    }
    reply.push(refusal ?? { groupId, errorCode: ErrorCode.NONE, errorMessage: null });
  }
  return { records, reply };
}

/** Every record that deletes a group, apart from its offsets. */
export function groupTombstones(group: Group): GroupRecord[] {
  return group.type === "classic" ? [groupTombstone(group.groupId)] : group.tombstones();
}

function refusalOf(group: Group | undefined, groupId: string): DeletedGroup | undefined {
  if (group === undefined || (group.type === "classic" && group.state === "Dead")) {
    const errorMessage = `Group ${groupId} not found.`;
    return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage };
  }
  if (!group.isEmpty) {
    const errorMessage = `Group ${groupId} is not empty.`;
    return { groupId, errorCode: ErrorCode.NON_EMPTY_GROUP, errorMessage };
  }
  if (group.type === "share" && group.hasRecord(SHARE_STATE_RECORD_TYPE)) {
    const errorMessage = `Group ${groupId} has share state, which has to be deleted first.`;
    return { groupId, errorCode: ErrorCode.UNSUPPORTED_VERSION, errorMessage };
  }
  return undefined;
}

function deleteOffsets(machine: GroupMachine, groupId: string, records: GroupRecord[]): void {
  const { offsets } = machine;
  for (const { topic, partition } of offsets.ofGroup(groupId)) {
    records.push(offsetTombstone(groupId, topic, partition));
  }
  for (const { topic, partition } of offsets.openPartitions(groupId)) {
    if (offsets.get(groupId, topic, partition) !== undefined) continue;
    records.push(offsetTombstone(groupId, topic, partition));
  }
}
