import assert from "node:assert/strict";
import { test } from "node:test";
import type { GroupSample } from "./cluster-view.ts";
import { LagHistory } from "./lag-history.ts";

const SECOND = 1000;

function group(changes: Partial<GroupSample> = {}, offset = 10): GroupSample {
  return {
    name: "billing",
    type: "classic",
    state: "Stable",
    members: 2,
    reads: ["orders"],
    shares: "a",
    committed: new Map([["orders", new Map([[0, offset]])]]),
    ...changes,
  };
}

function eventsOf(history: LagHistory): string[] {
  return history.of("billing").events.map(({ kind, text }) => `${kind}: ${text}`);
}

test("who joins and leaves is marked, and that partitions moved with it", () => {
  const history = new LagHistory();
  history.take(0, group(), 5);
  history.take(SECOND, group({ members: 3, shares: "b" }), 5);
  history.take(2 * SECOND, group({ members: 3, shares: "c" }), 5);
  history.take(3 * SECOND, group({ members: 1, shares: "d" }), 5);
  assert.deepEqual(eventsOf(history), [
    "joined: a member joined, 3 now",
    "rebalance: Partitions were shared out anew",
    "rebalance: Partitions were shared out anew",
    "left: 2 members left, 1 now",
    "rebalance: Partitions were shared out anew",
  ]);
});

test("a rebalance that takes its time is one mark", () => {
  const history = new LagHistory();
  history.take(0, group(), 5);
  history.take(SECOND, group({ state: "PreparingRebalance", shares: "" }), 5);
  history.take(2 * SECOND, group({ state: "CompletingRebalance", shares: "" }), 5);
  history.take(3 * SECOND, group({ shares: "b" }), 5);
  assert.deepEqual(eventsOf(history), ["rebalance: Partitions are shared out anew"]);
});

test("offsets that go back are marked, those that go on are not", () => {
  const history = new LagHistory();
  history.take(0, group(), 5);
  history.take(SECOND, group({}, 12), 3);
  history.take(2 * SECOND, group({}, 4), 11);
  assert.deepEqual(eventsOf(history), ["reset: Set back in a partition"]);
});

test("a sample is kept every five seconds; of what stands still only its beginning and its end", () => {
  const history = new LagHistory();
  for (let at = 0; at <= 100; at++) history.take(at * SECOND, group(), 7);
  history.take(105 * SECOND, group(), 9);
  assert.deepEqual(
    history.of("billing").samples.map(({ atMs, lag }) => [atMs / SECOND, lag]),
    [
      [0, 7],
      [100, 7],
      [105, 9],
    ],
  );
});

test("an hour is kept, and what a group was is forgotten with it", () => {
  const history = new LagHistory();
  for (let at = 0; at < 2000; at++) history.take(at * 5 * SECOND, group(), at);
  const { samples } = history.of("billing");
  assert.equal(samples.length, 720);
  assert.equal(samples.at(-1)?.lag, 1999);
  history.forget(["billing"]);
  assert.deepEqual(history.of("billing"), { samples: [], events: [] });
});
