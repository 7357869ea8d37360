import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { nodeDisk } from "../../platform/node/disk.ts";
import { BatchBuilder } from "../../records/build.ts";
import type { Entry } from "./entry.ts";
import { segmentEntries } from "./segment.ts";

const folder = mkdtempSync(join(tmpdir(), "moldau-dump-"));
after(() => rmSync(folder, { recursive: true }));

function batch(baseOffset: number, values: readonly string[]): Buffer {
  const builder = new BatchBuilder({ baseOffset, partitionLeaderEpoch: 3, compression: "lz4" });
  for (const value of values) {
    builder.append({ timestamp: 1_700_000_000_000, key: null, value: Buffer.from(value) });
  }
  return builder.finish();
}

function dump(bytes: Buffer, fromOffset = 0): Entry[] {
  const path = join(folder, "00000000000000000000.log");
  writeFileSync(path, bytes);
  return [...segmentEntries(nodeDisk, path, "orders", { withRecords: true, fromOffset })];
}

test("batches come with their records", () => {
  const entries = dump(Buffer.concat([batch(0, ["a", "b"]), batch(2, ["c"])]));
  assert.deepEqual(
    entries.map((entry) => (entry.kind === "record" ? entry.value : entry.kind)),
    ["batch", "a", "b", "batch", "c"],
  );
  const [first] = entries;
  assert.ok(first?.kind === "batch");
  assert.deepEqual(
    [first.baseOffset, first.lastOffset, first.count, first.leaderEpoch, first.isValid],
    [0, 1, 2, 3, true],
  );
  assert.equal(dump(Buffer.concat([batch(0, ["a", "b"]), batch(2, ["c"])]), 2).length, 2);
});

test("a wrong checksum is shown, and what follows is read all the same", () => {
  const bytes = Buffer.concat([batch(0, ["a"]), batch(1, ["b"])]);
  bytes[30]! ^= 1;
  const batches = dump(bytes).filter((entry) => entry.kind === "batch");
  assert.deepEqual(
    batches.map((entry) => entry.isValid),
    [false, true],
  );
});

test("the end of the whole batches is told, with what follows it", () => {
  const whole = batch(0, ["a"]);
  const cut = dump(Buffer.concat([whole, batch(1, ["b"]).subarray(0, 40)])).at(-1);
  assert.ok(cut?.kind === "tail");
  assert.deepEqual([cut.position, cut.reason], [whole.length, "a batch that is cut short"]);
  const zeroes = dump(Buffer.concat([whole, Buffer.alloc(100)])).at(-1);
  assert.ok(zeroes?.kind === "tail");
  assert.match(zeroes.reason, /zeroes/);
  const garbage = dump(Buffer.concat([whole, Buffer.alloc(100, 0xff)])).at(-1);
  assert.ok(garbage?.kind === "tail");
  assert.match(garbage.reason, /damaged/);
});
