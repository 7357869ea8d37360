import { ok } from "node:assert/strict";
import { test } from "node:test";
import { fuzzCodecs } from "./codec.fuzz.ts";

const CASES = 100_000;

test("values survive, and damaged bytes are decoded or refused alike by both codecs", () => {
  ok(fuzzCodecs({ cases: CASES, seed: 20_260_722 }) >= CASES);
});
