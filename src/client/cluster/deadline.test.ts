import assert from "node:assert/strict";
import { test } from "node:test";
import { SimRandom } from "../../simulator/sim-random.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { clientError } from "../errors.ts";
import { backoffMs, RECONNECT_BACKOFF } from "./backoff.ts";
import { Deadline } from "./deadline.ts";

const never = new Promise<never>(() => undefined);

test("pauses double from the first to the longest, each a fifth longer or shorter by chance", () => {
  const random = new SimRandom(1, "backoff");
  for (let failures = 1; failures <= 40; failures++) {
    const plain = Math.min(50 * 2 ** (failures - 1), 1_000);
    const seen = Array.from({ length: 50 }, () => backoffMs(random, failures, RECONNECT_BACKOFF));
    assert.ok(seen.every((ms) => ms >= plain * 0.8 && ms <= Math.min(plain * 1.2, 1_000)));
    assert.ok(new Set(seen).size > 10 || plain === 1_000);
  }
});

test("what is not done in time is over, with what went wrong last", async () => {
  const { clock } = new SimWorld({ seed: 1 });
  const deadline = new Deadline(clock, 5_000);
  let attempts = 0;
  const done = deadline.retry(() => {
    attempts++;
    return Promise.reject(clientError("CONNECTION_CLOSED", `attempt ${attempts}`));
  });
  await assert.rejects(clock.wait(done), { code: "TIMED_OUT", message: /attempt \d+$/ });
  assert.ok(attempts >= 6 && attempts <= 9, `${attempts} attempts`);
  assert.equal(deadline.remainingMs(), 0);
});

test("a wait that uses all of the time is told once", async () => {
  const { clock } = new SimWorld({ seed: 1 });
  const deadline = new Deadline(clock, 1_000);
  const done = deadline.retry(() => deadline.within(never));
  await assert.rejects(clock.wait(done), { message: "not done within 1 s" });
});

test("what no retry mends is not tried again, and what is mended goes on", async () => {
  const { clock } = new SimWorld({ seed: 1 });
  let attempts = 0;
  const refused = new Deadline(clock, 5_000).retry(() => {
    attempts++;
    return Promise.reject(clientError("NOT_KAFKA", "no"));
  });
  await assert.rejects(refused, { code: "NOT_KAFKA" });
  assert.equal(attempts, 1);
  let isMended = false;
  const mended = new Deadline(clock, 5_000).retry(
    () => (isMended ? Promise.resolve(7) : Promise.reject(clientError("TIMED_OUT", "not yet"))),
    () => {
      isMended = true;
    },
  );
  assert.equal(await clock.wait(mended), 7);
});

test("waiting for something ends with the thing, the time or the signal", async () => {
  const { clock } = new SimWorld({ seed: 1 });
  assert.equal(await new Deadline(clock, 100).within(Promise.resolve(1)), 1);
  assert.equal(await new Deadline(clock, Infinity).within(Promise.resolve(2)), 2);
  await assert.rejects(clock.wait(new Deadline(clock, 100).within(never)), { code: "TIMED_OUT" });
  const stop = new AbortController();
  const waiting = new Deadline(clock, Infinity, stop.signal).within(never);
  stop.abort("enough");
  await assert.rejects(waiting, { code: "CANCELLED", cause: "enough" });
  await assert.rejects(new Deadline(clock, 100, AbortSignal.abort()).within(never), {
    code: "CANCELLED",
  });
  const failed = new Deadline(clock, 100).within(Promise.reject(new Error("gone")));
  await assert.rejects(failed, { message: "gone" });
});
