import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../../protocol/error-code.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { Deadline } from "../cluster/deadline.ts";
import { brokerError, clientError, KafkaError } from "../errors.ts";
import { settleEach, type SettlePlan } from "./settle.ts";

const notCoordinator = brokerError(ErrorCode.NOT_COORDINATOR, { group: "g" });
const refused = brokerError(ErrorCode.GROUP_AUTHORIZATION_FAILED, { group: "g" });

type Plan = Omit<SettlePlan<string, number>, "deadline" | "contextOf">;

/** Settles in a world of its own. */
function settle(plan: Plan, timeoutMs = 10_000, signal?: AbortSignal) {
  const { clock } = new SimWorld({ seed: 1 });
  const deadline = new Deadline(clock, timeoutMs, signal);
  const contextOf = (group: string) => ({ group });
  return clock.wait(settleEach<string, number>({ ...plan, deadline, contextOf }));
}

test("an item that fails for good does not touch the others", async () => {
  const settled = await settle({
    items: ["a", "b"],
    async attempt(_pending, by) {
      await Promise.resolve();
      by.failed("a", refused);
      by.done("b", 2);
    },
  });
  assert.equal(settled.get("a")?.error, refused);
  assert.equal(settled.get("b")?.value, 2);
});

test("what another attempt mends is asked again, and nothing else", async () => {
  const rounds: (readonly string[])[] = [];
  let retries = 0;
  const settled = await settle({
    items: ["a", "b", "c"],
    async attempt(pending, by) {
      await Promise.resolve();
      rounds.push(pending);
      for (const item of pending) {
        if (item === "b" && rounds.length < 3) by.failed(item, notCoordinator);
        else by.done(item, rounds.length);
      }
    },
    onRetry: () => Promise.resolve(void retries++),
  });
  assert.deepEqual(rounds, [["a", "b", "c"], ["b"], ["b"]]);
  assert.equal(retries, 2);
  assert.deepEqual(
    ["a", "b", "c"].map((item) => settled.get(item)?.value),
    [1, 3, 1],
  );
});

test("when time is over, each item that is left has the reason of its own", async () => {
  const settled = await settle(
    {
      items: ["a", "b"],
      async attempt(pending, by) {
        await Promise.resolve();
        for (const item of pending) if (item === "a") by.done(item, 1);
        by.failed("b", notCoordinator);
      },
    },
    500,
  );
  assert.equal(settled.get("a")?.value, 1);
  const error = settled.get("b")?.error;
  assert.equal(error?.code, "TIMED_OUT");
  assert.equal(error.cause, notCoordinator);
});

test("an error of all is thrown while nothing is settled, and is that of the rest afterwards", async () => {
  const away = clientError("CONNECTION_CLOSED", "nobody answers");
  await assert.rejects(
    settle({ items: ["a"], attempt: () => Promise.reject(away) }, 300),
    (thrown) => thrown instanceof KafkaError && thrown.code === "TIMED_OUT",
  );
  let rounds = 0;
  const settled = await settle(
    {
      items: ["a", "b"],
      async attempt(_pending, by) {
        await Promise.resolve();
        if (rounds++ > 0) throw away;
        by.done("a", 1);
        by.failed("b", notCoordinator);
      },
    },
    300,
  );
  assert.equal(settled.get("a")?.value, 1);
  assert.equal(settled.get("b")?.error?.code, "TIMED_OUT");
});

test("an error of this side that all items have is thrown", async () => {
  const unserved = clientError("UNSUPPORTED_API", "the broker does not serve it");
  await assert.rejects(
    settle({
      items: ["a", "b"],
      async attempt(pending, by) {
        await Promise.resolve();
        for (const item of pending) by.failed(item, unserved);
      },
    }),
    unserved,
  );
});

test("an item that the answer leaves out has an error that says so", async () => {
  const settled = await settle({
    items: ["a", "b"],
    async attempt(_pending, by) {
      await Promise.resolve();
      by.done("b", 1);
    },
  });
  const error = settled.get("a")?.error;
  assert.equal(error?.code, "UNKNOWN_SERVER_ERROR");
  assert.match(error.message, /group a: the broker's answer leaves it out/);
});

test("an aborted signal ends it, whatever is settled already", async () => {
  const abort = new AbortController();
  const attempt: Plan["attempt"] = async (_pending, by) => {
    await Promise.resolve();
    by.done("a", 1);
    by.failed("b", notCoordinator);
    abort.abort(new Error("enough"));
  };
  await assert.rejects(
    settle({ items: ["a", "b"], attempt }, 10_000, abort.signal),
    (thrown) =>
      thrown instanceof KafkaError &&
      thrown.code === "CANCELLED" &&
      thrown.cause instanceof Error &&
      thrown.cause.message === "enough",
  );
});

test("a defect is no result of an item", async () => {
  const defect = new TypeError("a defect");
  await assert.rejects(
    settle({
      items: ["a"],
      async attempt(_pending, by) {
        await Promise.resolve();
        by.failed("a", defect);
      },
    }),
    defect,
  );
});

test("of nothing nothing is asked", async () => {
  const settled = await settle({ items: [], attempt: () => assert.fail("nothing to ask for") });
  assert.equal(settled.size, 0);
});
