import assert from "node:assert/strict";
import { test } from "node:test";
import {
  COMMITLESS_MS,
  SILENT_MS,
  verdictOf,
  type FetchFacts,
  type ReadingFacts,
} from "./verdict.ts";

const NOW = 1_000_000;
const fetching: FetchFacts = {
  offset: 60,
  lastMs: NOW - 100,
  sinceMs: NOW - 100,
  repeats: 0,
  backTo: -1,
  backs: 0,
  backLastMs: 0,
  begunAt: 10,
  begins: 1,
};
const moving: ReadingFacts = {
  nowMs: NOW,
  groupState: "Stable",
  waitingFor: [],
  hasMember: true,
  committed: 50,
  startOffset: 0,
  endOffset: 100,
  lastStableOffset: 100,
  fetch: fetching,
  movedMs: NOW - 500,
  memberMovedMs: NOW - 500,
  observedSinceMs: 0,
};
const standing: ReadingFacts = {
  ...moving,
  movedMs: NOW - COMMITLESS_MS - 1,
  memberMovedMs: NOW - COMMITLESS_MS - 1,
};

const cases: readonly (readonly [what: string, facts: ReadingFacts, kind: string])[] = [
  ["moves on", moving, "catching-up"],
  ["is at the end", { ...moving, committed: 100 }, "well"],
  ["is at the end, nobody there", { ...moving, committed: 100, hasMember: false }, "well"],
  ["nobody there", { ...moving, hasMember: false }, "no-member"],
  [
    "nobody there now, of one that is started again and again",
    { ...standing, hasMember: false, fetch: { ...fetching, begunAt: 50, begins: 3 } },
    "same-offset",
  ],
  [
    "nobody there any more, of one that was started again and again",
    {
      ...standing,
      hasMember: false,
      fetch: { ...fetching, begunAt: 50, begins: 3, lastMs: NOW - COMMITLESS_MS },
    },
    "no-member",
  ],
  [
    "nobody there and never committed",
    { ...moving, hasMember: false, committed: undefined },
    "no-member",
  ],
  ["rebalance", { ...moving, groupState: "PreparingRebalance", waitingFor: ["a"] }, "rebalancing"],
  ["member never fetched", { ...standing, fetch: null }, "never-fetches"],
  [
    "member stopped fetching",
    { ...standing, fetch: { ...fetching, lastMs: NOW - SILENT_MS - 1, sinceMs: 0 } },
    "never-fetches",
  ],
  [
    "member works through what it has fetched ahead",
    { ...moving, fetch: { ...fetching, lastMs: NOW - SILENT_MS - 1, sinceMs: 0 } },
    "catching-up",
  ],
  [
    "member is busy with other partitions",
    { ...standing, memberMovedMs: NOW - 500, fetch: { ...fetching, lastMs: NOW - 60_000 } },
    "catching-up",
  ],
  [
    "member goes back here while it moves on elsewhere",
    {
      ...standing,
      memberMovedMs: NOW - 500,
      fetch: { ...fetching, backTo: 50, backs: 3, backLastMs: NOW },
    },
    "same-offset",
  ],
  [
    "paused here, while it moves on elsewhere",
    {
      ...standing,
      memberMovedMs: NOW - 500,
      fetch: { ...fetching, offset: 50, lastMs: NOW - 60_000 },
    },
    "never-fetches",
  ],
  [
    "not looked at long enough to say so",
    { ...moving, fetch: null, observedSinceMs: NOW - 1 },
    "catching-up",
  ],
  [
    "the same record again",
    {
      ...standing,
      fetch: { ...fetching, offset: 50, lastMs: NOW, sinceMs: NOW - SILENT_MS - 1, repeats: 5 },
    },
    "same-offset",
  ],
  [
    "back to a record",
    { ...standing, fetch: { ...fetching, backTo: 50, backs: 3, backLastMs: NOW } },
    "same-offset",
  ],
  [
    "back to what is done already",
    { ...standing, fetch: { ...fetching, backTo: 40, backs: 3, backLastMs: NOW } },
    "never-commits",
  ],
  [
    "started again at a record",
    { ...standing, fetch: { ...fetching, begunAt: 50, begins: 3 } },
    "same-offset",
  ],
  ["fetches but does not commit", standing, "never-commits"],
  ["its next records are deleted", { ...moving, startOffset: 70 }, "out-of-range"],
  ["it is beyond the end", { ...moving, committed: 120 }, "out-of-range"],
  [
    "an open transaction",
    {
      ...standing,
      lastStableOffset: 50,
      fetch: { ...fetching, offset: 50, lastMs: NOW, sinceMs: NOW - SILENT_MS - 1 },
    },
    "open-transaction",
  ],
  ["any Kafka, moving", { ...moving, fetch: undefined }, "catching-up"],
  ["any Kafka, standing", { ...standing, fetch: undefined }, "unknown"],
];

for (const [what, facts, kind] of cases) {
  test(`verdict: ${what}`, () => {
    const verdict = verdictOf(facts);
    assert.equal(verdict.kind, kind, verdict.text);
    assert.match(verdict.text, /^[A-Z].*\.$/);
  });
}
