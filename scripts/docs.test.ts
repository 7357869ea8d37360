import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { apiDocuments, everyName, isSchema } from "./api-document.ts";
import { formatsDocument } from "./formats-document.ts";
import { root } from "./lib.ts";
import { settingsDocument } from "./settings-document.ts";

const documents: ReadonlyMap<string, () => string> = new Map([
  ["docs/settings.md", settingsDocument],
  ["docs/formats.md", formatsDocument],
]);

for (const [path, make] of documents) {
  test(`${path} says what the declarations say ("npm run docs" writes it)`, () => {
    assert.equal(fs.readFileSync(join(root, path), "utf8"), make());
  });
}

test('docs/api says what the sources say ("npm run docs" writes it)', () => {
  const made = apiDocuments();
  for (const [path, text] of made) {
    const file = join(root, path);
    const found = fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n") : [];
    const lines = text.split("\n");
    const other = lines.findIndex((line, index) => line !== found[index]);
    assert.equal(found[other], lines[other], `${path}, line ${other + 1}`);
    assert.equal(found.length, lines.length, path);
  }
  const there = fs.readdirSync(join(root, "docs", "api")).map((name) => `docs/api/${name}`);
  assert.deepEqual(there.sort(), [...made.keys()].sort());
});

test("every name that the package exports says what it is", () => {
  const silent = [...everyName().keys()]
    .filter((name) => name.doc === "" && !isSchema(name))
    .map(({ name, file }) => `${name} in ${file}`);
  assert.deepEqual(silent, []);
});
