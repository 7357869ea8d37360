import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SimClock, SimProcessClock } from "./sim-clock.ts";
import { SimTrace } from "./sim-trace.ts";

test("events happen in the order of their times, then of asking", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 60 }), async (delays) => {
      const clock = new SimClock();
      const seen: (readonly [number, number])[] = [];
      delays.forEach((delay, index) => {
        clock.setTimer(delay, () => {
          assert.equal(clock.monotonicMs(), delay);
          seen.push([delay, index]);
        });
      });
      assert.equal(await clock.run(), "idle");
      const expected = delays.map((delay, index) => [delay, index] as const);
      assert.deepEqual(
        seen,
        expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]),
      );
    }),
    { numRuns: 40 },
  );
});

test("a cancelled timer never fires, and time does not wait for it", async () => {
  const clock = new SimClock();
  const timers = [5, 1, 9].map((delay) => clock.setTimer(delay, () => assert.fail("fired")));
  let fired = 0;
  clock.setTimer(2, () => {
    fired++;
    timers[0]!.cancel();
  });
  timers[1]!.cancel();
  timers[2]!.cancel();
  timers[2]!.cancel();
  assert.equal(await clock.run(), "idle");
  assert.equal(fired, 1);
  assert.equal(clock.monotonicMs(), 2);
});

test("all promises settle before the next event, however long their chain", async () => {
  const clock = new SimClock();
  const seen: string[] = [];
  clock.setTimer(1, () => {
    void (async () => {
      for (let i = 0; i < 100; i++) await Promise.resolve();
      seen.push("chain");
    })();
  });
  clock.setTimer(1, () => seen.push("next"));
  clock.defer(() => seen.push("deferred"));
  await clock.run();
  assert.deepEqual(seen, ["deferred", "chain", "next"]);
});

test("a run ends at its time, its count of events, or when asked", async () => {
  const clock = new SimClock({ startMs: 1000 });
  let ticks = 0;
  const tick = (): void => {
    ticks++;
    clock.setTimer(10, tick);
  };
  clock.setTimer(10, tick);
  assert.equal(await clock.run({ untilMs: 95 }), "time");
  assert.deepEqual([ticks, clock.monotonicMs(), clock.nowMs()], [9, 95, 1095]);
  assert.equal(await clock.advance(5), "time");
  assert.equal(ticks, 10);
  assert.equal(await clock.run({ eventsMax: 3 }), "events");
  assert.equal(ticks, 13);
  assert.equal(await clock.run({ stop: () => ticks === 20 }), "stopped");
  assert.equal(ticks, 20);
  clock.shiftWallClock(-500);
  assert.equal(clock.nowMs(), 1000 + 200 - 500);
  assert.equal(clock.monotonicMs(), 200);
});

test("what an event throws ends the run", async () => {
  const clock = new SimClock();
  clock.setTimer(1, () => {
    throw new Error("broken invariant");
  });
  await assert.rejects(clock.run(), /broken invariant/);
});

test("waiting gives the promise's value, or says that it never settles", async () => {
  const clock = new SimClock();
  const later = new Promise<string>((resolve) => clock.setTimer(7, () => resolve("done")));
  assert.equal(await clock.wait(later), "done");
  assert.equal(clock.monotonicMs(), 7);
  await assert.rejects(clock.wait(Promise.reject(new Error("refused"))), /refused/);
  await assert.rejects(clock.wait(new Promise(() => undefined)), /never settles/);
});

test("a killed process' timers never fire", async () => {
  const clock = new SimClock();
  const one = new SimProcessClock(clock);
  const other = new SimProcessClock(clock);
  const seen: string[] = [];
  one.setTimer(5, () => seen.push("one"));
  one.defer(() => seen.push("one, deferred"));
  other.setTimer(5, () => seen.push("other"));
  clock.setTimer(2, () => one.kill());
  await clock.run();
  assert.deepEqual(seen, ["one, deferred", "other"]);
});

test("the trace tells apart what happened, to whom, and in which order", () => {
  const hashOf = (note: (trace: SimTrace) => void): string => {
    const trace = new SimTrace();
    note(trace);
    return trace.hash();
  };
  const hashes = [
    hashOf(() => undefined),
    hashOf((trace) => trace.note("a")),
    hashOf((trace) => trace.note("a", 1)),
    hashOf((trace) => trace.note("a", 1.001)),
    hashOf((trace) => trace.note("a", 2 ** 40 + 1)),
    hashOf((trace) => trace.note("a", "b")),
    hashOf((trace) => trace.note("ab")),
    hashOf((trace) => {
      trace.note("a");
      trace.note("b");
    }),
    hashOf((trace) => {
      trace.note("b");
      trace.note("a");
    }),
  ];
  assert.equal(new Set(hashes).size, hashes.length);
  const trace = new SimTrace({ recentMax: 2 });
  for (const event of ["one", "two", "three"]) trace.note(event, 7);
  assert.deepEqual(trace.recent(), ["2 two 7", "3 three 7"]);
});
