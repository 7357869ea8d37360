import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchBuilder, type BatchOptions } from "../../records/build.ts";
import { CompressionError, CorruptRecordsError } from "../../records/errors.ts";
import { stampChecksum } from "../../records/record-batch.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import {
  FetchedChunk,
  measureChunk,
  type AbortedTransaction,
  type ChunkOwner,
} from "./fetched-chunk.ts";

const timestamp = 1_700_000_000_000;

function batch(baseOffset: number, values: readonly string[], options: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder({ baseOffset, partitionLeaderEpoch: 3, ...options });
  for (const value of values) {
    builder.append({
      timestamp: timestamp + builder.count,
      key: value === "" ? null : Buffer.from(`key of ${value}`),
      value: value === "" ? null : Buffer.from(value),
      headers: [
        { key: "a", value: Buffer.from("1") },
        { key: "a", value: null },
      ],
    });
  }
  return builder.finish();
}

function transactional(baseOffset: number, producerId: number, values: readonly string[]): Buffer {
  return batch(baseOffset, values, {
    producerId,
    producerEpoch: 0,
    baseSequence: 0,
    isTransactional: true,
  });
}

/** What ends a transaction: type 0 aborts, 1 commits. */
function marker(baseOffset: number, producerId: number, type: number): Buffer {
  const builder = new BatchBuilder({
    baseOffset,
    producerId,
    producerEpoch: 0,
    isTransactional: true,
    isControl: true,
  });
  builder.append({ timestamp, key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6) });
  return builder.finish();
}

function read(
  batches: readonly Buffer[],
  options: {
    readonly from?: number;
    readonly until?: number;
    readonly aborted?: readonly AbortedTransaction[];
    readonly checkCrcs?: boolean;
  } = {},
) {
  const { from = 0, until = Infinity, aborted, checkCrcs = true } = options;
  const owner: ChunkOwner = {
    topic: "t",
    partition: 1,
    position: from,
    positionEpoch: -1,
    untilOffset: until,
  };
  const bytes = Buffer.concat(batches);
  const measure = measureChunk(bytes, from);
  const chunk = new FetchedChunk(owner, bytes, measure, { checkCrcs, aborted });
  const records: ConsumerRecord[] = [];
  for (let record = chunk.next(); record !== undefined; record = chunk.next()) {
    records.push(record);
  }
  const values = records.map(({ value }) => String(value));
  return { owner, chunk, measure, records, values };
}

test("records before the wanted offset are left out, though their batch came along", () => {
  const { values, owner, measure } = read([batch(0, ["a", "b", "c"]), batch(3, ["d"])], {
    from: 2,
  });
  assert.deepEqual(values, ["c", "d"]);
  assert.deepEqual([owner.position, owner.positionEpoch], [4, 3]);
  assert.deepEqual([measure.nextOffset, measure.leaderEpoch], [4, 3]);
});

test("a batch that is cut short is asked for again", () => {
  const { values, owner, measure } = read([batch(0, ["a"]), batch(1, ["b"]).subarray(0, 70)]);
  assert.deepEqual(values, ["a"]);
  assert.deepEqual([owner.position, measure.nextOffset], [1, 1]);
});

test("a record tells all that was written, and its parts are views of what was received", () => {
  const { records } = read([batch(5, ["a", ""])]);
  const [first, second] = records;
  assert.deepEqual([first?.topic, first?.partition, first?.offset], ["t", 1, 5]);
  assert.deepEqual([first?.timestamp, first?.timestampType], [timestamp, "CreateTime"]);
  assert.equal(first?.leaderEpoch, 3);
  assert.equal(String(first?.key), "key of a");
  assert.equal(first?.value, first?.value);
  assert.equal(first?.value?.buffer, first?.key?.buffer);
  assert.deepEqual(first?.headers.getAll("a"), [Buffer.from("1"), null]);
  assert.equal(first?.sizeBytes, 9);
  assert.deepEqual([second?.key, second?.value, second?.timestamp], [null, null, timestamp + 1]);
  assert.equal(JSON.parse(JSON.stringify(first)).offset, 5);
});

test("with LogAppendTime all records of a batch have the broker's time", () => {
  const { records } = read([batch(0, ["a", "b"], { logAppendTimeMs: 77 })]);
  assert.deepEqual(
    records.map((record) => [record.timestamp, record.timestampType]),
    [
      [77, "LogAppendTime"],
      [77, "LogAppendTime"],
    ],
  );
});

test("markers are no records, but the position moves behind them", () => {
  const { values, owner } = read([transactional(0, 7, ["a"]), marker(1, 7, 1)], { aborted: [] });
  assert.deepEqual(values, ["a"]);
  assert.equal(owner.position, 2);
});

test("records of aborted transactions are left out where only committed ones are wanted", () => {
  const batches = [
    transactional(0, 7, ["aborted"]),
    transactional(1, 8, ["other"]),
    marker(2, 7, 0),
    transactional(3, 7, ["kept"]),
    marker(4, 7, 1),
    marker(5, 8, 1),
  ];
  const aborted = [{ producerId: 7, firstOffset: 0 }];
  assert.deepEqual(read(batches, { aborted }).values, ["other", "kept"]);
  assert.deepEqual(read(batches).values, ["aborted", "other", "kept"]);
});

test("a producer may abort one transaction after the other", () => {
  const batches = [
    transactional(0, 7, ["one"]),
    marker(1, 7, 0),
    transactional(2, 7, ["two"]),
    marker(3, 7, 0),
    transactional(4, 7, ["three"]),
  ];
  const aborted = [
    { producerId: 7, firstOffset: 2 },
    { producerId: 7, firstOffset: 0 },
  ];
  assert.deepEqual(read(batches, { aborted }).values, ["three"]);
});

test("nothing is handed out from the end on, wherever in a batch that is", () => {
  const batches = [batch(0, ["a", "b", "c"]), batch(3, ["d", "e"])];
  for (const until of [0, 1, 2, 3, 4]) {
    const { values, owner } = read(batches, { until });
    assert.deepEqual(values, ["a", "b", "c", "d", "e"].slice(0, until));
    assert.equal(owner.position, until);
  }
});

test("damage is found by the checksum, unless nobody looks", () => {
  const damaged = batch(0, ["a"]);
  damaged[damaged.indexOf("key of")]! ^= 0x40;
  assert.throws(() => read([damaged]), CorruptRecordsError);
  assert.equal(read([damaged], { checkCrcs: false }).values.length, 1);
});

test("bytes that are no batch are damage, also behind whole batches", () => {
  const garbage = Buffer.alloc(80, 0xff);
  const { nextOffset } = measureChunk(Buffer.concat([batch(0, ["a"]), garbage]), 0);
  assert.equal(nextOffset, 1);
  assert.throws(() => read([batch(0, ["a"]), garbage]), CorruptRecordsError);
});

test("a compressed batch whose bytes are damaged is found out", () => {
  const damaged = batch(0, ["a".repeat(500)], { compression: "gzip" });
  damaged.fill(0, 70, 90);
  stampChecksum(damaged, 0);
  assert.throws(() => read([damaged]), CompressionError);
});
