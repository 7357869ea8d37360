import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assignRanges } from "./range-assignor.ts";

test("members get neighbouring partitions, the first ones one more", () => {
  const members = ["b", "a", "c"].map((memberId) => ({ memberId, topics: ["t"] }));
  const assignment = assignRanges(members, new Map([["t", 8]]));
  const numbers = (id: string): number[] | undefined =>
    assignment.get(id)?.map(({ partition }) => partition);
  assert.deepEqual(numbers("a"), [0, 1, 2]);
  assert.deepEqual(numbers("b"), [3, 4, 5]);
  assert.deepEqual(numbers("c"), [6, 7]);
});

test("every partition that somebody wants has exactly one member, which wants its topic", () => {
  const topics = ["t0", "t1", "t2"];
  fc.assert(
    fc.property(
      fc.array(fc.subarray(topics), { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 3 }),
      (subscriptions, counts) => {
        const members = subscriptions.map((own, i) => ({ memberId: `m${i}`, topics: own }));
        const partitionCounts = new Map(topics.map((topic, i) => [topic, counts[i]!]));
        const seen = new Set<string>();
        for (const [memberId, partitions] of assignRanges(members, partitionCounts)) {
          for (const { topic, partition } of partitions) {
            assert.ok(members.find((m) => m.memberId === memberId)?.topics.includes(topic));
            assert.ok(!seen.has(`${topic}-${partition}`));
            seen.add(`${topic}-${partition}`);
          }
        }
        const wanted = topics.filter((topic) => subscriptions.some((own) => own.includes(topic)));
        const expected = wanted.reduce((sum, topic) => sum + (partitionCounts.get(topic) ?? 0), 0);
        assert.equal(seen.size, expected);
      },
    ),
  );
});
