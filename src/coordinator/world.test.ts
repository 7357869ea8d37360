/** A coordinator in a world of its own for the tests of this room: virtual time, a log in memory. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ZERO_UUID, type Uuid } from "../core/uuid.ts";
import type { Clock, Timer } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { decodeMessage, encodeMessage } from "../protocol/codec.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { deleteGroupsResponse } from "../protocol/messages/delete-groups.ts";
import { describeGroupsResponse } from "../protocol/messages/describe-groups.ts";
import { heartbeatResponse } from "../protocol/messages/heartbeat.ts";
import { joinGroupResponse, type JoinGroupRequest } from "../protocol/messages/join-group.ts";
import { leaveGroupResponse, type LeaveGroupRequest } from "../protocol/messages/leave-group.ts";
import { listGroupsResponse } from "../protocol/messages/list-groups.ts";
import {
  offsetCommitResponse,
  type OffsetCommitRequest,
} from "../protocol/messages/offset-commit.ts";
import { offsetDeleteResponse } from "../protocol/messages/offset-delete.ts";
import { offsetFetchResponse, type OffsetFetchRequest } from "../protocol/messages/offset-fetch.ts";
import { syncGroupResponse } from "../protocol/messages/sync-group.ts";
import { consumerProtocolSubscription } from "../protocol/records/common/consumer-protocol-subscription.ts";
import { BatchBuilder } from "../records/build.ts";
import {
  baseOffsetAt,
  nextOffsetAt,
  RecordBatchView,
  stampBatch,
} from "../records/record-batch.ts";
import type { AnyMessage, InputOf, ValueOf } from "../protocol/schema.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { GroupCoordinator } from "./group-coordinator.ts";
import {
  defaultGroupCoordinatorSettings,
  type GroupCoordinatorSettings,
} from "./group-coordinator-settings.ts";
import type { GroupRequestContext, TopicLookup } from "./group-request.ts";
import { decodeGroupRecord, type GroupRecord } from "./group/group-records.ts";
import type { CoordinatorAppendResult, CoordinatorLog, CoordinatorReadResult } from "./log-port.ts";

const START_MS = 1_700_000_000_000;

interface Event {
  readonly atMs: number;
  readonly order: number;
  fire: (() => void) | undefined;
}

/** Time that passes only when it is told to, without promises. */
export class TestClock implements Clock {
  #elapsedMs = 0;
  #order = 0;
  #events: Event[] = [];

  nowMs(): number {
    return START_MS + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const event: Event = { atMs: this.#elapsedMs + delayMs, order: this.#order++, fire };
    this.#events.push(event);
    return {
      cancel: () => {
        event.fire = undefined;
      },
    };
  }

  defer(fire: () => void): void {
    this.setTimer(0, fire);
  }

  /** Lets time pass, and everything happen that is due by then; 0 lets the turn of the loop end. */
  advance(ms = 0): void {
    const untilMs = this.#elapsedMs + ms;
    for (;;) {
      let next: Event | undefined;
      for (const event of this.#events) {
        if (event.atMs > untilMs) continue;
        if (next === undefined || event.atMs < next.atMs) next = event;
        else if (event.atMs === next.atMs && event.order < next.order) next = event;
      }
      if (next === undefined) break;
      this.#events = this.#events.filter((event) => event !== next && event.fire !== undefined);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.fire?.();
    }
    this.#elapsedMs = untilMs;
  }

  get timers(): number {
    return this.#events.filter((event) => event.fire !== undefined).length;
  }
}

interface MemoryPartition {
  readonly batches: Buffer[];
  startOffset: number;
  endOffset: number;
  highWatermark: number;
  listener: ((highWatermark: number) => void) | undefined;
}

/** Partitions of `__consumer_offsets` in memory. */
export class MemoryLog implements CoordinatorLog {
  readonly #partitions = new Map<number, MemoryPartition>();
  /** Whether what is appended is committed at once. */
  commitAtOnce = true;
  /** What the next append fails with. */
  failNextAppend: ErrorCode | undefined;
  maxBytes = 1_048_588;
  appends = 0;
  failures = 0;

  #partition(index: number): MemoryPartition {
    let partition = this.#partitions.get(index);
    if (partition === undefined) {
      partition = {
        batches: [],
        startOffset: 0,
        endOffset: 0,
        highWatermark: 0,
        listener: undefined,
      };
      this.#partitions.set(index, partition);
    }
    return partition;
  }

