import { assert } from "../../core/assert.ts";
import type { GroupMetadataValue } from "../../protocol/records/group-coordinator/group-metadata.ts";
import { ClassicGroup } from "./classic-group.ts";
import { metadataFor, type JoinProtocol } from "./classic-protocols.ts";
import type { GroupRecord } from "./group-records.ts";

/** "Not known" for times and timeouts in records of old versions. */
const UNKNOWN_MS = -1;

/** The group as its record tells it: with members it is Stable, without it is Empty. */
export function loadClassicGroup(groupId: string, value: GroupMetadataValue): ClassicGroup {
  const protocolType = value.protocolType === "" ? null : value.protocolType;
  const group = new ClassicGroup(groupId, {
    state: value.members.length > 0 ? "Stable" : "Empty",
    generationId: value.generation,
    protocolType,
    protocolName: value.protocol,
    leaderId: value.leader,
    stateSinceMs: value.currentStateTimestamp === UNKNOWN_MS ? null : value.currentStateTimestamp,
  });
  for (const member of value.members) {
    if (group.member(member.memberId) !== undefined) continue;
    // Only what was chosen is known of the protocols that the member supports.
    const protocols: JoinProtocol[] = [
      { name: value.protocol ?? "", metadata: Buffer.from(member.subscription) },
    ];
    group.add(
      {
        memberId: member.memberId,
        instanceId: isFree(group, member.groupInstanceId) ? member.groupInstanceId : null,
        clientId: member.clientId,
        clientHost: member.clientHost,
        sessionTimeoutMs: member.sessionTimeout,
        rebalanceTimeoutMs:
          member.rebalanceTimeout === UNKNOWN_MS ? member.sessionTimeout : member.rebalanceTimeout,
        protocols,
        assignment: Buffer.from(member.assignment),
        isNew: false,
        join: undefined,
        sync: undefined,
      },
      value.protocolType,
    );
  }
  group.refreshSubscribedTopics();
  return group;
}

/** The record of the group as it is now, with what each member is assigned. */
export function groupMetadataRecord(
  group: ClassicGroup,
  assignmentOf: (memberId: string) => Buffer,
): GroupRecord {
  const { protocolName } = group;
  assert(protocolName !== null || group.memberCount === 0, "members without a protocol");
  const value: GroupMetadataValue = {
    protocolType: group.protocolType ?? "",
    generation: group.generationId,
    protocol: protocolName,
    leader: group.leaderId,
    currentStateTimestamp: group.stateSinceMs ?? UNKNOWN_MS,
    members: [...group.members()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: metadataFor(member, protocolName ?? ""),
      assignment: assignmentOf(member.memberId),
    })),
  };
  return { kind: "group-metadata", groupId: group.groupId, value };
}

/** The record that lets a group survive before anybody has completed a join. */
export function emptyGroupRecord(group: ClassicGroup): GroupRecord {
  return {
    kind: "group-metadata",
    groupId: group.groupId,
    value: {
      protocolType: "",
      generation: 0,
      protocol: null,
      leader: null,
      currentStateTimestamp: group.stateSinceMs ?? UNKNOWN_MS,
      members: [],
    },
  };
}

function isFree(group: ClassicGroup, instanceId: string | null): boolean {
  return instanceId !== null && group.staticMemberId(instanceId) === undefined;
}
