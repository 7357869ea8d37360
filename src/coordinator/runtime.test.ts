import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode, errorName } from "../protocol/error-code.ts";
import { RecordBatchView } from "../records/record-batch.ts";
import { partitionOfKey } from "./partition-of-key.ts";
import { MemoryLog, ORDERS, World, storedBatch } from "./world.test.ts";

type CommitCall = ReturnType<World["commit"]>;

function errorOf(call: CommitCall): string {
  return errorName(call.response.topics[0]!.partitions[0]!.errorCode);
}

test("keys belong to partitions as Java's hash says", () => {
  assert.equal(partitionOfKey("g.classic", 50), 43);
  assert.equal(partitionOfKey("g.classic", 3), 2);
  assert.equal(partitionOfKey("", 50), 0);
  // The hash of this one is the smallest integer, which has no absolute value.
  assert.equal(partitionOfKey("polygenelubricants", 50), 0);
  assert.equal(partitionOfKey("é😀", 50), 12);
});

test("what comes in one turn of the loop goes into one batch", () => {
  const world = new World();
  const calls = Array.from({ length: 5 }, (_, i) => world.commit({ groupId: `g${i}`, offset: i }));
  assert.equal(world.log.appends, 0);
  for (const call of calls) assert.equal(call.isAnswered, false);
  world.clock.advance();
  assert.equal(world.log.appends, 1);
  for (const call of calls) assert.equal(errorOf(call), "NONE");
});

test("without linger every operation is a batch of its own, answered at once", () => {
  const world = new World({ shards: { appendLingerMs: 0 } });
  assert.equal(errorOf(world.commit()), "NONE");
  assert.equal(errorOf(world.commit()), "NONE");
  assert.equal(world.log.appends, 2);
});

test("with a linger of its own a batch stays open that long", () => {
  const world = new World({ shards: { appendLingerMs: 10 } });
  const call = world.commit();
  world.clock.advance(9);
  const second = world.commit({ partition: 1 });
  assert.equal(call.isAnswered, false);
  world.clock.advance(1);
  assert.equal(errorOf(call), "NONE");
  assert.equal(errorOf(second), "NONE");
  assert.equal(world.log.appends, 1);
});

