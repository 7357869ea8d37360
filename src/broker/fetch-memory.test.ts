import assert from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../simulator/sim-clock.ts";
import { FetchMemory } from "./fetch-memory.ts";
import { PendingFetch, ReadyFetches } from "./pending-fetch.ts";

const MEBIBYTE = 1024 * 1024;

interface Setting {
  readonly clock: SimClock;
  readonly memory: FetchMemory;
  readonly finished: string[];
  park(name: string): PendingFetch;
}

function start(): Setting {
  const clock = new SimClock();
  const memory = new FetchMemory({ clock, maxBytes: 64 * MEBIBYTE });
  const queue = new ReadyFetches((run) => clock.defer(run));
  const finished: string[] = [];
  return {
    clock,
    memory,
    finished,
    park: (name) => {
      const fetch = new PendingFetch({
        partitions: [memory],
        queue,
        bytesMissing: 1,
        finish: () => finished.push(name),
      });
      fetch.park(clock.setTimer(60_000, () => fetch.expire()));
      return fetch;
    },
  };
}

test("however many fetches there are, and whatever they take of what they may, the bound holds", () => {
  const { memory } = start();
  let fetches = 0;
  for (; memory.allowanceBytes > 0; fetches++) {
    assert.ok(memory.allowanceBytes >= MEBIBYTE, "one that may read gets something worth it");
    memory.hold(memory.allowanceBytes);
    assert.ok(memory.heldBytes <= 64 * MEBIBYTE);
  }
  assert.ok(fetches > 5, "the first do not take everything");
});

test("who found no memory is woken when enough is free again", async () => {
  const { clock, memory, finished, park } = start();
  memory.hold(64 * MEBIBYTE);
  assert.equal(memory.allowanceBytes, 0);
  park("a");
  park("b");
  memory.release(2 * MEBIBYTE);
  await clock.advance(0);
  assert.deepEqual(finished, []);
  memory.release(10 * MEBIBYTE);
  await clock.advance(0);
  assert.deepEqual(finished, ["a", "b"]);
  memory.release(52 * MEBIBYTE);
  assert.equal(memory.heldBytes, 0);
});

test("while fetches wait, it is looked again and again who holds the memory up, and not afterwards", async () => {
  const { clock, memory, park } = start();
  let looked = 0;
  memory.whenShort(() => looked++);
  await clock.advance(10_000);
  assert.equal(looked, 0);
  memory.hold(64 * MEBIBYTE);
  const fetch = park("a");
  await clock.advance(5500);
  assert.equal(looked, 5);
  fetch.cancel();
  await clock.advance(10_000);
  assert.equal(looked, 5);
  assert.equal(clock.waiting, 0);
});

test("the end wakes all, and leaves no timer", async () => {
  const { clock, memory, finished, park } = start();
  memory.hold(64 * MEBIBYTE);
  park("a");
  memory.close();
  await clock.advance(0);
  assert.deepEqual(finished, ["a"]);
  assert.equal(memory.isClosed, true);
  assert.equal(await clock.run(), "idle");
});