  append(index: number, batch: Buffer, leaderEpoch: number): CoordinatorAppendResult {
    const error = this.failNextAppend;
    this.failNextAppend = undefined;
    if (error !== undefined) {
      this.failures++;
      return { kind: "failed", error };
    }
    assert.ok(batch.length <= this.maxBytes, "a batch that is too large");
    this.appends++;
    const partition = this.#partition(index);
    const baseOffset = partition.endOffset;
    stampBatch(batch, 0, baseOffset, leaderEpoch);
    partition.batches.push(batch);
    partition.endOffset = nextOffsetAt(batch, 0);
    if (this.commitAtOnce) this.commit(index);
    return { kind: "appended", baseOffset, lastOffset: partition.endOffset - 1 };
  }

  /** Puts a batch at the end without a coordinator: what another broker has left. */
  put(index: number, batch: Buffer): void {
    const partition = this.#partition(index);
    if (baseOffsetAt(batch, 0) === 0) stampBatch(batch, 0, partition.endOffset, 0);
    partition.batches.push(batch);
    partition.endOffset = nextOffsetAt(batch, 0);
    if (this.commitAtOnce) partition.highWatermark = partition.endOffset;
  }

  /** Raises the high watermark to the end of the log, or to the given offset. */
  commit(index: number, upTo?: number): void {
    const partition = this.#partition(index);
    partition.highWatermark = upTo ?? partition.endOffset;
    partition.listener?.(partition.highWatermark);
  }

  isCommitted(index: number): boolean {
    const { highWatermark, endOffset } = this.#partition(index);
    return highWatermark === endOffset;
  }

  /** Loses what is not committed, as the log of a leader that was replaced does. */
  truncateToHighWatermark(index: number): void {
    const partition = this.#partition(index);
    while (partition.endOffset > partition.highWatermark) {
      partition.endOffset = baseOffsetAt(partition.batches.pop()!, 0);
    }
  }

  commitAll(): void {
    for (const index of this.#partitions.keys()) this.commit(index);
  }

  read(index: number, fromOffset: number, maxBytes: number): CoordinatorReadResult {
    const found: Buffer[] = [];
    let size = 0;
    for (const batch of this.#partition(index).batches) {
      if (nextOffsetAt(batch, 0) <= fromOffset) continue;
      if (found.length > 0 && size + batch.length > maxBytes) break;
      found.push(batch);
      size += batch.length;
    }
    return { kind: "batches", bytes: Buffer.concat(found) };
  }

  logStartOffset(index: number): number {
    return this.#partition(index).startOffset;
  }

  logEndOffset(index: number): number {
    return this.#partition(index).endOffset;
  }

  highWatermark(index: number): number {
    return this.#partition(index).highWatermark;
  }

  maxMessageBytes(): number {
    return this.maxBytes;
  }

  onHighWatermark(index: number, listener: ((highWatermark: number) => void) | undefined): void {
    this.#partition(index).listener = listener;
  }

  /** The same partitions in a world of their own. */
  copy(): MemoryLog {
    const log = new MemoryLog();
    for (const [index, partition] of this.#partitions) {
      for (const batch of partition.batches) log.put(index, Buffer.from(batch));
    }
    return log;
  }

  /** Everything that was ever written, decoded. */
  *records(): Generator<{
    partition: number;
    offset: number;
    leaderEpoch: number;
    record: GroupRecord;
  }> {
    for (const [index, { batches }] of this.#partitions) {
      for (const bytes of batches) {
        const batch = new RecordBatchView(bytes);
        if (batch.isControl) continue;
        for (const { key, value, offset } of batch.records()) {
          const record = decodeGroupRecord(key!, value);
          if (record === undefined) continue;
          yield { partition: index, offset, leaderEpoch: batch.partitionLeaderEpoch, record };
        }
      }
    }
  }
}

/** Numbers that look random and are the same every time. */
export class TestRandom implements Random {
  #state: number;

  constructor(seed = 1) {
    this.#state = seed >>> 0;
  }

  #next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state;
  }

  bytes(size: number): Buffer {
    const bytes = Buffer.alloc(size);
    for (let i = 0; i < size; i++) bytes[i] = this.#next() >>> 24;
    return bytes;
  }

