import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "../world.test.ts";

test("a rebalance waits for whom has not joined, then for the leader, then for whom has not fetched", () => {
  const world = new World();
  const { ids, generation } = world.stableGroup(2);
  const [leader = "", other = ""] = ids;
  assert.deepEqual(world.coordinator.waitedFor("g"), [], "a stable group waits for nobody");

  world.joinTwice();
  world.clock.advance();
  assert.deepEqual(world.coordinator.waitedFor("g"), [leader, other]);
  world.join({ memberId: leader });
  world.clock.advance();
  assert.deepEqual(world.coordinator.waitedFor("g"), [other]);
  world.join({ memberId: other });
  world.clock.advance();
  assert.deepEqual(world.coordinator.waitedFor("g"), [leader], "it shares the partitions out");
  world.sync(leader, generation + 1, { [leader]: "a", [other]: "b" });
  world.clock.advance();
  assert.equal(world.coordinator.waitedFor("g").includes(leader), false);
  assert.deepEqual(world.coordinator.waitedFor("no such group"), []);
});

test("an id that was given away is waited for", () => {
  const world = new World();
  const { ids } = world.stableGroup(1);
  world.joinTwice();
  const promised = world.join();
  world.clock.advance();
  const waited = world.coordinator.waitedFor("g");
  assert.deepEqual(waited, [ids[0], promised.response.memberId]);
});
