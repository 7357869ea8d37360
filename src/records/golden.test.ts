import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { checkRecordBatchLine } from "./golden.ts";

const corpus = new URL("../../test/fixtures/golden/record-batches.jsonl.gz", import.meta.url);

test("every line of the record-batches corpus passes", () => {
  const lines = gunzipSync(readFileSync(corpus)).toString("utf8").trimEnd().split("\n");
  assert.equal(lines.length, 320);
  const failures: string[] = [];
  for (const line of lines) {
    const parsed = JSON.parse(line) as { id: number; kind: string; case: string };
    const reason = checkRecordBatchLine(parsed);
    if (reason !== undefined)
      failures.push(`${parsed.id} ${parsed.kind}, ${parsed.case}: ${reason}`);
  }
  assert.deepEqual(failures, []);
});

test("a line that expects something else fails with the reason", () => {
  const lines = gunzipSync(readFileSync(corpus)).toString("utf8").split("\n");
  const line = JSON.parse(lines[0]!) as { batches: [{ count: number }]; error?: unknown };
  line.batches[0].count = 2;
  assert.match(checkRecordBatchLine(line) ?? "", /^batches\[0\]\.count: 1, expected 2$/);
  line.error = { stage: "checksum" };
  assert.match(checkRecordBatchLine(line) ?? "", /stopped at the end, expected checksum/);
  assert.match(checkRecordBatchLine({ hex: 1 }) ?? "", /not a line/);
});
