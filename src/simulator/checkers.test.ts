import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../protocol/error-code.ts";
import { addCheckers, type CheckedRun, type Checkers } from "./checkers.ts";
import {
  History,
  PartitionHistory,
  TopicHistory,
  type HistoryEvent,
  type ReadBatch,
  type SentBatch,
} from "./history.ts";
import { planOf } from "./seed-plan.ts";
import { bytesOfBatch, recordIdOf } from "./sent-records.ts";

/** A run that exists only as far as checkers look at it. */
class World implements CheckedRun {
  readonly history = new History();
  readonly checkers: Checkers;
  readonly topic: TopicHistory;
  readonly partition: PartitionHistory;
  timeMs = 0;
  process = 1;
  isHurt = false;

  constructor(isStrict = true) {
    const plan = { ...planOf(1), isStrict, keepsGroups: true };
    this.checkers = addCheckers(this.history, plan, this);
    this.topic = new TopicHistory("orders", "id", { isStrict, batchBytesMax: 1000 });
    this.partition = new PartitionHistory(this.topic, 0);
    this.topic.partitions.push(this.partition);
    this.history.topics.set(this.topic.id, this.topic);
  }

  nowMs = (): number => this.timeMs;
  incarnation = (): number => this.process;
  isUp = (): boolean => true;
  hinderedUntilMs = (): number => 0;
  isDiskHurt = (): boolean => this.isHurt;
  isEnding = (): boolean => false;
  wallClockMaxMs = (): number => this.timeMs;

  get broken(): string | undefined {
    return this.history.violation?.checker;
  }

  batch(id: number, more: Partial<SentBatch> = {}): SentBatch {
    const batch: SentBatch = {
      id,
      valueSizes: [20, 20],
      timestampMs: 1000,
      compression: "none",
      producerId: 7,
      producerEpoch: 0,
      baseSequence: id * 2,
      partition: this.partition,
      order: id,
      producer: "one",
      sizeBytes: 100,
      state: "open",
      attempts: 1,
      baseOffset: -1,
      sentTo: 1,
      wasRefused: false,
      ...more,
    };
    this.partition.batches.set(id, batch);
    return batch;
  }

  acknowledge(batch: SentBatch, baseOffset: number): void {
    batch.state = "acknowledged";
    batch.baseOffset = baseOffset;
    this.emit({ kind: "acknowledged", batch, baseOffset, isCurrent: true });
  }

  read(...batches: ReadBatch[]): void {
    this.emit({ kind: "read", partition: this.partition, batches });
  }

  audit(...batches: ReadBatch[]): void {
    this.emit({ kind: "audited", partition: this.partition, logStart: 0, batches });
  }

  restart(how: "clean" | "kill" | "power loss", logEnd: number, logStart = 0): void {
    const { partition } = this;
    this.process++;
    this.emit({ kind: "restarted", how, partitions: [partition] });
    this.emit({ kind: "found", partition, how, logStart, logEnd });
  }

  marks(known: number, told: { highWatermark?: number; logStart?: number }): void {
    this.emit({
      kind: "marks",
      partition: this.partition,
      known: { incarnation: this.process, highWatermark: known, logStart: known },
      incarnation: this.process,
      highWatermark: told.highWatermark,
      logStart: told.logStart,
    });
  }

  emit(event: HistoryEvent): void {
    this.history.emit(event);
  }
}

/** The batch as a reader finds it. */
function found({ id, valueSizes, sizeBytes, ...sent }: SentBatch, baseOffset: number): ReadBatch {
  const { producerId, producerEpoch, baseSequence } = sent;
  const ids = valueSizes.map((_size, index) => recordIdOf(id, index));
  const nextOffset = baseOffset + ids.length;
  return { baseOffset, nextOffset, sizeBytes, producerId, producerEpoch, baseSequence, ids };
}

