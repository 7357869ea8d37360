import assert from "node:assert/strict";
import { test } from "node:test";
import { trendOf, type MemorySample } from "./memory-trend.ts";

const MB = 1024 * 1024;
const bounds = { heldBytes: 8 * MB, rssBytes: 64 * MB };

/** A sample a second; the heap grows by so much a second, and noise comes and goes. */
function samples(count: number, bytesPerSecond: number, noiseBytes = 0): MemorySample[] {
  return Array.from({ length: count }, (_, index) => {
    const noise = index % 3 === 0 ? noiseBytes : 0;
    const heapUsed = 30 * MB + bytesPerSecond * index + noise;
    return { atMs: index * 1000, rss: 150 * MB + heapUsed, heapUsed, external: 5 * MB };
  });
}

test("memory that comes and goes is flat, and a leak is none", () => {
  assert.equal(trendOf(samples(60, 0, 20 * MB), 10_000, bounds).isFlat, true);
  assert.equal(trendOf(samples(60, 0.1 * MB, 5 * MB), 10_000, bounds).isFlat, true);
  const leak = trendOf(samples(60, 0.3 * MB, 5 * MB), 10_000, bounds);
  assert.equal(leak.isFlat, false);
  assert.ok(leak.heldBytes > 12 * MB && leak.heldBytes < 18 * MB);
});

test("what is taken while everything warms up does not count", () => {
  const warming = samples(10, 5 * MB);
  const flat = samples(60, 0).map((sample) => ({ ...sample, atMs: sample.atMs + 10_000 }));
  assert.equal(trendOf([...warming, ...flat], 10_000, bounds).isFlat, true);
  assert.throws(() => trendOf(warming, 10_000, bounds), /say nothing/);
});

test("a process that grows though its heap does not is noticed", () => {
  const outside = samples(60, 0).map((sample, index) => ({
    ...sample,
    rss: sample.rss + index * 2 * MB,
  }));
  assert.equal(trendOf(outside, 10_000, bounds).isFlat, false);
});
