import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PersistentMap } from "./persistent-map.ts";

const change = fc.record({
  key: fc.oneof(
    fc.string({ maxLength: 2 }),
    fc.nat(2000).map((n) => `topic-${n}`),
  ),
  value: fc.option(fc.nat(), { nil: undefined }),
});

test("a persistent map holds what a Map holds, and older versions stay as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 40 }), { maxLength: 12 }), (rounds) => {
      let map = PersistentMap.empty<number>();
      const model = new Map<string, number>();
      const versions: [PersistentMap<number>, Map<string, number>][] = [];
      for (const round of rounds) {
        const draft = map.draft();
        for (const { key, value } of round) {
          if (value === undefined) assert.equal(draft.delete(key), model.delete(key));
          else {
            draft.set(key, value);
            model.set(key, value);
          }
          assert.equal(draft.get(key), model.get(key));
        }
        map = draft.finish();
        versions.push([map, new Map(model)]);
      }
      for (const [version, expected] of versions) {
        assert.equal(version.size, expected.size);
        assert.deepEqual(new Map(version), expected);
        for (const key of expected.keys()) assert.equal(version.get(key), expected.get(key));
      }
    }),
    { numRuns: 200 },
  );
});

test("a draft that goes on after it was finished leaves the finished map alone", () => {
  const draft = PersistentMap.empty<number>().draft();
  for (let i = 0; i < 1000; i++) draft.set(`key-${i}`, i);
  const first = draft.finish();
  draft.set("key-1", -1);
  draft.delete("key-2");
  assert.equal(first.get("key-1"), 1);
  assert.equal(first.get("key-2"), 2);
  assert.equal(draft.finish().get("key-1"), -1);
});

test("iteration depends on the keys alone, not on the order of insertion", () => {
  const keys = Array.from({ length: 500 }, (_, i) => `key-${i}`);
  const forward = PersistentMap.from(keys.map((key) => [key, 0] as const));
  const backward = PersistentMap.from(keys.toReversed().map((key) => [key, 0] as const));
  assert.deepEqual([...forward.keys()], [...backward.keys()]);
});

test("keys of the same hash live side by side", () => {
  // Found by search: both have the same 32-bit hash.
  const map = PersistentMap.from(collidingKeys().map((key, i) => [key, i] as const));
  for (const [i, key] of collidingKeys().entries()) assert.equal(map.get(key), i);
  const without = map.delete(collidingKeys()[0]!);
  assert.equal(without.get(collidingKeys()[0]!), undefined);
  assert.equal(without.get(collidingKeys()[1]!), 1);
});

/** Two UTF-16 strings that differ, with one FNV-1a state: the first unit's difference is cancelled by the second. */
function collidingKeys(): [string, string] {
  const step = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193);
  const seen = new Map<number, number>();
  for (let a = 0; a < 65536; a++) seen.set(step(0x811c9dc5, a) >>> 16, a);
  for (let a = 65535; a >= 0; a--) {
    const hash = step(0x811c9dc5, a);
    const other = seen.get(hash >>> 16);
    if (other === undefined || other === a) continue;
    const difference = (hash ^ step(0x811c9dc5, other)) >>> 0;
    assert.ok(difference < 65536);
    return [String.fromCharCode(a, 0), String.fromCharCode(other, difference)];
  }
  throw new Error("no collision found");
}
