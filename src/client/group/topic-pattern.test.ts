import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePattern } from "./topic-pattern.ts";

test("a pattern matches whole names", async () => {
  const pattern = await compilePattern("shop-(orders|bills)", "g");
  const names = ["shop-orders", "shop-bills", "shop-orders-2", "my-shop-orders", "shop-x"];
  assert.deepEqual(
    names.filter((name) => pattern.matches(name)),
    ["shop-orders", "shop-bills"],
  );
});

test("a pattern that a backtracking engine would never finish takes no time", async () => {
  const pattern = await compilePattern("(a+)+b", "g");
  assert.equal(pattern.matches("a".repeat(249)), false);
});

test("what is not RE2 is refused with a remedy", async () => {
  for (const source of ["(", "a(?=b)", "(a)\\1"]) {
    await assert.rejects(compilePattern(source, "g"), {
      code: "INVALID_REGULAR_EXPRESSION",
      retriable: false,
    });
  }
});
