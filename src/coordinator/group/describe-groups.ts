/** DescribeGroups, versions 0 to 6: classic groups. v6 says when a group does not exist (KIP-1043). */

import { ErrorCode } from "../../protocol/error-code.ts";
import type { DescribeGroupsResponseInput } from "../../protocol/messages/describe-groups.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import { EMPTY_ASSIGNMENT, type ClassicGroup, type ClassicMember } from "./classic-group.ts";
import { metadataFor } from "./classic-protocols.ts";
import type { GroupMachine } from "./group-machine.ts";

export type DescribedGroup = ElementOf<DescribeGroupsResponseInput["groups"]>;

const NOT_FOUND_VERSION = 6;

/** The group as the committed log knows it. */
export function describeGroup(
  machine: GroupMachine,
  groupId: string,
  apiVersion: number,
): DescribedGroup {
  const group = machine.committedGroup(groupId);
  if (group === undefined) return notFound(groupId, `Group ${groupId} not found.`, apiVersion);
  if (group.type !== "classic") {
    return notFound(groupId, `Group ${groupId} is not a classic group.`, apiVersion);
  }
  const isStable = group.state === "Stable";
  return {
    errorCode: ErrorCode.NONE,
    groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? "",
    protocolData: isStable ? (group.protocolName ?? "") : "",
    members: [...group.members()].map((member) => describeMember(group, member, isStable)),
  };
}

/** A group that could not be asked about. */
export function undescribedGroup(groupId: string, errorCode: ErrorCode): DescribedGroup {
  return {
    errorCode,
    groupId,
    groupState: "",
    protocolType: "",
    protocolData: "",
    members: [],
  };
}

function notFound(groupId: string, message: string, apiVersion: number): DescribedGroup {
  const dead = { ...undescribedGroup(groupId, ErrorCode.NONE), groupState: "Dead" };
  return apiVersion < NOT_FOUND_VERSION
    ? dead
    : { ...dead, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: message };
}

function describeMember(
  group: ClassicGroup,
  member: ClassicMember,
  isStable: boolean,
): ElementOf<DescribedGroup["members"]> {
  return {
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    // Until the group is stable, which protocol counts is not settled.
    memberMetadata: isStable ? metadataFor(member, group.protocolName ?? "") : EMPTY_ASSIGNMENT,
    memberAssignment: member.assignment,
  };
}