test("an offset that shows two values is noticed, and one that shows the same again is not", () => {
  const world = new World();
  const [one, other] = [world.batch(1), world.batch(2)];
  world.acknowledge(one, 0);
  world.read(found(one, 0));
  assert.equal(world.broken, undefined);
  world.read(found(other, 1));
  assert.equal(world.broken, "offset-values");
});

test("after what was lost, offsets may have other values", () => {
  const world = new World(false);
  const [one, other] = [world.batch(1), world.batch(2)];
  world.acknowledge(one, 0);
  world.restart("power loss", 0);
  world.emit({ kind: "cut", partition: world.partition, offset: 0 });
  world.read(found(other, 0));
  assert.equal(world.broken, undefined);
});

test("a record at two offsets is noticed, unless a producer without idempotence sent it twice", () => {
  const world = new World();
  const idempotent = world.batch(1);
  world.read(found(idempotent, 0));
  world.read(found(idempotent, 2));
  assert.equal(world.broken, "written-once");
  const other = new World();
  const plain = other.batch(1, { producerId: -1, attempts: 2 });
  other.read(found(plain, 0));
  other.read(found(plain, 2));
  assert.equal(other.broken, undefined);
});

test("what was acknowledged must be there after a kill, and after a loss of power when it was synced", () => {
  for (const [isStrict, how, expected] of [
    [false, "kill", "kept-records"],
    [false, "power loss", undefined],
    [true, "power loss", "kept-records"],
  ] as const) {
    const world = new World(isStrict);
    world.acknowledge(world.batch(1), 0);
    world.restart(how, 1);
    assert.equal(world.broken, expected);
  }
});

test("batches of a producer out of order, or with a gap in their sequences, are noticed", () => {
  const world = new World();
  const [one, two, three] = [world.batch(1), world.batch(2), world.batch(3)];
  world.audit(found(one, 0), found(two, 2), found(three, 4));
  assert.equal(world.broken, undefined);
  world.audit(found(one, 0), found(three, 2));
  assert.equal(world.broken, "sending-order");
  const other = new World();
  other.audit(found(other.batch(2), 0), found(other.batch(1), 2));
  assert.equal(other.broken, "sending-order");
});

test("a high watermark that falls is noticed, also below what was acknowledged", () => {
  const world = new World();
  world.marks(0, { highWatermark: 5 });
  world.marks(5, { highWatermark: 5 });
  assert.equal(world.broken, undefined);
  world.marks(5, { highWatermark: 4 });
  assert.equal(world.broken, "high-watermark");
  const other = new World();
  other.acknowledge(other.batch(1), 8);
  assert.equal(other.partition.highWatermark, 10);
});

test("the start of a log moves by deletion or by retention, and never back", () => {
  const world = new World();
  world.acknowledge(world.batch(1, { timestampMs: 1000 }), 0);
  world.partition.deletionAskedTo = 1;
  world.marks(0, { logStart: 1 });
  assert.equal(world.broken, undefined);
  world.marks(1, { logStart: 0 });
  assert.equal(world.broken, "log-start");
  const byNobody = new World();
  byNobody.acknowledge(byNobody.batch(1), 0);
  byNobody.marks(0, { logStart: 2 });
  assert.equal(byNobody.broken, "log-start");
  const byAge = new World();
  byAge.topic.retentionsMs.add(500);
  byAge.acknowledge(byAge.batch(1, { timestampMs: 1000 }), 0);
  byAge.timeMs = 1600;
  byAge.marks(0, { logStart: 2 });
  assert.equal(byAge.broken, undefined);
});

