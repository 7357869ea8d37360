import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  BatchBuilder,
  buildBatch,
  buildControlBatch,
  recompressBatch,
  recordBytesMax,
} from "./build.ts";
import { compressionCodecs } from "./compression.ts";
import { anyRecord, plainOf } from "./records.fuzz.ts";
import { RecordBatchView, stampProducer } from "./record-batch.ts";

const NOW_MS = 1_700_000_000_000;

test("records of any shape come back as they went in, with every codec", () => {
  fc.assert(
    fc.property(
      fc.array(anyRecord, { maxLength: 40 }),
      fc.constantFrom(...compressionCodecs),
      fc.nat(2 ** 40),
      (records, compression, baseOffset) => {
        const bytes = buildBatch(records, { compression, baseOffset, initialBytes: 70 });
        const batch = new RecordBatchView(bytes);
        assert.equal(batch.sizeBytes, bytes.length);
        assert.ok(batch.verifyChecksum());
        assert.equal(batch.count, records.length);
        assert.equal(
          batch.maxTimestamp,
          records.reduce((max, record) => Math.max(max, record.timestamp), -1),
        );
        const read = [...batch.records()];
        assert.deepEqual(read.map(plainOf), records.map(plainOf));
        assert.deepEqual(
          read.map((record) => record.offset),
          records.map((_, i) => baseOffset + i),
        );
      },
    ),
    { numRuns: 150 },
  );
});

test("changing the codec changes nothing but the codec", () => {
  const records = Array.from({ length: 50 }, (_, i) => ({
    timestamp: NOW_MS + i,
    key: Buffer.from(`k${i}`),
    value: Buffer.alloc(i * 10, i),
    headers: [{ key: "h", value: null }],
  }));
  const options = { producerId: 9, producerEpoch: 1, baseSequence: 5, isTransactional: true };
  const plain = buildBatch(records, { ...options, baseOffset: 1000, partitionLeaderEpoch: 3 });
  for (const first of compressionCodecs) {
    const compressed = recompressBatch(new RecordBatchView(plain), first);
    assert.equal(new RecordBatchView(compressed).compression, first);
    assert.ok(new RecordBatchView(compressed).verifyChecksum());
    assert.deepEqual(recompressBatch(new RecordBatchView(compressed), "none"), plain);
  }
});

test("a builder knows its size before it ends, and the most that a record adds", () => {
  const builder = new BatchBuilder({ initialBytes: 0 });
  for (let i = 0; i < 100; i++) {
    const value = Buffer.alloc(i * 7);
    const before = builder.sizeBytes;
    builder.append({ timestamp: NOW_MS - i * 1000, key: null, value });
    assert.ok(builder.sizeBytes - before <= recordBytesMax(null, value));
  }
  const size = builder.sizeBytes;
  assert.equal(builder.count, 100);
  assert.equal(builder.finish().length, size);
});

test("a control batch has its bit, and the key and value it was given", () => {
  const key = Buffer.from("00000001", "hex");
  const value = Buffer.from("000000000015", "hex");
  const bytes = buildControlBatch(
    { timestamp: NOW_MS, key, value },
    { isTransactional: true, producerId: 4, producerEpoch: 2 },
  );
  const batch = new RecordBatchView(bytes);
  assert.ok(batch.isControl && batch.isTransactional && batch.verifyChecksum());
  const [record] = batch.records();
  assert.deepEqual([record?.key, record?.value, record?.sequence], [key, value, -1]);
});

test("compaction's gaps, delete horizon and empty batches can be written", () => {
  const builder = new BatchBuilder({ deleteHorizonMs: NOW_MS, baseOffset: 50 });
  builder.appendAt(3, NOW_MS - 5, Buffer.from("a"), null);
  builder.appendAt(7, NOW_MS + 5, Buffer.from("b"), null);
  const batch = new RecordBatchView(builder.finish({ lastOffsetDelta: 9 }));
  assert.equal(batch.deleteHorizonMs, NOW_MS);
  assert.equal(batch.lastOffset, 59);
  assert.deepEqual(
    [...batch.records()].map((record) => [record.offset, record.timestamp]),
    [
      [53, NOW_MS - 5],
      [57, NOW_MS + 5],
    ],
  );
  const empty = new BatchBuilder({ baseOffset: 100, compression: "gzip" });
  const emptyBatch = new RecordBatchView(empty.finish({ lastOffsetDelta: 5, maxTimestamp: 1 }));
  assert.deepEqual([emptyBatch.nextOffset, emptyBatch.count], [106, 0]);
  assert.deepEqual([...emptyBatch.records(0)], []);
});

test("records must come in the order of their offsets", () => {
  const builder = new BatchBuilder();
  builder.appendAt(2, NOW_MS, null, null);
  assert.throws(() => builder.appendAt(2, NOW_MS, null, null), { name: "AssertionError" });
});

test("text is written as its UTF-8, whatever its characters", () => {
  const anyText = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.string({ unit: "binary-ascii", maxLength: 200 }),
    // Halves of surrogate pairs become U+FFFD, as everywhere.
    fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  );
  const anyField = fc.oneof(anyText, fc.uint8Array({ maxLength: 30 }), fc.constant(null));
  const bytesOf = (field: string | Uint8Array | null) =>
    typeof field === "string" ? Buffer.from(field) : field;
  fc.assert(
    fc.property(fc.array(fc.tuple(anyField, anyField), { maxLength: 30 }), (fields) => {
      const builder = new BatchBuilder({ initialBytes: 61 });
      fields.forEach(([key, value], i) => builder.appendAt(i, NOW_MS, key, value));
      const records = fields.map(([key, value]) => ({
        timestamp: NOW_MS,
        key: bytesOf(key),
        value: bytesOf(value),
      }));
      assert.deepEqual(builder.finish(), buildBatch(records));
    }),
    { numRuns: 300 },
  );
});

test("a batch is written into memory that is given, and grows out of it when that is too little", () => {
  const memory = Buffer.alloc(200, 7);
  const builder = new BatchBuilder({ memory });
  builder.appendAt(0, NOW_MS, "key", "value");
  const bytes = builder.finish({ producerId: 5, producerEpoch: 1, baseSequence: 9 });
  assert.equal(bytes.buffer, memory.buffer);
  const batch = new RecordBatchView(bytes);
  assert.deepEqual([batch.producerId, batch.producerEpoch, batch.baseSequence], [5, 1, 9]);
  const larger = new BatchBuilder({ memory });
  for (let i = 0; i < 10; i++) larger.appendAt(i, NOW_MS, null, "x".repeat(100));
  assert.notEqual(larger.memory.buffer, memory.buffer);
  assert.ok(new RecordBatchView(larger.finish()).verifyChecksum());
});

test("a batch can be given to another epoch and sequence, with its checksum", () => {
  const records = [{ timestamp: NOW_MS, key: null, value: Buffer.from("v") }];
  const producer = { producerId: 2 ** 40 + 1, producerEpoch: 3, baseSequence: 0x7fff_ffff };
  const bytes = buildBatch(records, { producerId: 8, producerEpoch: 0, baseSequence: 0 });
  stampProducer(bytes, 0, producer);
  assert.deepEqual(bytes, buildBatch(records, producer));
});
