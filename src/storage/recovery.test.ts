import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test, type TestContext } from "node:test";
import { RecordBatchView } from "../records/record-batch.ts";
import type { Log } from "./log.ts";
import { batchOf, logConfig, openManager, temporaryFolder, TOPIC_ID } from "./storage-kit.test.ts";

/** Producers of records older than a day would be forgotten. */
const timestamp = Date.now();
const client = { origin: "client", nowMs: timestamp } as const;
const place = { topic: "orders", partition: 0 };
const config = logConfig({ indexIntervalBytes: 500 });
const LOG = "orders-0/00000000000000000000.log";
const INDEX = "orders-0/00000000000000000000.index";

/** A log of 100 batches of which the first 80 are on the device with all that belongs to them. */
async function killed(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t);
  const manager = openManager(t, folder);
  await manager.loadLogs(() => undefined);
  const log = manager.createLog(place, { topicId: TOPIC_ID, config });
  for (let i = 0; i < 100; i++) {
    const sequence = { producerId: 5, producerEpoch: 0, baseSequence: 2 * i, timestamp };
    assert.equal(log.appendAsLeader(batchOf(2, sequence), 0, client).errorCode, 0);
    if (i !== 79) continue;
    await log.flush({ complete: true });
    await manager.checkpoint();
  }
  await manager.close({ clean: false });
  return folder;
}

async function open(t: TestContext, folder: string): Promise<Log> {
  const manager = openManager(t, folder);
  await manager.loadLogs(() => config);
  return manager.logOf(place)!;
}

function change(file: string, position: number): void {
  const bytes = fs.readFileSync(file);
  bytes[position]! ^= 0xff;
  fs.writeFileSync(file, bytes);
}

/** Where the batch with an offset begins in the file. */
function positionOf(file: string, offset: number): number {
  const bytes = fs.readFileSync(file);
  for (let at = 0; ;) {
    const batch = new RecordBatchView(bytes, at);
    if (batch.lastOffset >= offset) return at;
    at += batch.sizeBytes;
  }
}

test("recovery reads on from where everything was on the device", async (t) => {
  const folder = await killed(t);
  const file = path.join(folder, LOG);
  // Damage that only somebody who reads all of the segment would see.
  change(file, positionOf(file, 20) + 70);
  const log = await open(t, folder);
  assert.equal(log.logEndOffset, 200);
  assert.equal(log.activeProducers()[0]?.lastSequence, 199);
  assert.equal(log.producerSnapshotOffsets.at(-1), 200);
  const repeated = log.appendAsLeader(
    batchOf(2, { producerId: 5, producerEpoch: 0, baseSequence: 192, timestamp }),
    0,
    client,
  );
  assert.ok(repeated.errorCode === 0 && repeated.duplicate, "the last five batches are known");
});

test("recovery reads the segment from its base when the index does not fit", async (t) => {
  const folder = await killed(t);
  const file = path.join(folder, LOG);
  const before = (await open(t, await killed(t))).segments[0]!.offsetIndex.file.count;
  change(path.join(folder, INDEX), 8 * 5 + 7);
  const whole = await open(t, folder);
  assert.equal(whole.logEndOffset, 200);
  assert.equal(whole.segments[0]!.offsetIndex.file.count, before);

  const other = await killed(t);
  change(path.join(other, INDEX), 8 * 5 + 4);
  change(path.join(other, LOG), positionOf(file, 20) + 70);
  assert.equal((await open(t, other)).logEndOffset, 20, "it sees the damage then, and cuts there");
});

test("a tail that was torn, zeroed or added to is cut", async (t) => {
  const damages: readonly ((file: string) => void)[] = [
    (file) => fs.truncateSync(file, fs.statSync(file).size - 10),
    (file) => {
      const size = fs.statSync(file).size;
      const at = positionOf(file, 198);
      fs.truncateSync(file, at);
      fs.truncateSync(file, size);
    },
    (file) => change(file, fs.statSync(file).size - 1),
  ];
  for (const damage of damages) {
    const folder = await killed(t);
    const file = path.join(folder, LOG);
    const end = positionOf(file, 198);
    damage(file);
    const log = await open(t, folder);
    assert.equal(log.logEndOffset, 198);
    assert.equal(log.sizeBytes, end);
    assert.equal(fs.statSync(file).size, end);
    assert.equal(log.activeProducers()[0]?.lastSequence, 197);
  }
  const folder = await killed(t);
  fs.appendFileSync(path.join(folder, LOG), Buffer.alloc(100, 7));
  assert.equal((await open(t, folder)).logEndOffset, 200);
});
