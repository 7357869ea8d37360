import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { formatsDocument } from "./formats-document.ts";
import { root } from "./lib.ts";
import { settingsDocument } from "./settings-document.ts";

for (const [path, make] of [
  ["docs/settings.md", settingsDocument],
  ["docs/formats.md", formatsDocument],
] as const) {
  test(`${path} says what the declarations say ("npm run docs" writes it)`, () => {
    assert.equal(fs.readFileSync(join(root, path), "utf8"), make());
  });
}
