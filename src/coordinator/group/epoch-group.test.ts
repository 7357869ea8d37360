import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeMessage } from "../../protocol/codec.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  consumerGroupCurrentMemberAssignmentKey,
  consumerGroupCurrentMemberAssignmentValue,
} from "../../protocol/records/group-coordinator/consumer-group-current-member-assignment.ts";
import {
  consumerGroupMemberMetadataKey,
  consumerGroupMemberMetadataValue,
} from "../../protocol/records/group-coordinator/consumer-group-member-metadata.ts";
import {
  consumerGroupMetadataKey,
  consumerGroupMetadataValue,
} from "../../protocol/records/group-coordinator/consumer-group-metadata.ts";
import {
  consumerGroupRegularExpressionKey,
  consumerGroupRegularExpressionValue,
} from "../../protocol/records/group-coordinator/consumer-group-regular-expression.ts";
import {
  consumerGroupTargetAssignmentMetadataKey,
  consumerGroupTargetAssignmentMetadataValue,
} from "../../protocol/records/group-coordinator/consumer-group-target-assignment-metadata.ts";
import {
  shareGroupMetadataKey,
  shareGroupMetadataValue,
} from "../../protocol/records/group-coordinator/share-group-metadata.ts";
import {
  shareGroupStatePartitionMetadataKey,
  shareGroupStatePartitionMetadataValue,
} from "../../protocol/records/group-coordinator/share-group-state-partition-metadata.ts";
import {
  streamsGroupMetadataKey,
  streamsGroupMetadataValue,
} from "../../protocol/records/group-coordinator/streams-group-metadata.ts";
import {
  streamsGroupTopologyKey,
  streamsGroupTopologyValue,
} from "../../protocol/records/group-coordinator/streams-group-topology.ts";
import type { AnyMessage, InputOf } from "../../protocol/schema.ts";
import { MemoryLog, ORDERS, ORDERS_ID, PAYMENTS, World, storedBatch } from "../world.test.ts";

