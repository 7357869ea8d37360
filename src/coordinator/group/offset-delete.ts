/** OffsetDelete, version 0: forgets offsets of partitions that nobody in the group reads (KIP-496). */

import { ErrorCode } from "../../protocol/error-code.ts";
import type { Decision } from "../machine.ts";
import type { Group, GroupMachine } from "./group-machine.ts";
import { offsetTombstone, type GroupRecord } from "./group-records.ts";

/** Partitions that exist. */
export interface OffsetToDelete {
  readonly topic: string;
  readonly partition: number;
}

/** An error for all, or one for each partition in the order of the request. */
export type DeletedOffsets =
  | { readonly error: typeof ErrorCode.NONE; readonly partitions: readonly ErrorCode[] }
  | { readonly error: ErrorCode };

export function decideOffsetDelete(
  machine: GroupMachine,
  groupId: string,
  offsets: readonly OffsetToDelete[],
): Decision<GroupRecord, DeletedOffsets> {
  const group = machine.group(groupId);
  const error = validateOffsetDelete(group);
  if (group === undefined || error !== ErrorCode.NONE) return { records: [], reply: { error } };
  const records: GroupRecord[] = [];
  const partitions: ErrorCode[] = [];
  for (const { topic, partition } of offsets) {
    if (group.isSubscribedTo(topic)) {
      partitions.push(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC);
      continue;
    }
    partitions.push(ErrorCode.NONE);
    const exists =
      machine.offsets.get(groupId, topic, partition) !== undefined ||
      machine.offsets.isUnstable(groupId, topic, partition);
    if (exists) records.push(offsetTombstone(groupId, topic, partition));
  }
  return { records, reply: { error: ErrorCode.NONE, partitions } };
}

function validateOffsetDelete(group: Group | undefined): ErrorCode {
  if (group === undefined || group.type === "share") return ErrorCode.GROUP_ID_NOT_FOUND;
  if (group.type !== "classic") return ErrorCode.NONE;
  if (group.state === "Dead") return ErrorCode.GROUP_ID_NOT_FOUND;
  // What other kinds of members read cannot be told, so they all have to be gone.
  return group.state === "Empty" || group.usesConsumerProtocol
    ? ErrorCode.NONE
    : ErrorCode.NON_EMPTY_GROUP;
}
