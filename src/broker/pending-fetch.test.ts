import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { randomUuid } from "../platform/random.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { SimWorld } from "../simulator/sim-platform.ts";
import type { LogManager } from "../storage/log-manager.ts";
import { batchOf, logConfig, openManager } from "../storage/storage-kit.test.ts";
import { Partition, type PartitionState } from "./partition.ts";
import { PendingFetch, ReadyFetches } from "./pending-fetch.ts";

const NODE = 1;
const leading: PartitionState = {
  leader: NODE,
  leaderEpoch: 3,
  partitionEpoch: 0,
  isr: [NODE],
  replicas: [NODE],
};

/** Partitions of one broker in a simulated world, and fetches that wait for them. */
class Setting {
  readonly world = new SimWorld({ seed: 1 });
  readonly #platform = this.world.host("broker").start().platform;
  readonly #logs: LogManager;
  readonly queue = new ReadyFetches((run) => this.world.clock.defer(run));
  readonly finished: string[] = [];

  constructor(t: TestContext) {
    this.#logs = openManager(t, "/data", { platform: this.#platform });
  }

  partition(index: number, config: Parameters<typeof logConfig>[0] = {}): Partition {
    const topicId = randomUuid(this.#platform.random);
    const place = { topic: "orders", partition: index };
    const log = this.#logs.createLog(place, { topicId, config: logConfig(config) });
    const partition = new Partition({ ...place, topicId, log, nodeId: NODE, state: leading });
    partition.startLeading();
    return partition;
  }

  park(
    name: string,
    partitions: readonly Partition[],
    options: { readonly bytesMissing?: number; readonly maxWaitMs?: number } = {},
  ): PendingFetch {
    const { bytesMissing = 1, maxWaitMs = 500 } = options;
    const fetch = new PendingFetch({
      partitions,
      queue: this.queue,
      bytesMissing,
      finish: () => this.finished.push(name),
    });
    fetch.park(this.world.clock.setTimer(maxWaitMs, () => fetch.expire()));
    return fetch;
  }

  /** Lets what is due now happen. */
  async settle(): Promise<void> {
    await this.world.clock.advance(0);
  }
}

function append(partition: Partition, valueBytes = 10): number {
  const batch = batchOf(1, { valueBytes });
  const result = partition.appendAsLeader(batch, { origin: "client", nowMs: 0 });
  assert.equal(result.errorCode, ErrorCode.NONE);
  return batch.length;
}

test("a fetch is woken by the append that brings what it misses, and not before", async (t) => {
  const setting = new Setting(t);
  const partition = setting.partition(0);
  const size = batchOf(1, { valueBytes: 10 }).length;
  setting.park("a", [partition], { bytesMissing: 2 * size + 1 });
  append(partition);
  append(partition);
  await setting.settle();
  assert.deepEqual(setting.finished, []);
  append(partition);
  await setting.settle();
  assert.deepEqual(setting.finished, ["a"]);
  assert.equal(partition.hasWaiting, false);
});

test("what several partitions bring counts together, and a fetch is finished once", async (t) => {
  const setting = new Setting(t);
  const partitions = [0, 1, 2].map((index) => setting.partition(index));
  const size = batchOf(1, { valueBytes: 10 }).length;
  setting.park("a", partitions, { bytesMissing: 2 * size });
  append(partitions[0]!);
  await setting.settle();
  assert.deepEqual(setting.finished, []);
  append(partitions[1]!);
  append(partitions[2]!);
  append(partitions[0]!);
  setting.queue.run();
  await setting.settle();
  await setting.world.clock.advance(10_000);
  assert.deepEqual(setting.finished, ["a"]);
  for (const partition of partitions) assert.equal(partition.hasWaiting, false);
});

test("fetches are finished when the request that woke them is done, so they see all of it", async (t) => {
  const setting = new Setting(t);
  const [one, two] = [setting.partition(0), setting.partition(1)];
  const seen: number[] = [];
  const fetch = new PendingFetch({
    partitions: [one, two],
    queue: setting.queue,
    bytesMissing: 1,
    finish: () => seen.push(one.highWatermark, two.highWatermark),
  });
  fetch.park(setting.world.clock.setTimer(500, () => fetch.expire()));
  append(one);
  append(two);
  assert.deepEqual(seen, []);
  setting.queue.run();
  assert.deepEqual(seen, [1, 1]);
  await setting.settle();
  assert.equal(seen.length, 2);
});

test("a fetch whose time is over is finished with what there is", async (t) => {
  const setting = new Setting(t);
  const partition = setting.partition(0);
  setting.park("a", [partition], { bytesMissing: 1_000_000, maxWaitMs: 500 });
  append(partition);
  await setting.world.clock.advance(499);
  assert.deepEqual(setting.finished, []);
  await setting.world.clock.advance(1);
  assert.deepEqual(setting.finished, ["a"]);
  assert.equal(partition.hasWaiting, false);
});

test("all that wait for a partition are finished when it is deleted, or led elsewhere", async (t) => {
  const setting = new Setting(t);
  const [deleted, moved, kept] = [0, 1, 2].map((index) => setting.partition(index));
  setting.park("of the deleted", [deleted!, kept!]);
  setting.park("of the moved", [kept!, moved!]);
  setting.park("of the kept", [kept!]);
  deleted!.close();
  moved!.update({ ...leading, leader: 2, leaderEpoch: 4 });
  await setting.settle();
  assert.deepEqual(setting.finished, ["of the deleted", "of the moved"]);
  append(kept!);
  await setting.settle();
  assert.deepEqual(setting.finished.slice(2), ["of the kept"]);
});

test("a new epoch of the same leader wakes nobody: there is nothing more to read", async (t) => {
  const setting = new Setting(t);
  const partition = setting.partition(0);
  setting.park("a", [partition]);
  partition.update({ ...leading, leaderEpoch: 4 });
  await setting.settle();
  assert.deepEqual(setting.finished, []);
  append(partition);
  await setting.settle();
  assert.deepEqual(setting.finished, ["a"]);
});

test("what is not flushed is not there yet, where the topic asks for flushes", async (t) => {
  const setting = new Setting(t);
  const partition = setting.partition(0, { flushMessages: 1 });
  setting.park("a", [partition], { maxWaitMs: 10_000 });
  append(partition);
  await setting.settle();
  assert.deepEqual(setting.finished, []);
  await setting.world.clock.wait(partition.flush());
  await setting.settle();
  assert.deepEqual(setting.finished, ["a"]);
});

test("a fetch that nobody waits for any more is forgotten, ready or not", async (t) => {
  const setting = new Setting(t);
  const partition = setting.partition(0);
  const waiting = setting.park("waiting", [partition]);
  const ready = setting.park("ready", [partition]);
  waiting.cancel();
  append(partition);
  ready.cancel();
  setting.queue.run();
  await setting.world.clock.advance(10_000);
  assert.deepEqual(setting.finished, []);
  assert.equal(partition.hasWaiting, false);
});

test("fetches that are finished may wait anew, and are woken anew", async (t) => {
  const setting = new Setting(t);
  const partition = setting.partition(0);
  let rounds = 0;
  const poll = (): void => {
    const fetch = new PendingFetch({
      partitions: [partition],
      queue: setting.queue,
      bytesMissing: 1,
      finish: () => {
        rounds++;
        poll();
      },
    });
    fetch.park(setting.world.clock.setTimer(500, () => fetch.expire()));
  };
  poll();
  for (let round = 1; round <= 5; round++) {
    append(partition);
    setting.queue.run();
    assert.equal(rounds, round);
  }
});
