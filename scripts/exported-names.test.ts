import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { SourceReader } from "./exported-names.ts";
import { root } from "./lib.ts";

const folder = fs.mkdtempSync(join(root, ".cache", "exported-names-"));

after(() => fs.rmSync(folder, { recursive: true }));

/** Writes modules and gives the names that one of them exports, by name. */
function namesOf(modules: Readonly<Record<string, string>>, entry: string) {
  for (const [file, text] of Object.entries(modules)) fs.writeFileSync(join(folder, file), text);
  const path = join(folder, entry).slice(root.length + 1);
  return new Map(new SourceReader().exportedNames(path).map((found) => [found.name, found]));
}

test("names are found through every kind of export, and told by their declarations", () => {
  const names = namesOf(
    {
      "index.ts": `export * from "./parts.ts";
export { inner as outer, type Shape } from "./parts.ts";
import { helper } from "./parts.ts";
export { helper as assistant };
`,
      "parts.ts": `/** Of the file. */

import { readFileSync } from "node:fs";
/** What it is. */
export function inner(a: string, b = 1): number {
  return readFileSync(a).length + b;
}
export interface Shape {
  /** Wide. */
  readonly width: number;
}
/** A helper. */
function helper(): void {}
export { helper };
export const limit = 5;
export type Either = "a" | "b";
`,
    },
    "index.ts",
  );
  assert.deepEqual(
    [...names].map(([name, { kind, doc, signature }]) => [name, kind, doc, signature]),
    [
      ["Either", "type", "", 'type Either = "a" | "b";'],
      ["Shape", "interface", "", "interface Shape {\n  /** Wide. */\n  readonly width: number;\n}"],
      ["assistant", "function", "A helper.", "function helper(): void;"],
      ["helper", "function", "A helper.", "function helper(): void;"],
      ["inner", "function", "What it is.", "function inner(a: string, b = 1): number;"],
      ["limit", "constant", "", "const limit = 5;"],
      ["outer", "function", "What it is.", "function inner(a: string, b = 1): number;"],
    ],
  );
});

test("of a class what is public is told, without bodies", () => {
  const names = namesOf(
    {
      "class.ts": `/** A class. */
export class Counter extends Base implements Disposable {
  /** How many. */
  readonly count: number = 0;
  readonly #secret = 1;
  private constructor(count: number) {
    super();
    this.count = count;
  }
  /**
   * Counts on.
   *
   * @throws RangeError when it is too much
   */
  async add(
    by: number,
  ): Promise<void> {
    await this.#more(by);
  }
  #more(by: number): void {}
  override get size(): number { return 1; }
}
`,
    },
    "class.ts",
  );
  const counter = names.get("Counter");
  assert.equal(counter?.signature, "class Counter extends Base implements Disposable");
  assert.deepEqual(counter?.members, [
    {
      name: "count",
      doc: "How many.",
      signature: "readonly count: number;",
      isOverride: false,
      isOverload: false,
    },
    {
      name: "add",
      doc: "Counts on.\n\n@throws RangeError when it is too much",
      signature: "add(\n  by: number,\n): Promise<void>;",
      isOverride: false,
      isOverload: false,
    },
    {
      name: "size",
      doc: "",
      signature: "override get size(): number;",
      isOverride: true,
      isOverload: false,
    },
  ]);
});

test("the ways to call a method are one member", () => {
  const names = namesOf(
    {
      "ways.ts": `/** A class. */
export class Parser {
  /** Either way. */
  parse(text: string): string;
  parse(bytes: Buffer): Buffer;
  parse(either: string | Buffer): string | Buffer {
    return either;
  }
}
`,
    },
    "ways.ts",
  );
  const members = names.get("Parser")?.members ?? [];
  assert.deepEqual(
    members.map(({ name, doc, signature }) => [name, doc, signature]),
    [["parse", "Either way.", "parse(text: string): string;\nparse(bytes: Buffer): Buffer;"]],
  );
});

test("a constant and a type of one name are one, overloads are all told but the last", () => {
  const names = namesOf(
    {
      "both.ts": `/** Kinds. */
export const Kind = { a: 1 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];
/** Either way. */
export function parse(text: string): string;
export function parse(bytes: Buffer): Buffer;
export function parse(either: string | Buffer): string | Buffer {
  return either;
}
`,
    },
    "both.ts",
  );
  assert.equal(names.get("Kind")?.kind, "constant");
  assert.match(names.get("Kind")?.signature ?? "", /^const Kind = .*\ntype Kind = /s);
  assert.equal(
    names.get("parse")?.signature,
    "function parse(text: string): string;\nfunction parse(bytes: Buffer): Buffer;",
  );
});
