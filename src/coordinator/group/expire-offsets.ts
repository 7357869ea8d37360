/** Offsets that nobody needs any more, and groups that are left without any. */

import { NO_DECISION, type Decision } from "../machine.ts";
import { groupTombstones } from "./delete-groups.ts";
import type { Group, GroupMachine } from "./group-machine.ts";
import { NO_EXPIRE_TIME, offsetTombstone, type GroupRecord } from "./group-records.ts";
import type { StoredOffset } from "./offset-store.ts";

const EXPIRY_TIMER = "expire-offsets";

/** Looks for expired offsets now and then, as long as the shard lives. */
export function scheduleExpiry(machine: GroupMachine): void {
  const intervalMs = machine.inputs.settings.offsetsRetentionCheckIntervalMs;
  machine.timers.schedule(
    EXPIRY_TIMER,
    intervalMs,
    (at) => {
      scheduleExpiry(at);
      return decideExpireOffsets(at);
    },
    intervalMs,
  );
}

/** Deletes what has expired. Groups are independent of each other, so the records may be too. */
export function decideExpireOffsets(machine: GroupMachine): Decision<GroupRecord, undefined> {
  const records: GroupRecord[] = [];
  for (const group of machine.groups()) {
    const nothingLeft = expireOffsets(machine, group, records);
    if (nothingLeft && group.isEmpty) {
      for (const record of groupTombstones(group)) records.push(record);
    }
  }
  return records.length === 0 ? NO_DECISION : { records, reply: undefined, divisible: true };
}

/** Returns whether the group has no offsets left, not even those of open transactions. */
function expireOffsets(machine: GroupMachine, group: Group, records: GroupRecord[]): boolean {
  // What share groups have read is kept elsewhere, and they are deleted only when somebody says so.
  if (group.type === "share") return false;
  const { offsets, inputs } = machine;
  const { groupId } = group;
  let nothingLeft = !offsets.hasOpenTransaction(groupId);
  if (!offsets.hasOffsets(groupId)) return nothingLeft;
  if (!mayExpire(group)) return false;
  const nowMs = inputs.nowMs();
  for (const offset of offsets.ofGroup(groupId)) {
    const expired =
      !group.isSubscribedTo(offset.topic) &&
      isExpired(group, offset, nowMs, inputs.settings.offsetsRetentionMs) &&
      !offsets.isUnstable(groupId, offset.topic, offset.partition);
    if (expired) records.push(offsetTombstone(groupId, offset.topic, offset.partition));
    else nothingLeft = false;
  }
  return nothingLeft;
}

/** Whether anything of the group can expire in the state it is in. */
function mayExpire(group: Group): boolean {
  if (group.type !== "classic" || group.protocolType === null) return true;
  if (group.state === "Empty") return true;
  return (
    group.state === "Stable" && group.usesConsumerProtocol && group.subscribedTopics !== undefined
  );
}

function isExpired(
  group: Group,
  offset: StoredOffset,
  nowMs: number,
  retentionMs: number,
): boolean {
  if (offset.expireTimestampMs !== NO_EXPIRE_TIME) return nowMs >= offset.expireTimestampMs;
  return nowMs - retentionBaseMs(group, offset) >= retentionMs;
}

/** From when on the retention of an offset counts. */
function retentionBaseMs(group: Group, offset: StoredOffset): number {
  const sinceEmpty =
    group.type === "classic" && group.protocolType !== null && group.state === "Empty";
  return sinceEmpty ? (group.stateSinceMs ?? offset.commitTimestampMs) : offset.commitTimestampMs;
}