test("what comes from a log must be whole, without gaps, as sent, and below the high watermark", () => {
  const fetched = (
    make: (world: World) => { records: Buffer; offset: number; end?: number },
  ): string | undefined => {
    const world = new World();
    const { records, offset, end } = make(world);
    const { partition } = world;
    world.checkers.readBatches.read({
      partition,
      known: { incarnation: 1, highWatermark: 0, logStart: 0 },
      fetchOffset: offset,
      highWatermark: end ?? 100,
      records,
    });
    return world.broken;
  };
  const one = (world: World): Buffer => bytesOfBatch(world.batch(1, { baseSequence: 0 }));
  assert.equal(
    fetched((world) => ({ records: one(world), offset: 0 })),
    undefined,
  );
  assert.equal(
    fetched((world) => ({ records: one(world), offset: 1 })),
    undefined,
  );
  const broken = [
    (world: World) => ({ records: one(world), offset: 2 }),
    (world: World) => ({ records: one(world), offset: 0, end: 1 }),
    (world: World) => ({ records: one(world).subarray(0, 100), offset: 0 }),
    (world: World) => ({ records: Buffer.concat([one(world), one(world)]), offset: 0 }),
    (world: World) => {
      const records = one(world);
      records[records.length - 2]! ^= 1;
      return { records, offset: 0 };
    },
    (world: World) => {
      const records = one(world);
      world.partition.batches.clear();
      return { records, offset: 0 };
    },
  ];
  for (const make of broken) assert.equal(fetched(make), "read-batches");
});

