import assert from "node:assert/strict";
import { test } from "node:test";
import { Coalesced } from "./coalesced.ts";

test("questions of one moment are one request; later ones get a later answer", async () => {
  const asked: string[][] = [];
  const gates: (() => void)[] = [];
  const questions = new Coalesced<string, number>(async (keys) => {
    asked.push([...keys]);
    await new Promise<void>((resolve) => gates.push(resolve));
    return asked.length;
  });
  const first = [questions.join(["a"]), questions.join(["b"]), questions.join(["a"])];
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(asked, [["a", "b"]]);
  const second = [questions.join(["a"]), questions.join(["c"])];
  gates.shift()!();
  assert.deepEqual(await Promise.all(first), [1, 1, 1]);
  while (gates.length === 0) await Promise.resolve();
  gates.shift()!();
  assert.deepEqual(await Promise.all(second), [2, 2]);
  assert.deepEqual(asked, [
    ["a", "b"],
    ["a", "c"],
  ]);
});

test("a failure is that of those who asked, and the next question is asked all the same", async () => {
  let calls = 0;
  const questions = new Coalesced<string, number>(() => {
    calls++;
    return calls === 1 ? Promise.reject(new Error("no")) : Promise.resolve(calls);
  });
  const [one, two] = await Promise.allSettled([questions.join(["a"]), questions.join(["b"])]);
  assert.deepEqual([one.status, two.status], ["rejected", "rejected"]);
  assert.equal(await questions.join(["a"]), 2);
});
