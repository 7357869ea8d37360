import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  readUnsignedVarint,
  readVarint,
  readVarlong,
  unsignedVarintBytes,
  varintBytes,
  VarintError,
  varlongBytes,
  writeUnsignedVarint,
  writeVarint,
  writeVarlong,
} from "./varint.ts";

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

function cursorOver(bytes: Uint8Array, at = 0, end = bytes.length) {
  return { bytes, at, end };
}

test("what is written as a varint reads back, in as many bytes as foretold", () => {
  const bytes = Buffer.alloc(16, 0xff);
  fc.assert(
    fc.property(int32, fc.nat(0xffffffff), fc.maxSafeInteger(), (signed, unsigned, long) => {
      for (const [write, read, size, value] of [
        [writeVarint, readVarint, varintBytes, signed],
        [writeUnsignedVarint, readUnsignedVarint, unsignedVarintBytes, unsigned],
        [writeVarlong, readVarlong, varlongBytes, long],
        [writeVarlong, readVarlong, varlongBytes, signed],
      ] as const) {
        const end = write(bytes, 3, value);
        const cursor = cursorOver(bytes, 3, end);
        assert.equal(read(cursor), value);
        assert.equal(cursor.at, end);
        assert.equal(size(value), end - 3);
      }
    }),
  );
});

test("a long varint has the bytes of its zigzag form", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const bytes = Buffer.alloc(10);
      const end = writeVarlong(bytes, 0, value);
      let zigzag = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
      const expected: number[] = [];
      while (zigzag > 0x7fn) {
        expected.push(Number(zigzag & 0x7fn) | 0x80);
        zigzag >>= 7n;
      }
      expected.push(Number(zigzag));
      assert.deepEqual([...bytes.subarray(0, end)], expected);
    }),
  );
});

test("the ends of the 64-bit range read as their nearest numbers", () => {
  const least = Buffer.from("ffffffffffffffffff01", "hex");
  assert.equal(readVarlong(cursorOver(least)), -(2 ** 63));
  const greatest = Buffer.from("feffffffffffffffff01", "hex");
  assert.equal(readVarlong(cursorOver(greatest)), 2 ** 63);
});

test("a varint that goes on for too long or is cut is refused", () => {
  const long = Buffer.from("8080808080808080808080", "hex");
  assert.throws(() => readVarint(cursorOver(long)), VarintError);
  assert.throws(() => readVarlong(cursorOver(long)), VarintError);
  for (let end = 0; end < 3; end++) {
    assert.throws(() => readVarint(cursorOver(long, 0, end)), VarintError);
    assert.throws(() => readVarlong(cursorOver(long, 0, end)), VarintError);
  }
});

test("bits beyond the 32nd are dropped, as Kafka drops them", () => {
  assert.equal(readUnsignedVarint(cursorOver(Buffer.from("ffffffff7f", "hex"))), 0xffffffff);
});
