import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { RealTime } from "./real-time.ts";
import { VirtualTime } from "./virtual-time.ts";

const START_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;

function virtual(flows: boolean): VirtualTime {
  return new VirtualTime({ startMs: START_MS, flows });
}

function after(time: VirtualTime | RealTime, delayMs: number): Promise<number> {
  return new Promise((resolve) => time.setTimer(delayMs, () => resolve(time.monotonicMs())));
}

test("virtual time passes as soon as nothing else can happen", async () => {
  const time = virtual(true);
  const began = performance.now();
  assert.equal(await after(time, HOUR_MS), HOUR_MS);
  assert.equal(time.nowMs(), START_MS + HOUR_MS);
  assert.ok(performance.now() - began < 1000);
  time.close();
});

test("virtual time lets promises and what is due now come first", async () => {
  const time = virtual(true);
  const seen: string[] = [];
  time.setTimer(1, () => seen.push("timer"));
  for (let i = 0; i < 5; i++) await Promise.resolve();
  seen.push("promises");
  await new Promise<void>((resolve) => time.defer(() => time.defer(resolve)));
  seen.push("deferred");
  await after(time, 2);
  assert.deepEqual(seen, ["promises", "deferred", "timer"]);
  time.close();
});

test("virtual time waits for files that are being read", async () => {
  const time = virtual(true);
  let fired = false;
  time.setTimer(HOUR_MS, () => {
    fired = true;
  });
  await readFile(import.meta.filename);
  assert.equal(fired, false);
  await after(time, HOUR_MS);
  assert.equal(fired, true);
  time.close();
});

test("manual time moves by advance alone, with all that happens on the way", async () => {
  const time = virtual(false);
  const seen: number[] = [];
  const tick = (): void => {
    seen.push(time.monotonicMs());
    time.setTimer(100, tick);
  };
  time.setTimer(100, tick);
  await time.settle();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(seen, []);
  await time.advance(250);
  assert.deepEqual([seen, time.monotonicMs()], [[100, 200], 250]);
  await time.advance(50);
  assert.deepEqual([seen, time.monotonicMs()], [[100, 200, 300], 300]);
  time.close();
});

test("two who advance at once each get the time they asked for", async () => {
  const time = virtual(false);
  const ended: number[] = [];
  await Promise.all(
    [30, 10, 20].map(async (delayMs) => {
      await time.advance(delayMs);
      ended.push(time.monotonicMs());
    }),
  );
  assert.deepEqual(ended, [10, 20, 30]);
  time.close();
});

test("settling waits for what is under way, and for no timer", async () => {
  for (const time of [virtual(false), new RealTime()]) {
    let hops = 0;
    const hop = (): void => {
      if (++hops < 5) time.schedule(hops === 3 ? 5 : 0, "network deliver", hop);
    };
    time.schedule(0, "network deliver", hop);
    let fired = false;
    time.setTimer(HOUR_MS, () => {
      fired = true;
    });
    const done = time.begin();
    let isSettled = false;
    const settled = time.settle().then(() => {
      isSettled = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(isSettled, false);
    done();
    await settled;
    assert.deepEqual([hops, fired], [5, false]);
    time.close();
  }
});

test("what is cancelled is not under way", async () => {
  for (const time of [virtual(false), new RealTime()]) {
    const timer = time.schedule(HOUR_MS, "network connect", () => assert.fail("fired"));
    timer.cancel();
    timer.cancel();
    await time.settle();
    time.close();
  }
});

test("work that is given all its time gets it, and no more than that", async () => {
  const time = virtual(false);
  assert.equal(await time.passDuring(() => after(time, HOUR_MS)), HOUR_MS);
  let fired = false;
  time.setTimer(1, () => {
    fired = true;
  });
  await time.settle();
  assert.equal(fired, false);
  time.close();
});

test("nothing happens once a time is closed", async () => {
  for (const time of [virtual(true), new RealTime()]) {
    time.setTimer(5, () => assert.fail("fired"));
    time.defer(() => assert.fail("fired"));
    time.close();
    time.setTimer(0, () => assert.fail("fired"));
    await time.settle();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test("the machine's time cannot be advanced", async () => {
  const time = new RealTime();
  await assert.rejects(time.advance(), { code: "REAL_CLOCK", remedy: /virtual/ });
  time.close();
});
