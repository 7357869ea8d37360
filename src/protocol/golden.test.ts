import { equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { allSchemas, checkGoldenLine, isGoldenLine } from "./golden.ts";
import type { GoldenLine } from "./golden.ts";
import { parseVersions } from "./layout.ts";

const folder = new URL("../../test/fixtures/golden/", import.meta.url);

function samplesOf(name: string): GoldenLine[] {
  const text = gunzipSync(readFileSync(new URL(`${name}.jsonl.gz`, folder))).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line))
    .filter(isGoldenLine);
}

const files = ["headers", "requests", "responses", "records"];
for (const name of files) {
  test(`Kafka's own ${name} decode, and encode to the same bytes`, () => {
    const failures = samplesOf(name).flatMap((line) => {
      const reason = checkGoldenLine(line);
      return reason === undefined ? [] : [`${line.name} v${line.version}: ${reason.slice(0, 300)}`];
    });
    equal(failures.join("\n"), "");
  });
}

test("the corpus has samples of every version of every message", () => {
  const seen = new Set(
    files.flatMap(samplesOf).map(({ name, version }) => `${name} ${String(version)}`),
  );
  const missing = allSchemas().flatMap((message) => {
    const { min, max } = parseVersions(message.traits.versions);
    return Array.from({ length: Math.max(0, max - min + 1) }, (_unused, index) => index + min)
      .map((version) => `${message.name} ${version}`)
      .filter((sample) => !seen.has(sample));
  });
  equal(missing.join("\n"), "");
});
