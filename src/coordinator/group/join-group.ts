/**
 * JoinGroup of the classic protocol, versions 0 to 9.
 *
 * v0 has no rebalance timeout of its own. v4 makes a member without an id come back with the one it
 * is given (KIP-394). v5 static members (KIP-345). v7 protocol type in the response. v9 tells a
 * returning static leader to skip the assignment (KIP-814).
 */

import { assert } from "../../core/assert.ts";
import { coordinatorErrorOf } from "../coordinator-error.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import type {
  JoinGroupRequest,
  JoinGroupResponseInput,
} from "../../protocol/messages/join-group.ts";
import { NO_DECISION } from "../machine.ts";
import type { Reply } from "../reply.ts";
import { emptyGroupRecord, groupMetadataRecord } from "./classic-group-record.ts";
import { EMPTY_ASSIGNMENT, type ClassicGroup, type ClassicMember } from "./classic-group.ts";
import { sameProtocols, type JoinProtocol } from "./classic-protocols.ts";
import {
  failedJoin,
  failedSync,
  maybeCompleteJoin,
  membersForLeader,
  rebalanceOrComplete,
  removeMember,
  restartSession,
  scheduleSession,
  successfulJoin,
  type RebalanceDecision,
} from "./classic-rebalance.ts";
import type { GroupMachine } from "./group-machine.ts";
import { NEW_MEMBER_JOIN_TIMEOUT_MS } from "./group-settings.ts";

/** Who sends a request of a group member. */
export interface MemberContext {
  readonly apiVersion: number;
  readonly clientId: string;
  /** Address of the client, without a slash before it. */
  readonly clientHost: string;
}

/** From here on a member without an id is given one and has to come back with it. */
const MEMBER_ID_REQUIRED_VERSION = 4;
const SKIP_ASSIGNMENT_VERSION = 9;
const NO_MEMBER_ID = "";

interface Join {
  readonly context: MemberContext;
  readonly request: JoinGroupRequest;
  readonly protocols: readonly JoinProtocol[];
  readonly reply: Reply<JoinGroupResponseInput>;
}

/**
 * Lets a member in, or back in. The reply comes now, when the rebalance is complete, or when the
 * record that is returned is committed.
 */
export function decideJoinGroup(
  machine: GroupMachine,
  context: MemberContext,
  request: JoinGroupRequest,
  reply: Reply<JoinGroupResponseInput>,
): RebalanceDecision {
  const { groupId, memberId } = request;
  const known = machine.group(groupId);
  if (known !== undefined && known.type !== "classic" && !isReplaceable(known)) {
    reply.give(failedJoin(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, NO_MEMBER_ID));
    return NO_DECISION;
  }
  if (known === undefined && memberId !== NO_MEMBER_ID) {
    reply.give(failedJoin(ErrorCode.UNKNOWN_MEMBER_ID, memberId));
    return NO_DECISION;
  }
  const join = { context, request, protocols: copyProtocols(request), reply };
  if (known?.type === "classic") return joinGroup(machine, known, join);
  if (request.protocolType === "" || request.protocols.length === 0) {
    reply.give(failedJoin(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId));
    return NO_DECISION;
  }
  const tombstones = known === undefined ? [] : known.tombstones();
  const group = machine.createClassicGroup(groupId);
  const decision = joinGroup(machine, group, join);
  assert(decision.records.length === 0, "a first join wrote records");
  return {
    // The record makes the group survive, so that an id that was given away stays good.
    records: [...tombstones, emptyGroupRecord(group)],
    reply: undefined,
    applied: true,
    onAppended: (error) => {
      if (error !== ErrorCode.NONE) {
        reply.give(failedJoin(coordinatorErrorOf(error), NO_MEMBER_ID));
      }
    },
  };
}

/** An empty group of consumers or of a streams application becomes a classic one. */
function isReplaceable(group: { readonly type: string; readonly isEmpty: boolean }): boolean {
  return group.isEmpty && group.type !== "share";
}

