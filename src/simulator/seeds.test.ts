import assert from "node:assert/strict";
import { test } from "node:test";
import { knownSeeds } from "./known-seeds.ts";
import { runSeed } from "./simulation.ts";

/** Seeds of every run of the tests; any number by hand: `npm run sim -- --seed 1 --seeds 10000`. */
const SEEDS = 200;

async function holds(seed: number): Promise<void> {
  const { violation, step, recent } = await runSeed(seed);
  const broken = violation === undefined ? "" : `${violation.checker}: ${violation.message}`;
  const again = `npm run sim -- --seed ${seed}`;
  assert.equal(broken, "", `at step ${step}; again: ${again}\n${recent.slice(-10).join("\n")}`);
}

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`every invariant holds under seed ${seed}`, () => holds(seed));
}

for (const [seed, found] of knownSeeds) {
  test(`every invariant holds under seed ${seed}, which found: ${found}`, () => holds(seed));
}
