import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../protocol/error-code.ts";
import { buildBatch, type BatchOptions, type NewRecord } from "./build.ts";
import { compress, compressionCodecs } from "./compression.ts";
import { goldenBatches } from "./records.fuzz.ts";
import {
  completeBatchSizeAt,
  RecordBatchView,
  stampCodec,
  stampMaxTimestamp,
} from "./record-batch.ts";
import { validateBatch, type BatchRules, type InvalidBatch, type ValidBatch } from "./validate.ts";

const NOW_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;

const rules: BatchRules = {
  isCompacted: false,
  timestampType: "CreateTime",
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: HOUR_MS,
  batchBytesMax: 1_048_588,
  decompressedBytesMax: 1 << 20,
};

const record: NewRecord = { timestamp: NOW_MS, key: Buffer.from("k"), value: Buffer.from("value") };

function validate(bytes: Buffer, changed: Partial<BatchRules> = {}): ValidBatch | InvalidBatch {
  return validateBatch(bytes, 0, bytes.length, { ...rules, ...changed }, NOW_MS);
}

function accepted(bytes: Buffer, changed: Partial<BatchRules> = {}): ValidBatch {
  const result = validate(bytes, changed);
  assert.ok(result.ok, JSON.stringify(result));
  return result;
}

function refused(
  bytes: Buffer,
  errorCode: number,
  message: RegExp,
  changed: Partial<BatchRules> = {},
): InvalidBatch {
  const result = validate(bytes, changed);
  assert.ok(!result.ok, "accepted");
  assert.match(result.message, message);
  assert.equal(result.errorCode, errorCode);
  return result;
}