function joinGroup(machine: GroupMachine, group: ClassicGroup, join: Join): RebalanceDecision {
  const { request, reply, protocols } = join;
  const { memberId } = request;
  if (!hasRoom(group, memberId, machine.inputs.settings.maxSize)) {
    const member = group.member(memberId);
    if (member !== undefined) removeMember(machine, group, member);
    else group.remove(memberId);
    reply.give(failedJoin(ErrorCode.GROUP_MAX_SIZE_REACHED, NO_MEMBER_ID));
    return maybeCompleteJoin(machine, group);
  }
  if (group.state === "Dead") {
    reply.give(failedJoin(ErrorCode.COORDINATOR_NOT_AVAILABLE, memberId));
    return NO_DECISION;
  }
  if (!group.supports(request.protocolType, protocols)) {
    reply.give(failedJoin(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId));
    return NO_DECISION;
  }
  return memberId === NO_MEMBER_ID
    ? joinAsNew(machine, group, join)
    : joinAsKnown(machine, group, join);
}

/** Whether the group takes the member, given how many it may have. */
function hasRoom(group: ClassicGroup, memberId: string, maxSize: number): boolean {
  switch (group.state) {
    case "Empty":
    case "Dead":
      return true;
    case "PreparingRebalance":
      // Members that are away may not come back, so only those who are parked count.
      return group.member(memberId)?.join !== undefined || group.parkedJoinCount < maxSize;
    case "CompletingRebalance":
    case "Stable":
      return group.member(memberId) !== undefined || group.memberCount < maxSize;
  }
}

function joinAsNew(machine: GroupMachine, group: ClassicGroup, join: Join): RebalanceDecision {
  const { request, context, reply } = join;
  const { groupInstanceId } = request;
  const newMemberId = `${groupInstanceId ?? context.clientId}-${machine.inputs.newUuid()}`;
  if (groupInstanceId !== null) {
    const current = group.staticMemberId(groupInstanceId);
    return current === undefined
      ? addMember(machine, group, newMemberId, join)
      : replaceStaticMember(machine, group, current, newMemberId, join);
  }
  if (context.apiVersion < MEMBER_ID_REQUIRED_VERSION) {
    return addMember(machine, group, newMemberId, join);
  }
  group.addPendingJoin(newMemberId);
  scheduleSession(machine, group.groupId, newMemberId, request.sessionTimeoutMs);
  reply.give(failedJoin(ErrorCode.MEMBER_ID_REQUIRED, newMemberId));
  return NO_DECISION;
}

function joinAsKnown(machine: GroupMachine, group: ClassicGroup, join: Join): RebalanceDecision {
  const { request, reply, protocols } = join;
  const { memberId, groupInstanceId } = request;
  if (group.isPendingJoin(memberId)) {
    if (groupInstanceId === null) return addMember(machine, group, memberId, join);
    // Ids are given to dynamic members only, so this client contradicts itself.
    reply.give(failedJoin(ErrorCode.UNKNOWN_SERVER_ERROR, NO_MEMBER_ID));
    return NO_DECISION;
  }
  const error = group.validateMember(memberId, groupInstanceId);
  const member = group.member(memberId);
  if (error !== ErrorCode.NONE || member === undefined) {
    reply.give(failedJoin(error, memberId));
    return NO_DECISION;
  }
  switch (group.state) {
    case "PreparingRebalance":
      return rejoin(machine, group, member, join);
    case "CompletingRebalance":
      // The answer may have been lost: the same question gets the same answer.
      if (!sameProtocols(member.protocols, protocols)) return rejoin(machine, group, member, join);
      break;
    case "Stable":
      // The leader joins again when something that only it sees has changed, such as topics.
      if (group.isLeader(memberId) || !sameProtocols(member.protocols, protocols)) {
        return rejoin(machine, group, member, join);
      }
      break;
    case "Empty":
    case "Dead":
      reply.give(failedJoin(ErrorCode.UNKNOWN_MEMBER_ID, memberId));
      return NO_DECISION;
  }
  reply.give(successfulJoin(group, memberId));
  return NO_DECISION;
}

function addMember(
  machine: GroupMachine,
  group: ClassicGroup,
  memberId: string,
  join: Join,
): RebalanceDecision {
  const { request, context, protocols, reply } = join;
  const member: ClassicMember = {
    memberId,
    instanceId: request.groupInstanceId,
    clientId: context.clientId,
    clientHost: `/${context.clientHost}`,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    protocols,
    assignment: EMPTY_ASSIGNMENT,
    isNew: true,
    join: reply,
    sync: undefined,
  };
  if (group.state === "PreparingRebalance" && group.previousState === "Empty") {
    group.newMemberAdded = true;
  }
  group.add(member, request.protocolType);
  // A member that waits for its first answer sends no heartbeats; this bounds how long it may have
  // been gone.
  restartSession(machine, group, member, NEW_MEMBER_JOIN_TIMEOUT_MS);
  return rebalanceOrComplete(machine, group);
}

