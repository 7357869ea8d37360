import type { TopicPartition } from "../../../core/topic-partition.ts";
import { ApiKey } from "../../../protocol/apis.ts";
import type { Fields, InputOf, Message, ValueOf } from "../../../protocol/schema.ts";
import {
  describeGroupsRequest,
  describeGroupsResponse,
} from "../../../protocol/messages/describe-groups.ts";
import { heartbeatRequest, heartbeatResponse } from "../../../protocol/messages/heartbeat.ts";
import {
  joinGroupRequest,
  joinGroupResponse,
  type JoinGroupResponse,
} from "../../../protocol/messages/join-group.ts";
import { leaveGroupRequest, leaveGroupResponse } from "../../../protocol/messages/leave-group.ts";
import {
  syncGroupRequest,
  syncGroupResponse,
  type SyncGroupResponse,
} from "../../../protocol/messages/sync-group.ts";
import { apiCall, type ApiCall } from "../../cluster/api-call.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import type { BrokerConnection } from "../../cluster/connection.ts";
import type { Deadline } from "../../cluster/deadline.ts";
import { clientError, throwOnError } from "../../errors.ts";
import type { GroupMetadata } from "../membership.ts";
import type { EncodedAssignment } from "./lead.ts";
import { CONSUMER_PROTOCOL_TYPE, decodeAssignment } from "./member-bytes.ts";

const joinGroupCall = apiCall(ApiKey.JOIN_GROUP, joinGroupRequest, joinGroupResponse);
const syncGroupCall = apiCall(ApiKey.SYNC_GROUP, syncGroupRequest, syncGroupResponse);
const heartbeatCall = apiCall(ApiKey.HEARTBEAT, heartbeatRequest, heartbeatResponse);
const describeGroupsCall = apiCall(
  ApiKey.DESCRIBE_GROUPS,
  describeGroupsRequest,
  describeGroupsResponse,
);
const leaveGroupCall = apiCall(ApiKey.LEAVE_GROUP, leaveGroupRequest, leaveGroupResponse);

/** Since these versions members can be static (KIP-345). */
const JOIN_STATIC_VERSION = 5;
const SYNC_STATIC_VERSION = 3;
const HEARTBEAT_STATIC_VERSION = 3;
/** Since this version several members can leave with one request. */
const LEAVE_LIST_VERSION = 3;
/** Of a reason for joining or leaving, as brokers take it (KIP-800). */
const REASON_CHARACTERS_MAX = 255;

export interface ClassicCoordinatorOptions {
  readonly group: string;
  readonly instanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/**
 * The coordinator of a classic group as one member calls it. Requests that wait for other members have a
 * connection of their own, so that heartbeats and commits get through meanwhile.
 */
export class ClassicCoordinator {
  readonly #cluster: Cluster;
  readonly #options: ClassicCoordinatorOptions;
  readonly #channel: string;
  /** The connection of requests that wait, and whether one does. */
  #connection: BrokerConnection | undefined;
  #isWaiting = false;
  /** Counts what was given up. */
  #turn = 0;

  constructor(cluster: Cluster, options: ClassicCoordinatorOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#channel = cluster.newChannel("group");
  }

  /** JoinGroup: waits until the group has all its members together. */
  join(
    request: {
      readonly memberId: string;
      readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[];
      readonly reason: string;
    },
    deadline: Deadline,
  ): Promise<JoinGroupResponse> {
    const { group, instanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    return this.#wait(
      this.#fit(joinGroupCall, JOIN_STATIC_VERSION),
      {
        groupId: group,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: request.memberId,
        groupInstanceId: instanceId,
        protocolType: CONSUMER_PROTOCOL_TYPE,
        protocols: [...request.protocols],
        reason: request.reason.slice(0, REASON_CHARACTERS_MAX),
      },
      deadline,
    );
  }

