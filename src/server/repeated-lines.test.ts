import assert from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../simulator/sim-clock.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { REPEATED_LINES_MS, RepeatedLines } from "./repeated-lines.ts";

interface Line {
  readonly level: string;
  readonly message: string;
  readonly client: unknown;
}

function start(): { clock: SimClock; lines: RepeatedLines; written: Line[] } {
  const clock = new SimClock();
  const written: Line[] = [];
  const at =
    (level: string) =>
    (message: string, fields: { readonly client?: unknown } = {}) =>
      void written.push({ level, message, client: fields.client });
  const logger = { ...silentLogger, warn: at("warn"), error: at("error") };
  return { clock, lines: new RepeatedLines(logger, clock), written };
}

test("of one kind the first line is written at once, then one in ten seconds with a count", async () => {
  const { clock, lines, written } = start();
  for (let i = 0; i < 50; i++) lines.warn("stranger", "TLS here", { client: i });
  assert.deepEqual(written, [{ level: "warn", message: "TLS here", client: 0 }]);
  await clock.advance(REPEATED_LINES_MS);
  const more = { level: "warn", message: "TLS here (49 such since the last line)", client: 49 };
  assert.deepEqual(written.slice(1), [more]);
  lines.warn("stranger", "TLS again", { client: 50 });
  assert.equal(written.length, 2, "the ten seconds begin anew with each line");
  await clock.advance(REPEATED_LINES_MS);
  assert.deepEqual(written.slice(2), [{ level: "warn", message: "TLS again", client: 50 }]);
  await clock.advance(2 * REPEATED_LINES_MS);
  assert.equal(clock.waiting, 0, "nothing is left behind when nothing happens");
  lines.warn("stranger", "TLS later", { client: 51 });
  assert.equal(written.length, 4);
});

test("kinds do not hide one another, and what is held back is told at the end", () => {
  const { lines, written } = start();
  lines.warn("a", "first a", {});
  lines.error("b", "first b", {});
  lines.warn("a", "second a", {});
  lines.error("b", "second b", {});
  lines.error("b", "third b", {});
  lines.close();
  assert.deepEqual(
    written.map(({ level, message }) => `${level} ${message}`),
    [
      "warn first a",
      "error first b",
      "warn second a",
      "error third b (2 such since the last line)",
    ],
  );
});
