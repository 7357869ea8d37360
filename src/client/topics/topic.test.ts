import assert from "node:assert/strict";
import { test } from "node:test";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { codecOf, decodeAtOf, json, SchemaError, type Codec } from "./codec.ts";
import { Headers, headersToWrite } from "./headers.ts";
import { topic, type Topic } from "./topic.ts";

/** Compiles only where both types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T => true as T;

type Of<T> =
  T extends Topic<infer KIn, infer KOut, infer VIn, infer VOut, infer H>
    ? { kIn: KIn; kOut: KOut; vIn: VIn; vOut: VOut; h: H }
    : never;

test("the types of a topic come from its codecs, and tombstones from its clean-up policy", () => {
  const orders = topic("orders", {
    key: "string",
    value: json(z.object({ id: z.string(), at: z.string().transform((text) => new Date(text)) })),
    headers: { traceparent: "string?", source: "string" },
    config: { "cleanup.policy": "compact", "retention.ms": -1 },
  });
  type Orders = Of<typeof orders>;
  holds<Same<Orders["kIn"], string>>();
  holds<Same<Orders["vIn"], { id: string; at: string } | null>>();
  holds<Same<Orders["vOut"], { id: string; at: Date } | null>>();
  const header: Orders["h"] = { source: "shop" };
  assert.equal(header.traceparent, undefined);
  assert.deepEqual(orders.config, { "cleanup.policy": "compact", "retention.ms": "-1" });

  const plain = topic("plain", { value: json<{ total: number }>() });
  type Plain = Of<typeof plain>;
  holds<Same<Plain["kOut"], Buffer>>();
  holds<Same<Plain["vOut"], { total: number }>>();
});

test("a name that Kafka does not allow is refused where it is written", () => {
  for (const name of ["", ".", "..", "a b", "ä", "a".repeat(250)]) {
    assert.throws(() => topic(name), { code: "INVALID_TOPIC_EXCEPTION" });
  }
  topic("a".repeat(249));
});

test("any Standard Schema validates both ways: what is sent is its input, what comes back its output", async () => {
  const schemas = [
    json(z.object({ total: z.number() })),
    json(v.object({ total: v.number() })),
    json(type({ total: "number" })),
  ];
  for (const codec of schemas) {
    const bytes = await codec.encode({ total: 3 });
    assert.equal(bytes.toString(), '{"total":3}');
    assert.deepEqual(await codec.decode(Buffer.from(bytes)), { total: 3 });
    assert.throws(() => codec.decode(Buffer.from('{"total":"3"}')), SchemaError);
    assert.throws(() => codec.encode({ total: "3" } as never), SchemaError);
  }
  const transforming = json(z.object({ at: z.string().transform((text) => text.length) }));
  const sent = await transforming.encode({ at: "four" });
  assert.equal(sent.toString(), '{"at":"four"}');
  assert.deepEqual(await transforming.decode(Buffer.from(sent)), { at: 4 });
});

test("a schema that validates asynchronously is waited for", async () => {
  const later = json({
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) =>
        Promise.resolve(
          value === 1
            ? { value: 2 }
            : { issues: [{ message: "not one", path: ["a", { key: 0 }] }] },
        ),
    },
  });
  assert.equal(await later.decode(Buffer.from("1")), 2);
  await assert.rejects(async () => later.encode(3), /a\.0: not one/);
});

test("what a codec writes it reads, and other bytes are refused with a reason", async () => {
  const samples = {
    string: "grüße 👋",
    json: { a: [1, null] },
    int32: -7,
    int64: 2n ** 62n,
    float64: 0.1,
    uuid: "0188a7b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b",
  } as const;
  for (const [name, value] of Object.entries(samples)) {
    const codec = codecOf(name as keyof typeof samples);
    const bytes = Buffer.from(await codec.encode(value as never));
    assert.deepEqual(await codec.decode(bytes), value);
  }
  assert.throws(() => codecOf("string").decode(Buffer.from([0xff])), { code: "MALFORMED" });
  assert.equal(codecOf("string").decode(Buffer.from("\uFFFD")), "\uFFFD");
  assert.throws(() => codecOf("int32").decode(Buffer.alloc(8)), { code: "MALFORMED" });
  for (const wrong of ["7", Number.NaN, 1.5, undefined]) {
    assert.throws(() => codecOf("int32").encode(wrong as never), { code: "MALFORMED" });
  }
  assert.throws(() => codecOf("int32").encode((2 ** 31) as never), RangeError);
  assert.throws(() => codecOf("float64").encode("1" as never), { code: "MALFORMED" });
  assert.throws(() => codecOf("json").decode(Buffer.from("{")), { code: "MALFORMED" });
  assert.throws(() => codecOf("json").encode(undefined as never), { code: "MALFORMED" });
  assert.throws(() => codecOf("uuid").decode(Buffer.from("x")), { code: "MALFORMED" });
  assert.throws(() => codecOf("text" as never), { code: "INVALID_ARGUMENT" });
});

test("bytes that stand among others are decoded there, and nothing around them is read", async () => {
  const samples = {
    string: "grüße 👋",
    bytes: Buffer.from([0xff, 0]),
    json: { a: [1, null] },
    int32: -7,
    uuid: "0188a7b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b",
  } as const;
  const around = Buffer.from('"\xff7{', "latin1");
  for (const [name, value] of Object.entries(samples)) {
    const codec = codecOf(name as keyof typeof samples);
    const bytes = await codec.encode(value as never);
    const all = Buffer.concat([around, bytes, around]);
    const [start, end] = [around.length, around.length + bytes.length];
    assert.deepEqual(await decodeAtOf(codec)(all, start, end), value);
  }
  const schema = json(z.object({ total: z.number().transform((total) => total + 1) }));
  const document = Buffer.from('[{"total":3}]');
  assert.deepEqual(await decodeAtOf(schema)(document, 1, document.length - 1), { total: 4 });
  const broken = Buffer.from("a\xffb", "latin1");
  assert.equal(decodeAtOf(codecOf("string"))(broken, 2, 3), "b");
  assert.throws(() => decodeAtOf(codecOf("string"))(broken, 1, 3), { code: "MALFORMED" });
  const own: Codec<string> = { ...codecOf("string"), decode: (bytes) => `own ${bytes.length}` };
  assert.equal(decodeAtOf(own)(broken, 1, 3), "own 2");
});

test("headers keep their order and their repetitions", () => {
  const written = headersToWrite({ a: "1", b: ["2", null], c: undefined, d: Buffer.from("4") });
  assert.deepEqual(
    written.map(({ key, value }) => [key, value?.toString() ?? null]),
    [
      ["a", "1"],
      ["b", "2"],
      ["b", null],
      ["d", "4"],
    ],
  );
  const headers = new Headers(
    headersToWrite([
      ["x", "1"],
      ["y", null],
      ["x", "2"],
    ]).map(({ key, value }) => ({
      key: key.toString(),
      value: value === null ? null : Buffer.from(value),
    })),
  );
  assert.equal(headers.text("x"), "2");
  assert.equal(headers.get("y"), null);
  assert.equal(headers.get("z"), undefined);
  assert.equal(headers.getAll("x").length, 2);
  assert.equal(JSON.stringify(headers), '{"x":"2","y":null}');
  assert.equal(headersToWrite(headers).length, 3);
});
