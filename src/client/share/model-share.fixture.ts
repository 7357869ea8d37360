import assert from "node:assert/strict";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../../protocol/messages/find-coordinator.ts";
import {
  shareAcknowledgeRequest,
  shareAcknowledgeResponse,
  type ShareAcknowledgeRequest,
  type ShareAcknowledgeResponseInput,
} from "../../protocol/messages/share-acknowledge.ts";
import {
  shareFetchRequest,
  shareFetchResponse,
  type ShareFetchRequest,
  type ShareFetchResponseInput,
} from "../../protocol/messages/share-fetch.ts";
import {
  shareGroupHeartbeatRequest,
  shareGroupHeartbeatResponse,
  type ShareGroupHeartbeatRequest,
  type ShareGroupHeartbeatResponseInput,
} from "../../protocol/messages/share-group-heartbeat.ts";
import type { ElementOf } from "../../protocol/schema.ts";
import type { ModelCluster } from "../consumer/model-cluster.fixture.ts";
import type { ModelLog } from "../consumer/model-log.fixture.ts";
import { AcknowledgeType } from "./acknowledgements.ts";
import { partitionKey } from "./share-partition.ts";

type AskedPartition = ElementOf<ElementOf<ShareFetchRequest["topics"]>["partitions"]>;
type AskedBatch = ElementOf<AskedPartition["acknowledgementBatches"]>;

/** What befalls requests; `undefined` is nothing. */
export interface ShareFaults {
  /** A ShareFetch or a ShareAcknowledge: an error code, or the connection is lost before or after it was taken. */
  request?: () => number | "lost" | "unanswered" | undefined;
  /** One partition of an answer. */
  partition?: () => number | undefined;
  /** What is acknowledged of one partition. */
  acknowledge?: () => number | undefined;
  heartbeat?: () => number | undefined;
}

/** A record as the leader of its partition keeps it for the group. */
export interface ModelRecord {
  state: "available" | "acquired" | "acknowledged" | "archived";
  count: number;
  owner: string;
  lockedUntilMs: number;
  /** What it was said to be: why it is archived. */
  said: number | undefined;
}

interface Session {
  epoch: number;
  readonly partitions: Map<string, ModelPartition>;
}

interface ModelPartition {
  readonly topicId: string;
  readonly index: number;
  readonly log: ModelLog;
  readonly records: Map<number, ModelRecord>;
}

interface Member {
  epoch: number;
  topics: readonly string[];
  hasAll: boolean;
}

const LOOK_MS = 10;
const HEARTBEAT_MS = 500;
const RENEW_VERSION = 2;

/**
 * A share group on the brokers of a model cluster, by Kafka's rules (KIP-932): membership, sessions, and the state of
 * each record. It insists on what a client must not do: acknowledge what is there as a gap, begin a session with
 * acknowledgements, say two things of one record.
 */
export class ModelShare {
  readonly lockMs: number;
  faults: ShareFaults = {};
  readonly heartbeats: ShareGroupHeartbeatRequest[] = [];
  readonly fetches: ShareFetchRequest[] = [];
  readonly acknowledges: ShareAcknowledgeRequest[] = [];
  readonly members = new Map<string, Member>();
  readonly #cluster: ModelCluster;
  readonly #partitions = new Map<string, ModelPartition>();
  readonly #sessions = new Map<string, Session>();

  constructor(cluster: ModelCluster, lockMs: number) {
    this.#cluster = cluster;
    this.lockMs = lockMs;
    for (const { id, logs } of cluster.topics.values()) {
      for (const [index, log] of logs.entries()) {
        const partition = { topicId: id, index, log, records: new Map<number, ModelRecord>() };
        this.#partitions.set(partitionKey(id, index), partition);
      }
    }
    for (const [nodeId, broker] of cluster.brokers) {
      const [first] = cluster.brokers;
      const [id, { host, port }] = first!;
      broker.serve(findCoordinatorRequest, findCoordinatorResponse, ({ coordinatorKeys }) => ({
        coordinators: coordinatorKeys.map((key) => ({ key, nodeId: id, host, port })),
      }));
      broker.serve(shareGroupHeartbeatRequest, shareGroupHeartbeatResponse, (request) =>
        this.#heartbeat(request),
      );
      broker.serve(shareFetchRequest, shareFetchResponse, (request) =>
        this.#fetch(nodeId, request),
      );
      broker.serve(shareAcknowledgeRequest, shareAcknowledgeResponse, (request, { apiVersion }) =>
        this.#acknowledge(nodeId, request, apiVersion),
      );
    }
  }

