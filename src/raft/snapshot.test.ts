import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { nodePlatform } from "../platform/node/platform.ts";
import { batchesIn } from "../records/record-batch.ts";
import { MetadataDirectory } from "./metadata-directory.ts";
import {
  parseSnapshotFileName,
  readSnapshot,
  SnapshotBuilder,
  snapshotFileName,
  type SnapshotHeader,
} from "./snapshot.ts";
import { VoterSet } from "./voter-set.ts";

const id = { offset: 42, epoch: 3 };
/** The checksum of a batch covers what follows it. */
const CHECKED_FROM = 21;

function header(kraftVersion = 0): SnapshotHeader {
  const voters = new VoterSet([
    {
      id: 1,
      directoryId: "q2fmqyrqXhVZzTXQHipTGQ",
      endpoints: [{ name: "CONTROLLER", host: "localhost", port: 9093 }],
      kraftVersionMin: 0,
      kraftVersionMax: 1,
    },
  ]);
  return {
    id,
    lastContainedLogTimestampMs: 77,
    kraftVersion,
    voters: kraftVersion === 0 ? undefined : voters,
  };
}

function build(
  values: readonly Buffer[],
  options: { kraft?: number; batchBytesMax?: number },
): Buffer {
  const batches: Buffer[] = [];
  const builder = new SnapshotBuilder(header(options.kraft), {
    nowMs: () => 5,
    write: (batch) => batches.push(batch),
    ...(options.batchBytesMax === undefined ? {} : { batchBytesMax: options.batchBytesMax }),
  });
  for (const value of values) builder.append(value);
  builder.finish();
  return Buffer.concat(batches);
}

test("a snapshot is read as it was written, in batches that keep their bound", () => {
  const values = fc.array(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(values, fc.constantFrom(0, 1), (records, kraft) => {
      const bytes = build(records, { kraft, batchBytesMax: 600 });
      const snapshot = readSnapshot(bytes, id, "f");
      assert.deepEqual(snapshot.values, records);
      assert.equal(snapshot.lastContainedLogTimestampMs, 77);
      assert.equal(snapshot.kraftVersion, kraft);
      assert.deepEqual(snapshot.voters?.ids, kraft === 0 ? undefined : [1]);
      let nextOffset = 0;
      for (const batch of batchesIn(bytes)) {
        assert.equal(batch.baseOffset, nextOffset);
        assert.equal(batch.partitionLeaderEpoch, id.epoch);
        assert.ok(batch.sizeBytes <= 600 || batch.count === 1);
        nextOffset = batch.nextOffset;
      }
    }),
    { numRuns: 100 },
  );
});

test("a snapshot that is cut, or has a wrong bit, is refused", () => {
  const bytes = build([Buffer.from("a"), Buffer.from("b")], { kraft: 1 });
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => readSnapshot(bytes.subarray(0, length), id, "f"), {
      code: "SNAPSHOT_DAMAGED",
    });
  }
  for (const batch of batchesIn(bytes)) {
    // Base offset and epoch stand before the checksum, and say nothing that counts.
    for (let at = batch.at + CHECKED_FROM; at < batch.at + batch.sizeBytes; at += 7) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x10;
      const read = (): unknown => readSnapshot(damaged, id, "f");
      assert.throws(read, { code: "SNAPSHOT_DAMAGED" }, `byte ${at}`);
    }
  }
});

test("names sort as what they name", () => {
  assert.equal(snapshotFileName(id), "00000000000000000042-0000000003.checkpoint");
  assert.deepEqual(parseSnapshotFileName(snapshotFileName(id)), id);
  for (const name of ["42-3.checkpoint", `${snapshotFileName(id)}.part`, "quorum-state"]) {
    assert.equal(parseSnapshotFileName(name), undefined);
  }
});

function directoryFor(t: TestContext): MetadataDirectory {
  const folder = fs.mkdtempSync(join(tmpdir(), "snapshots-"));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  return new MetadataDirectory(nodePlatform, folder);
}

test("a snapshot is in place only when it is whole; what a crash left is removed", async (t) => {
  const directory = directoryFor(t);
  const values = Array.from({ length: 3 }, (_, i) => Buffer.alloc(200_000, i));
  const writing = directory.write(header(), values);
  assert.deepEqual(directory.snapshots(), []);
  await writing;
  assert.deepEqual(directory.snapshots(), [id]);
  assert.deepEqual(directory.read(id).values, values);
  fs.writeFileSync(join(directory.path, "0-0-1.checkpoint.part"), "x");
  fs.writeFileSync(join(directory.path, `${snapshotFileName(id)}.deleted`), "x");
  fs.writeFileSync(join(directory.path, snapshotFileName({ offset: 7, epoch: 1 })), "x");
  directory.cleanAtStart(10);
  assert.deepEqual(fs.readdirSync(directory.path), [snapshotFileName(id)]);
  directory.delete(id);
  directory.close();
  assert.deepEqual(fs.readdirSync(directory.path), [`${snapshotFileName(id)}.deleted`]);
});