interface Stored {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

function stored<K extends AnyMessage, V extends AnyMessage>(
  keySchema: K,
  key: InputOf<K>,
  valueSchema: V,
  value: InputOf<V> | null,
): Stored {
  const type = Buffer.alloc(2);
  type.writeInt16BE(keySchema.traits.apiKey!);
  return {
    key: Buffer.concat([type, encodeMessage(keySchema, 0, key)]),
    value:
      value === null
        ? null
        : Buffer.concat([Buffer.alloc(2), encodeMessage(valueSchema, 0, value)]),
  };
}

const metadata = (epoch: number | null) =>
  stored(
    consumerGroupMetadataKey,
    { groupId: "g" },
    consumerGroupMetadataValue,
    epoch === null ? null : { epoch },
  );
const targetMetadata = (assignmentEpoch: number) =>
  stored(
    consumerGroupTargetAssignmentMetadataKey,
    { groupId: "g" },
    consumerGroupTargetAssignmentMetadataValue,
    { assignmentEpoch },
  );
const member = (memberId: string, classic = false) =>
  stored(
    consumerGroupMemberMetadataKey,
    { groupId: "g", memberId },
    consumerGroupMemberMetadataValue,
    {
      instanceId: null,
      rackId: null,
      clientId: "c",
      clientHost: "/h",
      subscribedTopicNames: [ORDERS],
      subscribedTopicRegex: null,
      rebalanceTimeoutMs: 1000,
      serverAssignor: null,
      classicMemberMetadata: classic ? { sessionTimeoutMs: 1, supportedProtocols: [] } : null,
    },
  );
const current = (memberId: string, memberEpoch: number, state = 0) =>
  stored(
    consumerGroupCurrentMemberAssignmentKey,
    { groupId: "g", memberId },
    consumerGroupCurrentMemberAssignmentValue,
    {
      memberEpoch,
      previousMemberEpoch: memberEpoch - 1,
      state,
      assignedPartitions: [
        { topicId: ORDERS_ID, partitions: [0, 1], assignmentEpochs: [3, memberEpoch] },
      ],
      partitionsPendingRevocation: [],
    },
  );

function worldOf(...records: Stored[]): World {
  const log = new MemoryLog();
  if (records.length > 0) log.put(0, storedBatch(records));
  return new World({ log });
}

test("a consumer group is listed with the state that its records make", () => {
  const state = (...records: Stored[]) => worldOf(...records).list().groups[0];
  const group = { groupId: "g", protocolType: "consumer", groupType: "consumer" };
  assert.deepEqual(state(metadata(1)), { ...group, groupState: "Empty" });
  assert.deepEqual(state(metadata(2), targetMetadata(1), member("a"), current("a", 1)), {
    ...group,
    groupState: "Assigning",
  });
  assert.deepEqual(state(metadata(2), targetMetadata(2), member("a"), current("a", 1)), {
    ...group,
    groupState: "Reconciling",
  });
  assert.deepEqual(state(metadata(2), targetMetadata(2), member("a"), current("a", 2, 2)), {
    ...group,
    groupState: "Reconciling",
  });
  assert.deepEqual(state(metadata(2), targetMetadata(2), member("a"), current("a", 2)), {
    ...group,
    groupState: "Stable",
  });
});

test("a consumer group is no classic group to those who ask for one", () => {
  const world = worldOf(metadata(2), targetMetadata(2), member("a"), current("a", 2));
  assert.equal(world.describe("g").errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  assert.equal(world.heartbeat("a", 2).response.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(world.sync("a", 2).response.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  const left = world.leave([{ memberId: "a" }]).response;
  assert.equal(left.members[0]!.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  const join = world.join().response;
  assert.equal(join.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.equal(join.memberId, "");
  const deleted = world.deleteGroups("g");
  assert.equal(deleted.response.results[0]!.errorCode, ErrorCode.NON_EMPTY_GROUP);
});

test("members of a consumer group commit by their epochs", () => {
  const world = worldOf(
    metadata(5),
    targetMetadata(5),
    member("a"),
    current("a", 5),
    member("old", true),
    current("old", 5),
  );
  const commit = (memberId: string, generation: number, partition = 0, version = 9) =>
    world.commitError({ memberId, generation, partition, version });
  assert.equal(commit("a", 5), ErrorCode.NONE);
  assert.equal(commit("a", 5, 0, 8), ErrorCode.UNSUPPORTED_VERSION);
  assert.equal(commit("nobody", 5), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(commit("", -1), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(commit("a", 6), ErrorCode.STALE_MEMBER_EPOCH);
  // An older epoch may still commit what the member has had since then.
  assert.equal(commit("a", 4, 0), ErrorCode.NONE);
  assert.equal(commit("a", 2, 0), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(commit("a", 4, 1), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(commit("a", 4, 2), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(commit("old", 5, 0, 8), ErrorCode.NONE);
  assert.equal(commit("old", 6, 0, 8), ErrorCode.ILLEGAL_GENERATION);
});

test("members of a consumer group fetch by their epoch", () => {
  const world = worldOf(metadata(5), targetMetadata(5), member("a"), current("a", 5));
  world.commitError({ memberId: "a", generation: 5, offset: 4 });
  for (const requireStable of [false, true]) {
    const error = (memberId: string | null, memberEpoch: number) =>
      world.fetch("g", { memberId, memberEpoch, requireStable }).response.groups[0]!.errorCode;
    assert.equal(error(null, -1), ErrorCode.NONE);
    assert.equal(error("a", 5), ErrorCode.NONE);
    assert.equal(error("a", 4), ErrorCode.STALE_MEMBER_EPOCH);
    assert.equal(error("b", 5), ErrorCode.UNKNOWN_MEMBER_ID);
  }
  assert.deepEqual(world.offsets("g"), { "orders-0": 4 });
});

test("an empty consumer group takes plain commits, becomes classic, or is deleted", () => {
  const world = worldOf(metadata(1), targetMetadata(1));
  assert.equal(world.commitError({ offset: 3 }), ErrorCode.NONE);
  const reloaded = world.reloaded();
  assert.equal(reloaded.list().groups[0]!.groupType, "consumer");
  const { call } = reloaded.joinTwice();
  reloaded.clock.advance(3000);
  assert.equal(call.response.errorCode, ErrorCode.NONE);
  assert.equal(reloaded.list().groups[0]!.groupType, "classic");
  const again = reloaded.reloaded();
  assert.equal(again.list().groups[0]!.groupType, "classic");
  assert.deepEqual(again.offsets("g"), { "orders-0": 3 });
  const deleted = world.deleteGroups("g");
  world.clock.advance();
  assert.equal(deleted.response.results[0]!.errorCode, ErrorCode.NONE);
  assert.deepEqual(world.reloaded().list().groups, []);
});

test("a consumer group keeps the offsets of topics it reads, by name or by expression", () => {
  const day = 86_400_000;
  const log = new MemoryLog();
  const regex = stored(
    consumerGroupRegularExpressionKey,
    { groupId: "g", regularExpression: "p.*" },
    consumerGroupRegularExpressionValue,
    { topics: [PAYMENTS], version: 1, timestamp: 1 },
  );
  log.put(0, storedBatch([metadata(5), targetMetadata(5), member("a"), current("a", 5), regex]));
  const world = new World({ log, settings: { offsetsRetentionMs: day } });
  world.commitError({ memberId: "a", generation: 5, offset: 1 });
  world.commitError({ memberId: "a", generation: 5, topic: PAYMENTS, offset: 2 });
  world.clock.advance(2 * day);
  assert.deepEqual(world.offsets("g"), { "orders-0": 1, "payments-0": 2 });
  const refused = world.deleteOffsets("g", { [PAYMENTS]: [0] });
  const [topic] = refused.response.topics;
  assert.equal(topic!.partitions[0]!.errorCode, ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC);
});

test("a consumer group that lost its offsets and members goes at the next expiry", () => {
  const world = worldOf(metadata(1), targetMetadata(1));
  world.clock.advance(600_000);
  assert.deepEqual(world.list().groups, []);
  assert.deepEqual(world.reloaded().list().groups, []);
});

test("records of a consumer group may come in any order, and about what is gone", () => {
  const tombstone = { key: member("b").key, value: null };
  const world = worldOf(tombstone, current("a", 5), member("a"), targetMetadata(5), metadata(5));
  assert.equal(world.list().groups[0]!.groupState, "Stable");
  assert.deepEqual(worldOf(tombstone).list().groups, []);
});

test("share and streams groups are listed, and kept", () => {
  const share = stored(shareGroupMetadataKey, { groupId: "s" }, shareGroupMetadataValue, {
    epoch: 1,
    metadataHash: 0n,
  });
  const state = stored(
    shareGroupStatePartitionMetadataKey,
    { groupId: "s" },
    shareGroupStatePartitionMetadataValue,
    { initializingTopics: [], initializedTopics: [], deletingTopics: [] },
  );
  const streams = stored(streamsGroupMetadataKey, { groupId: "t" }, streamsGroupMetadataValue, {
    epoch: 1,
    metadataHash: 0n,
  });
  const topology = stored(streamsGroupTopologyKey, { groupId: "t" }, streamsGroupTopologyValue, {
    epoch: 1,
    subtopologies: [],
  });
  const world = worldOf(share, state, streams, topology);
  assert.deepEqual(world.list().groups, [
    { groupId: "s", protocolType: "share", groupState: "Empty", groupType: "share" },
    { groupId: "t", protocolType: "streams", groupState: "Empty", groupType: "streams" },
  ]);
  assert.equal(world.commitError({ groupId: "s" }), ErrorCode.GROUP_ID_NOT_FOUND);
  const join = world.join({ groupId: "s" }).response;
  assert.equal(join.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  const deleted = world.deleteGroups("s", "t");
  world.clock.advance();
  assert.deepEqual(
    deleted.response.results.map(({ errorCode }) => errorCode),
    [ErrorCode.UNSUPPORTED_VERSION, ErrorCode.NONE],
  );
  world.clock.advance(600_000);
  assert.deepEqual(
    world
      .reloaded()
      .list()
      .groups.map((group) => group.groupId),
    ["s"],
  );
});
