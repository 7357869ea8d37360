import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchBuilder } from "../../records/build.ts";
import { KafkaError } from "../errors.ts";
import { AcknowledgeType, type Acknowledgement } from "./acknowledgements.ts";
import { AcquiredChunk, type AcquiredRange, type Acquirer } from "./acquired-chunk.ts";
import { SharePartition } from "./share-partition.ts";
import type { ShareRecord } from "./share-record.ts";

const place = new SharePartition({ topic: "t", partition: 1 }, "aaaaaaaaaaaaaaaaaaaaaA", undefined);
const LOCK_MS = 1_000;
const types = ["gap", "accept", "release", "reject", "renew"] as const;

/** A session that writes down what it is to say. */
class Scene implements Acquirer {
  ended: KafkaError | undefined;
  clockMs = 0;
  readonly acknowledgements: Acknowledgement[] = [];

  nowMs(): number {
    return this.clockMs;
  }

  readonly #timers = new Set<{ readonly atMs: number; readonly fire: () => void }>();
  readonly #listeners = new Set<() => void>();

  setTimer(delayMs: number, fire: () => void): { cancel(): void } {
    const timer = { atMs: this.clockMs + delayMs, fire };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Lets time pass, and timers fire; returns how many are left. */
  pass(toMs: number): number {
    this.clockMs = toMs;
    for (const timer of this.#timers) {
      if (timer.atMs > toMs) continue;
      this.#timers.delete(timer);
      timer.fire();
    }
    return this.#timers.size;
  }

  onEnded(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  end(): void {
    this.ended = new KafkaError("gone", { code: "SHARE_SESSION_NOT_FOUND" });
    for (const listener of this.#listeners) listener();
  }

  lockedUntilMs(): number {
    return this.clockMs + LOCK_MS;
  }

  add(partition: SharePartition, acknowledgement: Acknowledgement): void {
    assert.equal(partition, place);
    this.acknowledgements.push(acknowledgement);
  }

  get said(): string[] {
    return this.acknowledgements.map(
      ({ firstOffset, lastOffset, type }) => `${types[type]} ${firstOffset}-${lastOffset}`,
    );
  }

  /** Answers what was said, and forgets it. */
  answer(error?: KafkaError): void {
    for (const { answered } of this.acknowledgements.splice(0)) answered?.(error);
  }

  chunk(batches: readonly Buffer[], ranges: readonly (readonly [number, number, number?])[]) {
    const acquired = ranges.map(([firstOffset, lastOffset, deliveryCount = 1]): AcquiredRange => ({
      firstOffset,
      lastOffset,
      deliveryCount,
    }));
    const options = { checkCrcs: true, lockedUntilMs: this.lockedUntilMs() };
    return new AcquiredChunk(place, Buffer.concat(batches), acquired, this, options);
  }
}

/** Records at these offsets, in one batch up to the last offset of all. */
function batch(
  offsets: readonly number[],
  lastOffset = offsets.at(-1)!,
  isControl = false,
): Buffer {
  const [baseOffset = 0] = offsets;
  const builder = new BatchBuilder({ baseOffset, partitionLeaderEpoch: 0, isControl });
  for (const offset of offsets) {
    builder.appendAt(offset - baseOffset, 1_000, null, Buffer.from(`v${offset}`));
  }
  return builder.finish({ lastOffsetDelta: lastOffset - baseOffset, maxTimestamp: 1_000 });
}

function readAll(chunk: AcquiredChunk): ShareRecord[] {
  const records: ShareRecord[] = [];
  for (let record = chunk.take(); record !== undefined; record = chunk.take()) records.push(record);
  return records;
}

function textsOf(records: readonly ShareRecord[]): string[] {
  return records.map(
    ({ offset, value, deliveryCount }) => `${offset} ${String(value)} ${deliveryCount}`,
  );
}

test("only what was acquired is handed out, with how often it was delivered", () => {
  const scene = new Scene();
  const bytes = [batch([0, 1, 2, 3]), batch([4, 5]), batch([6, 7, 8])];
  const chunk = scene.chunk(bytes, [
    [1, 2],
    [3, 3, 4],
    [7, 8, 2],
  ]);
  assert.deepEqual(textsOf(readAll(chunk)), ["1 v1 1", "2 v2 1", "3 v3 4", "7 v7 2", "8 v8 2"]);
  assert.deepEqual(scene.said, []);
  assert.equal(chunk.heldCount, 5);
  assert.equal(chunk.isDone, false);
});

test("what compaction and markers leave of what was acquired is acknowledged as gaps", () => {
  const scene = new Scene();
  const bytes = [batch([0, 2, 3], 5), batch([6], 6, true), batch([7])];
  const chunk = scene.chunk(bytes, [
    [0, 3],
    [4, 7, 2],
  ]);
  assert.deepEqual(textsOf(readAll(chunk)), ["0 v0 1", "2 v2 1", "3 v3 1", "7 v7 2"]);
  assert.deepEqual(scene.said, ["gap 1-1", "gap 4-6"]);
});

test("offsets at the end of an answer that has no record for them are gaps", () => {
  const scene = new Scene();
  assert.deepEqual(textsOf(readAll(scene.chunk([batch([0], 3)], [[0, 3]]))), ["0 v0 1"]);
  assert.deepEqual(scene.said, ["gap 1-3"]);
});

test("what was acquired behind the last whole batch is released: it may be there", () => {
  const scene = new Scene();
  const cut = batch([2, 3]).subarray(0, 70);
  assert.deepEqual(textsOf(readAll(scene.chunk([batch([0, 1]), cut], [[0, 3]]))), [
    "0 v0 1",
    "1 v1 1",
  ]);
  assert.deepEqual(scene.said, ["release 2-3"]);
});

test("a damaged batch is rejected and told of, and reading goes on behind it", () => {
  const scene = new Scene();
  const damaged = batch([2, 3, 4]);
  damaged[damaged.length - 3]! ^= 1;
  const chunk = scene.chunk([batch([0, 1]), damaged, batch([5])], [[1, 5]]);
  assert.equal(chunk.take()?.offset, 1);
  assert.throws(
    () => chunk.take(),
    (thrown) => {
      assert.ok(thrown instanceof KafkaError);
      assert.equal(thrown.code, "CORRUPT_MESSAGE");
      assert.equal(thrown.retriable, false);
      assert.deepEqual(thrown.context, { topic: "t", partition: 1, offset: 2 });
      return true;
    },
  );
  assert.deepEqual(textsOf(readAll(chunk)), ["5 v5 1"]);
  assert.deepEqual(scene.said, ["reject 2-4"]);
});

test("what is not handed out yet can be given back, or is forgotten when its lock has run out", () => {
  const released = new Scene();
  const chunk = released.chunk(
    [batch([0, 1, 2]), batch([5, 6])],
    [
      [0, 2],
      [5, 6],
    ],
  );
  assert.equal(chunk.take()?.offset, 0);
  chunk.drop(true);
  chunk.drop(true);
  assert.deepEqual(released.said, ["release 1-2", "release 5-6"]);
  assert.equal(chunk.isOver, true);
  const expired = new Scene();
  expired.chunk([batch([0])], [[0, 0]]).drop(false);
  assert.deepEqual(expired.said, []);
});

test("a record is acknowledged once, and each call tells what the broker answered", async () => {
  const scene = new Scene();
  const chunk = scene.chunk([batch([0, 1])], [[0, 1]]);
  const [first, second] = readAll(chunk);
  assert.ok(first !== undefined && second !== undefined);
  const accepting = first.accept();
  assert.equal(first.isAcknowledged, true);
  await assert.rejects(first.reject(), { code: "INVALID_RECORD_STATE" });
  assert.deepEqual(scene.said, ["accept 0-0"]);
  scene.answer();
  await accepting;
  const rejecting = second.reject();
  scene.answer(new KafkaError("no", { code: "INVALID_RECORD_STATE" }));
  await assert.rejects(rejecting, { code: "INVALID_RECORD_STATE" });
  assert.equal(chunk.isDone, true);
});

test("a lock that is renewed lasts longer, and what follows waits for the answer", async () => {
  const scene = new Scene();
  const [record] = readAll(scene.chunk([batch([0])], [[0, 0]]));
  assert.ok(record !== undefined);
  scene.clockMs = 600;
  assert.equal(record.lockRemainingMs, LOCK_MS - 600);
  const renewing = record.renew();
  assert.equal(record.renew(), renewing, "one at a time");
  const accepting = record.accept();
  assert.deepEqual(scene.said, ["renew 0-0"]);
  scene.answer();
  await renewing;
  assert.equal(record.lockRemainingMs, LOCK_MS);
  assert.deepEqual(scene.said, ["accept 0-0"]);
  scene.answer();
  await accepting;
});

test("a lock that could not be renewed does not keep the record from being released", async () => {
  const scene = new Scene();
  const [record] = readAll(scene.chunk([batch([0])], [[0, 0]]));
  const renewing = record!.renew();
  const releasing = record!.release();
  scene.answer(new KafkaError("no", { code: "INVALID_RECORD_STATE" }));
  await assert.rejects(renewing, { code: "INVALID_RECORD_STATE" });
  assert.deepEqual(scene.said, ["release 0-0"]);
  scene.answer();
  await releasing;
});

test("when the session is over calls say so, and nothing more is said to the broker", async () => {
  const scene = new Scene();
  const chunk = scene.chunk([batch([0, 1, 2])], [[0, 2]]);
  const record = chunk.take();
  scene.end();
  assert.equal(chunk.isGone, true);
  assert.equal(chunk.isDone, true);
  await assert.rejects(record!.accept(), { code: "SHARE_SESSION_NOT_FOUND" });
  await assert.rejects(record!.renew(), { code: "SHARE_SESSION_NOT_FOUND" });
  assert.equal(record!.lockRemainingMs, 0);
  chunk.drop(true);
  record!.settle(AcknowledgeType.RELEASE);
  assert.deepEqual(scene.said, []);
});

test("all that the program holds is given back but what it has acknowledged", () => {
  const scene = new Scene();
  const chunk = scene.chunk([batch([0, 1, 2])], [[0, 2]]);
  const [first] = readAll(chunk);
  void first?.accept();
  chunk.releaseHeld();
  assert.deepEqual(scene.said, ["accept 0-0", "release 1-1", "release 2-2"]);
});

test("a lease renews the lock at half of it, until the record is acknowledged or the lease ends", async () => {
  const scene = new Scene();
  const [first, second] = readAll(scene.chunk([batch([0, 1])], [[0, 1]]));
  assert.ok(first !== undefined && second !== undefined);
  first.lease();
  const ending = second.lease();
  scene.pass(LOCK_MS / 2 - 1);
  assert.deepEqual(scene.said, []);
  scene.pass(LOCK_MS / 2);
  assert.deepEqual(scene.said, ["renew 0-0", "renew 1-1"]);
  scene.answer();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(first.lockRemainingMs, LOCK_MS);
  ending.end();
  scene.pass(LOCK_MS);
  assert.deepEqual(scene.said, ["renew 0-0"]);
  scene.answer();
  void first.accept();
  assert.equal(scene.pass(10 * LOCK_MS), 0);
  assert.deepEqual(scene.said, ["accept 0-0"]);
  assert.equal(ending.signal.aborted, false);
});

test("a lease tells when the lock is lost, by a refusal or with the session", async () => {
  const scene = new Scene();
  const [first, second] = readAll(scene.chunk([batch([0, 1])], [[0, 1]]));
  const refused = first!.lease();
  scene.pass(LOCK_MS / 2);
  scene.answer(new KafkaError("no", { code: "INVALID_RECORD_STATE" }));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(refused.signal.aborted, true);
  assert.ok(refused.signal.reason instanceof KafkaError);
  const lost = second!.lease();
  scene.end();
  assert.equal(lost.signal.aborted, true);
  assert.equal(scene.pass(10 * LOCK_MS), 0);
});
