import assert from "node:assert/strict";
import { test } from "node:test";
import { murmur2, partitionOfKey } from "./partitioner.ts";

test("keys hash as in Kafka's own producer", () => {
  // Values of org.apache.kafka.common.utils.Utils.murmur2.
  const known: Readonly<Record<string, number>> = {
    "21": -973932308,
    foobar: -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    abc: 479470107,
  };
  for (const [key, hash] of Object.entries(known)) assert.equal(murmur2(Buffer.from(key)), hash);
});

test("a key always has the same partition, within the partitions there are", () => {
  for (let i = 0; i < 100; i++) {
    const key = Buffer.from(`key-${i}`);
    const partition = partitionOfKey(key, 7);
    assert.ok(partition >= 0 && partition < 7);
    assert.equal(partitionOfKey(key, 7), partition);
  }
});
