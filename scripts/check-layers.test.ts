import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLayers, findCycles, importsOf, type Layers } from "./check-layers.ts";

const layers: Layers = {
  rooms: { core: [], storage: ["core"], raft: ["core"], cli: ["core", "storage"] },
  files: { "src/raft/driver.ts": ["storage"] },
  tests: ["raft"],
  reserved: { "src/storage/node": ["cli"] },
  entryPoints: ["src/index.ts"],
};

const base = [
  { path: "src/core/a.ts", text: "export const a = 1;\n" },
  { path: "src/storage/log.ts", text: 'import { a } from "../core/a.ts";\n' },
];

test("an import that points down is fine", () => {
  assert.deepEqual(checkLayers(layers, base), []);
});

test("an import that points up is named with its line, a type import too", () => {
  const file = {
    path: "src/core/b.ts",
    text: '\nimport type {\n  Log,\n} from "../storage/log.ts";\n',
  };
  assert.deepEqual(checkLayers(layers, [...base, file]), [
    "src/core/b.ts:4 imports ../storage/log.ts: core does not rest on storage".replace(
      "../",
      "src/",
    ),
  ]);
});

test("single files and tests may import more", () => {
  const driver = { path: "src/raft/driver.ts", text: 'import "../storage/log.ts";\n' };
  const probe = { path: "src/core/a.test.ts", text: 'import "../raft/driver.ts";\n' };
  assert.deepEqual(checkLayers(layers, [...base, driver, probe]), []);
  const other = { path: "src/raft/raft.ts", text: 'import "../storage/log.ts";\n' };
  assert.equal(checkLayers(layers, [...base, other]).length, 1);
});

test("a reserved folder is for the rooms that are named", () => {
  const door = { path: "src/storage/node/disk.ts", text: "export const disk = 1;\n" };
  const cli = {
    path: "src/cli/start.ts",
    text: 'const d = await import("../storage/node/disk.ts");\n',
  };
  assert.deepEqual(checkLayers(layers, [...base, door, cli]), []);
  const driver = { path: "src/raft/driver.ts", text: 'import "../storage/node/disk.ts";\n' };
  assert.match(checkLayers(layers, [...base, door, driver])[0] ?? "", /is reserved for cli/);
});

test("examples use the package by its name", () => {
  const own = { path: "examples/shop/a.ts", text: 'import "./b.ts";\nimport "moldau/client";\n' };
  const other = { path: "examples/shop/b.ts", text: "export const b = 1;\n" };
  assert.deepEqual(checkLayers(layers, [...base, own, other]), []);
  const inside = { path: "examples/shop/c.ts", text: 'import "../../src/core/a.ts";\n' };
  assert.match(checkLayers(layers, [...base, inside])[0] ?? "", /examples use the package/);
});

test("only entry points re-export", () => {
  const barrel = 'export { a } from "../core/a.ts";\n';
  const complaints = checkLayers(layers, [...base, { path: "src/storage/all.ts", text: barrel }]);
  assert.deepEqual(complaints, [
    "src/storage/all.ts re-exports, but is no entry point of the package",
  ]);
  const entry = { path: "src/index.ts", text: 'export * from "./core/a.ts";\n' };
  assert.deepEqual(checkLayers(layers, [...base, entry]), []);
});

test("a cycle is told by its shortest way round", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c", "a"]],
    ["c", ["a"]],
    ["d", ["a"]],
  ]);
  assert.deepEqual(findCycles(graph), [["a", "b", "a"]]);
  assert.deepEqual(findCycles(new Map([["x", ["x"]]])), [["x", "x"]]);
});

test("imports are found in all their forms, and not in code that only looks like one", () => {
  const text = [
    'import * as one from "./one.ts";',
    'import two, { type Two } from "./two.ts";',
    'import "./three.ts";',
    'export type { Four } from "./four.ts";',
    'const five = await import("./five.ts");',
    'let six: import("./six.ts").Six;',
    'new Worker(new URL("./seven.ts", import.meta.url));',
    'import fs from "node:fs";',
    'export const text = "from";',
    'const from = { import: "./no.ts" };',
  ].join("\n");
  const found = importsOf({ path: "src/core/a.ts", text }).map((found) => found.target);
  assert.deepEqual(
    found.sort(),
    ["five", "four", "one", "seven", "six", "three", "two"].map((name) => `src/core/${name}.ts`),
  );
});
