import assert from "node:assert/strict";
import { test } from "node:test";
import { clientError } from "../client/errors.ts";
import { ClientReader, type ClientGroup } from "./checkers/client-reads.ts";
import { addCheckers, type CheckedRun, type Checkers } from "./checkers.ts";
import {
  ClientTopic,
  type ClientPartition,
  type ClientRecord,
  type ClientSender,
} from "./client-history.ts";
import { History } from "./history.ts";
import { planOf } from "./seed-plan.ts";

const idempotent: ClientSender = { name: "one", isIdempotent: true };
const plain: ClientSender = { name: "other", isIdempotent: false };

/** A run that exists only as far as checkers of clients look at it. */
class World implements CheckedRun {
  readonly history = new History();
  readonly checkers: Checkers;
  readonly topic = new ClientTopic("orders", 2);
  readonly partition: ClientPartition;
  timeMs = 0;

  constructor(isStrict = true) {
    this.checkers = addCheckers(this.history, { ...planOf(1), isStrict }, this);
    this.history.clients.topics.push(this.topic);
    this.partition = this.topic.partition(0);
  }

  nowMs = (): number => this.timeMs;
  incarnation = (): number => 1;
  isUp = (): boolean => true;
  hinderedUntilMs = (): number => 0;
  isDiskHurt = (): boolean => false;
  isEnding = (): boolean => false;
  wallClockMaxMs = (): number => this.timeMs;

  get broken(): string | undefined {
    return this.history.violation?.checker;
  }

  get group(): ClientGroup {
    return this.checkers.groupProgress.group("billing");
  }

  send(id: number, more: Partial<ClientRecord> = {}): ClientRecord {
    const record: ClientRecord = {
      id,
      sender: idempotent,
      order: id,
      topic: this.topic,
      wantedPartition: -1,
      state: "open",
      place: undefined,
      acknowledgedAt: undefined,
      ...more,
    };
    this.history.clients.records.set(id, record);
    return record;
  }

  acknowledge(record: ClientRecord, offset: number, partition = this.partition): void {
    record.state = "acknowledged";
    this.history.emit({ kind: "record acknowledged", record, partition, offset });
  }

  see(id: number | undefined, offset: number, partition = this.partition): void {
    this.history.emit({ kind: "record seen", partition, offset, id });
  }

  process(...offsets: readonly number[]): void {
    for (const offset of offsets) {
      this.checkers.groupProgress.processed(this.group, this.partition, offset);
    }
  }

  told(offset: number): void {
    const { groupProgress } = this.checkers;
    const before = groupProgress.committedBefore(this.group, this.partition);
    groupProgress.told(this.group, this.partition, before, offset);
  }
}

test("an offset with two records, and bytes that nobody sent, are noticed", () => {
  const world = new World();
  world.acknowledge(world.send(1), 0);
  world.send(2);
  world.see(1, 0);
  assert.equal(world.broken, undefined);
  world.see(2, 0);
  assert.equal(world.broken, "client-values");
  const other = new World();
  other.see(undefined, 0);
  assert.equal(other.broken, "client-values");
});

test("a record in another topic or partition than it was sent to is noticed", () => {
  const world = new World();
  world.see(world.send(1, { wantedPartition: 0 }).id, 0);
  assert.equal(world.broken, undefined);
  world.see(world.send(2, { wantedPartition: 1 }).id, 1);
  assert.equal(world.broken, "client-values");
  const other = new World();
  other.acknowledge(other.send(1), 0, new ClientTopic("payments", 1).partition(0));
  assert.equal(other.broken, "client-values");
});

test("a record at two offsets is noticed, unless its producer is not idempotent", () => {
  const world = new World();
  world.see(world.send(1, { sender: plain }).id, 0);
  world.see(1, 1);
  assert.equal(world.broken, undefined);
  world.acknowledge(world.send(2), 2);
  world.see(2, 3);
  assert.equal(world.broken, "client-duplicates");
});

test("acknowledged records out of the order of the calls are noticed, whenever their places show", () => {
  const world = new World();
  const [one, two, three] = [world.send(1), world.send(2), world.send(3)];
  world.acknowledge(three, 7);
  world.acknowledge(one, -1);
  world.acknowledge(two, 6);
  assert.equal(world.broken, undefined);
  world.see(1, 8);
  assert.equal(world.broken, "client-order");
  const twice = new World();
  const [first, second] = [1, 2].map((id) => twice.send(id, { sender: plain }));
  twice.see(2, 0);
  twice.acknowledge(first!, 1);
  twice.acknowledge(second!, 2);
  assert.equal(twice.broken, undefined);
  const failed = new World();
  failed.acknowledge(failed.send(2), 0);
  failed.see(failed.send(1, { state: "failed" }).id, 1);
  assert.equal(failed.broken, undefined);
});

