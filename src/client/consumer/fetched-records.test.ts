import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchBuilder } from "../../records/build.ts";
import { recordsOf } from "./fetched-records.ts";

const timestamp = 1_700_000_000_000;

function data(baseOffset: number, producerId: number, values: readonly string[]): Buffer {
  const builder = new BatchBuilder({
    baseOffset,
    producerId,
    producerEpoch: 0,
    baseSequence: 0,
    isTransactional: producerId >= 0,
  });
  for (const value of values) {
    builder.append({ timestamp, key: null, value: Buffer.from(value) });
  }
  return builder.finish();
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

function values(
  batches: readonly Buffer[],
  fromOffset: number,
  aborted?: readonly { readonly producerId: number; readonly firstOffset: number }[],
) {
  const bytes = Buffer.concat(batches);
  const { records, nextOffset } = recordsOf({
    topic: "t",
    partition: 0,
    bytes,
    fromOffset,
    aborted,
  });
  return { values: records.map(({ value }) => value?.toString()), nextOffset };
}

test("records before the wanted offset are left out, though their batch came along", () => {
  const batches = [data(0, -1, ["a", "b", "c"]), data(3, -1, ["d"])];
  assert.deepEqual(values(batches, 2), { values: ["c", "d"], nextOffset: 4 });
});

test("markers are no records, but the position moves behind them", () => {
  const batches = [data(0, 7, ["a"]), marker(1, 7, 1)];
  assert.deepEqual(values(batches, 0), { values: ["a"], nextOffset: 2 });
});

test("records of aborted transactions are left out where only committed ones are wanted", () => {
  const batches = [
    data(0, 7, ["aborted"]),
    data(1, 8, ["other"]),
    marker(2, 7, 0),
    data(3, 7, ["kept"]),
    marker(4, 7, 1),
    marker(5, 8, 1),
  ];
  const aborted = [{ producerId: 7, firstOffset: 0 }];
  assert.deepEqual(values(batches, 0, aborted), { values: ["other", "kept"], nextOffset: 6 });
  assert.deepEqual(values(batches, 0).values, ["aborted", "other", "kept"]);
});

test("a batch that is cut short is asked for again", () => {
  const batches = [data(0, -1, ["a"]), data(1, -1, ["b"]).subarray(0, 50)];
  assert.deepEqual(values(batches, 0), { values: ["a"], nextOffset: 1 });
});
