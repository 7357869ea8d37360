/**
 * How a classic group comes from one generation to the next: waiting for joins, choosing protocol
 * and leader, waiting for syncs; and how members are lost on the way.
 */

import { ErrorCode } from "../../protocol/error-code.ts";
import type { JoinGroupResponseInput } from "../../protocol/messages/join-group.ts";
import { NO_DECISION, type Decision } from "../machine.ts";
import { groupMetadataRecord } from "./classic-group-record.ts";
import { EMPTY_ASSIGNMENT, type ClassicGroup, type ClassicMember } from "./classic-group.ts";
import { metadataFor } from "./classic-protocols.ts";
import type { GroupMachine } from "./group-machine.ts";
import type { GroupRecord } from "./group-records.ts";

/** What the steps of a rebalance decide: records to write, and no reply of their own. */
export type RebalanceDecision = Decision<GroupRecord, undefined>;

/** A JoinGroup that was not successful. Most say the member id again, some none. */
export function failedJoin(error: ErrorCode, memberId: string): JoinGroupResponseInput {
  return {
    errorCode: error,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: "",
    skipAssignment: false,
    memberId,
    members: [],
  };
}

/** A JoinGroup of this generation; only the leader is told who the members are. */
export function successfulJoin(group: ClassicGroup, memberId: string): JoinGroupResponseInput {
  return {
    errorCode: ErrorCode.NONE,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? "",
    skipAssignment: false,
    memberId,
    members: group.isLeader(memberId) ? membersForLeader(group) : [],
  };
}

/** All members with what they say for the chosen protocol. */
export function membersForLeader(
  group: ClassicGroup,
): { memberId: string; groupInstanceId: string | null; metadata: Buffer }[] {
  return [...group.members()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    metadata: metadataFor(member, group.protocolName ?? ""),
  }));
}

/** Begins a rebalance where the state allows it, else looks whether the running one can complete. */
export function rebalanceOrComplete(machine: GroupMachine, group: ClassicGroup): RebalanceDecision {
  return group.canRebalance ? prepareRebalance(machine, group) : maybeCompleteJoin(machine, group);
}

/** Everybody has to join again. */
export function prepareRebalance(machine: GroupMachine, group: ClassicGroup): RebalanceDecision {
  if (group.state === "CompletingRebalance") {
    failSyncs(machine, group, ErrorCode.REBALANCE_IN_PROGRESS);
  }
  machine.timers.cancel(syncTimerKey(group.groupId));
  const isInitial = group.state === "Empty";
  group.transitionTo("PreparingRebalance", machine.inputs.nowMs());
  if (!isInitial) return completeJoinOrWait(machine, group);
  // The first members of a group rarely come alone.
  const delayMs = machine.inputs.settings.initialRebalanceDelayMs;
  group.newMemberAdded = false;
  scheduleInitialJoin(machine, group, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0));
  return NO_DECISION;
}

/** While the first members of a group gather, only the timer ends the wait. */
export function maybeCompleteJoin(machine: GroupMachine, group: ClassicGroup): RebalanceDecision {
  return group.state === "PreparingRebalance" &&
    group.previousState !== "Empty" &&
    group.hasAllMembersJoined
    ? completeJoin(machine, group)
    : NO_DECISION;
}

/** Ends the join phase with those who are there. */
export function completeJoin(machine: GroupMachine, group: ClassicGroup): RebalanceDecision {
  machine.timers.cancel(joinTimerKey(group.groupId));
  for (const member of group.members()) {
    // Static members may be away for a moment; their session decides about them.
    if (member.join !== undefined || member.instanceId !== null) continue;
    removeMember(machine, group, member);
  }
  if (group.state === "Dead") return NO_DECISION;
  if (group.memberCount > 0 && !group.electJoinedLeader()) {
    scheduleJoin(machine, group);
    return NO_DECISION;
  }
  group.beginGeneration(machine.inputs.nowMs());
  if (group.state === "Empty") {
    return { records: [groupMetadataRecord(group, noAssignment)], reply: undefined, applied: true };
  }
  for (const member of group.members()) {
    group.answerJoin(member, successfulJoin(group, member.memberId));
    restartSession(machine, group, member);
    member.isNew = false;
    group.addPendingSync(member.memberId);
  }
  schedulePendingSync(machine, group);
  machine.inputs.logger.info("a group has a new generation", {
    groupId: group.groupId,
    generationId: group.generationId,
    members: group.memberCount,
    protocol: group.protocolName,
  });
  return NO_DECISION;
}

