import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { LogConfig } from "../config/log-config.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { buildBatch, buildControlBatch } from "../records/build.ts";
import { batchesIn, stampBatch } from "../records/record-batch.ts";
import type { AcceptedAppend, AppendResult } from "./append.ts";
import type { Log } from "./log.ts";
import { batchOf, logConfig, openManager, temporaryFolder, TOPIC_ID } from "./storage-kit.test.ts";

const NOW = 1_700_000_000_000;
const client = { origin: "client", nowMs: NOW } as const;
const coordinator = { origin: "coordinator", nowMs: NOW } as const;

async function openLog(t: TestContext, changes: Partial<LogConfig> = {}): Promise<Log> {
  const manager = openManager(t, temporaryFolder(t));
  await manager.loadLogs(() => undefined);
  return manager.createLog(
    { topic: "orders", partition: 0 },
    { topicId: TOPIC_ID, config: logConfig(changes) },
  );
}

function accepted(result: AppendResult): AcceptedAppend {
  assert.ok(result.errorCode === ErrorCode.NONE, "the append is refused");
  return result;
}

function idempotent(count: number, baseSequence: number, epoch = 0, producerId = 7): Buffer {
  return batchOf(count, { producerId, producerEpoch: epoch, baseSequence });
}

function marker(type: "abort" | "commit", epoch: number, coordinatorEpoch = 0): Buffer {
  const key = Buffer.from([0, 0, 0, type === "abort" ? 0 : 1]);
  const value = Buffer.alloc(6);
  value.writeInt32BE(coordinatorEpoch, 2);
  return buildControlBatch(
    { timestamp: NOW, key, value },
    { producerId: 7, producerEpoch: epoch, isTransactional: true },
  );
}

function transactional(count: number, baseSequence: number, producerId = 7, epoch = 0): Buffer {
  return batchOf(count, { producerId, producerEpoch: epoch, baseSequence, isTransactional: true });
}

test("the received bytes are stamped with offset and leader epoch and written as they are", async (t) => {
  const log = await openLog(t);
  accepted(log.appendAsLeader(batchOf(3), 4, client));
  const batch = batchOf(2, { compression: "gzip" });
  assert.deepEqual(log.appendAsLeader(batch, 5, client), {
    errorCode: ErrorCode.NONE,
    firstOffset: 3,
    lastOffset: 4,
    logAppendTimeMs: -1,
    duplicate: false,
    flushRequired: false,
  });
  const { chunks } = log.read(3, { maxBytes: 10_000, upToOffset: 5, minOneBatch: true });
  assert.deepEqual(Buffer.concat(chunks), batch);
  assert.deepEqual(log.endOffsetForEpoch(4), { epoch: 4, endOffset: 3 });
  assert.equal(log.epochOf(4), 5);
});

test("batches beyond max.message.bytes and beyond a segment are refused", async (t) => {
  const log = await openLog(t, { maxMessageBytes: 500, segmentBytes: 300 });
  const code = (bytes: Buffer): number => log.appendAsLeader(bytes, 0, client).errorCode;
  assert.equal(code(batchOf(1, { valueBytes: 600 })), ErrorCode.MESSAGE_TOO_LARGE);
  assert.equal(code(batchOf(1, { valueBytes: 350 })), ErrorCode.RECORD_LIST_TOO_LARGE);
  assert.equal(code(Buffer.from("no batch at all, but some bytes")), ErrorCode.CORRUPT_MESSAGE);
  assert.equal(log.logEndOffset, 0);
  accepted(log.appendAsLeader(batchOf(1), 0, client));
});

test("with LogAppendTime every record has the time of the append", async (t) => {
  const log = await openLog(t, { messageTimestampType: "LogAppendTime" });
  const nowMs = NOW + 5000;
  const result = log.appendAsLeader(batchOf(2), 0, { origin: "client", nowMs });
  assert.equal(accepted(result).logAppendTimeMs, nowMs);
  const { chunks } = log.read(0, { maxBytes: 1000, upToOffset: 2, minOneBatch: true });
  const [batch] = batchesIn(Buffer.concat(chunks));
  assert.ok(batch!.verifyChecksum());
  assert.equal(batch!.timestampType, "LogAppendTime");
  assert.equal(batch!.maxTimestamp, nowMs);
});

