import assert from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../../simulator/sim-clock.ts";
import { Heartbeats } from "./heartbeats.ts";
import { PollWatch } from "./poll-watch.ts";

/** When heartbeats are sent, each of which takes so long to be answered. */
function beating(intervalMs: number, takesMs: number) {
  const clock = new SimClock();
  const sentAtMs: number[] = [];
  const heartbeats = new Heartbeats(clock, intervalMs, async () => {
    sentAtMs.push(clock.monotonicMs());
    await new Promise<void>((resolve) => clock.setTimer(takesMs, resolve));
  });
  return { clock, sentAtMs, heartbeats };
}

test("heartbeats are an interval apart, from one sending to the next", async () => {
  const { clock, sentAtMs, heartbeats } = beating(1_000, 300);
  heartbeats.start();
  heartbeats.start();
  await clock.advance(4_500);
  assert.deepEqual(sentAtMs, [1_000, 2_000, 3_000, 4_000]);
  heartbeats.stop();
  await clock.advance(5_000);
  assert.equal(sentAtMs.length, 4);
});

test("there is never more than one under way: the next follows the answer of a slow one", async () => {
  const { clock, sentAtMs, heartbeats } = beating(1_000, 2_500);
  heartbeats.start(0);
  await clock.advance(6_000);
  assert.deepEqual(sentAtMs, [0, 2_500, 5_000]);
});

test("one that is wanted sooner goes out sooner, or behind the one under way", async () => {
  const { clock, sentAtMs, heartbeats } = beating(1_000, 300);
  heartbeats.start();
  heartbeats.after(100);
  await clock.advance(200);
  assert.deepEqual(sentAtMs, [100]);
  heartbeats.after(0);
  heartbeats.after(500);
  await clock.advance(200);
  assert.deepEqual(sentAtMs, [100, 400]);
});

test("an interval that changes counts from the next heartbeat on", async () => {
  const { clock, sentAtMs, heartbeats } = beating(1_000, 0);
  heartbeats.start();
  await clock.advance(1_500);
  heartbeats.intervalMs = 100;
  await clock.advance(700);
  assert.deepEqual(sentAtMs, [1_000, 2_000, 2_100, 2_200]);
});

test("one that stops and starts while a heartbeat is under way goes on with a single row of them", async () => {
  const { clock, sentAtMs, heartbeats } = beating(1_000, 500);
  heartbeats.start(0);
  await clock.advance(100);
  heartbeats.stop();
  heartbeats.start(0);
  await clock.advance(2_000);
  assert.deepEqual(sentAtMs, [0, 500, 1_500]);
});

test("progress is missed after the interval, and only while it is expected", async () => {
  const clock = new SimClock();
  let expired = 0;
  const polls = new PollWatch(clock, 1_000, () => expired++);
  await clock.advance(5_000);
  assert.equal(expired, 0);
  polls.expect();
  for (let i = 0; i < 10; i++) {
    await clock.advance(900);
    polls.polled();
  }
  assert.equal(expired, 0);
  await clock.advance(1_000);
  assert.equal(expired, 1);
  await clock.advance(5_000);
  assert.equal(expired, 1);
  polls.expect();
  polls.stop();
  await clock.advance(5_000);
  assert.equal(expired, 1);
});
