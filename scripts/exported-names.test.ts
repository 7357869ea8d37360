import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { SourceReader } from "./exported-names.ts";

const folder = join("scripts", "fixtures", "exported-names");

/** The names that a module exports, by name. */
function namesOf(file: string) {
  const names = new SourceReader().exportedNames(join(folder, file));
  return new Map(names.map((found) => [found.name, found]));
}

test("names are found through every kind of export, and told by their declarations", () => {
  const names = namesOf("index.ts");
  const inner = "function inner(a: string, b = 1): number;";
  assert.deepEqual(
    [...names].map(([name, { kind, doc, signature }]) => [name, kind, doc, signature]),
    [
      ["Either", "type", "", 'type Either = "a" | "b";'],
      [
        "Kind",
        "constant",
        "Kinds.",
        "const Kind = { a: 1 } as const;\ntype Kind = (typeof Kind)[keyof typeof Kind];",
      ],
      ["Shape", "interface", "", "interface Shape {\n  /** Wide. */\n  readonly width: number;\n}"],
      ["assistant", "function", "A helper.", "function helper(): void;"],
      ["helper", "function", "A helper.", "function helper(): void;"],
      ["inner", "function", "What it is.", inner],
      ["limit", "constant", "", "const limit = 5;"],
      ["outer", "function", "What it is.", inner],
      [
        "parse",
        "function",
        "Either way.",
        "function parse(text: string): string;\nfunction parse(bytes: Buffer): Buffer;",
      ],
    ],
  );
});

test("of a class what is public is told, without bodies, and ways to call a method are one", () => {
  const counter = namesOf("classes.ts").get("Counter");
  assert.equal(counter?.signature, "class Counter extends Base implements Disposable");
  assert.deepEqual(
    counter?.members.map(({ name, doc, signature, isOverride }) => [
      name,
      doc,
      signature,
      isOverride,
    ]),
    [
      ["count", "How many.", "readonly count: number;", false],
      [
        "add",
        "Counts on.\n\n@throws RangeError when it is too much",
        "add(\n  by: number,\n  again: readonly { readonly times: number; readonly pauseMs: number }[],\n): Promise<void>;",
        false,
      ],
      [
        "parse",
        "Either way.",
        "parse(text: string): string;\nparse(bytes: Buffer): Buffer;",
        false,
      ],
      ["size", "", "override get size(): number;", true],
      ["Symbol.dispose", "", "[Symbol.dispose](): void;", false],
    ],
  );
});
