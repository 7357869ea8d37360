import assert from "node:assert/strict";
import { test } from "node:test";
import { stringifyYaml } from "./yaml.ts";

test("nested data has the block style that people expect", () => {
  const value = [
    {
      name: "orders",
      partitions: [
        { id: 0, isr: [1, 2] },
        { id: 1, isr: [] },
      ],
      none: {},
    },
  ];
  assert.equal(
    stringifyYaml(value),
    [
      "- name: orders",
      "  partitions:",
      "    - id: 0",
      "      isr:",
      "        - 1",
      "        - 2",
      "    - id: 1",
      "      isr: []",
      "  none: {}",
      "",
    ].join("\n"),
  );
});

test("texts that would be read as something else are quoted", () => {
  const texts = [
    "",
    "yes",
    "1.5",
    "a: b",
    "- x",
    "#c",
    "tab\t",
    " lead",
    "null",
    "plain text",
    "a:b",
  ];
  const lines = stringifyYaml(texts).trimEnd().split("\n");
  assert.deepEqual(lines, [
    '- ""',
    '- "yes"',
    '- "1.5"',
    '- "a: b"',
    '- "- x"',
    '- "#c"',
    '- "tab\\t"',
    '- " lead"',
    '- "null"',
    "- plain text",
    "- a:b",
  ]);
});
