import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { moldauVersion } from "./version.ts";

test("the version is that of the package", () => {
  const path = new URL("../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { version: string };
  assert.equal(moldauVersion, version);
});