function rejoin(
  machine: GroupMachine,
  group: ClassicGroup,
  member: ClassicMember,
  join: Join,
): RebalanceDecision {
  updateMember(group, member, join);
  return rebalanceOrComplete(machine, group);
}

function updateMember(group: ClassicGroup, member: ClassicMember, join: Join): void {
  member.protocols = join.protocols;
  member.rebalanceTimeoutMs = join.request.rebalanceTimeoutMs;
  member.sessionTimeoutMs = join.request.sessionTimeoutMs;
  const earlier = group.parkJoin(member, join.reply);
  // Two requests of one member: only the later one waits, and the earlier must not hang.
  earlier?.give(failedJoin(ErrorCode.REBALANCE_IN_PROGRESS, member.memberId));
}

/** A static member has been started again: it comes without an id and takes its own place. */
function replaceStaticMember(
  machine: GroupMachine,
  group: ClassicGroup,
  oldMemberId: string,
  newMemberId: string,
  join: Join,
): RebalanceDecision {
  const old = group.member(oldMemberId);
  assert(old !== undefined, "an instance without a member", { oldMemberId });
  const oldLeaderId = group.leaderId;
  group.answerJoin(old, failedJoin(ErrorCode.FENCED_INSTANCE_ID, oldMemberId));
  group.answerSync(old, failedSync(ErrorCode.FENCED_INSTANCE_ID));
  const member = group.replaceStaticMember(oldMemberId, newMemberId);
  machine.inputs.logger.info("a static member of a group was replaced", {
    groupId: group.groupId,
    instanceId: member.instanceId,
    oldMemberId,
    newMemberId,
  });
  const before = {
    protocols: member.protocols,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    sessionTimeoutMs: member.sessionTimeoutMs,
  };
  updateMember(group, member, join);
  restartSession(machine, group, member);
  switch (group.state) {
    case "Stable":
      if (group.selectProtocol() === group.protocolName) {
        return keepGeneration(machine, group, member, oldMemberId, oldLeaderId, before, join);
      }
      return rebalanceOrComplete(machine, group);
    case "CompletingRebalance":
      // The leader may be assigning to the old id right now.
      return rebalanceOrComplete(machine, group);
    case "PreparingRebalance":
      return maybeCompleteJoin(machine, group);
    case "Empty":
    case "Dead":
      assert(false, "a static member in a group without members", { state: group.state });
  }
}

/** The replacement changes nothing for the others, so it is only written down. */
function keepGeneration(
  machine: GroupMachine,
  group: ClassicGroup,
  member: ClassicMember,
  oldMemberId: string,
  oldLeaderId: string | null,
  before: Pick<ClassicMember, "protocols" | "rebalanceTimeoutMs" | "sessionTimeoutMs">,
  join: Join,
): RebalanceDecision {
  const { context, reply } = join;
  const { memberId } = member;
  const record = groupMetadataRecord(
    group,
    (id) => group.member(id)?.assignment ?? EMPTY_ASSIGNMENT,
  );
  return {
    records: [record],
    reply: undefined,
    applied: true,
    onAppended: (error) => {
      if (group.member(memberId) !== member) return;
      if (error !== ErrorCode.NONE) {
        group.answerJoin(member, failedJoin(coordinatorErrorOf(error), NO_MEMBER_ID));
        Object.assign(member, before);
        const restored = group.replaceStaticMember(memberId, oldMemberId);
        restartSession(machine, group, restored);
        return;
      }
      if (member.join !== reply) return;
      const isLeader = group.isLeader(memberId);
      group.answerJoin(member, {
        ...successfulJoin(group, memberId),
        // Before v9 a leader that is named assigns; it must not, so it is told of the old one.
        ...(context.apiVersion >= SKIP_ASSIGNMENT_VERSION
          ? { skipAssignment: isLeader, members: isLeader ? membersForLeader(group) : [] }
          : { leader: oldLeaderId ?? "", members: [] }),
      });
    },
  };
}

function copyProtocols(request: JoinGroupRequest): JoinProtocol[] {
  return request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }));
}
