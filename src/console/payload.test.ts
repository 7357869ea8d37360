import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { payloadOf } from "./payload.ts";

test("bytes are taken for what they most likely are", () => {
  const kindOf = (text: string | Buffer) => payloadOf(Buffer.from(text as string), 1000).kind;
  assert.equal(payloadOf(null, 10).kind, "null");
  assert.equal(kindOf('{"a":1}'), "json");
  assert.equal(kindOf(" [1, 2]"), "json");
  assert.equal(kindOf("{not json"), "text");
  assert.equal(kindOf("42"), "text");
  assert.equal(kindOf(""), "text");
  assert.equal(kindOf("line\nanother\t"), "text");
  assert.equal(kindOf(Buffer.from([0, 1, 2])), "binary");
  assert.equal(kindOf(Buffer.from([0xff, 0xfe])), "binary");
});

test("a cut goes between characters and says so", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.nat(40), (text, max) => {
      fc.pre(Array.from(text).every((character) => character >= " "));
      const bytes = Buffer.from(text);
      const payload = payloadOf(bytes, max);
      assert.notEqual(payload.kind, "binary");
      assert.equal(payload.bytes, bytes.length);
      assert.ok(text.startsWith(payload.text));
      assert.equal(payload.truncated === true, bytes.length > max);
    }),
  );
});