/** A batch with bytes changed after the checksum field, which is mended. */
function forged(bytes: Buffer, change: (bytes: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  stampCodec(copy, copy[22]! & 7);
  return copy;
}

/** A batch whose record section is the given bytes, for any codec. */
function withBody(body: Buffer, count: number, codec: (typeof compressionCodecs)[number]): Buffer {
  const header = buildBatch(Array.from({ length: count }, () => record)).subarray(0, 61);
  const bytes = Buffer.concat([header, compress(codec, body)]);
  stampCodec(bytes, compressionCodecs.indexOf(codec));
  return bytes;
}

test("a sound batch is accepted with its count and greatest timestamp, whatever its codec", () => {
  const records = Array.from({ length: 300 }, (_, i) => ({
    ...record,
    timestamp: NOW_MS - Math.abs(i - 200) * 100_000,
    value: Buffer.alloc(i * 3, i),
    headers: i % 3 === 0 ? [{ key: "h", value: Buffer.alloc(i) }] : [],
  }));
  for (const compression of compressionCodecs) {
    const bytes = buildBatch(records, { compression });
    assert.deepEqual(accepted(bytes), {
      ok: true,
      sizeBytes: bytes.length,
      recordCount: 300,
      codec: compression,
      maxTimestamp: NOW_MS,
      offsetDeltaOfMaxTimestamp: 200,
    });
  }
});

test("the greatest timestamp is that of the records, not what the header says", () => {
  const bytes = buildBatch([record, { ...record, timestamp: NOW_MS + 5 }]);
  stampMaxTimestamp(bytes, 0, "CreateTime", NOW_MS + 77);
  const { maxTimestamp } = accepted(bytes);
  assert.equal(maxTimestamp, NOW_MS + 5);
  stampMaxTimestamp(bytes, 0, "CreateTime", maxTimestamp);
  assert.ok(new RecordBatchView(bytes).verifyChecksum());
});

test("exactly one whole batch of format 2 is asked for", () => {
  const bytes = buildBatch([record]);
  refused(Buffer.alloc(0), ErrorCode.INVALID_RECORD, /must have one record batch/);
  refused(bytes.subarray(0, -1), ErrorCode.INVALID_RECORD, /must have one record batch/);
  refused(Buffer.concat([bytes, bytes]), ErrorCode.INVALID_RECORD, /exactly one/);
  const trailed = Buffer.concat([bytes, bytes.subarray(0, 20)]);
  assert.equal(accepted(trailed).sizeBytes, bytes.length);
  for (const magic of [0, 1]) {
    const old = Buffer.from(bytes);
    old[16] = magic;
    refused(old, ErrorCode.INVALID_RECORD, /magic version 2/);
  }
  const future = Buffer.from(bytes);
  future[16] = 3;
  refused(future, ErrorCode.CORRUPT_MESSAGE, /bad length or magic/);
});

test("size and checksum are judged before the records", () => {
  const bytes = buildBatch([record]);
  refused(bytes, ErrorCode.MESSAGE_TOO_LARGE, /exceeds the maximum of 70/, { batchBytesMax: 70 });
  for (let at = 17; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 0x10;
    refused(flipped, ErrorCode.CORRUPT_MESSAGE, /checksum/);
  }
});

test("what only brokers may set is refused", () => {
  const cases: readonly (readonly [BatchOptions, number, RegExp])[] = [
    [{ baseOffset: 1 }, ErrorCode.INVALID_RECORD, /baseOffset .* should be 0/],
    [{ isControl: true }, ErrorCode.INVALID_RECORD, /control records/],
    [{ producerId: 5, producerEpoch: 0 }, ErrorCode.INVALID_RECORD, /sequence number -1/],
  ];
  for (const [options, errorCode, message] of cases) {
    refused(buildBatch([record], options), errorCode, message);
  }
});

test("attributes that say nothing to a leader are taken as they are, as Kafka does", () => {
  accepted(buildBatch([record], { deleteHorizonMs: NOW_MS }));
  accepted(forged(buildBatch([record]), (bytes) => bytes.writeInt16BE(0x80, 21)));
});

test("a batch that says LogAppendTime has that time on all its records", () => {
  const said = buildBatch([{ ...record, timestamp: 7 }, record], { logAppendTimeMs: NOW_MS - 5 });
  assert.equal(accepted(said).maxTimestamp, NOW_MS - 5);
  refused(said, ErrorCode.INVALID_TIMESTAMP, /timestamp/, { timestampBeforeMaxMs: 4 });
  const result = refused(said, ErrorCode.INVALID_TIMESTAMP, /timestamp/, {
    timestampType: "LogAppendTime",
  });
  assert.deepEqual(
    result.recordErrors.map((error) => error.batchIndex),
    [0, 1],
  );
  const none = buildBatch([record], { logAppendTimeMs: -1 });
  refused(none, ErrorCode.INVALID_TIMESTAMP, /timestamp/);
});

test("codecs that there are not are unsupported", () => {
  for (const id of [5, 6, 7]) {
    const bytes = forged(buildBatch([record]), (copy) => copy.writeInt16BE(id, 21));
    refused(bytes, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, new RegExp(`codec ${id}`));
  }
});

test("counts that contradict each other are refused", () => {
  const bytes = buildBatch([record, record]);
  for (const [count, lastOffsetDelta, message] of [
    [2, 2, /Inconsistent/],
    [1, 1, /Inconsistent/],
    [0, 0, /Invalid reported count/],
    [-1, 1, /Invalid reported count/],
    [2, -1, /offset range/],
  ] as const) {
    const wrong = forged(bytes, (copy) => {
      copy.writeInt32BE(lastOffsetDelta, 23);
      copy.writeInt32BE(count, 57);
    });
    refused(wrong, ErrorCode.INVALID_RECORD, message);
  }
  for (const count of [1, 3]) {
    const wrong = forged(bytes, (copy) => {
      copy.writeInt32BE(count - 1, 23);
      copy.writeInt32BE(count, 57);
    });
    refused(wrong, ErrorCode.INVALID_RECORD, /after the last record|before its last record/);
  }
});

test("damage to a record is refused whether it is compressed or not", () => {
  const good = "18000000026b0a76616c756500";
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ["18000002026b0a76616c756500", 1, /offsets do not rise/],
    [good + good, 2, /offsets do not rise/],
    ["1a000000026b0a76616c756500", 1, /fit into the batch/],
    ["16000000026b0a76616c756500", 1, /another size/],
    ["18000000326b0a76616c756500", 1, /another size/],
    ["18000000026b3276616c756500", 1, /another size/],
    ["18000000026b0a76616c756501", 1, /number of headers/],
    ["18000000026b0a76616c756508", 1, /number of headers/],
    ["1c000000026b0a76616c7565020100", 1, /header without a key/],
    ["1c000000026b0a76616c7565020400", 1, /ends? within|another size/],
    ["19000000026b0a76616c756500", 1, /fit into the batch/],
    ["00", 1, /before its last record/],
    ["0a0000000000000000000000", 1, /fit into the batch/],
    ["2c00ffffffffffffffffffffff00026b0a76616c756500", 1, /more than 10 bytes/],
    ["ffffffffffffffff", 1, /more than 5 bytes/],
    [good + "00", 1, /after the last record/],
  ];
  for (const [hex, count, message] of cases) {
    for (const codec of compressionCodecs) {
      const bytes = withBody(Buffer.from(hex, "hex"), count, codec);
      refused(bytes, ErrorCode.INVALID_RECORD, message);
    }
  }
  for (const codec of compressionCodecs) {
    assert.equal(accepted(withBody(Buffer.from(good, "hex"), 1, codec)).recordCount, 1);
  }
});

