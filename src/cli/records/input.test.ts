import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { linesOf, RecordMaker, recordsIn, type InputOptions } from "./input.ts";
import { encoderOf } from "./types.ts";

const plain: InputOptions = {
  format: "lines",
  delimiter: undefined,
  keySeparator: undefined,
  headers: undefined,
  fixed: { key: undefined, partition: undefined, timestamp: undefined, headers: [] },
  encodeKey: undefined,
  encodeValue: undefined,
  emptyIsNull: false,
  nullMarker: undefined,
  lenient: false,
};

function made(line: string, options: Partial<InputOptions>) {
  const { key, value, headers } = new RecordMaker({ ...plain, ...options }).line(
    Buffer.from(line),
    "it",
  );
  const text = (bytes: unknown): unknown => (Buffer.isBuffer(bytes) ? bytes.toString() : bytes);
  return { key: text(key), value: text(value), headers };
}

test("a line is taken apart into headers, key and value", () => {
  const headers = { delimiter: "\\t", separator: ",", keySeparator: ":" };
  assert.deepEqual(made("v", {}), { key: null, value: "v", headers: undefined });
  assert.deepEqual(made("k=v=w", { keySeparator: "=" }), {
    key: "k",
    value: "v=w",
    headers: undefined,
  });
  assert.deepEqual(made("a:1,b:2\tk\tv", { headers, keySeparator: "\\t" }), {
    key: "k",
    value: "v",
    headers: [
      ["a", "1"],
      ["b", "2"],
    ],
  });
  assert.throws(() => made("no separator", { keySeparator: "=" }), { code: "MLD2001" });
  assert.deepEqual(made("alone", { keySeparator: "=", lenient: true }).value, "alone");
});

test("empty parts and markers become null where that is asked for", () => {
  assert.deepEqual(made("=", { keySeparator: "=", emptyIsNull: true }), {
    key: null,
    value: null,
    headers: undefined,
  });
  assert.deepEqual(made("k=NULL", { keySeparator: "=", nullMarker: "NULL" }).value, null);
  assert.equal(made("", {}).value, "");
});

test("keys and values are encoded, and what cannot be is refused with its line", () => {
  const options = {
    ...plain,
    keySeparator: ":",
    encodeKey: encoderOf("int32"),
    encodeValue: encoderOf("hex"),
  };
  const { key, value } = new RecordMaker(options).line(Buffer.from("7:c0ffee"), "line 1");
  assert.deepEqual([key, value], [Buffer.from([0, 0, 0, 7]), Buffer.from("c0ffee", "hex")]);
  assert.throws(
    () => new RecordMaker(options).line(Buffer.from("x:00"), "line 2"),
    /line 2: "x" is no whole number/,
  );
});

test("lines come whole, wherever the chunks are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.stringMatching(/^[^\n\r]*$/), { maxLength: 8 }),
      fc.integer({ min: 1, max: 7 }),
      fc.constantFrom(undefined, ";", "\\x00\\x01"),
      async (lines, size, delimiter) => {
        fc.pre(delimiter === undefined || lines.every((line) => !/[;\0]/.test(line)));
        const mark = delimiter === undefined ? "\n" : delimiter === ";" ? ";" : "\0\u0001";
        const bytes = Buffer.from(lines.map((line) => line + mark).join(""));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        const got: string[] = [];
        for await (const line of linesOf(Readable.from(chunks), delimiter))
          got.push(line.toString());
        assert.deepEqual(got, lines);
      },
    ),
  );
});

test("a line of many chunks is put together once", { timeout: 60_000 }, async () => {
  const chunk = Buffer.alloc(256, "x");
  const chunks = function* (): Generator<Buffer> {
    for (let i = 0; i < 65_536; i++) yield chunk;
    yield Buffer.from("\nnext");
  };
  const lengths: number[] = [];
  for await (const line of linesOf(Readable.from(chunks()), undefined)) lengths.push(line.length);
  assert.deepEqual(lengths, [65_536 * 256, 4]);
});

test("input without an end of a record is refused before it fills the memory", async () => {
  const endless = function* (): Generator<Buffer> {
    for (;;) yield Buffer.alloc(256, "x");
  };
  await assert.rejects(
    async () => {
      for await (const line of linesOf(Readable.from(endless()), undefined, 1_000))
        assert.fail(`a line of ${line.length} bytes`);
    },
    { code: "MLD2001", message: "a record does not end within 1000 bytes" },
  );
});

test("a folder is not taken for a file of records", async () => {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const terminal = { stdin: Readable.from([]) };
  await assert.rejects(
    async () => {
      for await (const record of recordsIn(terminal, [folder], plain)) assert.fail(String(record));
    },
    { code: "MLD1002", message: `cannot read ${folder}: it is a folder` },
  );
});