/** Starts the session of a member again, with its full time or the one given. */
export function restartSession(
  machine: GroupMachine,
  group: ClassicGroup,
  member: ClassicMember,
  timeoutMs: number = member.sessionTimeoutMs,
): void {
  scheduleSession(machine, group.groupId, member.memberId, timeoutMs);
}

/** The time that an id has to be used, or a member to be heard of. */
export function scheduleSession(
  machine: GroupMachine,
  groupId: string,
  memberId: string,
  timeoutMs: number,
): void {
  machine.timers.schedule(sessionTimerKey(groupId, memberId), timeoutMs, (at) =>
    decideSessionExpired(at, groupId, memberId),
  );
}

export function cancelSession(machine: GroupMachine, groupId: string, memberId: string): void {
  machine.timers.cancel(sessionTimerKey(groupId, memberId));
}

/** A member has not been heard of for its session timeout, or has not used the id it was given. */
export function decideSessionExpired(
  machine: GroupMachine,
  groupId: string,
  memberId: string,
): RebalanceDecision {
  const group = machine.classicGroup(groupId);
  if (group === undefined || group.state === "Dead") return NO_DECISION;
  if (group.isPendingJoin(memberId)) {
    group.remove(memberId);
    return maybeCompleteJoin(machine, group);
  }
  const member = group.member(memberId);
  if (member === undefined || isWaiting(member)) return NO_DECISION;
  machine.inputs.logger.info("a member of a group was lost: its session timed out", {
    groupId,
    memberId,
    generationId: group.generationId,
  });
  removeMember(machine, group, member);
  return rebalanceOrComplete(machine, group);
}

/** Takes a member out; whatever it waits for is answered, so that it asks again if it lives. */
export function removeMember(
  machine: GroupMachine,
  group: ClassicGroup,
  member: ClassicMember,
): void {
  cancelSession(machine, group.groupId, member.memberId);
  group.answerJoin(member, failedJoin(ErrorCode.UNKNOWN_MEMBER_ID, ""));
  group.answerSync(member, failedSync(ErrorCode.UNKNOWN_MEMBER_ID));
  group.remove(member.memberId);
}

/** Gives the members what they are assigned and answers those who wait for it. */
export function completeSync(
  machine: GroupMachine,
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer>,
): void {
  for (const member of group.members()) {
    member.assignment = assignments.get(member.memberId) ?? EMPTY_ASSIGNMENT;
    const answered = group.answerSync(member, {
      errorCode: ErrorCode.NONE,
      protocolType: group.protocolType,
      protocolName: group.protocolName,
      assignment: member.assignment,
    });
    // A session that ran out while the member waited was passed over, so it begins anew.
    if (answered) restartSession(machine, group, member);
  }
  group.transitionTo("Stable", machine.inputs.nowMs());
}

/** Takes back what members were assigned and answers those who wait for it with an error. */
export function failSyncs(machine: GroupMachine, group: ClassicGroup, error: ErrorCode): void {
  for (const member of group.members()) {
    member.assignment = EMPTY_ASSIGNMENT;
    if (group.answerSync(member, failedSync(error))) restartSession(machine, group, member);
  }
}

/** A SyncGroup that was not successful. */
export function failedSync(error: ErrorCode): {
  errorCode: ErrorCode;
  protocolType: null;
  protocolName: null;
  assignment: Buffer;
} {
  return {
    errorCode: error,
    protocolType: null,
    protocolName: null,
    assignment: EMPTY_ASSIGNMENT,
  };
}

