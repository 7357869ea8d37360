import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Timeline, TimelineCell, TimelineMap } from "./timeline.ts";

type Step =
  | { readonly kind: "set"; readonly key: number; readonly value: number }
  | { readonly kind: "delete"; readonly key: number }
  | { readonly kind: "cell"; readonly value: number }
  | { readonly kind: "seal" }
  | { readonly kind: "commit" }
  | { readonly kind: "revert" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), key: fc.nat(4), value: fc.nat(9) }),
  fc.record({ kind: fc.constant("delete" as const), key: fc.nat(4) }),
  fc.record({ kind: fc.constant("cell" as const), value: fc.nat(9) }),
  fc.record({ kind: fc.constant("seal" as const) }),
  fc.record({ kind: fc.constant("commit" as const) }),
  fc.record({ kind: fc.constant("revert" as const) }),
);

interface Snapshot {
  readonly map: ReadonlyMap<number, number>;
  readonly cell: number;
}

test("newest and committed state are those of a model that copies everything", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const timeline = new Timeline();
      const map = new TimelineMap<number, number>(timeline);
      const cell = new TimelineCell(timeline, 0);
      /** The committed state, then the state after each sealed batch. */
      const snapshots: Snapshot[] = [{ map: new Map(), cell: 0 }];
      let newest = new Map<number, number>();
      let newestCell = 0;
      for (const next of steps) {
        switch (next.kind) {
          case "set":
            map.set(next.key, next.value);
            newest.set(next.key, next.value);
            break;
          case "delete":
            assert.equal(map.delete(next.key), newest.delete(next.key));
            break;
          case "cell":
            cell.set(next.value);
            newestCell = next.value;
            break;
          case "seal":
            timeline.seal();
            snapshots.push({ map: new Map(newest), cell: newestCell });
            break;
          case "commit":
            if (timeline.sealedCount === 0) break;
            timeline.commitOldest();
            snapshots.shift();
            break;
          case "revert":
            timeline.revertOpen();
            newest = new Map(snapshots.at(-1)!.map);
            newestCell = snapshots.at(-1)!.cell;
            break;
        }
        const committed = snapshots[0]!;
        assert.deepEqual(new Map(map.entries()), newest);
        assert.deepEqual(new Map(map.committedEntries()), committed.map);
        assert.equal(map.isCommittedEmpty, committed.map.size === 0);
        assert.equal(cell.get(), newestCell);
        assert.equal(cell.getCommitted(), committed.cell);
        for (let key = 0; key < 5; key++) {
          assert.equal(map.get(key), newest.get(key));
          assert.equal(map.has(key), newest.has(key));
          assert.equal(map.getCommitted(key), committed.map.get(key));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("while changes are final at once, nothing is kept of what they replaced", () => {
  const timeline = new Timeline();
  timeline.tracking = false;
  const map = new TimelineMap<string, number>(timeline);
  map.set("a", 1);
  map.delete("a");
  map.set("b", 2);
  timeline.tracking = true;
  assert.deepEqual([...map.committedEntries()], [["b", 2]]);
  timeline.revertOpen();
  assert.deepEqual([...map.entries()], [["b", 2]]);
});
