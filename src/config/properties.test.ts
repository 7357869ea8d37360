import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { formatProperties, parseProperties } from "./properties.ts";

/** What `java.util.Properties` makes of such texts. */
const CASES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["a=b", { a: "b" }],
  ["a:b", { a: "b" }],
  ["a b", { a: "b" }],
  ["a = b ", { a: "b " }],
  ["  a\t:\t b", { a: "b" }],
  ["a==b", { a: "=b" }],
  ["a", { a: "" }],
  ["a=", { a: "" }],
  ["# a=b\n! c=d\n\n  # e=f\ng=h", { g: "h" }],
  ["a=b\r\nc=d\re=f", { a: "b", c: "d", e: "f" }],
  ["a=b\\\n   c", { a: "bc" }],
  ["a=b\\\\\nc=d", { a: "b\\", c: "d" }],
  ["a=b\\\n# c", { a: "b# c" }],
  ["a\\ b\\:c\\=d=e", { "a b:c=d": "e" }],
  ["a=\\t\\n\\u0041\\x", { a: "\t\nAx" }],
  ["a=1\na=2", { a: "2" }],
  [
    "listeners=PLAINTEXT://:9092,CONTROLLER://:9093",
    { listeners: "PLAINTEXT://:9092,CONTROLLER://:9093" },
  ],
  ["=b", { "": "b" }],
  ["a=b\\", { a: "b" }],
];

test("a properties text is read as Java reads it", () => {
  for (const [text, entries] of CASES) {
    assert.deepEqual(Object.fromEntries(parseProperties(text)), entries, JSON.stringify(text));
  }
});

test("what is written is read back, whatever the names and values", () => {
  const entries = fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(entries, fc.string(), (record, comment) => {
      const expected = new Map(Object.entries(record));
      assert.deepEqual(parseProperties(formatProperties(expected, comment)), expected);
    }),
  );
});

test("any text is read without complaint", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseProperties(text)));
});

test("values stay readable: colons and equals signs are not escaped in them", () => {
  const text = formatProperties([["listeners", "PLAINTEXT://:9092"]], "node\nconfiguration");
  assert.equal(text, "# node\n# configuration\nlisteners=PLAINTEXT://:9092\n");
});
