import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, gzipSync } from "node:zlib";
import { buildBatch } from "./build.ts";
import { CorruptRecordsError } from "./errors.ts";
import { anyBatchesIn, LegacyBatchView } from "./legacy.ts";
import {
  addSequence,
  BATCH_CUT,
  BATCH_DAMAGED,
  baseOffsetAt,
  batchesIn,
  completeBatchSizeAt,
  lastOffsetAt,
  leaderEpochAt,
  maxTimestampAt,
  measureBatches,
  nextOffsetAt,
  producerIdAt,
  RecordBatchView,
  stampBatch,
  stampLogAppendTime,
  stampMaxTimestamp,
  verifyChecksumAt,
} from "./record-batch.ts";

const NOW_MS = 1_700_000_000_000;

function batchOf(count: number, baseOffset = 0): Buffer {
  const records = Array.from({ length: count }, (_, i) => ({
    timestamp: NOW_MS + i,
    key: Buffer.from(`key-${i}`),
    value: Buffer.from(`value-${i}`),
  }));
  return buildBatch(records, { baseOffset, producerId: 7, producerEpoch: 2, baseSequence: 11 });
}

test("offset and leader epoch are stamped in place and leave the checksum right", () => {
  const bytes = Buffer.concat([Buffer.alloc(5, 0xff), batchOf(3)]);
  const before = new RecordBatchView(bytes, 5).crc;
  stampBatch(bytes, 5, 2 ** 40 + 1, 12);
  const batch = new RecordBatchView(bytes, 5);
  assert.equal(batch.baseOffset, 2 ** 40 + 1);
  assert.equal(batch.lastOffset, 2 ** 40 + 3);
  assert.equal(nextOffsetAt(bytes, 5), 2 ** 40 + 4);
  assert.equal(leaderEpochAt(bytes, 5), 12);
  assert.equal(batch.crc, before);
  assert.ok(batch.verifyChecksum());
  assert.deepEqual(
    [...batch.records()].map((record) => [record.offset, record.sequence]),
    [
      [2 ** 40 + 1, 11],
      [2 ** 40 + 2, 12],
      [2 ** 40 + 3, 13],
    ],
  );
});

test("log append time becomes every record's time, and the checksum follows", () => {
  const bytes = batchOf(3);
  stampLogAppendTime(bytes, 0, NOW_MS + 99);
  const batch = new RecordBatchView(bytes);
  assert.ok(batch.verifyChecksum());
  assert.equal(batch.timestampType, "LogAppendTime");
  assert.equal(maxTimestampAt(bytes, 0), NOW_MS + 99);
  assert.deepEqual(
    [...batch.records()].map((record) => record.timestamp),
    [NOW_MS + 99, NOW_MS + 99, NOW_MS + 99],
  );
  stampMaxTimestamp(bytes, 0, "CreateTime", NOW_MS + 2);
  assert.deepEqual(bytes, batchOf(3));
});

test("a row of batches ends before the one that is cut short", () => {
  const row = Buffer.concat([batchOf(2), batchOf(3, 2), batchOf(4, 5)]);
  const first = batchOf(2).length;
  assert.deepEqual(
    [...batchesIn(row)].map((batch) => [batch.at, batch.baseOffset, batch.count]),
    [
      [0, 0, 2],
      [first, 2, 3],
      [first + batchOf(3).length, 5, 4],
    ],
  );
  for (let end = 0; end < row.length; end++) {
    const { validEnd, rowEnd, count } = measureBatches(row, 0, end, true);
    assert.equal([...batchesIn(row, 0, end)].length, count);
    assert.equal(rowEnd, validEnd === end ? "whole" : "cut");
    assert.ok(validEnd <= end);
  }
});

test("damage to the framing is told from a cut", () => {
  const row = Buffer.concat([batchOf(1), batchOf(1)]);
  const at = row.length / 2;
  for (const [place, value] of [
    [at + 16, 3],
    [at + 8, 0x80],
    [at + 8, 0x7f],
  ] as const) {
    const damaged = Buffer.from(row);
    damaged[place] = value;
    const expected = value === 0x7f ? "cut" : "damaged";
    assert.deepEqual(measureBatches(damaged), { validEnd: at, count: 1, rowEnd: expected });
  }
  const flipped = Buffer.from(row);
  flipped[row.length - 1]! ^= 1;
  assert.equal(measureBatches(flipped).rowEnd, "whole");
  assert.deepEqual(measureBatches(flipped, 0, row.length, true), {
    validEnd: at,
    count: 1,
    rowEnd: "damaged",
  });
});

