import type { TopicPartition } from "../../core/topic-partition.ts";
import type { Timer } from "../../platform/clock.ts";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { heartbeatRequest, heartbeatResponse } from "../../protocol/messages/heartbeat.ts";
import {
  joinGroupRequest,
  joinGroupResponse,
  type JoinGroupResponse,
} from "../../protocol/messages/join-group.ts";
import { leaveGroupRequest, leaveGroupResponse } from "../../protocol/messages/leave-group.ts";
import { syncGroupRequest, syncGroupResponse } from "../../protocol/messages/sync-group.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { BrokerConnection } from "../cluster/connection.ts";
import { Consumer, type ConsumerOptions, type Position } from "../consumer/assigned-consumer.ts";
import {
  CONSUMER_PROTOCOL_TYPE,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from "./consumer-protocol.ts";
import type { Deadline } from "../cluster/deadline.ts";
import { brokerError, isRetriableError, KafkaError, throwOnError } from "../errors.ts";
import type { ConsumedRecord } from "../consumer/fetched-records.ts";
import { commitOffsets, fetchCommitted, NO_MEMBER, type Committer } from "./group-offsets.ts";
import { listOffsets, OffsetSpec } from "../consumer/list-offsets.ts";
import { assignRanges } from "./range-assignor.ts";

const joinGroupCall = apiCall(ApiKey.JOIN_GROUP, joinGroupRequest, joinGroupResponse);
const syncGroupCall = apiCall(ApiKey.SYNC_GROUP, syncGroupRequest, syncGroupResponse);
const heartbeatCall = apiCall(ApiKey.HEARTBEAT, heartbeatRequest, heartbeatResponse);
const leaveGroupCall = apiCall(ApiKey.LEAVE_GROUP, leaveGroupRequest, leaveGroupResponse);

const SESSION_TIMEOUT_MS = 45_000;
const HEARTBEAT_INTERVAL_MS = 3_000;
/** How long the group waits for a member that works on records; also how long joining may take. */
const REBALANCE_TIMEOUT_MS = 60_000;
const ASSIGNOR = "range";

export interface GroupConsumerOptions extends ConsumerOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Where to begin in a partition for which the group has no offset. Default `earliest`. */
  readonly from?: "earliest" | "latest";
  readonly sessionTimeoutMs?: number;
  readonly heartbeatIntervalMs?: number;
}

/** What the group answers to a member that must join again. */
const rejoinCodes: ReadonlySet<number> = new Set<number>([
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
]);

/**
 * A member of a classic group: joins, reads what it is assigned, sends heartbeats on its own, joins
 * again when the group rebalances. What `poll` gave before is committed by {@link commit}, and by
 * itself before a rebalance and on {@link close}.
 */
export class GroupConsumer {
  readonly #cluster: Cluster;
  readonly #channel: string;
  readonly #options: GroupConsumerOptions;
  readonly #consumer: Consumer;
  #member: Committer = NO_MEMBER;
  #joined = false;
  #heartbeat: Timer | undefined;
  #assignment: readonly TopicPartition[] = [];
  #committed: readonly Position[] = [];
  #closed = false;

