import assert from "node:assert/strict";
import { test } from "node:test";
import { faultKinds, planOf } from "./seed-plan.ts";
import { runSeed } from "./simulation.ts";

test("a seed gives the same history twice, and another seed another", async () => {
  const hashes = new Set<string>();
  for (const seed of [7001, 7002, 7003, 7004]) {
    const first = await runSeed(seed);
    const second = await runSeed(seed);
    assert.deepEqual(first, second);
    hashes.add(first.hash);
  }
  assert.equal(hashes.size, 4);
});

test("a run is as long as it is asked to be, and ends with everything healed", async () => {
  const { step, events, violation } = await runSeed(7001, { steps: 40 });
  assert.equal(violation, undefined);
  assert.ok(step >= 40 && step < 60, String(step));
  assert.ok(events > 100);
});

test("whoever watches sees every event, and the last ones are kept", async () => {
  const lines: string[] = [];
  const { events, recent } = await runSeed(7005, { steps: 30, watch: (line) => lines.push(line) });
  assert.equal(lines.length, events);
  assert.deepEqual(recent, lines.slice(-recent.length));
});

test("plans follow from their seeds, and all of them together bring every fault", () => {
  assert.deepEqual(planOf(5), planOf(5));
  const plans = Array.from({ length: 200 }, (_, seed) => planOf(seed));
  for (const kind of faultKinds) {
    const count = plans.filter(({ faults }) => faults.has(kind)).length;
    assert.ok(count > 30 && count < 170, `${kind}: ${count}`);
  }
  assert.ok(plans.some(({ isStrict }) => isStrict) && plans.some(({ isStrict }) => !isStrict));
});
