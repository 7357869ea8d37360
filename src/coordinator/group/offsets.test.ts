import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../../protocol/error-code.ts";
import { offsetCommitResponse } from "../../protocol/messages/offset-commit.ts";
import { buildControlBatch } from "../../records/build.ts";
import {
  Call,
  MemoryLog,
  ORDERS,
  ORDERS_ID,
  PAYMENTS,
  PAYMENTS_ID,
  World,
  storedBatch,
} from "../world.test.ts";
import { encodeGroupRecord, type GroupRecord } from "./group-records.ts";

const UNKNOWN_ID = "AAAAAAAAAAAAAAAAAAAAAg";
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** A stored offset, as another broker may have written it. */
function offsetRecord(
  groupId: string,
  partition: number,
  offset: number,
  options: { readonly topic?: string; readonly topicId?: string; readonly metadata?: string } = {},
): GroupRecord {
  return {
    kind: "offset-commit",
    groupId,
    topic: options.topic ?? ORDERS,
    partition,
    value: {
      offset,
      leaderEpoch: -1,
      metadata: options.metadata ?? "",
      commitTimestamp: 1_700_000_000_000,
      expireTimestamp: -1,
      topicId: options.topicId ?? "AAAAAAAAAAAAAAAAAAAAAA",
    },
  };
}

function endMarker(producerId: number, commit: boolean): Buffer {
  const key = Buffer.from([0, 0, 0, commit ? 1 : 0]);
  const value = Buffer.from([0, 0, 0, 0, 0, 0]);
  const options = { producerId, producerEpoch: 0, isTransactional: true };
  return buildControlBatch({ timestamp: 1_700_000_000_000, key, value }, options);
}

function logOf(...batches: Buffer[]): MemoryLog {
  const log = new MemoryLog();
  for (const batch of batches) log.put(0, batch);
  return log;
}

test("a commit carries offset, leader epoch, metadata, time and topic id into the log", () => {
  const world = new World();
  world.commitError({ offset: 42, metadata: "note", partition: 3 });
  const [written] = [...world.log.records()];
  assert.deepEqual(written!.record, {
    kind: "offset-commit",
    groupId: "g",
    topic: ORDERS,
    partition: 3,
    value: {
      offset: 42,
      leaderEpoch: -1,
      metadata: "note",
      commitTimestamp: world.clock.nowMs(),
      expireTimestamp: -1,
      topicId: ORDERS_ID,
    },
  });
  const [topic] = world.fetch("g").response.groups[0]!.topics;
  assert.deepEqual(topic, {
    name: ORDERS,
    topicId: "AAAAAAAAAAAAAAAAAAAAAA",
    partitions: [
      {
        partitionIndex: 3,
        committedOffset: 42,
        committedLeaderEpoch: -1,
        metadata: "note",
        errorCode: 0,
      },
    ],
  });
});

test("a retention time of old versions becomes an expire time", () => {
  const world = new World();
  world.commitError({ version: 4, retentionTimeMs: 1000 });
  const [written] = [...world.log.records()];
  assert.ok(written!.record.kind === "offset-commit");
  assert.equal(written!.record.value!.expireTimestamp, world.clock.nowMs() + 1000);
});

test("metadata that is too long is refused, partition by partition", () => {
  const world = new World({ settings: { offsetMetadataMaxLength: 4 } });
  const call = new Call(offsetCommitResponse, 9);
  const partition = (partitionIndex: number, committedMetadata: string) => ({
    partitionIndex,
    committedOffset: 1,
    committedLeaderEpoch: -1,
    committedMetadata,
  });
  world.coordinator.offsetCommit(
    world.context(9),
    {
      groupId: "g",
      generationIdOrMemberEpoch: -1,
      memberId: "",
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: [
        {
          name: ORDERS,
          topicId: ORDERS_ID,
          partitions: [partition(0, "four"), partition(1, "fives")],
        },
      ],
    },
    call.respond,
  );
  world.clock.advance();
  assert.deepEqual(
    call.response.topics[0]!.partitions.map(({ errorCode }) => errorCode),
    [ErrorCode.NONE, ErrorCode.OFFSET_METADATA_TOO_LARGE],
  );
  assert.deepEqual(world.offsets("g"), { "orders-0": 1 });
});