test("nothing is answered before the high watermark covers it, and reads do not see it", () => {
  const world = new World();
  world.log.commitAtOnce = false;
  const call = world.commit({ offset: 7 });
  world.clock.advance();
  assert.equal(call.isAnswered, false);
  assert.deepEqual(world.offsets("g"), {});
  assert.equal(world.describe("g").errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  assert.equal(world.list().groups.length, 0);
  const stable = world.fetch("g", { requireStable: true });
  assert.equal(stable.isAnswered, false, "a stable fetch waits for what was written before it");
  const heartbeat = world.heartbeat("nobody", 1);
  assert.equal(heartbeat.isAnswered, false, "so does every other answer");
  world.log.commitAll();
  assert.equal(errorOf(call), "NONE");
  assert.equal(stable.response.groups[0]!.topics[0]!.partitions[0]!.committedOffset, 7);
  assert.equal(heartbeat.isAnswered, true);
  assert.deepEqual(world.offsets("g"), { "orders-0": 7 });
});

test("batches commit one by one as the watermark passes them", () => {
  const world = new World();
  world.log.commitAtOnce = false;
  const calls: CommitCall[] = [];
  for (let offset = 0; offset < 3; offset++) {
    calls.push(world.commit({ offset }));
    world.clock.advance();
  }
  world.log.commit(0, 2);
  assert.deepEqual(
    calls.map((call) => call.isAnswered),
    [true, true, false],
  );
  assert.deepEqual(world.offsets("g"), { "orders-0": 1 });
  // Decisions go by the newest state.
  const stable = world.fetch("g", { requireStable: true });
  world.log.commitAll();
  assert.equal(stable.response.groups[0]!.topics[0]!.partitions[0]!.committedOffset, 2);
});

test("a failed append leaves no trace and fails everything in its batch", () => {
  const world = new World();
  assert.equal(world.commitError({ offset: 1 }), ErrorCode.NONE);
  world.log.failNextAppend = ErrorCode.NOT_ENOUGH_REPLICAS;
  const changes = [
    world.commit({ offset: 2 }),
    world.commit({ partition: 1, offset: 3 }),
    world.commit({ groupId: "new", offset: 4 }),
  ];
  const deletion = world.deleteGroups("g");
  const heartbeat = world.heartbeat("nobody", 1);
  world.clock.advance();
  for (const call of changes) assert.equal(errorOf(call), "COORDINATOR_NOT_AVAILABLE");
  assert.equal(errorName(deletion.response.results[0]!.errorCode), "COORDINATOR_NOT_AVAILABLE");
  assert.equal(errorName(heartbeat.response.errorCode), "COORDINATOR_NOT_AVAILABLE");
  assert.deepEqual(world.offsets("g"), { "orders-0": 1 });
  assert.deepEqual(
    world.list().groups.map((group) => group.groupId),
    ["g"],
  );
  assert.equal(world.commitError({ groupId: "new", generation: 1 }), ErrorCode.GROUP_ID_NOT_FOUND);
});

test("a failed append takes back only its own batch", () => {
  const world = new World();
  world.log.commitAtOnce = false;
  const first = world.commit({ offset: 1 });
  world.clock.advance();
  world.log.failNextAppend = ErrorCode.KAFKA_STORAGE_ERROR;
  const second = world.commit({ offset: 2 });
  world.clock.advance();
  assert.equal(errorOf(second), "NOT_COORDINATOR");
  assert.equal(first.isAnswered, false);
  world.log.commitAll();
  assert.equal(errorOf(first), "NONE");
  assert.deepEqual(world.offsets("g"), { "orders-0": 1 });
});

test("errors of the log are told in the coordinator's words", () => {
  const answers: Record<string, string> = {
    UNKNOWN_TOPIC_OR_PARTITION: "COORDINATOR_NOT_AVAILABLE",
    NOT_ENOUGH_REPLICAS: "COORDINATOR_NOT_AVAILABLE",
    REQUEST_TIMED_OUT: "COORDINATOR_NOT_AVAILABLE",
    NOT_LEADER_OR_FOLLOWER: "NOT_COORDINATOR",
    KAFKA_STORAGE_ERROR: "NOT_COORDINATOR",
    MESSAGE_TOO_LARGE: "UNKNOWN_SERVER_ERROR",
    RECORD_LIST_TOO_LARGE: "UNKNOWN_SERVER_ERROR",
    INVALID_FETCH_SIZE: "UNKNOWN_SERVER_ERROR",
    NETWORK_EXCEPTION: "COORDINATOR_LOAD_IN_PROGRESS",
    INVALID_PRODUCER_EPOCH: "INVALID_PRODUCER_EPOCH",
  };
  const world = new World();
  for (const [name, answer] of Object.entries(answers)) {
    world.log.failNextAppend = ErrorCode[name as keyof typeof ErrorCode];
    const call = world.commit();
    world.clock.advance();
    assert.equal(errorOf(call), answer, name);
  }
});

test("a reply that waits too long for the watermark is given up, but what was written counts", () => {
  const world = new World({ shards: { writeTimeoutMs: 1000 } });
  world.log.commitAtOnce = false;
  const call = world.commit({ offset: 5 });
  world.clock.advance(999);
  assert.equal(call.isAnswered, false);
  world.clock.advance(1);
  assert.equal(errorOf(call), "COORDINATOR_NOT_AVAILABLE");
  world.log.commitAll();
  assert.deepEqual(world.offsets("g"), { "orders-0": 5 });
});

test("a batch that is full is followed by another; one operation too large for any fails", () => {
  const log = new MemoryLog();
  log.maxBytes = 1000;
  const world = new World({ log });
  const metadata = "m".repeat(300);
  const calls = Array.from({ length: 4 }, (_, partition) => world.commit({ partition, metadata }));
  const large = world.commit({ metadata: "m".repeat(1000) });
  world.clock.advance();
  for (const call of calls) assert.equal(errorOf(call), "NONE");
  assert.equal(errorOf(large), "UNKNOWN_SERVER_ERROR");
  assert.equal(log.appends, 2);
  assert.equal(Object.keys(world.offsets("g")).length, 4);
});

test("when the full batch fails, what was decided on top of it fails too", () => {
  const log = new MemoryLog();
  log.maxBytes = 400;
  const world = new World({ log });
  const first = world.commit({ metadata: "m".repeat(200), offset: 1 });
  log.failNextAppend = ErrorCode.NOT_LEADER_OR_FOLLOWER;
  const second = world.commit({ partition: 1, metadata: "m".repeat(200), offset: 2 });
  assert.equal(errorOf(first), "NOT_COORDINATOR");
  assert.equal(errorOf(second), "NOT_COORDINATOR");
  world.clock.advance();
  assert.deepEqual(world.offsets("g"), {});
  assert.equal(log.appends, 0);
});

test("a log that has moved on without the shard makes it load again", () => {
  const world = new World();
  assert.equal(world.commitError({ offset: 1 }), ErrorCode.NONE);
  const other = new World();
  other.commitError({ groupId: "other", offset: 9 });
  const read = other.log.read(0, 0, 1 << 20);
  assert.ok(read.kind === "batches");
  world.log.put(0, read.bytes);
  const call = world.commit({ offset: 2 });
  const queued = world.commit({ offset: 3 });
  world.clock.advance();
  assert.equal(errorOf(call), "NOT_COORDINATOR");
  assert.equal(errorOf(queued), "NOT_COORDINATOR");
  assert.deepEqual(world.offsets("other"), { "orders-0": 9 });
  // The log kept what it was given, and the shard serves again.
  assert.deepEqual(world.offsets("g"), { "orders-0": 3 });
  assert.equal(world.commitError({ offset: 4 }), ErrorCode.NONE);
});

test("elections and resignations count by their epochs", () => {
  const before = new World();
  before.commitError();
  const world = new World({ electNone: true, log: before.log.copy() });
  const { coordinator, clock } = world;
  coordinator.onElected(0, 5);
  assert.equal(coordinator.availability("g"), ErrorCode.COORDINATOR_NOT_AVAILABLE);
  coordinator.start(1);
  assert.equal(coordinator.availability("g"), ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  clock.advance();
  assert.equal(coordinator.availability("g"), ErrorCode.NONE);
  coordinator.onElected(0, 5);
  assert.equal(coordinator.availability("g"), ErrorCode.NONE, "the same election is old news");
  coordinator.onResigned(0, 5);
  assert.equal(
    coordinator.availability("g"),
    ErrorCode.NONE,
    "so is a resignation of its own epoch",
  );
  coordinator.onElected(0, 7);
  assert.equal(coordinator.availability("g"), ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  clock.advance();
  coordinator.onResigned(0, 8);
  assert.equal(coordinator.availability("g"), ErrorCode.NOT_COORDINATOR);
  coordinator.onElected(0, 9);
  clock.advance();
  coordinator.onResigned(0, undefined);
  assert.equal(coordinator.availability("g"), ErrorCode.NOT_COORDINATOR, "the partition is gone");
  coordinator.start(50);
  assert.equal(coordinator.partitionFor("g.classic"), 0, "the count of partitions stays");
});

test("a shard that is given up answers what waits, and forgets its timers", () => {
  const world = new World();
  world.stableGroup(2);
  world.log.commitAtOnce = false;
  const appended = world.commit({ groupId: "other" });
  world.clock.advance();
  const open = world.commit({ groupId: "other" });
  world.coordinator.onResigned(0, 2);
  assert.equal(errorOf(appended), "NOT_COORDINATOR");
  assert.equal(errorOf(open), "NOT_COORDINATOR");
  world.clock.advance();
  assert.equal(world.clock.timers, 0);
  world.log.commitAll();
});

test("an empty partition serves as soon as it is led", () => {
  const world = new World({ electNone: true });
  world.coordinator.start(1);
  world.coordinator.onElected(0, 1);
  assert.equal(world.coordinator.availability("g"), ErrorCode.NONE);
});

test("while it loads, a shard is in the way of listing only", () => {
  const world = new World({ partitionCount: 2 });
  for (const groupId of ["a", "b"]) world.commitError({ groupId });
  world.coordinator.onElected(1, 2);
  assert.equal(world.list().errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  world.coordinator.onResigned(1, 3);
  assert.equal(world.list().errorCode, ErrorCode.NONE);
});

test("batches above the watermark are loaded, but not shown before they are committed", () => {
  const world = new World();
  world.commitError({ offset: 1 });
  world.log.commitAtOnce = false;
  world.commit({ offset: 2 });
  world.commit({ groupId: "late", offset: 3 });
  world.clock.advance();
  world.coordinator.onElected(0, 2);
  world.clock.advance();
  assert.deepEqual(world.offsets("g"), { "orders-0": 1 });
  assert.equal(world.describe("late").errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  const stable = world.fetch("g", { requireStable: true });
  assert.equal(stable.isAnswered, false);
  world.log.commitAll();
  assert.equal(stable.isAnswered, true);
  assert.deepEqual(world.offsets("g"), { "orders-0": 2 });
  assert.deepEqual(world.offsets("late"), { "orders-0": 3 });
});

test("a log is loaded in pieces, between which other things happen", () => {
  const world = new World();
  for (let i = 0; i < 50; i++) world.commitError({ groupId: `g${i}`, offset: i });
  const pieces = new World({ log: world.log.copy(), shards: { loadBufferBytes: 1 } });
  assert.equal(pieces.list().groups.length, 50);
});

test("records of unknown types are passed over; broken ones of known types fail the shard", () => {
  const unknown = new MemoryLog();
  unknown.put(0, storedBatch([{ key: Buffer.from([0, 99, 1]), value: Buffer.from("?") }]));
  const world = new World({ log: unknown });
  assert.equal(world.coordinator.availability("g"), ErrorCode.NONE);
  for (const [key, value] of [
    [Buffer.from([0]), null],
    [Buffer.from([0, 1, 0]), null],
    [Buffer.from([0, 2, 0, 1, 0x67]), Buffer.from([0, 77])],
    [Buffer.from([0, 2, 0, 1, 0x67]), Buffer.from([0])],
  ] as const) {
    const log = new MemoryLog();
    log.put(0, storedBatch([{ key, value }]));
    const failed = new World({ log });
    assert.equal(failed.coordinator.availability("g"), ErrorCode.NOT_COORDINATOR);
    failed.coordinator.onElected(0, 2);
    failed.clock.advance();
    assert.equal(failed.coordinator.availability("g"), ErrorCode.NOT_COORDINATOR);
  }
});

test("batches look like those of Kafka's coordinators", () => {
  const world = new World();
  world.commitError({ topic: ORDERS });
  const read = world.log.read(0, 0, 1 << 20);
  assert.ok(read.kind === "batches");
  const batch = new RecordBatchView(read.bytes);
  assert.equal(batch.verifyChecksum(), true);
  assert.equal(batch.producerId, -1);
  assert.equal(batch.producerEpoch, -1);
  assert.equal(batch.baseSequence, 0);
  assert.equal(batch.partitionLeaderEpoch, 1);
  assert.equal(batch.baseTimestamp, world.clock.nowMs());
});

test("answers that ask again from within do not upset the order", () => {
  const world = new World();
  const seen: string[] = [];
  world.coordinator.heartbeat(
    world.context(4),
    { groupId: "g", generationId: 1, memberId: "a", groupInstanceId: null },
    () => {
      seen.push("outer");
      world.coordinator.heartbeat(
        world.context(4),
        { groupId: "g", generationId: 1, memberId: "b", groupInstanceId: null },
        () => seen.push("inner"),
      );
      seen.push("outer again");
    },
  );
  assert.deepEqual(seen, ["outer", "outer again", "inner"]);
});
