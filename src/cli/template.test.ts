import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PrintableRecord } from "./records/printable.ts";
import { compileTemplate } from "./records/record-template.ts";
import { decoderOf } from "./records/types.ts";
import { parseTemplate, textAt } from "./template.ts";

const record: PrintableRecord = {
  topic: "orders",
  partition: 3,
  offset: 12,
  timestamp: Date.UTC(2026, 0, 31, 12),
  timestampType: "CreateTime",
  leaderEpoch: 7,
  key: Buffer.from("k1"),
  value: Buffer.from('{"a":1}'),
  headers: [
    { key: "trace", value: Buffer.from("old") },
    { key: "trace", value: Buffer.from("new") },
    { key: "none", value: null },
  ],
};

function filled(template: string): string {
  return compileTemplate(template)(record).toString("latin1");
}

test("every letter and every field, as the help has them", () => {
  const golden: readonly (readonly [template: string, text: string])[] = [
    ["%k %v", 'k1 {"a":1}\n'],
    ["%t/%p@%o %T", "orders/3@12 1769860800000\n"],
    ["%s|%S|%K", '{"a":1}|7|2\n'],
    ["%R\\c", "\0\0\0\u0007"],
    ["%h", "trace=old,trace=new,none=\n"],
    ["%{topic}%{partition}%{offset}", "orders312\n"],
    ["%{time} %{epoch}", "2026-01-31T12:00:00.000Z 7\n"],
    ["%{key:hex} %{key:base64} %{value:json}", '6b31 azE= "{\\"a\\":1}"\n'],
    ["%{header:trace}%{header:none}%{header:other}", "new\n"],
    ["100%% %k", "100% k1\n"],
    ["a\\tb\\n", "a\tb\n"],
    ["\\x41\\x0a", "A\n"],
    ["%k\\0", "k1\0"],
    ["%k\\c", "k1"],
    ["", "\n"],
    ["\\q", "\\q"],
  ];
  for (const [template, text] of golden) assert.equal(filled(template), text, template);
});

test("what a template does not know is a usage problem", () => {
  for (const template of ["%x", "%{nothing}", "%{key:picture}", "%{topic:hex}", "%{header:}"]) {
    assert.throws(() => compileTemplate(template), { code: "MLD2001" }, template);
  }
});

test("tombstones and decoders", () => {
  const tombstone = { ...record, key: Buffer.from("000000ff", "hex"), value: null };
  const decoders = { key: decoderOf("int32"), value: decoderOf("json") };
  const text = compileTemplate("%k=%v %S %{value:json}", decoders)(tombstone).toString();
  assert.equal(text, "255= -1 null\n");
  const broken = compileTemplate("%k", { ...decoders, key: decoderOf("int64") })(tombstone);
  assert.equal(broken.toString(), "(int64 has 8 bytes, not 4)\n");
});

test("text without marks is printed as it is, with a new line", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/[%\\]/.test(text));
      assert.equal(compileTemplate(text)(record).toString(), `${text}\n`);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const escaped = text.replaceAll("\\", "\\\\").replaceAll("%", "%%");
      const bytes = compileTemplate(`${escaped}\\c`)(record);
      assert.equal(bytes.toString(), text);
    }),
  );
});

test("fields are found by paths, names with dots too", () => {
  const item = {
    topic: "orders",
    partitions: [{ leader: 1 }, { leader: null }],
    configs: { "retention.ms": { value: "5" } },
  };
  assert.equal(textAt(item, "topic"), "orders");
  assert.equal(textAt(item, "partitions.0.leader"), "1");
  assert.equal(textAt(item, "partitions.1.leader"), "");
  assert.equal(textAt(item, "configs.retention.ms.value"), "5");
  assert.equal(textAt(item, "configs"), '{"retention.ms":{"value":"5"}}');
  assert.equal(textAt(item, "nothing.at.all"), undefined);
  assert.deepEqual(parseTemplate("%{a.b}\\n"), [
    { kind: "field", name: "a.b", as: undefined },
    { kind: "bytes", bytes: Buffer.from("\n") },
  ]);
});
