import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  deleteGroupsRequest,
  deleteGroupsResponse,
} from "../../protocol/messages/delete-groups.ts";
import { leaveGroupRequest, leaveGroupResponse } from "../../protocol/messages/leave-group.ts";
import { listGroupsRequest, listGroupsResponse } from "../../protocol/messages/list-groups.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { brokerError, clientError, throwOnError } from "../errors.ts";
import { describeGroups } from "./describe-groups.ts";
import { groupStateOf, groupTypeOf, type GroupState, type GroupType } from "./group-words.ts";
import { only, valueOf, type Outcome } from "./outcome.ts";
import { byCoordinator, callOptions, everyBroker } from "./routes.ts";
import { resultOf } from "./settle.ts";

const listGroupsCall = apiCall(ApiKey.LIST_GROUPS, listGroupsRequest, listGroupsResponse);
const deleteGroupsCall = apiCall(ApiKey.DELETE_GROUPS, deleteGroupsRequest, deleteGroupsResponse);
const leaveGroupCall = apiCall(ApiKey.LEAVE_GROUP, leaveGroupRequest, leaveGroupResponse);
/** Since these versions a listing tells and filters states (KIP-518) and types (KIP-848). */
const LIST_STATES_VERSION = 4;
const LIST_TYPES_VERSION = 5;
/** Since this version members are removed by name, several at once (KIP-345). */
const LEAVE_MEMBERS_VERSION = 3;
/** Before this version the broker takes no reason (KIP-800). */
const LEAVE_REASON_VERSION = 5;

/** A group as a listing has it. */
export interface GroupListing {
  readonly group: string;
  readonly type: GroupType;
  /** `Unknown` for brokers older than KIP-518. */
  readonly state: GroupState;
  /** `consumer` for groups of consumers; empty for a group that only keeps offsets. */
  readonly protocolType: string;
  /** Node id of its coordinator. */
  readonly coordinatorId: number;
}

/** Which groups are listed. Default: all. */
export interface ListGroupsOptions extends CallOptions {
  /** Only groups in one of these states (KIP-518). */
  readonly states?: readonly GroupState[] | undefined;
  /** Only groups of one of these types (KIP-848). */
  readonly types?: readonly GroupType[] | undefined;
  /** Only groups with one of these protocol types. */
  readonly protocolTypes?: readonly string[] | undefined;
}

/** A member that is to go: a static one by the name of its instance, or any by its member id. */
export type MemberSelector = { readonly instanceId: string } | { readonly memberId: string };

/** Why members are removed. */
export interface RemoveMembersOptions extends CallOptions {
  /** For the broker's log (KIP-800). */
  readonly reason?: string | undefined;
}

/** All groups of all coordinators, sorted by name. */
export async function listGroups(
  cluster: Cluster,
  options: ListGroupsOptions = {},
): Promise<readonly GroupListing[]> {
  const deadline = cluster.deadline(options);
  const { states = [], types = [], protocolTypes } = options;
  const answers = await everyBroker(cluster, deadline, async (connection) => {
    const version = connection.versionOf(listGroupsCall) ?? LIST_TYPES_VERSION;
    if (states.length > 0 && version < LIST_STATES_VERSION) {
      const message = `${connection.where} cannot list groups by their states`;
      throw clientError("UNSUPPORTED_API", message, { context: { api: "ListGroups" } });
    }
    const typesFilter = version < LIST_TYPES_VERSION ? [] : types;
    const body = { statesFilter: states, typesFilter };
    const response = await connection.request(listGroupsCall, body, cluster.bounds(deadline));
    throwOnError(response.errorCode, { api: "ListGroups" });
    return response.groups;
  });
  const groups = new Map<string, GroupListing>();
  for (const [coordinatorId, listed] of answers) {
    for (const { groupId: group, groupType, groupState, protocolType } of listed) {
      const type = groupTypeOf(groupType);
      if (types.length > 0 && !types.includes(type)) continue;
      if (protocolTypes !== undefined && !protocolTypes.includes(protocolType)) continue;
      const state = groupStateOf(groupState);
      groups.set(group, { group, type, state, protocolType, coordinatorId });
    }
  }
  return [...groups.values()].sort((a, b) => (a.group < b.group ? -1 : 1));
}

