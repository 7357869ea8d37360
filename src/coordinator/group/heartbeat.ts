/** Heartbeat of the classic protocol, versions 0 to 4; v3 static members. */

import { ErrorCode } from "../../protocol/error-code.ts";
import type { HeartbeatRequest } from "../../protocol/messages/heartbeat.ts";
import type { Decision } from "../machine.ts";
import type { ClassicGroup } from "./classic-group.ts";
import { restartSession } from "./classic-rebalance.ts";
import type { GroupMachine } from "./group-machine.ts";

/** Keeps a member's session; tells it when it has to join again. */
export function decideHeartbeat(
  machine: GroupMachine,
  request: HeartbeatRequest,
): Decision<never, ErrorCode> {
  return { records: [], reply: heartbeat(machine, request) };
}

function heartbeat(machine: GroupMachine, request: HeartbeatRequest): ErrorCode {
  const group = machine.classicGroup(request.groupId);
  if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  const error = validateGeneration(group, request);
  if (error !== ErrorCode.NONE) return error;
  const member = group.member(request.memberId);
  if (member === undefined || group.state === "Empty") return ErrorCode.UNKNOWN_MEMBER_ID;
  restartSession(machine, group, member);
  return group.state === "PreparingRebalance" ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

function validateGeneration(group: ClassicGroup, request: HeartbeatRequest): ErrorCode {
  if (group.state === "Dead") return ErrorCode.COORDINATOR_NOT_AVAILABLE;
  const error = group.validateMember(request.memberId, request.groupInstanceId);
  if (error !== ErrorCode.NONE) return error;
  return request.generationId === group.generationId
    ? ErrorCode.NONE
    : ErrorCode.ILLEGAL_GENERATION;
}
