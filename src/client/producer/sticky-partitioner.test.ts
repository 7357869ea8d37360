import assert from "node:assert/strict";
import { test } from "node:test";
import { SimRandom } from "../../simulator/sim-random.ts";
import { StickyPartitioner } from "./sticky-partitioner.ts";

function loads(...queued: readonly (number | "gone")[]) {
  return queued.map((one) => ({
    isAvailable: one !== "gone",
    queuedBatches: one === "gone" ? 0 : one,
  }));
}

function partitioner(adaptive = true): StickyPartitioner {
  return new StickyPartitioner(new SimRandom(1), { batchBytes: 1_000, adaptive });
}

/** How often each partition had a turn. */
function turns(sticky: StickyPartitioner, partitions: ReturnType<typeof loads>, count: number) {
  const counts = partitions.map(() => 0);
  for (let i = 0; i < count; i++) counts[sticky.moveOn(partitions)]!++;
  return counts;
}

test("a turn lasts for a batch's worth of bytes", () => {
  const sticky = partitioner();
  assert.equal(sticky.partition, -1);
  const first = sticky.moveOn(loads(0, 0, 0));
  assert.equal(sticky.partition, first);
  sticky.took(800);
  assert.equal(sticky.isDone, false);
  sticky.took(100);
  assert.equal(sticky.isDone, true);
  sticky.moveOn(loads(0, 0, 0));
  assert.equal(sticky.isDone, false);
});

test("all partitions have as many turns, in an order that changes", () => {
  const sticky = partitioner();
  const partitions = loads(0, 0, 0, 0, 0);
  const orders = new Set<string>();
  for (let round = 0; round < 20; round++) {
    const order = partitions.map(() => sticky.moveOn(partitions));
    assert.equal(new Set(order).size, 5);
    orders.add(order.join(" "));
  }
  assert.ok(orders.size > 5);
  assert.deepEqual(turns(sticky, loads(0), 3), [3]);
});

test("partitions without a leader are passed over, unless none has one", () => {
  const sticky = partitioner();
  assert.deepEqual(turns(sticky, loads(0, "gone", 0), 60), [30, 0, 30]);
  assert.equal(turns(sticky, loads("gone", "gone"), 10).length, 2);
});

test("longer queues have fewer turns, unless that is not wanted", () => {
  const [slow, quick, gone] = turns(partitioner(), loads(9, 0, "gone"), 1_100);
  assert.equal(gone, 0);
  assert.ok(slow! > 50 && slow! < 170, `${slow} turns of one that has ten times the queue`);
  assert.equal(slow! + quick!, 1_100);
  assert.deepEqual(turns(partitioner(false), loads(9, 0), 100), [50, 50]);
});

test("a partition that is added has its turns", () => {
  const sticky = partitioner();
  turns(sticky, loads(0, 0), 3);
  assert.deepEqual(turns(sticky, loads(0, 0, 0), 30), [10, 10, 10]);
});
