import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SimWorld } from "../simulator/sim-platform.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { formatCheckpoint, OffsetCheckpoint, parseCheckpoint } from "./checkpoint-file.ts";
import {
  asideFolderName,
  isAsideFolder,
  offsetOfFileName,
  parsePartitionFolder,
  segmentFileName,
} from "./file-names.ts";
import { LeaderEpochCache } from "./leader-epoch-cache.ts";
import { OpenFiles } from "./log-file.ts";
import { parseMetaProperties } from "./meta-properties.ts";
import { decodeProducerSnapshot, encodeProducerSnapshot } from "./producer-snapshot.ts";
import { DamagedFileError } from "./storage-error.ts";
import { settleTemporaryFiles } from "./temporary-files.ts";

function newDisk(): { world: SimWorld; disk: ReturnType<SimWorld["host"]>["disk"] } {
  const world = new SimWorld({ seed: 1 });
  const { disk } = world.host("a");
  disk.makeDirectory("/d");
  return { world, disk };
}

test("a checkpoint text is what it was written from, and anything else is damage", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,9} \d \d{1,9}$/)), (entries) => {
      const text = formatCheckpoint(entries);
      assert.deepEqual(parseCheckpoint(text, "f"), entries);
      const cut = text.slice(0, -3);
      if (entries.length > 1) {
        assert.throws(() => parseCheckpoint(cut.slice(0, cut.lastIndexOf("\n")), "f"));
      }
    }),
  );
  assert.deepEqual(parseCheckpoint("", "f"), []);
  for (const text of [
    "1\n0\n",
    "0\n-1\n",
    "0\nx\n",
    "0\n2\na 0 1\n",
    "0\n1\na 0 1\nb 0 2\n",
    "0",
  ]) {
    assert.throws(() => parseCheckpoint(text, "f"), DamagedFileError, text);
  }
});

test("a checkpoint of offsets refuses malformed lines and overtakes no blocking write", async () => {
  const { world, disk } = newDisk();
  const checkpoint = new OffsetCheckpoint(disk, "/d/c");
  checkpoint.create();
  assert.deepEqual(checkpoint.read(), new Map());
  const slow = checkpoint.write(new Map([["a-b-0", 1]]));
  checkpoint.writeNow(new Map([["a-b-0", 2]]));
  await world.clock.wait(slow);
  assert.deepEqual(checkpoint.read(), new Map([["a-b-0", 2]]));
  assert.equal(disk.readFile("/d/c").toString(), "0\n1\na-b 0 2\n");
  await world.clock.wait(checkpoint.write(new Map([["t-1", 3]])));
  assert.deepEqual(checkpoint.read(), new Map([["t-1", 3]]));
  const file = disk.open("/d/c", "write");
  file.write(Buffer.from("0\n1\na 0 x\n"), 0, 10, 0);
  assert.throws(() => checkpoint.read(), DamagedFileError);
});

test("meta.properties is read in any order, in version 0 too", () => {
  const id = "q2fmqyrqXhVZzTXQHipTGQ";
  const text = `# c\n cluster.id : a\\=b\n!x\nversion=1\ndirectory.id=${id}\nnode.id = 3\n`;
  assert.deepEqual(parseMetaProperties(text, "f"), {
    version: 1,
    clusterId: "a=b",
    nodeId: 3,
    directoryId: id,
  });
  assert.equal(parseMetaProperties("version=0\nbroker.id=4\n", "f").nodeId, 4);
  for (const bad of [
    "version=2\nnode.id=1\ncluster.id=a",
    "version=1\nnode.id=1",
    "version=1\ncluster.id=a\nnode.id=x",
    "version=1\ncluster.id=a\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAg",
    "version=1\ncluster.id=a\nnode.id=1\ndirectory.id=short",
  ]) {
    assert.throws(() => parseMetaProperties(bad, "f"), DamagedFileError, bad);
  }
});

