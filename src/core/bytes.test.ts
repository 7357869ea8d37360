import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bigInt64At,
  int16At,
  int32At,
  int64At,
  putBigInt64,
  putInt16,
  putInt32,
  putInt64,
  uint32At,
  UnsafeIntegerError,
} from "./bytes.ts";

test("integers are read and written as Buffer does", () => {
  const mine = Buffer.alloc(12);
  const theirs = Buffer.alloc(12);
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value, big) => {
      putInt16(mine, 1, value % 2 ** 15);
      theirs.writeInt16BE(value % 2 ** 15, 1);
      assert.deepEqual(mine, theirs);
      assert.equal(int16At(mine, 1), theirs.readInt16BE(1));
      putInt32(mine, 1, value % 2 ** 31);
      theirs.writeInt32BE(value % 2 ** 31, 1);
      assert.deepEqual(mine, theirs);
      assert.equal(int32At(mine, 1), theirs.readInt32BE(1));
      assert.equal(uint32At(mine, 1), theirs.readUInt32BE(1));
      putInt64(mine, 1, value);
      theirs.writeBigInt64BE(BigInt(value), 1);
      assert.deepEqual(mine, theirs);
      assert.equal(int64At(mine, 1), value);
      putBigInt64(mine, 1, big);
      theirs.writeBigInt64BE(big, 1);
      assert.deepEqual(mine, theirs);
      assert.equal(bigInt64At(mine, 1), big);
    }),
  );
});

test("a 64-bit integer that a number cannot hold is refused with its value", () => {
  const bytes = Buffer.alloc(8);
  for (const value of [2n ** 53n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    bytes.writeBigInt64BE(value);
    assert.throws(
      () => int64At(bytes, 0),
      (thrown) => thrown instanceof UnsafeIntegerError && thrown.value === value,
    );
  }
  for (const value of [2 ** 53 - 1, -(2 ** 53)]) {
    bytes.writeBigInt64BE(BigInt(value));
    assert.equal(int64At(bytes, 0), value);
  }
});
