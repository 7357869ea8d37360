import assert from "node:assert/strict";
import { test } from "node:test";
import { runSeed } from "./simulation.ts";

/** Seeds of every run of the tests; any number by hand: `npm run sim -- --seed 1 --seeds 10000`. */
export const SEEDS = 200;

async function holds(seed: number): Promise<void> {
  const { violation, step, recent } = await runSeed(seed);
  const broken = violation === undefined ? "" : `${violation.checker}: ${violation.message}`;
  const again = `npm run sim -- --seed ${seed}`;
  assert.equal(broken, "", `at step ${step}; again: ${again}\n${recent.slice(-10).join("\n")}`);
}

/** A test for each seed from `first` to `last`. Two files have them, so that two cores run them. */
export function testSeeds(first: number, last: number): void {
  for (let seed = first; seed <= last; seed++) {
    test(`every invariant holds under seed ${seed}`, () => holds(seed));
  }
}

/** A test for a seed that found something once. */
export function testKnownSeed(seed: number, found: string): void {
  test(`every invariant holds under seed ${seed}, which found: ${found}`, () => holds(seed));
}