/** The member has sent SyncGroup; when all have, nobody has to be waited for. */
export function noteSync(machine: GroupMachine, group: ClassicGroup, memberId: string): void {
  if (group.removePendingSync(memberId) && group.pendingSyncs.size === 0) {
    machine.timers.cancel(syncTimerKey(group.groupId));
  }
}

/** After loading, members get their full session again: they may not know that the coordinator moved. */
export function onClassicGroupLoaded(machine: GroupMachine, group: ClassicGroup): void {
  for (const member of group.members()) restartSession(machine, group, member);
  if (group.memberCount > machine.inputs.settings.maxSize) prepareRebalance(machine, group);
}

/** The coordinator is another one now: those who wait are told to look for it. */
export function onClassicGroupUnloaded(machine: GroupMachine, group: ClassicGroup): void {
  group.transitionTo("Dead", machine.inputs.nowMs());
  for (const member of group.members()) {
    group.answerJoin(member, failedJoin(ErrorCode.NOT_COORDINATOR, member.memberId));
    group.answerSync(member, failedSync(ErrorCode.NOT_COORDINATOR));
  }
}

/** Members that wait for an answer are there, unless it is their first: then they may be gone. */
function isWaiting(member: ClassicMember): boolean {
  return !member.isNew && (member.join !== undefined || member.sync !== undefined);
}

function completeJoinOrWait(machine: GroupMachine, group: ClassicGroup): RebalanceDecision {
  if (group.hasAllMembersJoined) return completeJoin(machine, group);
  scheduleJoin(machine, group);
  return NO_DECISION;
}

function scheduleJoin(machine: GroupMachine, group: ClassicGroup): void {
  const { groupId } = group;
  machine.timers.schedule(joinTimerKey(groupId), group.rebalanceTimeoutMs, (at) => {
    const current = at.classicGroup(groupId);
    return current?.state === "PreparingRebalance" ? completeJoin(at, current) : NO_DECISION;
  });
}

function scheduleInitialJoin(
  machine: GroupMachine,
  group: ClassicGroup,
  delayMs: number,
  remainingMs: number,
): void {
  const { groupId } = group;
  machine.timers.schedule(joinTimerKey(groupId), delayMs, (at) => {
    const current = at.classicGroup(groupId);
    if (current?.state !== "PreparingRebalance") return NO_DECISION;
    if (!current.newMemberAdded || remainingMs === 0) return completeJoin(at, current);
    current.newMemberAdded = false;
    const nextDelayMs = Math.min(at.inputs.settings.initialRebalanceDelayMs, remainingMs);
    scheduleInitialJoin(at, current, nextDelayMs, Math.max(remainingMs - delayMs, 0));
    return NO_DECISION;
  });
}

function schedulePendingSync(machine: GroupMachine, group: ClassicGroup): void {
  const { groupId, generationId } = group;
  machine.timers.schedule(syncTimerKey(groupId), group.rebalanceTimeoutMs, (at) =>
    decidePendingSyncExpired(at, groupId, generationId),
  );
}

/** Members that joined and never asked for their assignment hold up nobody for longer than this. */
function decidePendingSyncExpired(
  machine: GroupMachine,
  groupId: string,
  generationId: number,
): RebalanceDecision {
  const group = machine.classicGroup(groupId);
  if (group === undefined || group.generationId !== generationId) return NO_DECISION;
  if (group.state !== "CompletingRebalance" && group.state !== "Stable") return NO_DECISION;
  if (group.pendingSyncs.size === 0) return NO_DECISION;
  for (const memberId of group.pendingSyncs) {
    const member = group.member(memberId);
    if (member !== undefined) removeMember(machine, group, member);
  }
  return prepareRebalance(machine, group);
}

function noAssignment(): Buffer {
  return EMPTY_ASSIGNMENT;
}

function joinTimerKey(groupId: string): string {
  return `join/${groupId}`;
}

function syncTimerKey(groupId: string): string {
  return `sync/${groupId}`;
}

function sessionTimerKey(groupId: string, memberId: string): string {
  return `session/${groupId.length}/${groupId}${memberId}`;
}
