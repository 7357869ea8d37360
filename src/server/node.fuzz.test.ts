import { ok } from "node:assert/strict";
import { test } from "node:test";
import { fuzzNode } from "./node.fuzz.ts";

const CASES = 3000;
const HEAP_GROWTH_BYTES_MAX = 32 * 1024 * 1024;

test("whatever comes, a live node answers or closes, fails nowhere and keeps what it has", async () => {
  const report = await fuzzNode({ cases: CASES, seed: 20_261_123 });
  ok(report.answered > CASES / 4, `${report.answered} were answered`);
  ok(report.refused > CASES / 4, `${report.refused} were refused`);
  ok(report.heapGrowthBytes < HEAP_GROWTH_BYTES_MAX, `${report.heapGrowthBytes} bytes grown`);
});