  below(bound: number): number {
    return Math.floor((this.#next() / 2 ** 32) * bound);
  }
}

/** Topics of the world: `orders` and `payments` with 4 partitions each. */
export const ORDERS = "orders";
export const PAYMENTS = "payments";
export const ORDERS_ID: Uuid = "OOOOOOOOOOOOOOOOOOOOOA";
export const PAYMENTS_ID: Uuid = "PPPPPPPPPPPPPPPPPPPPPA";
const idByName = new Map([
  [ORDERS, ORDERS_ID],
  [PAYMENTS, PAYMENTS_ID],
]);

export const topics: TopicLookup = {
  nameOf: (id) => [...idByName.entries()].find(([, topicId]) => topicId === id)?.[0],
  idOf: (name) => idByName.get(name),
  partitionCountOf: (name) => (idByName.has(name) ? 4 : undefined),
};

/** A response that may not be there yet, as a client reads it: encoded and decoded again. */
export class Call<M extends AnyMessage> {
  readonly #schema: M;
  readonly #version: number;
  #response: InputOf<M> | undefined;
  #count = 0;

  constructor(schema: M, version: number) {
    this.#schema = schema;
    this.#version = version;
  }

  readonly respond = (response: InputOf<M>): void => {
    this.#count++;
    assert.equal(this.#count, 1, "a request was answered twice");
    this.#response = response;
  };

  get isAnswered(): boolean {
    return this.#count > 0;
  }

  get response(): ValueOf<M> {
    assert.ok(this.#response !== undefined, "the request is not answered");
    const bytes = encodeMessage(this.#schema, this.#version, this.#response);
    return decodeMessage(this.#schema, this.#version, bytes);
  }
}

export interface WorldOptions {
  readonly log?: MemoryLog;
  readonly settings?: Partial<GroupCoordinatorSettings["groups"]>;
  readonly shards?: Partial<GroupCoordinatorSettings["shards"]>;
  readonly partitionCount?: number;
  readonly clock?: TestClock;
  readonly seed?: number;
  /** Otherwise all partitions are led and loaded. */
  readonly electNone?: boolean;
}

/** Topics of a subscription as the consumers of that time would send it. */
export function subscription(...subscribed: string[]): Buffer {
  const body = encodeMessage(consumerProtocolSubscription, 0, {
    topics: subscribed,
    userData: null,
  });
  return Buffer.concat([Buffer.from([0, 0]), body]);
}

export const SESSION_MS = 10_000;
export const REBALANCE_MS = 60_000;
/** A generation that no group reaches. */
export const OTHER_GENERATION = 99;

export interface JoinOptions {
  readonly groupId?: string;
  readonly memberId?: string;
  readonly instanceId?: string | null;
  readonly version?: number;
  readonly protocolType?: string;
  readonly protocols?: readonly { readonly name: string; readonly metadata: Buffer }[];
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly clientId?: string;
}

export interface CommitOptions {
  readonly groupId?: string;
  readonly memberId?: string;
  readonly instanceId?: string | null;
  readonly generation?: number;
  readonly version?: number;
  readonly topic?: string;
  readonly topicId?: Uuid;
  readonly partition?: number;
  readonly offset?: number;
  readonly metadata?: string | null;
  readonly retentionTimeMs?: number;
}

export class World {
  readonly clock: TestClock;
  readonly log: MemoryLog;
  readonly coordinator: GroupCoordinator;
  readonly partitionCount: number;

  constructor(options: WorldOptions = {}) {
    this.clock = options.clock ?? new TestClock();
    this.log = options.log ?? new MemoryLog();
    this.partitionCount = options.partitionCount ?? 1;
    this.coordinator = new GroupCoordinator({
      clock: this.clock,
      random: new TestRandom(options.seed),
      logger: silentLogger,
      log: this.log,
      topics,
      settings: {
        groups: { ...defaultGroupCoordinatorSettings.groups, ...options.settings },
        shards: { ...defaultGroupCoordinatorSettings.shards, ...options.shards },
      },
    });
    if (options.electNone === true) return;
    this.coordinator.start(this.partitionCount);
    for (let i = 0; i < this.partitionCount; i++) this.coordinator.onElected(i, 1);
    this.clock.advance();
  }

  context(version: number, clientId = "client"): GroupRequestContext {
    return { apiVersion: version, clientId, clientHost: "127.0.0.1" };
  }

  join(options: JoinOptions = {}): Call<typeof joinGroupResponse> {
    const call = new Call(joinGroupResponse, options.version ?? 9);
    const request: JoinGroupRequest = {
      groupId: options.groupId ?? "g",
      sessionTimeoutMs: options.sessionTimeoutMs ?? SESSION_MS,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? REBALANCE_MS,
      memberId: options.memberId ?? "",
      groupInstanceId: options.instanceId ?? null,
      protocolType: options.protocolType ?? "consumer",
      protocols: options.protocols ?? [{ name: "range", metadata: subscription(ORDERS) }],
      reason: null,
    };
    const context = this.context(options.version ?? 9, options.clientId);
    this.coordinator.joinGroup(context, request, call.respond);
    return call;
  }

  sync(
    memberId: string,
    generationId: number,
    assignments: Readonly<Record<string, string>> = {},
    options: {
      readonly groupId?: string;
      readonly instanceId?: string | null;
      readonly version?: number;
      readonly protocolType?: string | null;
      readonly protocolName?: string | null;
    } = {},
  ): Call<typeof syncGroupResponse> {
    const call = new Call(syncGroupResponse, options.version ?? 5);
    this.coordinator.syncGroup(
      this.context(options.version ?? 5),
      {
        groupId: options.groupId ?? "g",
        generationId,
        memberId,
        groupInstanceId: options.instanceId ?? null,
        protocolType: options.protocolType === undefined ? "consumer" : options.protocolType,
        protocolName: options.protocolName === undefined ? "range" : options.protocolName,
        assignments: Object.entries(assignments).map(([id, text]) => ({
          memberId: id,
          assignment: Buffer.from(text),
        })),
      },
      call.respond,
    );
    return call;
  }

  heartbeat(
    memberId: string,
    generationId: number,
    options: { readonly groupId?: string; readonly instanceId?: string | null } = {},
  ): Call<typeof heartbeatResponse> {
    const call = new Call(heartbeatResponse, 4);
    this.coordinator.heartbeat(
      this.context(4),
      {
        groupId: options.groupId ?? "g",
        generationId,
        memberId,
        groupInstanceId: options.instanceId ?? null,
      },
      call.respond,
    );
    return call;
  }

  leave(
    members: readonly { readonly memberId: string; readonly instanceId?: string | null }[],
    options: { readonly groupId?: string; readonly version?: number } = {},
  ): Call<typeof leaveGroupResponse> {
    const call = new Call(leaveGroupResponse, options.version ?? 5);
    const version = options.version ?? 5;
    const request: LeaveGroupRequest = {
      groupId: options.groupId ?? "g",
      memberId: version < 3 ? (members[0]?.memberId ?? "") : "",
      members:
        version < 3
          ? []
          : members.map(({ memberId, instanceId }) => ({
              memberId,
              groupInstanceId: instanceId ?? null,
              reason: null,
            })),
    };
    this.coordinator.leaveGroup(this.context(version), request, call.respond);
    return call;
  }

  commit(options: CommitOptions = {}): Call<typeof offsetCommitResponse> {
    const call = new Call(offsetCommitResponse, options.version ?? 9);
    const request: OffsetCommitRequest = {
      groupId: options.groupId ?? "g",
      generationIdOrMemberEpoch: options.generation ?? -1,
      memberId: options.memberId ?? "",
      groupInstanceId: options.instanceId ?? null,
      retentionTimeMs: options.retentionTimeMs ?? -1,
      topics: [
        {
          name: options.topic ?? ORDERS,
          topicId: options.topicId ?? ZERO_UUID,
          partitions: [
            {
              partitionIndex: options.partition ?? 0,
              committedOffset: options.offset ?? 1,
              committedLeaderEpoch: -1,
              committedMetadata: options.metadata ?? null,
            },
          ],
        },
      ],
    };
    this.coordinator.offsetCommit(this.context(options.version ?? 9), request, call.respond);
    return call;
  }

  /** The error of a commit of one partition. */
  commitError(options: CommitOptions = {}): ErrorCode | number {
    const call = this.commit(options);
    this.clock.advance();
    return call.response.topics[0]!.partitions[0]!.errorCode;
  }

  fetch(
    groupId: string,
    options: {
      readonly version?: number;
      readonly requireStable?: boolean;
      readonly memberId?: string | null;
      readonly memberEpoch?: number;
      /** `null` for all. */
      readonly partitions?: Readonly<Record<string, readonly number[]>> | null;
    } = {},
  ): Call<typeof offsetFetchResponse> {
    const call = new Call(offsetFetchResponse, options.version ?? 9);
    const version = options.version ?? 9;
    const wanted =
      options.partitions === null || options.partitions === undefined
        ? null
        : Object.entries(options.partitions).map(([key, partitionIndexes]) => ({
            name: version < 10 ? key : "",
            topicId: version < 10 ? ZERO_UUID : key,
            partitionIndexes,
          }));
    const request: OffsetFetchRequest = {
      groupId: version < 8 ? groupId : "",
      topics: version < 8 ? wanted : [],
      groups:
        version < 8
          ? []
          : [
              {
                groupId,
                memberId: options.memberId ?? null,
                memberEpoch: options.memberEpoch ?? -1,
                topics: wanted,
              },
            ],
      requireStable: options.requireStable ?? false,
    };
    this.coordinator.offsetFetch(this.context(version), request, call.respond);
    return call;
  }

  /** All offsets of a group as `topic-partition` → offset. */
  offsets(groupId: string): Record<string, number> {
    const call = this.fetch(groupId);
    this.clock.advance();
    const found: Record<string, number> = {};
    for (const topic of call.response.groups[0]!.topics) {
      for (const partition of topic.partitions) {
        found[`${topic.name}-${partition.partitionIndex}`] = partition.committedOffset;
      }
    }
    return found;
  }

  deleteOffsets(
    groupId: string,
    partitions: Readonly<Record<string, readonly number[]>>,
  ): Call<typeof offsetDeleteResponse> {
    const call = new Call(offsetDeleteResponse, 0);
    this.coordinator.offsetDelete(
      this.context(0),
      {
        groupId,
        topics: Object.entries(partitions).map(([name, indexes]) => ({
          name,
          partitions: indexes.map((partitionIndex) => ({ partitionIndex })),
        })),
      },
      call.respond,
    );
    return call;
  }

  deleteGroups(...groupIds: string[]): Call<typeof deleteGroupsResponse> {
    const call = new Call(deleteGroupsResponse, 3);
    this.coordinator.deleteGroups(this.context(3), { groupsNames: groupIds }, call.respond);
    return call;
  }

  describe(groupId: string, version = 6) {
    const call = new Call(describeGroupsResponse, version);
    const request = { groups: [groupId], includeAuthorizedOperations: false };
    call.respond(this.coordinator.describeGroups(this.context(version), request));
    return call.response.groups[0]!;
  }

  list(states: string[] = [], types: string[] = []) {
    const call = new Call(listGroupsResponse, 5);
    const request = { statesFilter: states, typesFilter: types };
    call.respond(this.coordinator.listGroups(this.context(5), request));
    return call.response;
  }

  /** State of a group as DescribeGroups tells it. */
  state(groupId = "g"): string {
    return this.describe(groupId).groupState;
  }

  /** Joins with the id that a first attempt is given; the second attempt is returned. */
  joinTwice(options: JoinOptions = {}): { memberId: string; call: Call<typeof joinGroupResponse> } {
    const first = this.join(options);
    this.clock.advance();
    assert.equal(first.response.errorCode, ErrorCode.MEMBER_ID_REQUIRED);
    const { memberId } = first.response;
    return { memberId, call: this.join({ ...options, memberId }) };
  }

  /** A stable group of `count` members, the leader first, each assigned its place as text. */
  stableGroup(count: number, options: JoinOptions = {}): { ids: string[]; generation: number } {
    const members = Array.from({ length: count }, () => this.joinTwice(options));
    this.clock.advance(10_000);
    const { generationId, leader } = members[0]!.call.response;
    const ids = members.map(({ memberId }) => memberId);
    ids.sort((a, b) => Number(b === leader) - Number(a === leader));
    const assignments = Object.fromEntries(ids.map((id, i) => [id, `part ${i}`]));
    const groupId = options.groupId ?? "g";
    const syncs = ids.map((id) =>
      this.sync(id, generationId, id === leader ? assignments : {}, { groupId }),
    );
    this.clock.advance();
    for (const sync of syncs) assert.equal(sync.response.errorCode, ErrorCode.NONE);
    assert.equal(this.state(groupId), "Stable");
    return { ids, generation: generationId };
  }

  /** Loads what this world has written into another one, which shares nothing but the bytes. */
  reloaded(options: WorldOptions = {}): World {
    return new World({ partitionCount: this.partitionCount, ...options, log: this.log.copy() });
  }
}

/** A batch of stored records as another broker would have left it. */
export function storedBatch(
  records: readonly { readonly key: Buffer; readonly value: Buffer | null }[],
  options: { readonly producerId?: number } = {},
): Buffer {
  const builder = new BatchBuilder(
    options.producerId === undefined
      ? {}
      : {
          producerId: options.producerId,
          producerEpoch: 0,
          baseSequence: 0,
          isTransactional: true,
        },
  );
  for (const { key, value } of records) builder.append({ timestamp: START_MS, key, value });
  return builder.finish();
}

test("a world has a coordinator that serves", () => {
  const world = new World();
  assert.equal(world.coordinator.availability("g"), ErrorCode.NONE);
  assert.deepEqual(world.list(), {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    groups: [],
  });
});