test("topics and partitions that do not exist are refused without asking the group", () => {
  const world = new World({ electNone: true });
  const error = (options: Parameters<World["commit"]>[0]) => world.commitError(options);
  assert.equal(error({ topic: "nothing" }), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(error({ partition: 4 }), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(error({ partition: -1 }), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(error({ version: 10, topicId: UNKNOWN_ID }), ErrorCode.UNKNOWN_TOPIC_ID);
  assert.equal(error({}), ErrorCode.COORDINATOR_NOT_AVAILABLE);
});

test("topics that may not be read are refused", () => {
  const world = new World();
  world.context = (apiVersion) => ({
    apiVersion,
    clientId: "c",
    clientHost: "h",
    mayAccessTopic: (name) => name !== PAYMENTS,
  });
  const denied = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  assert.equal(world.commitError({ topic: PAYMENTS }), denied);
  assert.equal(world.commitError(), ErrorCode.NONE);
  const named = world.fetch("g", { partitions: { [PAYMENTS]: [0], [ORDERS]: [0] } });
  assert.deepEqual(
    named.response.groups[0]!.topics.map(({ name, partitions }) => [
      name,
      partitions[0]!.errorCode,
    ]),
    [
      [ORDERS, 0],
      [PAYMENTS, denied],
    ],
  );
  const deleted = world.deleteOffsets("g", { [PAYMENTS]: [0] });
  assert.equal(deleted.response.topics[0]!.partitions[0]!.errorCode, denied);
});

test("every version commits and fetches", () => {
  const world = new World();
  for (let version = 2; version <= 10; version++) {
    const byId = version === 10 ? { topicId: ORDERS_ID, topic: "" } : {};
    assert.equal(world.commitError({ version, offset: version, ...byId }), ErrorCode.NONE);
    assert.deepEqual(world.offsets("g"), { "orders-0": version });
  }
  for (let version = 1; version <= 10; version++) {
    const key = version === 10 ? ORDERS_ID : ORDERS;
    const { response } = world.fetch("g", { version, partitions: { [key]: [0, 1] } });
    const topics = version < 8 ? response.topics : response.groups[0]!.topics;
    assert.deepEqual(
      topics[0]!.partitions.map(({ committedOffset, errorCode }) => [committedOffset, errorCode]),
      [
        [10, 0],
        [-1, 0],
      ],
    );
  }
});

test("a group that nobody knows has no offsets, and that is no error", () => {
  const world = new World();
  const named = world.fetch("nobody", { partitions: { [ORDERS]: [2] } }).response.groups[0]!;
  assert.equal(named.errorCode, ErrorCode.NONE);
  assert.deepEqual(named.topics[0]!.partitions, [
    {
      partitionIndex: 2,
      committedOffset: -1,
      committedLeaderEpoch: -1,
      metadata: "",
      errorCode: 0,
    },
  ]);
  const all = world.fetch("nobody").response.groups[0]!;
  assert.deepEqual(all, { groupId: "nobody", topics: [], errorCode: 0 });
});

test("errors of OffsetFetch stand where each version has them", () => {
  const world = new World();
  world.coordinator.onResigned(0, undefined);
  const partitions = { [ORDERS]: [0] };
  const v1 = world.fetch("g", { version: 1, partitions }).response;
  assert.equal(v1.topics[0]!.partitions[0]!.errorCode, ErrorCode.NOT_COORDINATOR);
  const v2 = world.fetch("g", { version: 2, partitions }).response;
  assert.equal(v2.errorCode, ErrorCode.NOT_COORDINATOR);
  const v8 = world.fetch("g", { version: 8, partitions }).response;
  assert.equal(v8.groups[0]!.errorCode, ErrorCode.NOT_COORDINATOR);
  assert.equal(v8.groups[0]!.topics.length, 0);
});

test("a stable fetch that fails with the log says NOT_COORDINATOR", () => {
  const world = new World();
  world.commit();
  world.log.failNextAppend = ErrorCode.NOT_ENOUGH_REPLICAS;
  const call = world.fetch("g", { requireStable: true });
  world.clock.advance();
  assert.equal(call.response.groups[0]!.errorCode, ErrorCode.NOT_COORDINATOR);
});

test("by id: unknown ids are told, and topics that are gone are left out of all", () => {
  const world = new World({
    log: logOf(
      storedBatch([
        encodeGroupRecord(offsetRecord("g", 0, 5)),
        encodeGroupRecord(offsetRecord("g", 1, 6, { topic: "gone" })),
      ]),
    ),
  });
  const all = world.fetch("g", { version: 10 }).response.groups[0]!;
  assert.deepEqual(
    all.topics.map(({ topicId, partitions }) => [topicId, partitions[0]!.committedOffset]),
    [[ORDERS_ID, 5]],
  );
  const named = world.fetch("g", { version: 10, partitions: { [UNKNOWN_ID]: [0] } });
  const [topic] = named.response.groups[0]!.topics;
  assert.equal(topic!.topicId, UNKNOWN_ID);
  assert.equal(topic!.partitions[0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_ID);
});

test("an offset of an earlier topic of the same name counts as none", () => {
  const world = new World({
    log: logOf(storedBatch([encodeGroupRecord(offsetRecord("g", 0, 5, { topicId: UNKNOWN_ID }))])),
  });
  const call = world.fetch("g", { version: 10, partitions: { [ORDERS_ID]: [0] } });
  assert.equal(call.response.groups[0]!.topics[0]!.partitions[0]!.committedOffset, -1);
});

test("the empty group id is a group like others for offsets", () => {
  const world = new World();
  assert.equal(world.commitError({ groupId: "", offset: 3 }), ErrorCode.NONE);
  assert.deepEqual(world.offsets(""), { "orders-0": 3 });
  assert.equal(world.describe("").groupState, "Empty");
  const deleted = world.deleteGroups("");
  world.clock.advance();
  assert.equal(deleted.response.results[0]!.errorCode, ErrorCode.NONE);
  assert.equal(
    world.deleteOffsets("", { [ORDERS]: [0] }).response.errorCode,
    ErrorCode.INVALID_GROUP_ID,
  );
});

test("offsets of a transaction count when it commits, and never when it aborts", () => {
  const open = storedBatch(
    [encodeGroupRecord(offsetRecord("g", 0, 7)), encodeGroupRecord(offsetRecord("g", 1, 8))],
    { producerId: 9 },
  );
  const stable = (world: World) => {
    const partitions = { [ORDERS]: [0, 1] };
    const call = world.fetch("g", { requireStable: true, partitions });
    world.clock.advance();
    return call.response.groups[0]!.topics[0]!.partitions.map((partition) =>
      partition.errorCode === ErrorCode.NONE ? partition.committedOffset : "unstable",
    );
  };
  const whileOpen = new World({ log: logOf(Buffer.from(open)) });
  assert.deepEqual(whileOpen.offsets("g"), {});
  assert.deepEqual(stable(whileOpen), ["unstable", "unstable"]);
  assert.equal(whileOpen.list().groups.length, 1);
  const committed = new World({ log: logOf(Buffer.from(open), endMarker(9, true)) });
  assert.deepEqual(stable(committed), [7, 8]);
  const aborted = new World({ log: logOf(Buffer.from(open), endMarker(9, false)) });
  assert.deepEqual(stable(aborted), [-1, -1]);
  const other = new World({ log: logOf(Buffer.from(open), endMarker(10, true)) });
  assert.deepEqual(stable(other), ["unstable", "unstable"]);
});

test("of a plain and a transactional commit the later in the log wins", () => {
  const plain = () => storedBatch([encodeGroupRecord(offsetRecord("g", 0, 1))]);
  const inTransaction = () =>
    storedBatch([encodeGroupRecord(offsetRecord("g", 0, 2))], { producerId: 9 });
  const first = new World({ log: logOf(plain(), inTransaction(), endMarker(9, true)) });
  assert.deepEqual(first.offsets("g"), { "orders-0": 2 });
  const second = new World({ log: logOf(inTransaction(), plain(), endMarker(9, true)) });
  assert.deepEqual(second.offsets("g"), { "orders-0": 1 });
});

test("two transactions may hold the same partition", () => {
  const held = (producerId: number, offset: number) =>
    storedBatch([encodeGroupRecord(offsetRecord("g", 0, offset))], { producerId });
  const world = new World({ log: logOf(held(1, 10), held(2, 20), endMarker(2, true)) });
  const call = world.fetch("g", { requireStable: true, partitions: { [ORDERS]: [0] } });
  const [partition] = call.response.groups[0]!.topics[0]!.partitions;
  assert.equal(partition!.errorCode, ErrorCode.UNSTABLE_OFFSET_COMMIT);
  assert.deepEqual(world.offsets("g"), { "orders-0": 20 });
});

test("deleting a group forgets what its open transactions hold", () => {
  const log = logOf(storedBatch([encodeGroupRecord(offsetRecord("g", 0, 7))], { producerId: 9 }));
  const world = new World({ log });
  const deleted = world.deleteGroups("g", "g", "nobody");
  world.clock.advance();
  assert.deepEqual(
    deleted.response.results.map(({ groupId, errorCode }) => [groupId, errorCode]),
    [
      ["g", ErrorCode.NONE],
      ["nobody", ErrorCode.GROUP_ID_NOT_FOUND],
    ],
  );
  log.put(0, endMarker(9, true));
  assert.deepEqual(world.reloaded().list().groups, []);
});

test("offsets of the oldest key are read", () => {
  const { key, value } = encodeGroupRecord(offsetRecord("g", 0, 7));
  key.writeInt16BE(0, 0);
  const old = Buffer.concat([
    Buffer.from([0, 0]),
    value!.subarray(2, 10),
    Buffer.from([0, 4]),
    Buffer.from("text"),
    Buffer.alloc(8),
  ]);
  const world = new World({ log: logOf(storedBatch([{ key, value: old }])) });
  assert.deepEqual(world.offsets("g"), { "orders-0": 7 });
});

test("offsets are deleted unless the topic is subscribed", () => {
  const world = new World();
  const { ids, generation } = world.stableGroup(1);
  const member = { memberId: ids[0]!, generation };
  world.commitError({ ...member, offset: 1 });
  world.commitError({ ...member, topic: PAYMENTS, offset: 2 });
  const call = world.deleteOffsets("g", { [ORDERS]: [0], [PAYMENTS]: [0, 1, 9], nothing: [0] });
  world.clock.advance();
  assert.equal(call.response.errorCode, ErrorCode.NONE);
  assert.deepEqual(
    call.response.topics.map(({ name, partitions }) => [
      name,
      partitions.map(({ errorCode }) => errorCode),
    ]),
    [
      [ORDERS, [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]],
      [PAYMENTS, [ErrorCode.NONE, ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]],
      ["nothing", [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]],
    ],
  );
  assert.deepEqual(world.offsets("g"), { "orders-0": 1 });
});

test("groups whose subscriptions cannot be read keep their offsets while they have members", () => {
  const foreign = new World();
  foreign.stableGroup(1, {
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: Buffer.from([0]) }],
  });
  const all = foreign.deleteOffsets("g", { [PAYMENTS]: [0] });
  assert.equal(
    all.response.topics[0]!.partitions[0]!.errorCode,
    ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
  );
  const connect = new World();
  const join = connect.join({ version: 3, protocolType: "connect" });
  connect.clock.advance(3000);
  assert.equal(join.response.errorCode, ErrorCode.NONE);
  const refused = connect.deleteOffsets("g", { [PAYMENTS]: [0] });
  assert.equal(refused.response.errorCode, ErrorCode.NON_EMPTY_GROUP);
});

test("offsets expire by what their group is", () => {
  const retention = { offsetsRetentionMs: DAY_MS, offsetsRetentionCheckIntervalMs: MINUTE_MS };
  const simple = new World({ settings: retention });
  simple.commitError({ offset: 1 });
  simple.clock.advance(DAY_MS / 2);
  simple.commitError({ partition: 1, offset: 1 });
  simple.clock.advance(DAY_MS / 2 - MINUTE_MS);
  assert.equal(Object.keys(simple.offsets("g")).length, 2);
  simple.clock.advance(MINUTE_MS);
  assert.deepEqual(simple.offsets("g"), { "orders-1": 1 }, "a simple group counts from the commit");
  simple.clock.advance(DAY_MS / 2);
  assert.equal(simple.describe("g").groupState, "Dead", "a group without offsets goes");
  assert.deepEqual(simple.reloaded().list().groups, []);

  const explicit = new World({ settings: retention });
  explicit.commitError({ version: 4, retentionTimeMs: 5 * MINUTE_MS });
  explicit.clock.advance(4 * MINUTE_MS);
  assert.equal(Object.keys(explicit.offsets("g")).length, 1);
  explicit.clock.advance(MINUTE_MS);
  assert.equal(Object.keys(explicit.offsets("g")).length, 0);
});

test("an Empty group's offsets expire from when it became Empty", () => {
  const world = new World({
    settings: { offsetsRetentionMs: DAY_MS, offsetsRetentionCheckIntervalMs: MINUTE_MS },
  });
  const { ids, generation } = world.stableGroup(1, { sessionTimeoutMs: 1_800_000 });
  world.commitError({ memberId: ids[0]!, generation, offset: 1 });
  for (let hours = 0; hours < 36; hours += 0.25) {
    world.clock.advance(900_000);
    world.heartbeat(ids[0]!, generation);
  }
  assert.deepEqual(world.offsets("g"), { "orders-0": 1 }, "subscribed topics are kept");
  world.leave([{ memberId: ids[0]! }]);
  world.clock.advance(DAY_MS - 2 * MINUTE_MS);
  assert.deepEqual(world.offsets("g"), { "orders-0": 1 });
  world.clock.advance(3 * MINUTE_MS);
  assert.equal(world.describe("g").groupState, "Dead");
});

test("a stable consumer group loses offsets of topics it does not read, other groups lose none", () => {
  const settings = { offsetsRetentionMs: DAY_MS, offsetsRetentionCheckIntervalMs: MINUTE_MS };
  for (const protocolType of ["consumer", "connect"]) {
    const world = new World({ settings });
    const long = { sessionTimeoutMs: 1_800_000, protocolType };
    const join = world.join({ version: 3, ...long });
    world.clock.advance(3000);
    const { memberId } = join.response;
    world.sync(memberId, 1, {}, { protocolType });
    world.clock.advance();
    world.commitError({ memberId, generation: 1, offset: 1 });
    world.commitError({ memberId, generation: 1, topic: PAYMENTS, offset: 2 });
    for (let hours = 0; hours < 25; hours += 0.25) {
      world.clock.advance(900_000);
      world.heartbeat(memberId, 1);
    }
    assert.deepEqual(
      world.offsets("g"),
      protocolType === "consumer" ? { "orders-0": 1 } : { "orders-0": 1, "payments-0": 2 },
    );
  }
});

test("partitions of open transactions do not expire", () => {
  const world = new World({
    settings: { offsetsRetentionMs: DAY_MS, offsetsRetentionCheckIntervalMs: MINUTE_MS },
    log: logOf(
      storedBatch([encodeGroupRecord(offsetRecord("g", 0, 1))]),
      storedBatch([encodeGroupRecord(offsetRecord("g", 0, 2))], { producerId: 9 }),
    ),
  });
  world.clock.advance(2 * DAY_MS);
  assert.deepEqual(world.offsets("g"), { "orders-0": 1 });
});

test("an expiry that fails is tried again", () => {
  const world = new World({
    settings: { offsetsRetentionMs: 5000, offsetsRetentionCheckIntervalMs: 10_000 },
  });
  world.commitError();
  world.log.failNextAppend = ErrorCode.NOT_ENOUGH_REPLICAS;
  world.clock.advance(10_000);
  assert.deepEqual(world.offsets("g"), { "orders-0": 1 });
  world.clock.advance(10_000);
  assert.deepEqual(world.offsets("g"), {});
});

test("an id that was given away keeps its group until the next expiry", () => {
  const world = new World({ settings: { offsetsRetentionCheckIntervalMs: 60_000 } });
  world.join();
  world.clock.advance();
  assert.equal(world.describe("g").groupState, "Empty");
  assert.equal(world.reloaded().describe("g").groupState, "Empty");
  world.clock.advance(60_000);
  assert.equal(world.describe("g").groupState, "Dead");
});

test("deleted topics take their offsets with them, new topics of the same name keep theirs", () => {
  const log = logOf(
    storedBatch([
      encodeGroupRecord(offsetRecord("g", 0, 1, { topicId: ORDERS_ID })),
      encodeGroupRecord(offsetRecord("g", 1, 2)),
      encodeGroupRecord(offsetRecord("g", 2, 3, { topicId: UNKNOWN_ID })),
      encodeGroupRecord(offsetRecord("h", 0, 4, { topic: PAYMENTS, topicId: PAYMENTS_ID })),
    ]),
    storedBatch([encodeGroupRecord(offsetRecord("h", 3, 5))], { producerId: 9 }),
  );
  const world = new World({ log });
  world.coordinator.onTopicsDeleted([{ name: ORDERS, topicId: ORDERS_ID }]);
  world.clock.advance();
  assert.deepEqual(world.offsets("g"), { "orders-2": 3 });
  log.put(0, endMarker(9, true));
  assert.deepEqual(world.reloaded().offsets("h"), { "payments-0": 4 });
});

test("groups are listed by state and type", () => {
  const world = new World({ partitionCount: 4 });
  world.stableGroup(1, { groupId: "live" });
  world.commitError({ groupId: "simple" });
  const ids = (states: string[], types: string[] = []) =>
    world
      .list(states, types)
      .groups.map((group) => group.groupId)
      .sort();
  assert.deepEqual(ids([]), ["live", "simple"]);
  assert.deepEqual(ids([" stable "]), ["live"]);
  assert.deepEqual(ids(["EMPTY", "Dead"]), ["simple"]);
  assert.deepEqual(ids(["nonsense"]), []);
  assert.deepEqual(ids([], ["Classic"]), ["live", "simple"]);
  assert.deepEqual(ids([], ["consumer", "unheard of"]), []);
  assert.deepEqual(world.list(["empty"]).groups, [
    { groupId: "simple", protocolType: "", groupState: "Empty", groupType: "classic" },
  ]);
});

test("descriptions tell of members, and of protocols once they are settled", () => {
  const world = new World();
  const { ids } = world.stableGroup(1);
  const stable = world.describe("g");
  assert.equal(stable.protocolData, "range");
  assert.equal(stable.members[0]!.clientHost, "/127.0.0.1");
  assert.equal(stable.members[0]!.clientId, "client");
  assert.equal(stable.members[0]!.memberAssignment.toString(), "part 0");
  assert.ok(stable.members[0]!.memberMetadata.length > 0);
  world.joinTwice();
  world.clock.advance();
  const rebalancing = world.describe("g");
  assert.equal(rebalancing.protocolData, "");
  assert.equal(
    rebalancing.members.find(({ memberId }) => memberId === ids[0])!.memberMetadata.length,
    0,
  );
  const missing = world.describe("nobody", 6);
  assert.equal(missing.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  assert.equal(missing.groupState, "Dead");
  assert.ok(missing.errorMessage!.length > 0);
  assert.equal(world.describe("nobody", 5).errorCode, ErrorCode.NONE);
});