test("what was acknowledged and is gone at the end is noticed", () => {
  const world = new World();
  world.acknowledge(world.send(1), 0);
  world.send(2, { state: "failed" });
  world.history.emit({ kind: "topic read whole", topic: world.topic, ids: new Set([1]) });
  assert.equal(world.broken, undefined);
  world.history.emit({ kind: "topic read whole", topic: world.topic, ids: new Set() });
  assert.equal(world.broken, "lost-writes");
});

test("records that are left out or come again are noticed, save after a rebalance or a seek", () => {
  const read = (from: number, next: number, isOrdered = true): World => {
    const world = new World();
    const { polls } = world.checkers;
    const reader = new ClientReader("reader", false);
    const of = { partition: world.partition, isAssigned: true, isOrdered };
    polls.delivered(reader, { ...of, offset: from });
    polls.delivered(reader, { ...of, offset: next });
    return world;
  };
  assert.equal(read(5, 6).broken, undefined);
  assert.equal(read(5, 7).broken, "polls");
  assert.equal(read(5, 7, false).broken, undefined);
  assert.equal(read(5, 5).broken, "polls");
  assert.equal(read(5, 4, false).broken, undefined);
  assert.equal(read(5, 5, false).broken, "polls");
  const world = new World();
  const { polls } = world.checkers;
  const { partition } = world;
  const reader = new ClientReader("reader", true);
  const of = { partition, isAssigned: true, isOrdered: true };
  polls.delivered(reader, { ...of, offset: 0 });
  polls.rebalanced(reader, partition);
  polls.delivered(reader, { ...of, offset: 0 });
  polls.seeked(reader, partition, 9);
  polls.delivered(reader, { ...of, offset: 9 });
  assert.equal(world.broken, undefined);
  polls.delivered(reader, { ...of, offset: 10, isAssigned: false });
  assert.equal(world.broken, "polls");
});

test("a commit of what was not processed, or one that goes back, is noticed", () => {
  const world = new World();
  world.process(0, 2, 1);
  world.told(3);
  world.told(3);
  assert.equal(world.broken, undefined);
  world.told(2);
  assert.equal(world.broken, "group-progress");
  const ahead = new World();
  ahead.process(0, 2);
  ahead.told(1);
  assert.equal(ahead.broken, undefined);
  ahead.told(3);
  assert.equal(ahead.broken, "group-progress");
  const begins = new World();
  begins.process(0);
  begins.checkers.groupProgress.begins(begins.group, begins.partition, 2);
  assert.equal(begins.broken, "group-progress");
});

test("a loss of power may take commits, unless they are synced", () => {
  for (const isStrict of [true, false]) {
    const world = new World(isStrict);
    world.process(0, 1);
    world.told(2);
    world.history.emit({ kind: "restarted", how: "power loss", partitions: [] });
    world.told(1);
    assert.equal(world.broken, isStrict ? "group-progress" : undefined);
  }
});

test("what a client was asked to do and never does is noticed", () => {
  const world = new World();
  const { clientPromises } = world.checkers;
  clientPromises.ended(clientPromises.asked("one send", 100));
  clientPromises.asked("another send", 100);
  world.timeMs = 100;
  clientPromises.look();
  assert.equal(world.broken, undefined);
  world.timeMs = 101;
  clientPromises.look();
  assert.equal(world.broken, "client-promises");
});

test("errors of the client that nothing explains, and errors of other kinds, are noticed", () => {
  const world = new World();
  world.checkers.clientErrors.told("a send", clientError("TIMED_OUT", "late"), ["TIMED_OUT"]);
  assert.equal(world.broken, undefined);
  world.checkers.clientErrors.told("a send", clientError("CLOSED", "over"), ["TIMED_OUT"]);
  assert.equal(world.broken, "client-errors");
  const other = new World();
  other.checkers.clientErrors.told("a send", new TypeError("x is not a function"), ["TIMED_OUT"]);
  assert.equal(other.broken, "client-errors");
});
