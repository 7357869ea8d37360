import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decoderOf, encoderOf, TYPE_NAMES, typesOf } from "./types.ts";

test("whole numbers of every size come back as they went, big and little endian", () => {
  for (const [bits, signed] of [8, 16, 32, 64].flatMap((size) => [
    [size, true] as const,
    [size, false] as const,
  ])) {
    const name = `${signed ? "int" : "uint"}${bits}`;
    const min = signed ? -(2n ** BigInt(bits - 1)) : 0n;
    const max = signed ? 2n ** BigInt(bits - 1) - 1n : 2n ** BigInt(bits) - 1n;
    for (const type of [name, `${name}le`]) {
      fc.assert(
        fc.property(fc.bigInt({ min, max }), (number) => {
          const bytes = encoderOf(type)(String(number));
          assert.equal(bytes.length, bits / 8);
          assert.equal(decoderOf(type)(bytes).text, String(number));
        }),
      );
    }
    assert.throws(() => encoderOf(name)(String(max + 1n)), /is not from/);
    assert.throws(() => encoderOf(name)("many"), /is no whole number/);
    assert.throws(() => decoderOf(name)(Buffer.alloc(9)), /has \d bytes, not 9/);
  }
});

test("bytes come back as they went through hex, base64 and uuid", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (array) => {
      const bytes = Buffer.from(array);
      for (const type of ["hex", "base64"]) {
        assert.deepEqual(encoderOf(type)(decoderOf(type)(bytes).text), bytes);
      }
    }),
  );
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      assert.equal(decoderOf("uuid")(encoderOf("uuid")(uuid)).text, uuid);
    }),
  );
});

test("numbers are numbers in JSON, unless it could not hold them", () => {
  const json = (type: string, text: string): unknown => decoderOf(type)(encoderOf(type)(text)).json;
  assert.equal(json("int32", "-7"), -7);
  assert.equal(json("long", "9007199254740992"), 9_007_199_254_740_992);
  assert.equal(json("int64", "9223372036854775807"), "9223372036854775807");
  assert.equal(json("double", "0.5"), 0.5);
  assert.equal(json("float64", "Infinity"), "Infinity");
  assert.deepEqual(json("json", '{"a":[1]}'), { a: [1] });
});

test("pack strings read as kcat reads them", () => {
  const bytes = Buffer.from("00000007ff68656c6c6f", "hex");
  assert.equal(decoderOf(">ibs")(bytes).text, "7 -1 hello");
  assert.equal(decoderOf("<i")(bytes).json, 0x07000000);
  assert.throws(() => decoderOf(">i$")(bytes), /6 bytes are left/);
  assert.throws(() => decoderOf("qq")(bytes), /too few/);
});

test("types are for keys, for values, or for both", () => {
  const upper = (type: string): string => type.toUpperCase();
  assert.deepEqual(typesOf(["hex"], upper), { key: "HEX", value: "HEX" });
  assert.deepEqual(typesOf(["key=int32", "value=json"], upper), { key: "INT32", value: "JSON" });
  assert.deepEqual(typesOf([], upper), { key: undefined, value: undefined });
});

test("a wrong type is refused with the near one", () => {
  assert.throws(() => decoderOf("int31"), { code: "MLD2001", remedy: "did you mean: int32" });
  assert.throws(() => encoderOf("picture"), { code: "MLD2001" });
  assert.ok(TYPE_NAMES.includes("uint16"));
});
