import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterView, type ClusterSample, type GroupSample } from "./cluster-view.ts";

interface Setting {
  readonly atMs: number;
  readonly ends: readonly number[];
  readonly starts?: readonly number[];
  readonly committed?: readonly (number | undefined)[];
  readonly members?: number;
  readonly topicId?: string;
}

function sampleOf({
  atMs,
  ends,
  starts,
  committed,
  members = 1,
  topicId = "A",
}: Setting): ClusterSample {
  const groups: GroupSample[] =
    committed === undefined
      ? []
      : [
          {
            name: "billing",
            type: "classic",
            state: "Stable",
            members,
            reads: [],
            shares: "",
            committed: new Map([
              [
                "orders",
                new Map(
                  committed.flatMap((offset, partition) =>
                    offset === undefined ? [] : [[partition, offset] as const],
                  ),
                ),
              ],
            ]),
          },
        ];
  return {
    atMs,
    topics: [
      {
        name: "orders",
        topicId,
        isInternal: false,
        partitions: ends.map((endOffset, partition) => ({
          partition,
          leader: 1,
          leaderEpoch: 0,
          replicas: [1],
          isr: [1],
          startOffset: starts?.[partition] ?? 0,
          endOffset,
        })),
      },
    ],
    groups,
  };
}

test("rates are what was written over the last seconds, and calm down when nothing comes", () => {
  const view = new ClusterView();
  view.apply(sampleOf({ atMs: 0, ends: [0, 0] }));
  view.apply(sampleOf({ atMs: 1000, ends: [100, 0] }));
  assert.equal(view.topicRow("orders")?.inRecords, 100);
  view.apply(sampleOf({ atMs: 2000, ends: [200, 100] }));
  assert.equal(view.topicRow("orders")?.inRecords, 150);
  assert.equal(view.partitionRate("orders", 0), 100);
  assert.equal(view.topicRow("orders")?.records, 300);
  for (let second = 3; second < 8; second++) {
    view.apply(sampleOf({ atMs: second * 1000, ends: [200, 100] }));
  }
  assert.equal(view.topicRow("orders")?.inRecords, 0);
});

test("only rows that changed are told, and those that are gone", () => {
  const view = new ClusterView();
  const first = view.apply(sampleOf({ atMs: 0, ends: [5], committed: [2] }));
  assert.deepEqual([first.topics.changed.length, first.groups.changed.length], [1, 1]);
  const same = view.apply(sampleOf({ atMs: 1000, ends: [5], committed: [2] }));
  assert.deepEqual([same.topics.changed, same.groups.changed], [[], []]);
  const gone = view.apply({ atMs: 2000, topics: [], groups: [] });
  assert.deepEqual([gone.topics.removed, gone.groups.removed], [["orders"], ["billing"]]);
});

test("lag counts what can still be read: deleted records are none, and it is never negative", () => {
  const view = new ClusterView();
  view.apply(
    sampleOf({ atMs: 0, ends: [100, 50, 10], starts: [40, 0, 0], committed: [20, 60, undefined] }),
  );
  assert.equal(view.groupRow("billing")?.lag, 60);
  assert.equal(view.topicRow("orders")?.lag, 60);
  assert.equal(view.topicRow("orders")?.groups, 1);
});

test("a group with lag that commits nothing for a while is stuck until it moves", () => {
  const view = new ClusterView();
  for (let second = 0; second <= 16; second++) {
    view.apply(sampleOf({ atMs: second * 1000, ends: [100 + second], committed: [50] }));
  }
  assert.equal(view.groupRow("billing")?.isStuck, true);
  assert.ok((view.groupRow("billing")?.lagTrend ?? 0) > 0.9);
  view.apply(sampleOf({ atMs: 17_000, ends: [117], committed: [51] }));
  assert.equal(view.groupRow("billing")?.isStuck, false);
});

test("a topic that is made anew under its name begins anew", () => {
  const view = new ClusterView();
  view.apply(sampleOf({ atMs: 0, ends: [1000] }));
  view.apply(sampleOf({ atMs: 1000, ends: [0], topicId: "B" }));
  assert.equal(view.topicRow("orders")?.inRecords, 0);
  assert.equal(view.topicRow("orders")?.topicId, "B");
});

test("ten thousand partitions and a thousand groups are taken in well below a pause", () => {
  const view = new ClusterView();
  const partitions = Array.from({ length: 10 }, (_, partition) => ({
    partition,
    leader: 1,
    leaderEpoch: 0,
    replicas: [1],
    isr: [1],
    startOffset: 0,
    endOffset: 10,
  }));
  const topics = Array.from({ length: 1000 }, (_, index) => ({
    name: `topic-${index}`,
    topicId: `id-${index}`,
    isInternal: false,
    partitions,
  }));
  const groups = Array.from({ length: 1000 }, (_, index) => ({
    name: `group-${index}`,
    type: "classic" as const,
    state: "Stable",
    members: 1,
    reads: [],
    shares: "",
    committed: new Map([[`topic-${index}`, new Map(partitions.map((p) => [p.partition, 5]))]]),
  }));
  const first = view.apply({ atMs: 0, topics, groups });
  assert.equal(first.topics.changed.length, 1000);
  assert.equal(first.groups.changed.length, 1000);
  assert.deepEqual(view.apply({ atMs: 1000, topics, groups }).topics.changed, []);
  assert.equal(view.groupRow("group-7")?.lag, 50);
});

test("what is the same object as before makes no rows, and goes on from where it stood", () => {
  const view = new ClusterView();
  const still = sampleOf({ atMs: 0, ends: [100], committed: [40] });
  view.apply(still);
  for (let second = 1; second <= 20; second++) view.apply({ ...still, atMs: second * 1000 });
  const { topics, groups } = view.apply({ ...still, atMs: 21_000 });
  assert.deepEqual([topics.changed, groups.changed], [[], []]);
  assert.equal(view.groupRow("billing")?.isStuck, true, "standing still is noticed all the same");
  const next = sampleOf({ atMs: 22_000, ends: [150], committed: [60] });
  assert.equal(view.apply(next).topics.changed[0]?.inRecords, 16.7);
  assert.equal(view.groupRow("billing")?.lag, 90);
  assert.equal(view.groupRow("billing")?.isStuck, false);
});