test("compressed bytes are refused when they are damaged or hold too much", () => {
  const large = { ...record, value: Buffer.alloc(3 << 20) };
  for (const codec of ["gzip", "snappy", "lz4", "zstd"] as const) {
    const bytes = buildBatch([large], { compression: codec });
    refused(bytes, ErrorCode.MESSAGE_TOO_LARGE, /gives more than 1048576/);
    accepted(bytes, { decompressedBytesMax: 4 << 20 });
    const cut = Buffer.from(bytes.subarray(0, -5));
    stampCodec(cut, cut[22]! & 7);
    refused(cut, ErrorCode.INVALID_RECORD, new RegExp(`damaged ${codec}`), {
      decompressedBytesMax: 4 << 20,
    });
  }
});

test("a compacted topic names the records without a key", () => {
  const records = [record, { ...record, key: null }, record, { ...record, key: null }];
  const result = refused(buildBatch(records), ErrorCode.INVALID_RECORD, /2 record errors/, {
    isCompacted: true,
  });
  assert.deepEqual(
    result.recordErrors.map((error) => error.batchIndex),
    [1, 3],
  );
  accepted(buildBatch(records));
  accepted(buildBatch([{ ...record, key: Buffer.alloc(0) }]), { isCompacted: true });
});

test("timestamps outside the bounds are named; one of -1 is none", () => {
  const bounds = { timestampBeforeMaxMs: 1000, timestampAfterMaxMs: 500 };
  const at = (...deltas: number[]): Buffer =>
    buildBatch(deltas.map((delta) => ({ ...record, timestamp: NOW_MS + delta })));
  accepted(at(-1000, 500), bounds);
  accepted(at(0, -NOW_MS - 1, 500), bounds);
  const result = refused(
    at(0, -1001, 501, 0),
    ErrorCode.INVALID_TIMESTAMP,
    /invalid timestamp/,
    bounds,
  );
  assert.deepEqual(
    result.recordErrors.map((error) => error.batchIndex),
    [1, 2],
  );
  assert.match(result.recordErrors[0]!.message, /out of range/);
  refused(at(HOUR_MS + 1), ErrorCode.INVALID_TIMESTAMP, /invalid timestamp/);
});

test("with LogAppendTime the producer's timestamps do not matter", () => {
  const bytes = buildBatch([{ ...record, timestamp: NOW_MS * 2 }, record]);
  const result = accepted(bytes, { timestampType: "LogAppendTime" });
  assert.equal(result.maxTimestamp, NOW_MS);
  assert.equal(result.offsetDeltaOfMaxTimestamp, 1);
});

test("record errors are bounded", () => {
  const records = Array.from({ length: 5000 }, () => ({ ...record, key: null }));
  const result = refused(buildBatch(records), ErrorCode.INVALID_RECORD, /rejected/, {
    isCompacted: true,
  });
  assert.equal(result.recordErrors.length, 1000);
});

test("batches that Kafka's producers wrote are accepted", () => {
  let count = 0;
  for (const golden of goldenBatches()) {
    if (golden[16] !== 2 || completeBatchSizeAt(golden, 0, golden.length) !== golden.length)
      continue;
    const batch = new RecordBatchView(golden);
    const ordinary =
      batch.verifyChecksum() &&
      !batch.isControl &&
      (batch.attributes & 0x48) === 0 &&
      batch.count === batch.lastOffsetDelta + 1 &&
      batch.attributes < 0x80;
    if (!ordinary || (batch.attributes & 7) > 4 || count >= 60) continue;
    const bytes = Buffer.from(golden);
    bytes.fill(0, 0, 8);
    const result = validate(bytes, { timestampAfterMaxMs: Infinity });
    if (result.ok) {
      count++;
      assert.equal(result.maxTimestamp, batch.maxTimestamp);
    }
  }
  assert.equal(count, 60);
});