  /** The state of a record of a topic's partition. */
  record(topic: string, partition: number, offset: number): ModelRecord | undefined {
    const { id } = this.#cluster.topics.get(topic)!;
    return this.#partitions.get(partitionKey(id, partition))?.records.get(offset);
  }

  /** Another broker leads the partition: what was acquired is not any more. */
  moved(log: ModelLog): void {
    for (const partition of this.#partitions.values()) {
      if (partition.log === log) this.#release(partition, () => true);
    }
  }

  /** Connections to a broker are lost, and the sessions that lived on them. */
  dropSessions(nodeId: number): void {
    for (const key of this.#sessions.keys()) {
      if (key.startsWith(`${nodeId} `)) this.#dropSession(key);
    }
  }

  /** Gives a member all partitions, or none. */
  assign(memberId: string, hasAll: boolean): void {
    const member = this.members.get(memberId);
    if (member === undefined || member.hasAll === hasAll) return;
    member.hasAll = hasAll;
    member.epoch++;
  }

  #nowMs(): number {
    return this.#cluster.clock.monotonicMs();
  }

  #heartbeat(request: ShareGroupHeartbeatRequest): ShareGroupHeartbeatResponseInput {
    this.heartbeats.push(request);
    const fault = this.faults.heartbeat?.();
    if (fault !== undefined) return { errorCode: fault };
    const { memberId, memberEpoch, subscribedTopicNames } = request;
    if (memberEpoch === 0) {
      assert.ok(subscribedTopicNames !== null, "a member that joins says what it reads");
      const topics = subscribedTopicNames;
      this.members.set(memberId, { epoch: 1, topics, hasAll: true });
    }
    const member = this.members.get(memberId);
    if (member === undefined) return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID };
    if (memberEpoch === -1) {
      this.members.delete(memberId);
      return { memberId, memberEpoch };
    }
    if (memberEpoch > member.epoch) return { errorCode: ErrorCode.FENCED_MEMBER_EPOCH };
    if (subscribedTopicNames !== null) member.topics = subscribedTopicNames;
    const isNews = memberEpoch !== member.epoch || subscribedTopicNames !== null;
    return {
      memberId,
      memberEpoch: member.epoch,
      heartbeatIntervalMs: HEARTBEAT_MS,
      assignment: isNews ? { topicPartitions: this.#assignmentOf(member) } : null,
    };
  }

  #assignmentOf({ topics, hasAll }: Member) {
    if (!hasAll) return [];
    return topics.flatMap((name) => {
      const topic = this.#cluster.topics.get(name);
      if (topic === undefined) return [];
      return [{ topicId: topic.id, partitions: topic.logs.map((_log, index) => index) }];
    });
  }

  async #fetch(
    nodeId: number,
    request: ShareFetchRequest,
  ): Promise<ShareFetchResponseInput | "close"> {
    this.fetches.push(request);
    const { shareSessionEpoch } = request;
    const key = `${nodeId} ${request.memberId}`;
    const fault = this.faults.request?.();
    if (fault === "lost") return this.#lose(key);
    if (typeof fault === "number") return { errorCode: fault };
    const session = this.#sessionOf(key, shareSessionEpoch, request);
    if (typeof session === "number") return { errorCode: session };
    const answers = new Map<string, number>();
    for (const { topicId, partitions } of request.topics) {
      for (const asked of partitions) {
        const at = partitionKey(topicId, asked.partitionIndex);
        session.partitions.set(at, this.#partitions.get(at)!);
        if (asked.acknowledgementBatches.length === 0) continue;
        assert.ok(shareSessionEpoch > 0, "a session begins without acknowledgements");
        answers.set(at, this.#apply(nodeId, at, request.memberId ?? "", asked, false));
      }
    }
    for (const { topicId, partitions } of request.forgottenTopicsData) {
      for (const index of partitions) {
        assert.ok(session.partitions.delete(partitionKey(topicId, index)), "forgets what is there");
      }
    }
    const untilMs = this.#nowMs() + request.maxWaitMs;
    for (;;) {
      if (this.#sessions.get(key) !== session) return "close";
      const responses = this.#acquire(nodeId, request, session, answers);
      const hasNews = responses.length > answers.size || answers.size > 0;
      if (hasNews || this.#nowMs() >= untilMs) {
        if (fault === "unanswered") return this.#lose(key);
        const nodeEndpoints = this.#endpoints();
        return { acquisitionLockTimeoutMs: this.lockMs, responses, nodeEndpoints };
      }
      await this.#pause();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#cluster.clock.setTimer(LOOK_MS, resolve);
    });
  }

  #acknowledge(
    nodeId: number,
    request: ShareAcknowledgeRequest,
    version: number,
  ): ShareAcknowledgeResponseInput | "close" {
    this.acknowledges.push(request);
    const { shareSessionEpoch, memberId, isRenewAck, topics } = request;
    const key = `${nodeId} ${memberId}`;
    const fault = this.faults.request?.();
    if (fault === "lost") return this.#lose(key);
    if (typeof fault === "number") return { errorCode: fault };
    assert.notEqual(shareSessionEpoch, 0, "a session does not begin with a ShareAcknowledge");
    const session = this.#sessionOf(key, shareSessionEpoch, undefined);
    if (typeof session === "number") return { errorCode: session };
    const responses = topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map((asked) => {
        const at = partitionKey(topicId, asked.partitionIndex);
        return {
          partitionIndex: asked.partitionIndex,
          errorCode: this.#apply(nodeId, at, memberId ?? "", asked, isRenewAck),
          currentLeader: this.#leaderOf(at),
        };
      }),
    }));
    if (shareSessionEpoch === -1) this.#dropSession(key);
    if (fault === "unanswered") return this.#lose(key);
    const nodeEndpoints = this.#endpoints();
    return version < RENEW_VERSION
      ? { responses, nodeEndpoints }
      : { acquisitionLockTimeoutMs: this.lockMs, responses, nodeEndpoints };
  }

  #endpoints() {
    return [...this.#cluster.brokers].map(([nodeId, { host, port }]) => ({ nodeId, host, port }));
  }

  #leaderOf(at: string) {
    if (!this.#cluster.givesHints) return {};
    const { leaderId, leaderEpoch } = this.#partitions.get(at)!.log;
    return { leaderId, leaderEpoch };
  }

  /** The session that a request belongs to, an error code where there is none. */
  #sessionOf(key: string, epoch: number, begins: ShareFetchRequest | undefined): Session | number {
    if (epoch === 0 && begins !== undefined) {
      assert.equal(begins.forgottenTopicsData.length, 0, "nothing to forget without a session");
      this.#dropSession(key);
      const session = { epoch: 1, partitions: new Map<string, ModelPartition>() };
      this.#sessions.set(key, session);
      return session;
    }
    const session = this.#sessions.get(key);
    if (session === undefined) return ErrorCode.SHARE_SESSION_NOT_FOUND;
    if (epoch === -1) return session;
    if (session.epoch !== epoch) return ErrorCode.INVALID_SHARE_SESSION_EPOCH;
    session.epoch++;
    return session;
  }

  #lose(key: string): "close" {
    this.#dropSession(key);
    return "close";
  }

  #dropSession(key: string): void {
    if (!this.#sessions.delete(key)) return;
    const [nodeId = "", owner = ""] = key.split(" ");
    for (const partition of this.#partitions.values()) {
      if (partition.log.leaderId === Number(nodeId)) {
        this.#release(partition, (record) => record.owner === owner);
      }
    }
  }

  #release({ records }: ModelPartition, isMeant: (record: ModelRecord) => boolean): void {
    for (const record of records.values()) {
      if (record.state === "acquired" && isMeant(record)) record.state = "available";
    }
  }

  /** All that is said of one partition counts, or nothing. */
  #apply(
    nodeId: number,
    at: string,
    memberId: string,
    { acknowledgementBatches }: Pick<AskedPartition, "acknowledgementBatches">,
    isRenewAck: boolean,
  ): number {
    const partition = this.#partitions.get(at)!;
    const fault = this.faults.acknowledge?.();
    if (fault !== undefined) return fault;
    if (partition.log.leaderId !== nodeId) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    const said = acknowledgementBatches.flatMap(each);
    const offsets = said.map(([offset]) => offset);
    assert.deepEqual(
      offsets,
      [...new Set(offsets)].sort((a, b) => a - b),
      "one thing, in order",
    );
    this.#expire(partition);
    for (const [offset, type] of said) {
      const record = partition.records.get(offset);
      assert.ok(record !== undefined, "what was acquired is acknowledged");
      assert.ok(type !== AcknowledgeType.RENEW || isRenewAck, "a request says that it renews");
      if (type === AcknowledgeType.GAP) {
        assert.ok(!partition.log.visible(false).has(offset), `record ${offset} is no gap`);
      }
      if (record.state !== "acquired" || record.owner !== memberId) {
        return ErrorCode.INVALID_RECORD_STATE;
      }
    }
    for (const [offset, type] of said) this.#become(partition.records.get(offset)!, type);
    return ErrorCode.NONE;
  }

  #become(record: ModelRecord, type: number): void {
    if (type === AcknowledgeType.RENEW) {
      record.lockedUntilMs = this.#nowMs() + this.lockMs;
      return;
    }
    record.said = type;
    if (type === AcknowledgeType.ACCEPT) record.state = "acknowledged";
    else record.state = type === AcknowledgeType.RELEASE ? "available" : "archived";
  }

  #expire(partition: ModelPartition): void {
    const nowMs = this.#nowMs();
    this.#release(partition, ({ lockedUntilMs }) => lockedUntilMs <= nowMs);
  }

  #acquire(
    nodeId: number,
    request: ShareFetchRequest,
    session: Session,
    answers: ReadonlyMap<string, number>,
  ) {
    const responses = [];
    let left = request.maxRecords;
    for (const [at, partition] of session.partitions) {
      const { topicId, index, log } = partition;
      const answered = answers.get(at);
      const errorCode =
        this.faults.partition?.() ??
        (log.leaderId === nodeId ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER);
      const taken =
        errorCode === ErrorCode.NONE
          ? this.#takeOf(partition, request.memberId ?? "", left)
          : NOTHING;
      if (errorCode === 0 && taken.acquired.length === 0 && answered === undefined) continue;
      for (const { firstOffset, lastOffset } of taken.acquired)
        left -= lastOffset - firstOffset + 1;
      const data = {
        partitionIndex: index,
        errorCode,
        acknowledgeErrorCode: answered ?? ErrorCode.NONE,
        records: taken.bytes,
        acquiredRecords: taken.acquired,
        currentLeader: errorCode === ErrorCode.NONE ? {} : this.#leaderOf(at),
      };
      responses.push({ topicId, partitions: [data] });
    }
    return responses;
  }

  /** Whole batches that have something to acquire, up to so many records. */
  #takeOf(partition: ModelPartition, owner: string, max: number) {
    this.#expire(partition);
    const { log, records } = partition;
    const acquired: { firstOffset: number; lastOffset: number; deliveryCount: number }[] = [];
    const bytes: Buffer[] = [];
    let left = max;
    for (const batch of log.batches) {
      if (left <= 0) break;
      let isWanted = false;
      for (let offset = batch.baseOffset; offset <= batch.lastOffset; offset++) {
        const record = records.get(offset) ?? newRecord();
        records.set(offset, record);
        if (record.state !== "available") continue;
        record.state = "acquired";
        record.count++;
        record.owner = owner;
        record.lockedUntilMs = this.#nowMs() + this.lockMs;
        isWanted = true;
        left--;
        const last = acquired.at(-1);
        if (last?.lastOffset === offset - 1 && last.deliveryCount === record.count) {
          last.lastOffset = offset;
        } else
          acquired.push({ firstOffset: offset, lastOffset: offset, deliveryCount: record.count });
      }
      // Batches in between come with the others, as one piece of the log.
      if (isWanted || bytes.length > 0) bytes.push(batch.bytes);
    }
    return { acquired, bytes: Buffer.concat(bytes) };
  }
}

const NOTHING = { acquired: [], bytes: Buffer.alloc(0) };

function newRecord(): ModelRecord {
  return { state: "available", count: 0, owner: "", lockedUntilMs: 0, said: undefined };
}

function each({ firstOffset, lastOffset, acknowledgeTypes }: AskedBatch): [number, number][] {
  const count = lastOffset - firstOffset + 1;
  assert.ok(count > 0, "an acknowledgement is of something");
  const { length } = acknowledgeTypes;
  assert.ok(length === 1 || length === count, "one type for all, or one for each");
  return Array.from({ length: count }, (_, i) => [
    firstOffset + i,
    acknowledgeTypes[length === 1 ? 0 : i]!,
  ]);
}