test("a producer that is told of a gap which it did not leave is noticed", () => {
  const world = new World();
  const batch = world.batch(2);
  world.checkers.sequences.refused(batch, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  assert.equal(world.broken, "sequences");
  const robbed = new World(false);
  robbed.acknowledge(robbed.batch(1), 0);
  robbed.emit({ kind: "cut", partition: robbed.partition, offset: 0 });
  const next = robbed.batch(2);
  robbed.checkers.sequences.refused(next, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  assert.equal(robbed.broken, undefined);
});

test("a group that goes back behind an acknowledged commit is noticed", () => {
  const world = new World();
  const { committedOffsets } = world.checkers;
  const { partition } = world;
  const commit = (offset: number, tag: string): void => {
    committedOffsets.acknowledged(committedOffsets.sent("group", partition, offset, tag));
  };
  commit(5, "a");
  const concurrent = committedOffsets.asked();
  commit(9, "b");
  committedOffsets.told("group", partition, concurrent, 5, "a");
  committedOffsets.told("group", partition, concurrent, 9, "b");
  assert.equal(world.broken, undefined);
  committedOffsets.told("group", partition, committedOffsets.asked(), 5, "a");
  assert.equal(world.broken, "committed-offsets");
});

test("commits may be lost with the power unless they are synced, and never to a kill", () => {
  for (const [isStrict, how, expected] of [
    [false, "power loss", undefined],
    [true, "power loss", "committed-offsets"],
    [false, "kill", "committed-offsets"],
  ] as const) {
    const world = new World(isStrict);
    const { committedOffsets } = world.checkers;
    committedOffsets.acknowledged(committedOffsets.sent("group", world.partition, 5, "a"));
    world.restart(how, 0);
    committedOffsets.told("group", world.partition, committedOffsets.asked(), -1, "");
    assert.equal(world.broken, expected);
  }
});

test("a generation with two leaders, or an old one that has a say, is noticed", () => {
  const join = (world: World, memberId: string, leader: string, generation = 1): void => {
    const { generations } = world.checkers;
    const latestWhenAsked = generations.latestOf("group");
    const members = memberId === leader ? [memberId, "other"] : [];
    const common = { group: "group", incarnation: 1, latestWhenAsked };
    generations.joined({ ...common, memberId, leader, generation, members });
  };
  const good = new World();
  join(good, "first", "first");
  join(good, "other", "first");
  assert.equal(good.broken, undefined);
  join(good, "stranger", "first");
  assert.equal(good.broken, "group-generations");
  const twoLeaders = new World();
  join(twoLeaders, "first", "first");
  join(twoLeaders, "other", "other");
  assert.equal(twoLeaders.broken, "group-generations");
  const old = new World();
  old.checkers.generations.accepted("a commit", "group", 1, 2);
  assert.equal(old.broken, "group-generations");
  const given = new World();
  join(given, "first", "first");
  given.checkers.generations.assigns("group", 1, new Map([["first", "aa"]]));
  const member = { id: "first", assignment: "bb", incarnation: 1 };
  given.checkers.generations.assigned("group", 1, member);
  assert.equal(given.broken, "group-generations");
});

test("a topic that is gone, or came back, or has another setting, is noticed", () => {
  const told = (world: World, id: string, partitions = 1): void => {
    const topics = [{ name: "orders", id, partitions }];
    world.checkers.metadata.told(topics, world.history.liveTopics(), []);
  };
  const world = new World();
  told(world, "id");
  assert.equal(world.broken, undefined);
  told(world, "another id");
  assert.equal(world.broken, "metadata");
  const fewer = new World();
  told(fewer, "id", 0);
  assert.equal(fewer.broken, "metadata");
  const deleted = new World();
  deleted.checkers.metadata.told(
    [{ name: "orders", id: "id", partitions: 1 }],
    [],
    [deleted.topic],
  );
  assert.equal(deleted.broken, "metadata");
  const settings = new World();
  const { metadata } = settings.checkers;
  metadata.set(settings.topic, "segment.ms", "1");
  metadata.setting(settings.topic, "segment.ms", "2");
  metadata.toldSetting(settings.topic, "segment.ms", "1");
  metadata.toldSetting(settings.topic, "segment.ms", "2");
  assert.equal(settings.broken, undefined);
  metadata.set(settings.topic, "segment.ms", "2");
  metadata.toldSetting(settings.topic, "segment.ms", "1");
  assert.equal(settings.broken, "metadata");
});

test("a search by time that passes over a record is noticed", () => {
  const search = (offset: number, foundMs: number): string | undefined => {
    const world = new World();
    world.acknowledge(world.batch(1, { timestampMs: 1000 }), 0);
    world.acknowledge(world.batch(2, { timestampMs: 2000 }), 2);
    world.checkers.offsetsByTime.found(world.partition, {
      timestampMs: 1001,
      offset,
      foundMs,
      acknowledgedBefore: [1, 2],
    });
    return world.broken;
  };
  assert.equal(search(1, 1001), undefined);
  assert.equal(search(2, 2000), "offsets-by-time");
  assert.equal(search(0, 1000), "offsets-by-time");
  assert.equal(search(-1, -1), "offsets-by-time");
});

test("errors without a reason, ids given twice, requests without an answer, other states are noticed", () => {
  const errors = new World();
  errors.checkers.errors.told("Fetch", ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  errors.checkers.errors.told("Fetch", ErrorCode.INVALID_RECORD, undefined, [
    ErrorCode.INVALID_RECORD,
  ]);
  errors.isHurt = true;
  errors.checkers.errors.told("Fetch", ErrorCode.KAFKA_STORAGE_ERROR, errors.topic);
  assert.equal(errors.broken, undefined);
  errors.isHurt = false;
  errors.checkers.errors.told("Fetch", ErrorCode.KAFKA_STORAGE_ERROR, errors.topic);
  assert.equal(errors.broken, "expected-errors");
  const ids = new World();
  ids.checkers.producerIds.given(1, 0);
  assert.equal(ids.broken, undefined);
  ids.checkers.producerIds.given(1, 0);
  assert.equal(ids.broken, "producer-ids");
  const waiting = new World();
  const ask = waiting.checkers.liveness.asked("Fetch", 500);
  waiting.timeMs = 20_400;
  waiting.checkers.liveness.look();
  assert.equal(waiting.broken, undefined);
  waiting.timeMs = 20_600;
  waiting.checkers.liveness.look();
  assert.equal(waiting.broken, "liveness");
  waiting.checkers.liveness.answered(ask);
  const state = new World();
  const nothing = new Map<string, string>();
  const before = { replayed: new Map([["end", "5"]]), noted: new Map([["start", "1"]]) };
  const after = { replayed: new Map([["end", "5"]]), noted: nothing };
  state.checkers.replayedState.compare(before, after, "kill");
  assert.equal(state.broken, undefined);
  state.checkers.replayedState.compare(before, after, "clean");
  assert.equal(state.broken, "replayed-state");
});
