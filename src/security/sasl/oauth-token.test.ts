import assert from "node:assert/strict";
import { test } from "node:test";
import { MoldauError } from "../../core/errors.ts";
import type { Clock } from "../../platform/clock.ts";
import { CachedToken, type OAuthToken, type OAuthTokenSource } from "./oauth-token.ts";

/** A clock that stands until it is moved. */
function handClock() {
  const timers = new Set<{ atMs: number; fire: () => void }>();
  let nowMs = 1000;
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    setTimer(delayMs, fire) {
      const timer = { atMs: nowMs + delayMs, fire };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    defer: (fire) => queueMicrotask(fire),
  };
  const move = (ms: number): void => {
    nowMs += ms;
    for (const timer of timers) {
      if (timer.atMs > nowMs) continue;
      timers.delete(timer);
      timer.fire();
    }
  };
  return { clock, move, timers };
}

function counting(lifetimeMs?: number): { source: OAuthTokenSource; calls: () => number } {
  let calls = 0;
  const source: OAuthTokenSource = () => {
    calls++;
    const value = `token-${calls}`;
    return Promise.resolve(lifetimeMs === undefined ? { value } : { value, lifetimeMs });
  };
  return { source, calls: () => calls };
}

test("a token is kept for four fifths of its lifetime", async () => {
  const { clock, move, timers } = handClock();
  const { source, calls } = counting(10_000);
  const token = new CachedToken(source, clock);
  assert.equal((await token.get()).value, "token-1");
  move(7_999);
  assert.equal((await token.get()).value, "token-1");
  move(1);
  assert.equal((await token.get()).value, "token-2");
  assert.equal(calls(), 2);
  assert.equal(timers.size, 0);
});

test("a token without a lifetime is asked for at each login, one that was refused too", async () => {
  const { clock } = handClock();
  const short = new CachedToken(counting().source, clock);
  assert.equal((await short.get()).value, "token-1");
  assert.equal((await short.get()).value, "token-2");
  const long = new CachedToken(counting(10_000).source, clock);
  assert.equal((await long.get()).value, "token-1");
  long.drop();
  assert.equal((await long.get()).value, "token-2");
});

test("logins at the same time share one call", async () => {
  const { clock } = handClock();
  const { source, calls } = counting();
  const token = new CachedToken(source, clock);
  const [one, two] = await Promise.all([token.get(), token.get()]);
  assert.equal(one.value, "token-1");
  assert.equal(two.value, "token-1");
  assert.equal(calls(), 1);
});

test("a source that fails is told, and asked again by the next login", async () => {
  const { clock, timers } = handClock();
  let fails = true;
  const source: OAuthTokenSource = () =>
    fails ? Promise.reject(new Error("no route to it")) : Promise.resolve({ value: "abc" });
  const token = new CachedToken(source, clock);
  await assert.rejects(token.get(), {
    code: "SASL_TOKEN_UNAVAILABLE",
    retriable: false,
    message: "there is no token: no route to it",
  });
  fails = false;
  assert.equal((await token.get()).value, "abc");
  const passing = new MoldauError("busy", { code: "BUSY", retriable: true });
  const busy = new CachedToken(() => Promise.reject(passing), clock);
  await assert.rejects(busy.get(), { code: "SASL_TOKEN_UNAVAILABLE", retriable: true });
  const throwing = new CachedToken(() => {
    throw new Error("at once");
  }, clock);
  await assert.rejects(throwing.get(), { code: "SASL_TOKEN_UNAVAILABLE", message: /at once/ });
  assert.equal(timers.size, 0);
});

test("a source that never answers is given up, and told so", async () => {
  const { clock, move } = handClock();
  let given: AbortSignal | undefined;
  const token = new CachedToken(({ signal }) => {
    given = signal;
    return new Promise(() => undefined);
  }, clock);
  const waiting = token.get();
  move(30_000);
  await assert.rejects(waiting, {
    code: "SASL_TOKEN_UNAVAILABLE",
    retriable: true,
    message: /longer/,
  });
  assert.equal(given?.aborted, true);
});

test("what is no token is refused, without being shown", async () => {
  const { clock } = handClock();
  const answers: readonly unknown[] = [
    undefined,
    null,
    "secret",
    {},
    { value: 1 },
    { value: "" },
    { value: "secret token" },
    { value: "secret\x01" },
    { value: "s".repeat(300_000) },
    { value: "secret", lifetimeMs: 0 },
    { value: "secret", lifetimeMs: -1 },
    { value: "secret", lifetimeMs: Number.NaN },
    { value: "secret", lifetimeMs: "60" },
    // A point in time, as other clients have it.
    { value: "secret", lifetimeMs: Date.now() + 60_000 },
  ];
  for (const answer of answers) {
    const token = new CachedToken(() => Promise.resolve(answer as OAuthToken), clock);
    await assert.rejects(token.get(), (thrown: unknown) => {
      assert.ok(thrown instanceof Error && "code" in thrown);
      assert.equal(thrown.code, "SASL_TOKEN_UNAVAILABLE");
      assert.ok(!thrown.message.includes("secret"), thrown.message);
      return true;
    });
  }
});
