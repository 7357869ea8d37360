import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMITLESS_MS, SILENT_MS, verdictOf, type ReadingFacts } from "./verdict.ts";

const NOW = 1_000_000;
const moving: ReadingFacts = {
  nowMs: NOW,
  groupState: "Stable",
  waitingFor: [],
  hasMember: true,
  committed: 50,
  startOffset: 0,
  endOffset: 100,
  lastStableOffset: 100,
  fetch: { offset: 60, lastMs: NOW - 100, sinceMs: NOW - 100, repeats: 0 },
  movedMs: NOW - 500,
  observedSinceMs: 0,
};
const standing: ReadingFacts = { ...moving, movedMs: NOW - COMMITLESS_MS - 1 };

const cases: readonly (readonly [what: string, facts: ReadingFacts, kind: string])[] = [
  ["moves on", moving, "catching-up"],
  ["is at the end", { ...moving, committed: 100 }, "well"],
  ["is at the end, nobody there", { ...moving, committed: 100, hasMember: false }, "well"],
  ["nobody there", { ...moving, hasMember: false }, "no-member"],
  [
    "nobody there and never committed",
    { ...moving, hasMember: false, committed: undefined },
    "no-member",
  ],
  ["rebalance", { ...moving, groupState: "PreparingRebalance", waitingFor: ["a"] }, "rebalancing"],
  ["member never fetched", { ...moving, fetch: null }, "never-fetches"],
  [
    "member stopped fetching",
    { ...moving, fetch: { offset: 60, lastMs: NOW - SILENT_MS - 1, sinceMs: 0, repeats: 0 } },
    "never-fetches",
  ],
  [
    "not looked at long enough to say so",
    { ...moving, fetch: null, observedSinceMs: NOW - 1 },
    "catching-up",
  ],
  [
    "the same record again",
    { ...standing, fetch: { offset: 50, lastMs: NOW, sinceMs: NOW - SILENT_MS - 1, repeats: 5 } },
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
      fetch: { offset: 50, lastMs: NOW, sinceMs: NOW - SILENT_MS - 1, repeats: 0 },
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
