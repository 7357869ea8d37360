import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parsePlace, parseTime, type Place } from "./places.ts";

const NOW_MS = Date.UTC(2026, 0, 31, 12);

function place(text: string): Place {
  return parsePlace(text, NOW_MS, "from");
}

test("places in all their words", () => {
  const expected: readonly (readonly [string, Place])[] = [
    ["earliest", { kind: "earliest" }],
    ["beginning", { kind: "earliest" }],
    ["latest", { kind: "latest" }],
    ["end", { kind: "latest" }],
    ["0", { kind: "offset", offset: 0 }],
    ["9007199254740991", { kind: "offset", offset: Number.MAX_SAFE_INTEGER }],
    ["-10", { kind: "last", count: 10 }],
    ["s@1700000000000", { kind: "time", timestampMs: 1_700_000_000_000 }],
    ["e@17", { kind: "time", timestampMs: 17 }],
    ["90s", { kind: "time", timestampMs: NOW_MS - 90_000 }],
    ["1h30m", { kind: "time", timestampMs: NOW_MS - 5_400_000 }],
    ["7d", { kind: "time", timestampMs: NOW_MS - 604_800_000 }],
    ["2026-01-31T12:00Z", { kind: "time", timestampMs: NOW_MS }],
    ["2026-01-31 12:00:00.250+00:00", { kind: "time", timestampMs: NOW_MS + 250 }],
    ["2026-01-31T12:00", { kind: "time", timestampMs: new Date(2026, 0, 31, 12).getTime() }],
    ["2026-01-31", { kind: "time", timestampMs: new Date(2026, 0, 31).getTime() }],
  ];
  for (const [text, meant] of expected) assert.deepEqual(place(text), meant, text);
});

test("what is no place is refused, with what would be one", () => {
  for (const text of [
    "",
    "soon",
    "1.5",
    "+3",
    "--3",
    "1x",
    "2026-13-01",
    "s@",
    "9007199254740992",
  ]) {
    assert.throws(() => place(text), { code: "MLD2001" }, text);
  }
});

test("every offset, count and time that can be written is read back", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (number) => {
      assert.deepEqual(place(String(number)), { kind: "offset", offset: number });
      assert.deepEqual(place(`-${number}`), { kind: "last", count: number });
      assert.deepEqual(place(`s@${number}`), { kind: "time", timestampMs: number });
    }),
  );
  const date = fc.date({ min: new Date(0), max: new Date("2999-12-31"), noInvalidDate: true });
  fc.assert(
    fc.property(date, (time) => {
      assert.equal(parseTime(time.toISOString()), time.getTime());
    }),
  );
});

test("no text is understood as two things, or brings anything down but a usage problem", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        assert.ok(["earliest", "latest", "offset", "last", "time"].includes(place(text).kind));
      } catch (thrown) {
        assert.equal((thrown as { code?: string }).code, "MLD2001");
      }
    }),
  );
});