test("sizes that no batch can have are damage, whatever the bytes hold", () => {
  const bytes = batchOf(1);
  for (const length of [-1, 0, 13, 2 ** 31 - 1]) {
    bytes.writeInt32BE(length, 8);
    assert.equal(completeBatchSizeAt(bytes, 0, bytes.length), BATCH_DAMAGED);
  }
  bytes.writeInt32BE(48, 8);
  assert.equal(completeBatchSizeAt(bytes, 0, bytes.length), 60);
  assert.equal(verifyChecksumAt(bytes, 0), false);
  assert.throws(() => new RecordBatchView(bytes), CorruptRecordsError);
  assert.equal(completeBatchSizeAt(bytes, 0, 11), BATCH_CUT);
});

test("sequences go round after 2^31-1", () => {
  assert.equal(addSequence(2 ** 31 - 1, 1), 0);
  assert.equal(addSequence(2 ** 31 - 3, 5), 2);
  assert.equal(addSequence(-1, 5), -1);
  const batch = buildBatch(
    [1, 2, 3].map(() => ({ timestamp: NOW_MS, key: null, value: null })),
    { producerId: 1, producerEpoch: 0, baseSequence: 2 ** 31 - 2 },
  );
  const view = new RecordBatchView(batch);
  assert.equal(view.lastSequence, 0);
  assert.deepEqual(
    [...view.records()].map((record) => record.sequence),
    [2 ** 31 - 2, 2 ** 31 - 1, 0],
  );
});

test("an offset beyond 2^53 is refused by name, and exact where asked for", () => {
  const bytes = batchOf(1);
  bytes.writeBigInt64BE(2n ** 60n + 1n, 0);
  const batch = new RecordBatchView(bytes);
  assert.throws(() => batch.baseOffset, { name: "UnsafeIntegerError" });
  assert.equal(batch.baseOffsetBigInt, 2n ** 60n + 1n);
});

test("formats 0, 1 and 2 are read in one row", () => {
  const v0 = legacyEntry(0, 4, 0, Buffer.from("zero"));
  const v1 = legacyEntry(1, 5, 0, Buffer.from("one"));
  const row = Buffer.concat([v0, v1, batchOf(2, 6)]);
  const values: string[] = [];
  for (const batch of anyBatchesIn(row)) {
    assert.ok(batch.verifyChecksum());
    for (const record of batch.records()) values.push(`${record.offset} ${String(record.value)}`);
  }
  assert.deepEqual(values, ["4 zero", "5 one", "6 value-0", "7 value-1"]);
  assert.throws(() => [...batchesIn(row)], CorruptRecordsError);
  assert.equal(lastOffsetAt(row, v0.length), 5);
  assert.equal(maxTimestampAt(row, 0), -1);
  assert.equal(maxTimestampAt(row, v0.length), NOW_MS);
  assert.equal(producerIdAt(row, 0), -1);
  assert.equal(baseOffsetAt(row, 0), 4);
  assert.deepEqual(measureBatches(row, 0, row.length, true), {
    validEnd: row.length,
    count: 3,
    rowEnd: "whole",
  });
});

test("a compressed entry within a compressed one, and one without records, are refused", () => {
  const inner = legacyEntry(1, 0, 1, Buffer.from("x"));
  for (const content of [inner, Buffer.alloc(0), inner.subarray(0, 20)]) {
    const wrapper = new LegacyBatchView(legacyEntry(1, 0, 1, gzipSync(content)));
    assert.throws(() => wrapper.records(), CorruptRecordsError);
    assert.throws(() => wrapper.baseOffset(), CorruptRecordsError);
  }
});

function legacyEntry(magic: 0 | 1, offset: number, attributes: number, value: Buffer): Buffer {
  const head = Buffer.alloc(magic === 0 ? 26 : 34);
  head.writeBigInt64BE(BigInt(offset), 0);
  head.writeInt32BE(head.length + value.length - 12, 8);
  head[16] = magic;
  head[17] = attributes;
  if (magic === 1) head.writeBigInt64BE(BigInt(NOW_MS), 18);
  head.writeInt32BE(-1, head.length - 8);
  head.writeInt32BE(value.length, head.length - 4);
  const entry = Buffer.concat([head, value]);
  entry.writeUInt32BE(crc32(entry.subarray(16)), 12);
  return entry;
}
