import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { nodeDisk } from "../platform/node/disk.ts";
import { OffsetIndex } from "./offset-index.ts";
import { temporaryFolder } from "./storage-kit.test.ts";
import { TimeIndex } from "./time-index.ts";
import { TransactionIndex } from "./transaction-index.ts";

const BASE = 1000;

test("an offset index finds the last entry that is not above, in memory and on disk", (t) => {
  const folder = temporaryFolder(t);
  let runs = 0;
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.boolean()), {
    maxLength: 1500,
  });
  fc.assert(
    fc.property(steps, fc.array(fc.nat(60_000), { maxLength: 20 }), (gaps, targets) => {
      const index = new OffsetIndex(nodeDisk, path.join(folder, `${runs++}.index`), BASE, 64_000);
      index.file.create();
      const entries: number[] = [];
      let offset = BASE;
      for (const [gap, write] of gaps) {
        offset += gap;
        index.append(offset, entries.length * 10 + 10);
        entries.push(offset);
        if (write) index.file.writePending();
      }
      const check = (): void => {
        for (const target of targets) {
          const n = entries.findLastIndex((entry) => entry <= BASE + target);
          const want =
            n < 0 ? { offset: BASE, position: 0 } : { offset: entries[n]!, position: n * 10 + 10 };
          assert.deepEqual(index.lookup(BASE + target), want);
        }
      };
      check();
      const cut = targets[0] ?? 0;
      index.truncateTo(BASE + cut);
      const kept = entries.findIndex((entry) => entry >= BASE + cut);
      if (kept >= 0) entries.length = kept;
      assert.equal(index.file.count, entries.length);
      check();
      index.file.trim();
      assert.equal(fs.statSync(index.file.path).size, 8 * entries.length);
      index.load();
      check();
    }),
    { numRuns: 40 },
  );
});

test("a time index takes only later times and keeps a place for the end", (t) => {
  const file = path.join(temporaryFolder(t), "0.timeindex");
  const index = new TimeIndex(nodeDisk, file, BASE, 36);
  index.file.create();
  assert.deepEqual(index.lookup(5), { timestamp: -1, offset: BASE });
  index.maybeAppend(100, BASE + 3);
  index.maybeAppend(100, BASE + 4);
  index.maybeAppend(50, BASE + 5);
  assert.equal(index.file.count, 1);
  assert.ok(!index.isFull);
  index.maybeAppend(200, BASE + 6);
  assert.ok(index.isFull);
  index.maybeAppend(300, BASE + 7);
  index.maybeAppend(400, BASE + 8);
  assert.equal(index.file.count, 3);
  assert.deepEqual(index.lookup(299), { timestamp: 200, offset: BASE + 6 });
  index.truncateTo(BASE + 6);
  assert.deepEqual(index.lastEntry, { timestamp: 100, offset: BASE + 3 });
  index.file.trim();
  assert.deepEqual(fs.readFileSync(file), Buffer.from("000000000000006400000003", "hex"));
});

test("a transaction index has a file only when a transaction was aborted", (t) => {
  const file = path.join(temporaryFolder(t), "0.txnindex");
  const index = new TransactionIndex(nodeDisk, file);
  assert.ok(!fs.existsSync(file));
  const entries = [0, 10, 20].map((first) => ({
    producerId: first,
    firstOffset: first,
    lastOffset: first + 5,
    lastStableOffset: first + 6,
  }));
  for (const entry of entries) index.append(entry);
  assert.equal(fs.statSync(file).size, 3 * 34);
  const found: typeof entries = [];
  assert.ok(index.collect(6, 16, found), "later entries end later");
  assert.deepEqual(found, [entries[1]]);
  assert.ok(!index.collect(0, 100, []));
  index.truncateTo(15);
  assert.deepEqual(index.entries(), entries.slice(0, 1));
  assert.ok(index.load(0));
  assert.ok(!index.load(6), "an entry that ends before the segment begins");
  index.reset();
  assert.ok(!fs.existsSync(file));
});
