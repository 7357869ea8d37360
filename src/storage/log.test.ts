import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../protocol/error-code.ts";
import { batchesIn } from "../records/record-batch.ts";
import type { Log } from "./log.ts";
import { batchOf, logConfig, openManager, temporaryFolder, TOPIC_ID } from "./storage-kit.test.ts";

const client = { origin: "client", nowMs: 1_700_000_000_000 } as const;

function readAll(log: Log, from = log.logStartOffset): number[] {
  const offsets: number[] = [];
  for (let offset = from; offset < log.logEndOffset;) {
    const result = log.read(offset, {
      maxBytes: 1_000_000,
      upToOffset: log.logEndOffset,
      minOneBatch: true,
    });
    assert.equal(result.errorCode, ErrorCode.NONE);
    assert.ok(result.sizeBytes > 0, "a read below the end gives something");
    for (const batch of batchesIn(Buffer.concat(result.chunks))) {
      assert.ok(batch.verifyChecksum());
      for (const record of batch.records()) if (record.offset >= from) offsets.push(record.offset);
    }
    result.release?.();
    offset = result.nextOffset;
  }
  return offsets;
}

test("what was appended is read back, before and after a clean stop and a crash", async (t) => {
  const folder = temporaryFolder(t);
  const topicPartition = { topic: "orders", partition: 0 };
  const config = logConfig({ segmentBytes: 1500, indexIntervalBytes: 200 });
  let manager = openManager(t, folder);
  await manager.loadLogs(() => undefined);
  const log = manager.createLog(topicPartition, { topicId: TOPIC_ID, config });
  let next = 0;
  for (let i = 1; i <= 40; i++) {
    const result = log.appendAsLeader(batchOf(1 + (i % 7)), 0, client);
    assert.equal(result.errorCode, ErrorCode.NONE);
    assert.ok(result.errorCode === ErrorCode.NONE && result.firstOffset === next);
    next += 1 + (i % 7);
  }
  const expected = Array.from({ length: next }, (_, index) => index);
  assert.deepEqual(readAll(log), expected);
  assert.ok(log.segments.length > 2);
  await manager.close({ brokerEpoch: 12 });

  manager = openManager(t, folder);
  assert.equal(manager.previousBrokerEpoch, 12);
  await manager.loadLogs(() => config);
  const again = manager.logOf(topicPartition)!;
  assert.deepEqual(readAll(again), expected);
  again.appendAsLeader(batchOf(3), 1, client);
  await manager.close({ clean: false });

  manager = openManager(t, folder);
  assert.equal(manager.previousBrokerEpoch, -1);
  await manager.loadLogs(() => config);
  const recovered = manager.logOf(topicPartition)!;
  assert.equal(recovered.logEndOffset, next + 3);
  assert.deepEqual(recovered.leaderEpochs.entries, [
    { epoch: 0, startOffset: 0 },
    { epoch: 1, startOffset: next },
  ]);
  await manager.close();
});
