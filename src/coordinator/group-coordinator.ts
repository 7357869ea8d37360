import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type {
  DeleteGroupsRequest,
  DeleteGroupsResponseInput,
} from "../protocol/messages/delete-groups.ts";
import type {
  DescribeGroupsRequest,
  DescribeGroupsResponseInput,
} from "../protocol/messages/describe-groups.ts";
import type { HeartbeatRequest, HeartbeatResponseInput } from "../protocol/messages/heartbeat.ts";
import type { JoinGroupRequest, JoinGroupResponseInput } from "../protocol/messages/join-group.ts";
import type {
  LeaveGroupRequest,
  LeaveGroupResponseInput,
} from "../protocol/messages/leave-group.ts";
import type {
  ListGroupsRequest,
  ListGroupsResponseInput,
} from "../protocol/messages/list-groups.ts";
import type {
  OffsetCommitRequest,
  OffsetCommitResponseInput,
} from "../protocol/messages/offset-commit.ts";
import type {
  OffsetDeleteRequest,
  OffsetDeleteResponseInput,
} from "../protocol/messages/offset-delete.ts";
import type {
  OffsetFetchRequest,
  OffsetFetchResponseInput,
} from "../protocol/messages/offset-fetch.ts";
import type { SyncGroupRequest, SyncGroupResponseInput } from "../protocol/messages/sync-group.ts";
import type { Logger } from "../telemetry/logger.ts";
import { failedJoin, failedSync } from "./group/classic-rebalance.ts";
import { decideDeleteGroups, type DeletedGroup } from "./group/delete-groups.ts";
import { describeGroup, undescribedGroup, type DescribedGroup } from "./group/describe-groups.ts";
import { membersWaitedFor } from "./group/members-waited-for.ts";
import { groupLifecycle } from "./group/group-lifecycle.ts";
import { GroupMachine, type GroupInputs } from "./group/group-machine.ts";
import type { GroupRecord } from "./group/group-records.ts";
import { decideHeartbeat } from "./group/heartbeat.ts";
import { decideJoinGroup } from "./group/join-group.ts";
import { decideLeaveGroup } from "./group/leave-group.ts";
import { groupFilters, listGroups, type ListedGroup } from "./group/list-groups.ts";
import { decideSyncGroup } from "./group/sync-group.ts";
import { decideTopicsDeleted, type DeletedTopic } from "./group/topics-deleted.ts";
import type { GroupCoordinatorSettings } from "./group-coordinator-settings.ts";
import type { GroupRequestContext, GroupRuntime, Respond, TopicLookup } from "./group-request.ts";
import { newUuid } from "./java-uuid.ts";
import type { CoordinatorLog } from "./log-port.ts";
import { commitOffsets, deleteOffsets, fetchOffsets } from "./offset-requests.ts";
import { Reply } from "./reply.ts";
import { CoordinatorRuntime } from "./runtime.ts";

export interface GroupCoordinatorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The partitions of `__consumer_offsets`. */
  readonly log: CoordinatorLog;
  readonly topics: TopicLookup;
  readonly settings: GroupCoordinatorSettings;
}

/** From here on SyncGroup has to say what protocol it takes the group to have (KIP-559). */
const SYNC_PROTOCOL_VERSION = 5;
/** Before, a missing protocol name was an empty one. */
const NULL_PROTOCOL_NAME_VERSION = 7;
/** From here on LeaveGroup names several members, each with an error of its own. */
const LEAVE_SEVERAL_VERSION = 3;
/** The first version that has a rebalance timeout. */
const REBALANCE_TIMEOUT_VERSION = 1;

/**
 * The group coordinator of a broker: takes decoded requests about groups and offsets and gives
 * responses. Requests of one group are served in the order they come in.
 */
export class GroupCoordinator {
  readonly #settings: GroupCoordinatorSettings;
  readonly #topics: TopicLookup;
  readonly #runtime: GroupRuntime;

