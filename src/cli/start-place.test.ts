import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStartPlace } from "./start-place.ts";

test("places, offsets, counts and times are told apart", () => {
  const nowMs = 1_000_000_000_000;
  assert.deepEqual(parseStartPlace("earliest", nowMs), { kind: "earliest" });
  assert.deepEqual(parseStartPlace("latest", nowMs), { kind: "latest" });
  assert.deepEqual(parseStartPlace("42", nowMs), { kind: "offset", offset: 42 });
  assert.deepEqual(parseStartPlace("-10", nowMs), { kind: "last", count: 10 });
  assert.deepEqual(parseStartPlace("15m", nowMs), {
    kind: "time",
    timestampMs: nowMs - 15 * 60_000,
  });
  assert.deepEqual(parseStartPlace("2026-01-31T12:00:00Z", nowMs), {
    kind: "time",
    timestampMs: Date.UTC(2026, 0, 31, 12),
  });
});

test("anything else is refused with what can be said", () => {
  assert.throws(() => parseStartPlace("yesterday", 0), { code: "MLD2001" });
});
