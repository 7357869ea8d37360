import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { crc32c, crc32cTable } from "./crc32c.ts";

/** RFC 3720, appendix B.4. */
const vectors: readonly (readonly [string, Buffer, number])[] = [
  ["zeros", Buffer.alloc(32), 0x8a9136aa],
  ["ones", Buffer.alloc(32, 0xff), 0x62a8ab43],
  ["rising", Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ["falling", Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
  ["digits", Buffer.from("123456789"), 0xe3069283],
  ["nothing", Buffer.alloc(0), 0],
];

for (const [name, bytes, expected] of vectors) {
  test(`CRC-32C of ${name} is that of the standard`, () => {
    assert.equal(crc32c(bytes), expected);
    assert.equal(crc32cTable(bytes, 0, bytes.length), expected);
  });
}

test("every way of computing agrees, on any range and in any parts", () => {
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 31 + (i >> 7)) & 0xff));
  const place = fc.nat(bytes.length);
  fc.assert(
    fc.property(place, place, place, (a, b, c) => {
      const [start, middle, end] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
      const whole = crc32c(bytes, start, end);
      assert.equal(whole, crc32cTable(bytes, start, end));
      const first = crc32c(bytes, start, middle);
      assert.equal(crc32c(bytes, middle, end, first), whole);
    }),
    { numRuns: 60 },
  );
});

test("the tables agree with dividing bit by bit", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(0xffffffff), (bytes, seed) => {
      let crc = ~seed;
      for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++)
          crc = (crc & 1) === 1 ? 0x82f63b78 ^ (crc >>> 1) : crc >>> 1;
      }
      assert.equal(crc32cTable(bytes, 0, bytes.length, seed), ~crc >>> 0);
    }),
  );
});

test("short ranges agree, around the sizes where the way changes", () => {
  const bytes = Buffer.from(Array.from({ length: 1100 }, (_, i) => (i * 7) & 0xff));
  for (let size = 0; size <= 1030; size++) {
    assert.equal(crc32c(bytes, 11, 11 + size), crc32cTable(bytes, 11, 11 + size));
  }
});