test("names of files and folders", () => {
  assert.equal(segmentFileName(42, ".log"), "00000000000000000042.log");
  assert.equal(offsetOfFileName("00000000000000000042.log.deleted"), 42);
  assert.equal(offsetOfFileName("quorum-state"), undefined);
  assert.deepEqual(parsePartitionFolder("a-b-007"), { topic: "a-b", partition: 7 });
  for (const bad of ["lost+found", "a-", "-1", "a-x", "a-99999999999"]) {
    assert.equal(parsePartitionFolder(bad), undefined, bad);
  }
  const unique = "0123456789abcdef0123456789abcdef";
  const name = asideFolderName("t".repeat(249), 12, unique, "-delete");
  assert.equal(name.length, 255);
  assert.ok(isAsideFolder(name, "-delete"));
  assert.ok(!isAsideFolder("orders-delete", "-delete"));
  assert.ok(!isAsideFolder(name, "-stray"));
});

test("leader epochs: assignment, ends, cuts at both sides, and their file", async () => {
  const { world, disk } = newDisk();
  const cache = new LeaderEpochCache(disk, "/d");
  cache.create();
  cache.assign(2, 0);
  assert.equal(disk.readFile("/d/leader-epoch-checkpoint").toString(), "0\n1\n2 0\n");
  cache.assign(2, 9);
  cache.assign(4, 10);
  cache.assign(7, 10);
  cache.assign(9, 20);
  assert.deepEqual(cache.entries, [
    { epoch: 2, startOffset: 0 },
    { epoch: 7, startOffset: 10 },
    { epoch: 9, startOffset: 20 },
  ]);
  assert.deepEqual(cache.endOffsetFor(9, 30), { epoch: 9, endOffset: 30 });
  assert.deepEqual(cache.endOffsetFor(8, 30), { epoch: 7, endOffset: 20 });
  assert.deepEqual(cache.endOffsetFor(2, 30), { epoch: 2, endOffset: 10 });
  assert.deepEqual(cache.endOffsetFor(1, 30), { epoch: 1, endOffset: 0 });
  assert.equal(cache.endOffsetFor(10, 30), undefined);
  assert.equal(cache.endOffsetFor(-1, 30), undefined);
  assert.equal(cache.epochOf(19), 7);
  cache.truncateFromStart(12);
  cache.truncateFromEnd(20);
  assert.deepEqual(cache.entries, [{ epoch: 7, startOffset: 12 }]);
  await world.clock.wait(cache.persist());
  const again = new LeaderEpochCache(disk, "/d");
  again.load(silentLogger);
  assert.deepEqual(again.entries, cache.entries);
});

test("a producer snapshot with a flipped bit anywhere is damage", () => {
  const entry = {
    producerId: 6,
    epoch: 3,
    lastSequence: -1,
    lastOffset: -1,
    offsetDelta: 0,
    timestamp: 1_795_419_143_956,
    coordinatorEpoch: -1,
    currentTxnFirstOffset: 17,
  };
  const bytes = encodeProducerSnapshot([entry]);
  assert.equal(bytes.length, 56);
  assert.deepEqual(decodeProducerSnapshot(bytes, "f"), [entry]);
  assert.equal(encodeProducerSnapshot([]).length, 10);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    assert.throws(() => decodeProducerSnapshot(damaged, "f"), DamagedFileError);
  }
});

function touch(disk: ReturnType<typeof newDisk>["disk"], ...names: readonly string[]): void {
  for (const name of names) disk.open(`/d/${name}`, "write").close();
}

test("a compaction that was writing is undone, one that was swapping is done", () => {
  const { disk } = newDisk();
  const file = (base: number, suffix: string): string => segmentFileName(base, suffix);
  touch(disk, file(0, ".log"), file(0, ".index"), file(5, ".log"), file(9, ".log"));
  touch(disk, file(0, ".log.cleaned"), file(0, ".index.cleaned"), file(5, ".log.swap"));
  touch(disk, file(9, ".log.deleted"), file(7, ".timeindex"), "leader-epoch-checkpoint");
  assert.deepEqual(settleTemporaryFiles(disk, new OpenFiles(), "/d"), [
    file(0, ".index"),
    file(0, ".log"),
    file(5, ".log"),
    file(9, ".log"),
    "leader-epoch-checkpoint",
  ]);
  touch(disk, file(0, ".log.swap"), file(0, ".index.swap"), file(0, ".timeindex.swap"));
  const left = settleTemporaryFiles(disk, new OpenFiles(), "/d");
  assert.ok(left.includes(file(0, ".timeindex")));
  assert.ok(!left.some((name) => name.endsWith(".swap")));
});
