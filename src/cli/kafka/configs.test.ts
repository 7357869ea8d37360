import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAdditions } from "./configs.ts";

test("settings are separated by commas, lists stand in brackets", () => {
  assert.deepEqual(parseAdditions("a=1, b=[x,y] ,c="), [
    ["a", "1"],
    ["b", "x,y"],
    ["c", ""],
  ]);
  assert.deepEqual(parseAdditions(""), []);
});

test("what is no setting is refused", () => {
  assert.throws(() => parseAdditions("a=1,b"), { code: "MLD2001" });
});
