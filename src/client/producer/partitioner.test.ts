import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { murmur2, murmur2OfText, partitionOfKey } from "./partitioner.ts";

/** Of Apache Kafka 4.4: `Utils.murmur2`, and `BuiltInPartitioner.partitionForKey` of 7 and of 1000. */
const golden: readonly (readonly [key: string, hash: number, of7: number, of1000: number])[] = [
  ["", 275646681, 2, 681],
  ["a", -1563381124, 5, 524],
  ["ab", 316155434, 0, 434],
  ["abc", 479470107, 4, 107],
  ["abcd", -1323649548, 5, 100],
  ["21", -973932308, 3, 340],
  ["foobar", -790332482, 0, 166],
  ["grüße", 1943707148, 5, 148],
  ["👋", 511083267, 2, 267],
  ["key-1", 193331640, 5, 640],
  ["key-12", 217931240, 2, 240],
  ["key-123", 1736530164, 5, 164],
  ["0123456789abcdef", 1438427052, 6, 52],
];

test("keys hash as in Kafka's own producer, and go to the same partitions", () => {
  for (const [key, hash, of7, of1000] of golden) {
    const bytes = Buffer.from(key);
    assert.equal(murmur2(bytes), hash, key);
    assert.equal(murmur2OfText(key), hash, key);
    assert.deepEqual([partitionOfKey(bytes, 7), partitionOfKey(key, 1000)], [of7, of1000], key);
  }
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  assert.equal(murmur2(everyByte), -1948347274);
});

test("the hash of a text is that of its bytes", () => {
  const anyText = fc.oneof(
    fc.string({ unit: "binary-ascii" }),
    fc.string({ unit: "grapheme" }),
    fc.array(fc.nat(0xffff), { maxLength: 9 }).map((units) => String.fromCharCode(...units)),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      assert.equal(murmur2OfText(text), murmur2(Buffer.from(text)));
    }),
    { numRuns: 500 },
  );
});
