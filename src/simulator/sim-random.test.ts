import assert from "node:assert/strict";
import { test } from "node:test";
import { randomUuid } from "../platform/random.ts";
import { SimRandom } from "./sim-random.ts";

function take(random: SimRandom, count: number): number[] {
  return Array.from({ length: count }, () => random.uint32());
}

test("a seed and a stream give the same values for ever", () => {
  // Seeds that found something must find it again: these values may not change.
  assert.deepEqual(take(new SimRandom(1), 3), [2442144158, 3238099751, 3819917871]);
  assert.deepEqual(take(new SimRandom(7, "disk broker"), 3), [2413182920, 791650787, 2716821741]);
  const streams = [
    new SimRandom(1),
    new SimRandom(2),
    new SimRandom(2 ** 33 + 1),
    new SimRandom(1, "disk"),
    new SimRandom(1, "network"),
    new SimRandom(1).fork("disk"),
    new SimRandom(0),
    new SimRandom(-1),
  ].map((random) => take(random, 4).join());
  assert.equal(new Set(streams).size, streams.length);
});

test("values cover their ranges evenly", () => {
  const random = new SimRandom(42);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 20_000; i++) counts[random.below(10)]!++;
  for (const count of counts) assert.ok(count > 1800 && count < 2200, String(counts));
  assert.equal(random.below(1), 0);
  for (let i = 0; i < 100; i++) {
    const value = random.between(-3, 3);
    assert.ok(value >= -3 && value <= 3);
    assert.ok(random.below(0x1_0000_0000) < 0x1_0000_0000);
  }
  const heads = Array.from({ length: 10_000 }, () => random.chance(0.3)).filter(Boolean).length;
  assert.ok(heads > 2800 && heads < 3200, String(heads));
  assert.throws(() => random.below(0), { name: "AssertionError" });
});

test("bytes and uuids come from the seed", () => {
  assert.deepEqual(new SimRandom(5).bytes(100), new SimRandom(5).bytes(100));
  assert.equal(new Set(new SimRandom(5).bytes(2000)).size > 250, true);
  assert.equal(randomUuid(new SimRandom(9)), randomUuid(new SimRandom(9)));
});
