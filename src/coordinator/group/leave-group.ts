/**
 * LeaveGroup of the classic protocol, versions 0 to 5.
 *
 * v0 to v2 name one member; v3 names several, also by instance id (KIP-345), with an error for each.
 */

import { ErrorCode } from "../../protocol/error-code.ts";
import type { Decision } from "../machine.ts";
import type { ClassicGroup } from "./classic-group.ts";
import { cancelSession, rebalanceOrComplete, removeMember } from "./classic-rebalance.ts";
import type { GroupMachine } from "./group-machine.ts";
import type { GroupRecord } from "./group-records.ts";

/** Who is to leave: by member id, by instance id alone (whoever holds it), or by both. */
export interface LeavingMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

export interface LeftMember extends LeavingMember {
  readonly errorCode: ErrorCode;
}

const NO_MEMBER_ID = "";

/** Takes members out of a group and lets the others share what they had. */
export function decideLeaveGroup(
  machine: GroupMachine,
  groupId: string,
  members: readonly LeavingMember[],
): Decision<GroupRecord, readonly LeftMember[]> {
  const group = machine.classicGroup(groupId);
  if (group === undefined) {
    const reply = members.map((member) => left(member, ErrorCode.UNKNOWN_MEMBER_ID));
    return { records: [], reply };
  }
  const countBefore = group.memberCount;
  const pendingBefore = group.pendingJoinCount;
  const reply = members.map((member) => left(member, removeLeaving(machine, group, member)));
  const changed =
    group.memberCount < countBefore ||
    (group.state === "PreparingRebalance" && group.pendingJoinCount < pendingBefore);
  return changed ? { ...rebalanceOrComplete(machine, group), reply } : { records: [], reply };
}

function left(member: LeavingMember, errorCode: ErrorCode): LeftMember {
  return { memberId: member.memberId, groupInstanceId: member.groupInstanceId, errorCode };
}

function removeLeaving(
  machine: GroupMachine,
  group: ClassicGroup,
  leaving: LeavingMember,
): ErrorCode {
  if (group.state === "Dead") return ErrorCode.COORDINATOR_NOT_AVAILABLE;
  const { memberId, groupInstanceId } = leaving;
  if (memberId !== NO_MEMBER_ID && group.isPendingJoin(memberId)) {
    group.remove(memberId);
    cancelSession(machine, group.groupId, memberId);
    return ErrorCode.NONE;
  }
  const holder =
    memberId === NO_MEMBER_ID && groupInstanceId !== null
      ? group.staticMemberId(groupInstanceId)
      : memberId;
  const error = group.validateMember(holder ?? NO_MEMBER_ID, groupInstanceId);
  const member = group.member(holder ?? NO_MEMBER_ID);
  if (error !== ErrorCode.NONE || member === undefined) return error;
  removeMember(machine, group, member);
  return ErrorCode.NONE;
}