  /** SyncGroup: waits until the leader has sent the assignments. */
  sync(
    member: GroupMetadata,
    request: {
      readonly protocolName: string | null;
      readonly assignments: readonly EncodedAssignment[];
    },
    deadline: Deadline,
  ): Promise<SyncGroupResponse> {
    return this.#wait(
      this.#fit(syncGroupCall, SYNC_STATIC_VERSION),
      {
        ...this.#identity(member),
        protocolType: CONSUMER_PROTOCOL_TYPE,
        protocolName: request.protocolName,
        assignments: [...request.assignments],
      },
      deadline,
    );
  }

  /** DescribeGroups: the partitions that the members of the group have. */
  async dealt(deadline: Deadline): Promise<readonly TopicPartition[]> {
    const { group } = this.#options;
    const connection = await this.#cluster.coordinatorOf(group, deadline);
    const body = { groups: [group] };
    const bounds = this.#cluster.bounds(deadline);
    const [described] = (await connection.request(describeGroupsCall, body, bounds)).groups;
    throwOnError(described?.errorCode ?? 0, { group, api: "DescribeGroups" });
    const members = described?.members ?? [];
    return members.flatMap(({ memberAssignment }) => decodeAssignment(memberAssignment));
  }

  /** Heartbeat. Resolves with the error code. */
  async heartbeat(member: GroupMetadata, deadline: Deadline): Promise<number> {
    const connection = await this.#cluster.coordinatorOf(this.#options.group, deadline);
    const call = this.#fit(heartbeatCall, HEARTBEAT_STATIC_VERSION);
    const bounds = this.#cluster.bounds(deadline);
    const { errorCode } = await connection.request(call, this.#identity(member), bounds);
    return errorCode;
  }

  /** LeaveGroup. Resolves with the error code. */
  async leave(memberId: string, reason: string, deadline: Deadline): Promise<number> {
    const { group } = this.#options;
    const connection = await this.#cluster.coordinatorOf(group, deadline);
    const inList = (connection.versionOf(leaveGroupCall) ?? 0) >= LEAVE_LIST_VERSION;
    const { errorCode, members } = await connection.request(
      leaveGroupCall,
      {
        groupId: group,
        memberId: inList ? "" : memberId,
        members: inList ? [{ memberId, reason: reason.slice(0, REASON_CHARACTERS_MAX) }] : [],
      },
      this.#cluster.bounds(deadline),
    );
    return errorCode !== 0 ? errorCode : (members[0]?.errorCode ?? 0);
  }

  /** Gives a request that waits up, and its connection with it: the broker answers nothing behind it. */
  abandon(): void {
    this.#turn++;
    if (this.#isWaiting) this.close();
    this.#isWaiting = false;
  }

  /** Gives the connection of its own back. */
  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #wait<Req extends Fields, Res extends Fields>(
    call: ApiCall<Req, Res>,
    body: InputOf<Message<Req>>,
    deadline: Deadline,
  ): Promise<ValueOf<Message<Res>>> {
    const { group } = this.#options;
    const turn = this.#turn;
    const connection = await this.#cluster.coordinatorOf(group, deadline, this.#channel);
    if (turn !== this.#turn) throw clientError("CLOSED", `${call.api.name} is not wanted any more`);
    // The one to a coordinator that was is of no use any more.
    if (this.#connection !== connection) this.#connection?.close();
    this.#connection = connection;
    this.#isWaiting = true;
    const timeoutMs = Math.max(1, deadline.remainingMs());
    const { signal } = deadline;
    const response = await connection.request(call, body, { timeoutMs, signal });
    if (turn === this.#turn) this.#isWaiting = false;
    return response;
  }

  #identity({ group, memberId, generationId, instanceId }: GroupMetadata) {
    return { groupId: group, generationId, memberId, groupInstanceId: instanceId };
  }

  /** The call in versions that know of static members, if this is one. */
  #fit<Req extends Fields, Res extends Fields>(
    call: ApiCall<Req, Res>,
    staticVersion: number,
  ): ApiCall<Req, Res> {
    return this.#options.instanceId === null ? call : { ...call, minVersion: staticVersion };
  }
}
