import assert from "node:assert/strict";
import { after, test } from "node:test";
import { applyScenario, copySource, scenarios } from "./patches.ts";

const SCENARIOS_MIN = 10;

const copy = copySource();
after(() => copy.remove());

test("there are enough known bugs", () => {
  assert.ok(scenarios().length >= SCENARIOS_MIN);
});

for (const scenario of scenarios()) {
  test(`${scenario.name} says what it is, changes one file of the source and fits it`, () => {
    assert.notEqual(scenario.what, "");
    assert.equal(scenario.files.length, 1);
    assert.match(scenario.files[0] ?? "", /^src\//);
    applyScenario(scenario, copy, { check: true });
  });
}
