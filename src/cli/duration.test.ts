import assert from "node:assert/strict";
import { test } from "node:test";
import { durationText, parseDuration, parseIsoDuration } from "./duration.ts";

test("durations as people write them", () => {
  const golden: readonly (readonly [string, number | undefined])[] = [
    ["500ms", 500],
    ["30", 30_000],
    ["1.5s", 1500],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["2w1d", 1_296_000_000],
    ["", undefined],
    ["5 m", undefined],
    ["m5", undefined],
    ["-5s", undefined],
  ];
  for (const [text, meant] of golden) assert.equal(parseDuration(text), meant, text);
});

test("durations as Kafka's tools take them", () => {
  const golden: readonly (readonly [string, number | undefined])[] = [
    ["P1D", 86_400_000],
    ["PT1H", 3_600_000],
    ["P1DT2H3M4.5S", 93_784_500],
    ["PT0S", 0],
    ["P", undefined],
    ["PT", undefined],
    ["1D", undefined],
  ];
  for (const [text, meant] of golden) assert.equal(parseIsoDuration(text), meant, text);
});

test("spans for people have two units at most", () => {
  const golden: readonly (readonly [number, string])[] = [
    [0, "0 ms"],
    [340, "340 ms"],
    [12_000, "12 s"],
    [245_000, "4 m 5 s"],
    [12_000_000, "3 h 20 m"],
    [604_800_000, "7 d"],
    [90_061_000, "1 d 1 h"],
  ];
  for (const [durationMs, text] of golden) assert.equal(durationText(durationMs), text);
});