test("a topic's codec replaces the producer's", async (t) => {
  const log = await openLog(t, { compressionType: "gzip" });
  accepted(log.appendAsLeader(batchOf(5, { valueBytes: 200 }), 0, client));
  const { chunks } = log.read(0, { maxBytes: 9999, upToOffset: 5, minOneBatch: true });
  const [batch] = batchesIn(Buffer.concat(chunks));
  assert.equal(batch!.compression, "gzip");
  assert.ok(batch!.verifyChecksum());
  assert.equal([...batch!.records()].length, 5);
});

test("one of the last five batches of a producer is answered as the first time", async (t) => {
  const log = await openLog(t);
  for (let i = 0; i < 6; i++) accepted(log.appendAsLeader(idempotent(2, 2 * i), 0, client));
  const repeated = accepted(log.appendAsLeader(idempotent(2, 2), 0, client));
  assert.ok(repeated.duplicate);
  assert.equal(repeated.firstOffset, 2);
  assert.equal(repeated.lastOffset, 3);
  assert.equal(repeated.logAppendTimeMs, NOW + 1);
  const tooOld = log.appendAsLeader(idempotent(2, 0), 0, client);
  assert.equal(tooOld.errorCode, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  assert.equal(log.logEndOffset, 12);
});

test("sequences follow one another, and an older epoch is fenced", async (t) => {
  const log = await openLog(t);
  const code = (bytes: Buffer): number => log.appendAsLeader(bytes, 0, client).errorCode;
  assert.equal(code(idempotent(2, 5, 1)), ErrorCode.NONE, "an unknown producer begins anywhere");
  assert.equal(code(idempotent(1, 8, 1)), ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  assert.equal(code(idempotent(1, 7, 1)), ErrorCode.NONE);
  assert.equal(code(idempotent(1, 3, 2)), ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  assert.equal(code(idempotent(1, 0, 2)), ErrorCode.NONE);
  assert.equal(code(idempotent(1, 8, 1)), ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(log.logEndOffset, 4);
});

test("sequences begin again at 0 after 2^31-1, within a batch too", async (t) => {
  const log = await openLog(t);
  const max = 2 ** 31 - 1;
  accepted(log.appendAsLeader(idempotent(3, max - 1), 0, client));
  assert.equal(log.activeProducers()[0]?.lastSequence, 0);
  assert.ok(accepted(log.appendAsLeader(idempotent(3, max - 1), 0, client)).duplicate);
  accepted(log.appendAsLeader(idempotent(1, 1), 0, client));
});

test("a transaction holds back the last stable offset until its marker is replicated", async (t) => {
  const log = await openLog(t);
  const grow = (bytes: Buffer, origin: typeof client | typeof coordinator): void => {
    accepted(log.appendAsLeader(bytes, 0, origin));
    log.advanceHighWatermark(log.logEndOffset);
  };
  grow(batchOf(2), client);
  grow(transactional(3, 0), client);
  assert.equal(log.lastStableOffset, 2);
  grow(batchOf(1), client);
  grow(transactional(2, 0, 8), client);
  assert.equal(log.lastStableOffset, 2);
  const outside = log.appendAsLeader(idempotent(1, 3), 0, client);
  assert.equal(outside.errorCode, ErrorCode.INVALID_TXN_STATE);
  accepted(log.appendAsLeader(marker("abort", 0), 0, coordinator));
  assert.equal(log.lastStableOffset, 2, "the marker is not below the high watermark");
  log.advanceHighWatermark(log.logEndOffset);
  assert.equal(log.lastStableOffset, 6, "the other transaction is open");
  assert.deepEqual(log.abortedTransactions(0, 6), [
    { producerId: 7, firstOffset: 2, lastOffset: 8, lastStableOffset: 6 },
  ]);
  assert.deepEqual(log.abortedTransactions(9, 12), []);
});

test("a marker with a raised epoch empties the sequences; an old coordinator is fenced", async (t) => {
  const log = await openLog(t);
  accepted(log.appendAsLeader(transactional(3, 0), 0, client));
  accepted(log.appendAsLeader(marker("commit", 1, 5), 0, coordinator));
  assert.deepEqual(log.activeProducers(), [
    {
      producerId: 7,
      producerEpoch: 1,
      lastSequence: -1,
      lastTimestamp: NOW,
      coordinatorEpoch: 5,
      currentTransactionStartOffset: -1,
    },
  ]);
  const late = log.appendAsLeader(transactional(1, 3), 0, client);
  assert.equal(late.errorCode, ErrorCode.INVALID_PRODUCER_EPOCH);
  const stale = log.appendAsLeader(marker("abort", 1, 4), 0, coordinator);
  assert.equal(stale.errorCode, ErrorCode.TRANSACTION_COORDINATOR_FENCED);
  accepted(log.appendAsLeader(transactional(1, 0, 7, 1), 0, client));
});

test("transactions are known again after a crash", async (t) => {
  const folder = temporaryFolder(t);
  const config = logConfig();
  const place = { topic: "orders", partition: 0 };
  let manager = openManager(t, folder);
  await manager.loadLogs(() => undefined);
  let log = manager.createLog(place, { topicId: TOPIC_ID, config });
  for (const bytes of [transactional(2, 0), transactional(1, 0, 8)]) {
    accepted(log.appendAsLeader(bytes, 0, client));
  }
  accepted(log.appendAsLeader(marker("abort", 0), 0, coordinator));
  await manager.close({ clean: false });
  manager = openManager(t, folder);
  await manager.loadLogs(() => config);
  log = manager.logOf(place)!;
  log.advanceHighWatermark(4);
  assert.equal(log.lastStableOffset, 2);
  assert.equal(log.abortedTransactions(0, 4).length, 1);
  assert.ok(accepted(log.appendAsLeader(transactional(1, 0, 8), 0, client)).duplicate);
});

test("a follower takes batches as they are, and only where its log goes on", async (t) => {
  const log = await openLog(t);
  const first = batchOf(3);
  stampBatch(first, 0, 0, 2);
  const second = batchOf(2);
  stampBatch(second, 0, 3, 4);
  accepted(log.appendAsFollower(Buffer.concat([first, second]), NOW));
  assert.equal(log.logEndOffset, 5);
  assert.deepEqual(log.leaderEpochs.entries, [
    { epoch: 2, startOffset: 0 },
    { epoch: 4, startOffset: 3 },
  ]);
  const again = log.appendAsFollower(second, NOW);
  assert.equal(again.errorCode, ErrorCode.OFFSET_OUT_OF_RANGE);
  const cut = log.appendAsFollower(batchOf(1).subarray(0, 50), NOW);
  assert.equal(cut.errorCode, ErrorCode.CORRUPT_MESSAGE);
  const third = batchOf(1);
  stampBatch(third, 0, 2 ** 31 + 10, 4);
  accepted(log.appendAsFollower(third, NOW));
  assert.deepEqual(
    log.segments.map((segment) => segment.baseOffset),
    [0, 2 ** 31 + 10],
  );
});

test("a segment is rolled when it is old by the time of its records", async (t) => {
  const log = await openLog(t, { segmentMs: 10_000 });
  const at = (timestamp: number): Buffer =>
    buildBatch([{ timestamp, key: null, value: Buffer.from("v") }]);
  accepted(log.appendAsLeader(at(NOW), 0, client));
  accepted(log.appendAsLeader(at(NOW + 10_000), 0, client));
  assert.equal(log.segments.length, 1);
  accepted(log.appendAsLeader(at(NOW + 10_001), 0, client));
  assert.equal(log.segments.length, 2);
});

test("a segment is rolled when an index is full", async (t) => {
  const log = await openLog(t, { segmentIndexBytes: 48, indexIntervalBytes: 0 });
  for (let i = 0; i < 12; i++) {
    accepted(log.appendAsLeader(batchOf(1, { timestamp: NOW + i }), 0, client));
  }
  // The time index has room for 4 entries of 12 bytes, and keeps one for the end.
  assert.deepEqual(
    log.segments.map((segment) => segment.baseOffset),
    [0, 4, 8],
  );
  const result = log.read(9, { maxBytes: 1, upToOffset: 12, minOneBatch: true });
  assert.equal(result.nextOffset, 10);
});

test("flush.messages asks for a flush once so many are not on the device", async (t) => {
  const log = await openLog(t, { flushMessages: 3 });
  const required = (): boolean => accepted(log.appendAsLeader(batchOf(1), 0, client)).flushRequired;
  assert.deepEqual([required(), required(), required(), required()], [false, false, true, false]);
  await log.flush();
  assert.equal(log.recoveryPoint, 4);
});