/**
 * Removes groups of any type with their offsets; one outcome for each. A group that still has members
 * has the error `NON_EMPTY_GROUP`, one that is not there `GROUP_ID_NOT_FOUND`.
 */
export async function deleteGroups(
  cluster: Cluster,
  groups: readonly string[],
  options: CallOptions = {},
): Promise<readonly Outcome[]> {
  const deadline = cluster.deadline(options);
  const settled = await byCoordinator<string, undefined>({
    cluster,
    items: groups,
    deadline,
    keyOf: (group) => group,
    contextOf: (group) => ({ group }),
    async ask(connection, items, settle) {
      const bounds = cluster.bounds(deadline);
      const body = { groupsNames: items };
      const { results } = await connection.request(deleteGroupsCall, body, bounds);
      for (const { groupId, errorCode, errorMessage } of results) {
        settle.answered(groupId, errorCode, errorMessage, () => undefined);
      }
    },
  });
  return groups.map((group) => ({ name: group, ...resultOf(settled, group) }));
}

/**
 * Removes members from a classic group (KIP-345), or with `"all"` everyone; one outcome for each. Those
 * that run come back by themselves, unless they are static ones whose session is not over.
 */
export async function removeMembers(
  cluster: Cluster,
  group: string,
  members: readonly MemberSelector[] | "all",
  options: RemoveMembersOptions = {},
): Promise<readonly Outcome[]> {
  const deadline = cluster.deadline(options);
  const leaving = members === "all" ? await everyMember(cluster, group, options) : members;
  if (leaving.length === 0) return [];
  const settled = await byCoordinator<string, readonly Outcome[]>({
    cluster,
    items: [group],
    deadline,
    keyOf: (name) => name,
    contextOf: () => ({ group }),
    async ask(connection, _items, settle) {
      const version = connection.versionOf(leaveGroupCall) ?? LEAVE_REASON_VERSION;
      if (version < LEAVE_MEMBERS_VERSION) {
        const message = `${connection.where} cannot remove members of groups`;
        throw clientError("UNSUPPORTED_API", message, { context: { group } });
      }
      const reason = options.reason ?? "removed by an administrator";
      const body = {
        groupId: group,
        members: leaving.map((member) => ({
          ...identityOf(member),
          reason: version < LEAVE_REASON_VERSION ? null : reason,
        })),
      };
      const response = await connection.request(leaveGroupCall, body, cluster.bounds(deadline));
      settle.answered(group, response.errorCode, null, () =>
        leaving.map((member, index) =>
          removalOf(group, member, response.members[index]?.errorCode ?? ErrorCode.NONE),
        ),
      );
    },
  });
  return valueOf(resultOf(settled, group));
}

async function everyMember(
  cluster: Cluster,
  group: string,
  options: CallOptions,
): Promise<readonly MemberSelector[]> {
  const bounds = callOptions(cluster.deadline(options));
  const { members } = only(await describeGroups(cluster, [{ group, type: "Classic" }], bounds));
  return members.map(({ memberId, instanceId }) =>
    instanceId === null ? { memberId } : { instanceId },
  );
}

function identityOf(member: MemberSelector) {
  return "instanceId" in member
    ? { memberId: "", groupInstanceId: member.instanceId }
    : { memberId: member.memberId, groupInstanceId: null };
}

function removalOf(group: string, member: MemberSelector, errorCode: number): Outcome {
  const name = "instanceId" in member ? member.instanceId : member.memberId;
  return errorCode === ErrorCode.NONE
    ? { name, value: undefined, error: undefined }
    : { name, value: undefined, error: brokerError(errorCode, { group }) };
}