  constructor(cluster: Cluster, options: GroupConsumerOptions) {
    this.#cluster = cluster;
    this.#channel = cluster.newChannel("group");
    this.#options = options;
    this.#consumer = new Consumer(cluster, {
      onOutOfRange: options.from ?? "earliest",
      ...options,
    });
  }

  /** What this member reads at the moment. */
  get assignment(): readonly TopicPartition[] {
    return this.#assignment;
  }

  /** Whether all that is assigned has been read to its end; false while not a member. */
  get atEnd(): boolean {
    return this.#joined && this.#consumer.atEnd;
  }

  positions(): readonly Position[] {
    return this.#consumer.positions();
  }

  /** The next records, or none after `maxWaitMs`; joining may take longer. */
  async poll(maxWaitMs: number, signal?: AbortSignal): Promise<readonly ConsumedRecord[]> {
    if (!this.#joined) await this.#join(signal);
    if (this.#assignment.length === 0) {
      await this.#cluster.deadline({ timeoutMs: maxWaitMs, signal }).wait(maxWaitMs);
      return [];
    }
    return this.#consumer.poll(maxWaitMs, signal);
  }

  /** Commits what `poll` has given so far. After a rebalance that came in between it does nothing. */
  async commit(): Promise<void> {
    const positions = this.positions();
    const news = positions.filter(
      (position) =>
        !this.#committed.some(
          (old) =>
            old.topic === position.topic &&
            old.partition === position.partition &&
            old.offset === position.offset,
        ),
    );
    if (!this.#joined || news.length === 0) return;
    try {
      const deadline = this.#cluster.deadline();
      await commitOffsets(this.#cluster, this.#options.group, news, this.#member, deadline);
      this.#committed = positions;
    } catch (thrown) {
      if (!this.#mustRejoin(thrown)) throw thrown;
    }
  }

  /** Commits, and leaves the group, so that others need not wait for the session to end. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.commit();
    this.#heartbeat?.cancel();
    const { memberId } = this.#member;
    if (memberId === "") return;
    const { group } = this.#options;
    const deadline = this.#cluster.deadline();
    const connection = await this.#coordinator(deadline);
    const inList = (connection.versionOf(leaveGroupCall) ?? 0) >= 3;
    await connection.request(
      leaveGroupCall,
      {
        groupId: group,
        memberId: inList ? "" : memberId,
        members: inList ? [{ memberId }] : [],
      },
      this.#cluster.bounds(deadline),
    );
  }

  async #join(signal: AbortSignal | undefined): Promise<void> {
    this.#heartbeat?.cancel();
    const deadline = this.#cluster.deadline({ timeoutMs: REBALANCE_TIMEOUT_MS * 2, signal });
    await deadline.retry(
      async () => {
        const joined = await this.#sendJoin(deadline);
        const assignment = await this.#sendSync(joined, deadline);
        await this.#begin(assignment, deadline);
      },
      (thrown) => {
        this.#cluster.forget(thrown);
        this.#forgetMembership(thrown);
      },
    );
    this.#joined = true;
    this.#scheduleHeartbeat();
  }

  async #sendJoin(deadline: Deadline): Promise<JoinGroupResponse> {
    const { group, topics, sessionTimeoutMs = SESSION_TIMEOUT_MS } = this.#options;
    const connection = await this.#coordinator(deadline);
    const request = {
      groupId: group,
      sessionTimeoutMs,
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      memberId: this.#member.memberId,
      protocolType: CONSUMER_PROTOCOL_TYPE,
      protocols: [{ name: ASSIGNOR, metadata: encodeSubscription(topics) }],
    };
    const bounds = { timeoutMs: REBALANCE_TIMEOUT_MS + 5_000, signal: deadline.signal };
    const response = await connection.request(joinGroupCall, request, bounds);
    if (response.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      // The coordinator gives the id first, so that a join that got lost leaves no ghost (KIP-394).
      this.#member = { memberId: response.memberId, generationId: -1 };
      return this.#sendJoin(deadline);
    }
    this.#throwOnGroupError(response.errorCode);
    this.#member = { memberId: response.memberId, generationId: response.generationId };
    return response;
  }

  async #sendSync(
    joined: JoinGroupResponse,
    deadline: Deadline,
  ): Promise<readonly TopicPartition[]> {
    const { group } = this.#options;
    const leads = joined.leader === this.#member.memberId && !joined.skipAssignment;
    const assignments = leads ? await this.#assign(joined, deadline) : [];
    const connection = await this.#coordinator(deadline);
    const response = await connection.request(
      syncGroupCall,
      {
        groupId: group,
        ...this.#member,
        protocolType: CONSUMER_PROTOCOL_TYPE,
        protocolName: joined.protocolName,
        assignments,
      },
      { timeoutMs: REBALANCE_TIMEOUT_MS + 5_000, signal: deadline.signal },
    );
    this.#throwOnGroupError(response.errorCode);
    return decodeAssignment(response.assignment);
  }

  /** As the leader: who reads what. */
  async #assign(
    joined: JoinGroupResponse,
    deadline: Deadline,
  ): Promise<{ memberId: string; assignment: Buffer }[]> {
    const members = joined.members.map(({ memberId, metadata }) => ({
      memberId,
      topics: decodeSubscription(metadata),
    }));
    const topics = [...new Set(members.flatMap((member) => member.topics))].sort();
    const found = await this.#cluster.metadataOf(topics, {
      timeoutMs: deadline.remainingMs(),
      signal: deadline.signal,
    });
    const counts = new Map<string, number>();
    for (const { name, partitions } of found) {
      if (name !== null && partitions.length > 0) counts.set(name, partitions.length);
    }
    return [...assignRanges(members, counts)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(partitions),
    }));
  }

  /** Reads on where the group stopped, or where the options say. */
  async #begin(assignment: readonly TopicPartition[], deadline: Deadline): Promise<void> {
    const { group, from = "earliest" } = this.#options;
    const committed = await fetchCommitted(this.#cluster, group, deadline);
    const positions: Position[] = [];
    const without: TopicPartition[] = [];
    for (const wanted of assignment) {
      const found = committed.find(
        ({ topic, partition }) => topic === wanted.topic && partition === wanted.partition,
      );
      if (found === undefined) without.push(wanted);
      else positions.push(found);
    }
    const options = { timeoutMs: deadline.remainingMs(), signal: deadline.signal };
    if (without.length > 0) {
      positions.push(...(await listOffsets(this.#cluster, without, OffsetSpec[from], options)));
    }
    this.#consumer.assign(positions);
    this.#assignment = assignment;
    this.#committed = committed;
  }

  #coordinator(deadline: Deadline): Promise<BrokerConnection> {
    return this.#cluster.coordinatorOf(this.#options.group, deadline, this.#channel);
  }

  #scheduleHeartbeat(): void {
    const interval = this.#options.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS;
    this.#heartbeat = this.#cluster.platform.clock.setTimer(interval, () => {
      void this.#sendHeartbeat();
    });
  }

  async #sendHeartbeat(): Promise<void> {
    const { group } = this.#options;
    const member = this.#member;
    try {
      const deadline = this.#cluster.deadline();
      const connection = await this.#coordinator(deadline);
      const body = { groupId: group, ...member };
      const bounds = this.#cluster.bounds(deadline);
      const { errorCode } = await connection.request(heartbeatCall, body, bounds);
      throwOnError(errorCode, { group });
    } catch (thrown) {
      if (this.#member !== member || this.#closed) return;
      const { code: reason } = thrown instanceof KafkaError ? thrown : { code: "unknown" };
      this.#cluster.logger.debug("heartbeat failed", { group, reason });
      this.#cluster.forget(thrown);
      if (thrown instanceof KafkaError && rejoinCodes.has(thrown.errorCode ?? 0)) {
        // While the group waits for this member, what was read can still be committed.
        if (thrown.errorCode === ErrorCode.REBALANCE_IN_PROGRESS) await this.#commitQuietly();
        this.#mustRejoin(thrown);
        return;
      }
      if (!isRetriableError(thrown)) this.#joined = false;
    }
    if (this.#joined && !this.#closed && this.#member === member) this.#scheduleHeartbeat();
  }

  async #commitQuietly(): Promise<void> {
    try {
      await this.commit();
    } catch (thrown) {
      this.#cluster.logger.debug("commit before a rebalance failed", { error: thrown });
    }
  }

  /** Takes note that the group wants this member to join again; false for any other failure. */
  #mustRejoin(thrown: unknown): boolean {
    if (!(thrown instanceof KafkaError) || !rejoinCodes.has(thrown.errorCode ?? 0)) return false;
    this.#forgetMembership(thrown);
    this.#joined = false;
    this.#assignment = [];
    this.#consumer.assign([]);
    return true;
  }

  #forgetMembership(thrown: unknown): void {
    if (!(thrown instanceof KafkaError)) return;
    if (thrown.errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#member = NO_MEMBER;
  }

  /** What comes in between while joining is a reason to begin again. */
  #throwOnGroupError(errorCode: number): void {
    if (errorCode === ErrorCode.NONE) return;
    const { message, code, retriable, context } = brokerError(errorCode, {
      group: this.#options.group,
    });
    const again = retriable || rejoinCodes.has(errorCode);
    throw new KafkaError(message, { code, errorCode, retriable: again, context });
  }
}