  constructor(options: GroupCoordinatorOptions) {
    const { clock, random, logger, log, settings } = options;
    this.#settings = settings;
    this.#topics = options.topics;
    const inputs: GroupInputs = {
      nowMs: () => clock.nowMs(),
      newUuid: () => newUuid(random),
      settings: settings.groups,
      logger,
    };
    this.#runtime = new CoordinatorRuntime<GroupMachine, GroupRecord>({
      clock,
      log,
      logger,
      settings: settings.shards,
      createMachine: (context) => new GroupMachine(context, inputs, groupLifecycle),
    });
  }

  /**
   * Begins to serve. `partitionCount` is that of `__consumer_offsets`, or what it will be created
   * with; a later call changes nothing, because it decides where groups live.
   */
  start(partitionCount: number): void {
    this.#runtime.start(partitionCount);
  }

  /** Gives up all partitions; waiting requests are answered NOT_COORDINATOR. */
  close(): void {
    this.#runtime.close();
  }

  /** The partition of `__consumer_offsets` that a group lives in; `undefined` before {@link start}. */
  partitionFor(groupId: string): number | undefined {
    return this.#runtime.partitionFor(groupId);
  }

  /** This broker leads a partition of `__consumer_offsets` now: loads it. */
  onElected(partition: number, leaderEpoch: number): void {
    this.#runtime.elected(partition, leaderEpoch);
  }

  /**
   * This broker leads the partition no more. `leaderEpoch` is the new leader's, `undefined` when the
   * partition is gone.
   */
  onResigned(partition: number, leaderEpoch: number | undefined): void {
    this.#runtime.resigned(partition, leaderEpoch);
  }

  /** Topics were deleted: forgets where groups stood in them. */
  onTopicsDeleted(topics: readonly DeletedTopic[]): void {
    for (const partition of this.#runtime.partitions) {
      this.#runtime.write(partition, {
        decide: (machine) => decideTopicsDeleted(machine, topics),
        succeed: () => undefined,
        // A shard that is not active yet finds out at the next expiry of the offsets' retention.
        fail: () => undefined,
      });
    }
  }

  /** Whether requests about this group can be served here now: NONE, or why not. */
  availability(groupId: string): ErrorCode {
    const partition = this.partitionFor(groupId);
    return partition === undefined
      ? ErrorCode.COORDINATOR_NOT_AVAILABLE
      : this.#runtime.availability(partition);
  }

  joinGroup(
    context: GroupRequestContext,
    request: JoinGroupRequest,
    respond: Respond<JoinGroupResponseInput>,
  ): void {
    const { apiVersion } = context;
    const reply = new Reply<JoinGroupResponseInput>((response) =>
      respond(
        apiVersion < NULL_PROTOCOL_NAME_VERSION && response.protocolName === null
          ? { ...response, protocolName: "" }
          : response,
      ),
    );
    const { groupId, memberId, sessionTimeoutMs } = request;
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#settings.groups;
    const partition = this.partitionFor(groupId);
    if (partition === undefined) {
      reply.give(failedJoin(ErrorCode.COORDINATOR_NOT_AVAILABLE, memberId));
    } else if (groupId === "") {
      reply.give(failedJoin(ErrorCode.INVALID_GROUP_ID, memberId));
    } else if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      reply.give(failedJoin(ErrorCode.INVALID_SESSION_TIMEOUT, memberId));
    } else {
      const join =
        apiVersion < REBALANCE_TIMEOUT_VERSION
          ? { ...request, rebalanceTimeoutMs: sessionTimeoutMs }
          : request;
      this.#runtime.write(partition, {
        decide: (machine) => decideJoinGroup(machine, context, join, reply),
        succeed: () => undefined,
        fail: (error) => reply.give(failedJoin(error, "")),
      });
    }
  }

  syncGroup(
    context: GroupRequestContext,
    request: SyncGroupRequest,
    respond: Respond<SyncGroupResponseInput>,
  ): void {
    const reply = new Reply<SyncGroupResponseInput>(respond);
    const saysProtocol = request.protocolType !== null && request.protocolName !== null;
    const partition = this.partitionFor(request.groupId);
    if (context.apiVersion >= SYNC_PROTOCOL_VERSION && !saysProtocol) {
      reply.give(failedSync(ErrorCode.INCONSISTENT_GROUP_PROTOCOL));
    } else if (partition === undefined) {
      reply.give(failedSync(ErrorCode.COORDINATOR_NOT_AVAILABLE));
    } else if (request.groupId === "") {
      reply.give(failedSync(ErrorCode.INVALID_GROUP_ID));
    } else {
      this.#runtime.write(partition, {
        decide: (machine) => decideSyncGroup(machine, request, reply),
        succeed: () => undefined,
        fail: (error) => reply.give(failedSync(error)),
      });
    }
  }

  heartbeat(
    _context: GroupRequestContext,
    request: HeartbeatRequest,
    respond: Respond<HeartbeatResponseInput>,
  ): void {
    const partition = this.partitionFor(request.groupId);
    if (partition === undefined) {
      respond({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE });
    } else if (request.groupId === "") {
      respond({ errorCode: ErrorCode.INVALID_GROUP_ID });
    } else {
      this.#runtime.write(partition, {
        decide: (machine) => decideHeartbeat(machine, request),
        succeed: (errorCode) => respond({ errorCode }),
        // While groups are loaded nobody's session runs, so the member has nothing to do.
        fail: (error) =>
          respond({
            errorCode: error === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : error,
          }),
      });
    }
  }

  leaveGroup(
    context: GroupRequestContext,
    request: LeaveGroupRequest,
    respond: Respond<LeaveGroupResponseInput>,
  ): void {
    const { groupId } = request;
    const partition = this.partitionFor(groupId);
    const fail = (errorCode: ErrorCode): void => respond({ errorCode, members: [] });
    if (partition === undefined) {
      fail(ErrorCode.COORDINATOR_NOT_AVAILABLE);
      return;
    }
    if (groupId === "") {
      fail(ErrorCode.INVALID_GROUP_ID);
      return;
    }
    const severalMembers = context.apiVersion >= LEAVE_SEVERAL_VERSION;
    const members = severalMembers
      ? request.members
      : [{ memberId: request.memberId, groupInstanceId: null }];
    this.#runtime.write(partition, {
      decide: (machine) => decideLeaveGroup(machine, groupId, members),
      succeed: (left) =>
        severalMembers
          ? respond({ errorCode: ErrorCode.NONE, members: left })
          : fail(left[0]?.errorCode ?? ErrorCode.NONE),
      fail,
    });
  }

  offsetCommit(
    context: GroupRequestContext,
    request: OffsetCommitRequest,
    respond: Respond<OffsetCommitResponseInput>,
  ): void {
    commitOffsets(this.#runtime, this.#topics, context, request, respond);
  }

  offsetFetch(
    context: GroupRequestContext,
    request: OffsetFetchRequest,
    respond: Respond<OffsetFetchResponseInput>,
  ): void {
    fetchOffsets(this.#runtime, this.#topics, context, request, respond);
  }

  offsetDelete(
    context: GroupRequestContext,
    request: OffsetDeleteRequest,
    respond: Respond<OffsetDeleteResponseInput>,
  ): void {
    deleteOffsets(this.#runtime, this.#topics, context, request, respond);
  }

  describeGroups(
    context: GroupRequestContext,
    request: DescribeGroupsRequest,
  ): DescribeGroupsResponseInput {
    return {
      groups: request.groups.map((groupId) => this.#describe(groupId, context.apiVersion)),
    };
  }

  /** Member ids that a classic group of this coordinator waits for in a rebalance. */
  waitedFor(groupId: string): readonly string[] {
    const partition = this.partitionFor(groupId);
    if (partition === undefined) return [];
    const machine = this.#runtime.read(partition);
    const group = machine instanceof GroupMachine ? machine.classicGroup(groupId) : undefined;
    return group === undefined ? [] : membersWaitedFor(group);
  }

  /** Groups of all partitions that are led here; an error when one of them is still loading. */
  listGroups(_context: GroupRequestContext, request: ListGroupsRequest): ListGroupsResponseInput {
    if (!this.#runtime.isStarted) {
      return { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, groups: [] };
    }
    const filters = groupFilters(request.statesFilter, request.typesFilter);
    const groups: ListedGroup[] = [];
    for (const partition of this.#runtime.partitions) {
      const machine = this.#runtime.read(partition);
      if (machine instanceof GroupMachine) {
        for (const group of listGroups(machine, filters)) groups.push(group);
      } else if (machine !== ErrorCode.NOT_COORDINATOR) {
        return { errorCode: machine, groups: [] };
      }
    }
    return { errorCode: ErrorCode.NONE, groups };
  }

  /** Groups that are named twice are deleted, and answered, once. */
  deleteGroups(
    _context: GroupRequestContext,
    request: DeleteGroupsRequest,
    respond: Respond<DeleteGroupsResponseInput>,
  ): void {
    const results = new Map<string, DeletedGroup>();
    const byPartition = new Map<number, string[]>();
    for (const groupId of new Set(request.groupsNames)) {
      const errorCode = ErrorCode.COORDINATOR_NOT_AVAILABLE;
      results.set(groupId, { groupId, errorCode, errorMessage: null });
      const partition = this.partitionFor(groupId);
      if (partition === undefined) continue;
      const groupIds = byPartition.get(partition);
      if (groupIds === undefined) byPartition.set(partition, [groupId]);
      else groupIds.push(groupId);
    }
    let waiting = byPartition.size;
    const done = (deleted: readonly DeletedGroup[]): void => {
      for (const result of deleted) results.set(result.groupId, result);
      waiting--;
      if (waiting === 0) respond({ throttleTimeMs: 0, results: [...results.values()] });
    };
    if (waiting === 0) respond({ throttleTimeMs: 0, results: [...results.values()] });
    for (const [partition, groupIds] of byPartition) {
      this.#runtime.write(partition, {
        decide: (machine) => decideDeleteGroups(machine, groupIds),
        succeed: done,
        fail: (errorCode) =>
          done(groupIds.map((groupId) => ({ groupId, errorCode, errorMessage: null }))),
      });
    }
  }

  #describe(groupId: string, apiVersion: number): DescribedGroup {
    const partition = this.partitionFor(groupId);
    if (partition === undefined) {
      return undescribedGroup(groupId, ErrorCode.COORDINATOR_NOT_AVAILABLE);
    }
    const machine = this.#runtime.read(partition);
    return machine instanceof GroupMachine
      ? describeGroup(machine, groupId, apiVersion)
      : undescribedGroup(groupId, machine);
  }
}
