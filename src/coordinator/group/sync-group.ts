/**
 * SyncGroup of the classic protocol, versions 0 to 5.
 *
 * v3 static members. v5 the member says which protocol it takes the group to have (KIP-559).
 */

import { coordinatorErrorOf } from "../coordinator-error.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  SyncGroupRequest,
  SyncGroupResponseInput,
} from "../../protocol/messages/sync-group.ts";
import { NO_DECISION } from "../machine.ts";
import type { Reply } from "../reply.ts";
import { groupMetadataRecord } from "./classic-group-record.ts";
import { EMPTY_ASSIGNMENT, type ClassicGroup, type ClassicMember } from "./classic-group.ts";
import {
  completeSync,
  failSyncs,
  failedSync,
  noteSync,
  rebalanceOrComplete,
  restartSession,
  type RebalanceDecision,
} from "./classic-rebalance.ts";
import type { GroupMachine } from "./group-machine.ts";

/** Gives a member its assignment, now or when the leader's own SyncGroup is committed. */
export function decideSyncGroup(
  machine: GroupMachine,
  request: SyncGroupRequest,
  reply: Reply<SyncGroupResponseInput>,
): RebalanceDecision {
  const group = machine.classicGroup(request.groupId);
  const member = group?.member(request.memberId);
  const error = validate(group, request);
  if (error !== ErrorCode.NONE || group === undefined || member === undefined) {
    reply.give(failedSync(error));
    return NO_DECISION;
  }
  switch (group.state) {
    case "CompletingRebalance":
      park(machine, group, member, reply);
      return group.isLeader(member.memberId) ? assign(machine, group, request) : NO_DECISION;
    case "Stable":
      noteSync(machine, group, member.memberId);
      restartSession(machine, group, member);
      reply.give({
        errorCode: ErrorCode.NONE,
        protocolType: group.protocolType,
        protocolName: group.protocolName,
        assignment: member.assignment,
      });
      return NO_DECISION;
    case "PreparingRebalance":
      reply.give(failedSync(ErrorCode.REBALANCE_IN_PROGRESS));
      return NO_DECISION;
    case "Empty":
    case "Dead":
      reply.give(failedSync(ErrorCode.UNKNOWN_MEMBER_ID));
      return NO_DECISION;
  }
}

function validate(group: ClassicGroup | undefined, request: SyncGroupRequest): ErrorCode {
  if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  if (group.state === "Dead") return ErrorCode.COORDINATOR_NOT_AVAILABLE;
  const error = group.validateMember(request.memberId, request.groupInstanceId);
  if (error !== ErrorCode.NONE) return error;
  if (request.generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION;
  const isOther = (said: string | null, is: string | null): boolean => said !== null && said !== is;
  return isOther(request.protocolType, group.protocolType) ||
    isOther(request.protocolName, group.protocolName)
    ? ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    : ErrorCode.NONE;
}

function park(
  machine: GroupMachine,
  group: ClassicGroup,
  member: ClassicMember,
  reply: Reply<SyncGroupResponseInput>,
): void {
  // Two requests of one member: only the later one waits, and the earlier must not hang.
  member.sync?.give(failedSync(ErrorCode.REBALANCE_IN_PROGRESS));
  member.sync = reply;
  noteSync(machine, group, member.memberId);
}

/** The leader has assigned: written first, told to the members when it is committed. */
function assign(
  machine: GroupMachine,
  group: ClassicGroup,
  request: SyncGroupRequest,
): RebalanceDecision {
  const { generationId } = group;
  const assignments = new Map<string, Buffer>();
  for (const { memberId, assignment } of request.assignments) {
    assignments.set(memberId, Buffer.from(assignment));
  }
  const record = groupMetadataRecord(
    group,
    (memberId) => assignments.get(memberId) ?? EMPTY_ASSIGNMENT,
  );
  return {
    records: [record],
    reply: undefined,
    applied: true,
    onAppended: (error) => {
      // Somebody may have joined in the meantime: then the assignment is void.
      if (group.state !== "CompletingRebalance" || group.generationId !== generationId) return;
      if (error === ErrorCode.NONE) {
        completeSync(machine, group, assignments);
        return;
      }
      failSyncs(machine, group, coordinatorErrorOf(error));
      rebalanceOrComplete(machine, group);
    },
  };
}
