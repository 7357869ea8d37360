import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { LogConfig } from "../config/log-config.ts";
import { nodePlatform } from "../platform/node/platform.ts";
import { batchesIn, type RecordBatchView } from "../records/record-batch.ts";
import { OffsetIndex } from "./offset-index.ts";
import { decodeProducerSnapshot } from "./producer-snapshot.ts";
import { readMetaProperties } from "./meta-properties.ts";
import { LogSegment } from "./log-segment.ts";
import { OpenFiles } from "./log-file.ts";
import type { LogManager } from "./log-manager.ts";
import type { Log } from "./log.ts";
import { logConfig, openManager, temporaryFolder } from "./storage-kit.test.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { TimeIndex } from "./time-index.ts";

/**
 * Two directories that Apache Kafka 4.4 left behind, one after a proper stop, one after a kill, and
 * what it says of them. The clock is that of the moment in which they were left.
 */
const fixtures = fileURLToPath(new URL("../../test/fixtures/data-directory/", import.meta.url));

interface ExpectedRecord {
  readonly o: number;
  readonly t: number;
  readonly k: string | null;
  readonly v: string | null;
  readonly h?: readonly (readonly [string, string | null])[];
}

interface ExpectedBatch {
  readonly segment: number;
  readonly position: number;
  readonly size: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly compression: string;
  readonly timestampType: string;
  readonly maxTimestamp: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly records: readonly ExpectedRecord[];
}

interface ExpectedPartition {
  readonly topicId: string;
  readonly leaderEpochs: readonly string[];
  readonly endOffset: number;
  readonly segments: readonly number[];
  readonly abortedTransactions: readonly Readonly<Record<string, unknown>>[];
  readonly producerSnapshots: Readonly<Record<string, readonly unknown[]>>;
  readonly indexes: Readonly<
    Record<string, { readonly fileSize: number; readonly entries: readonly (readonly number[])[] }>
  >;
  readonly batches: readonly ExpectedBatch[];
}

interface ActiveProducerFact {
  readonly producerId: number;
}

interface Answers {
  readonly offsets: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly activeProducers: Readonly<Record<string, readonly ActiveProducerFact[]>>;
}

interface Tree {
  readonly lastWriteMs: number;
  readonly metaProperties: Readonly<Record<string, string>>;
  readonly checkpoints: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly admin: Answers & {
    readonly topics: Readonly<
      Record<string, { readonly id: string; readonly configs: Readonly<Record<string, string>> }>
    >;
  };
  readonly metadataLog: { readonly endOffset: number };
  readonly partitions: Readonly<Record<string, ExpectedPartition>>;
}

interface Expected {
  readonly trees: { readonly clean: Tree; readonly killed: Tree };
  readonly killedAfterRecovery: Answers & {
    readonly producerSnapshots: Readonly<Record<string, readonly string[]>>;
  };
}

const expected: Expected = JSON.parse(
  fs.readFileSync(path.join(fixtures, "data-directory.json"), "utf8"),
);

function unpack(t: TestContext, tree: "clean" | "killed"): string {
  const folder = temporaryFolder(t);
  const archive = path.join(fixtures, "data-directory.tar.gz");
  execFileSync("tar", ["--sparse", "-xzf", archive, "-C", folder, tree]);
  return path.join(folder, tree);
}

function open(t: TestContext, folder: string, tree: Tree): LogManager {
  const clock = { ...nodePlatform.clock, nowMs: () => tree.lastWriteMs };
  return openManager(t, folder, { platform: { ...nodePlatform, clock } });
}

/** The configurations that the metadata of the tree give. */
function configOf(tree: Tree, topic: string): LogConfig {
  const configs = tree.admin.topics[topic]?.configs ?? {};
  const number = (name: string, otherwise: number): number =>
    configs[name] === undefined ? otherwise : Number(configs[name]);
  return logConfig({
    segmentIndexBytes: 262_144,
    segmentBytes: number("segment.bytes", 1_073_741_824),
    indexIntervalBytes: number("index.interval.bytes", 4096),
    retentionMs: number("retention.ms", 604_800_000),
  });
}

async function load(manager: LogManager, tree: Tree): Promise<void> {
  await manager.loadLogs(({ topic, topicId }) => {
    assert.equal(topicId, tree.admin.topics[topic]?.id, `the id of ${topic}`);
    return configOf(tree, topic);
  });
}

function text(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString("hex");
}

function value(bytes: Buffer | null, as: string | null): string | null {
  if (bytes === null || as === null || !as.startsWith("sha256:")) return text(bytes);
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}:${bytes.length}`;
}

function checkBatch(batch: RecordBatchView, want: ExpectedBatch): void {
  const where = `batch ${want.baseOffset}`;
  assert.equal(batch.baseOffset, want.baseOffset, where);
  assert.equal(batch.lastOffset, want.lastOffset, where);
  assert.equal(batch.sizeBytes, want.size, where);
  assert.equal(batch.partitionLeaderEpoch, want.leaderEpoch, where);
  assert.equal(batch.compression, want.compression, where);
  assert.equal(batch.timestampType, want.timestampType, where);
  assert.equal(batch.maxTimestamp, want.maxTimestamp, where);
  assert.equal(batch.producerId, want.producerId ?? -1, where);
  assert.equal(batch.producerEpoch, want.producerEpoch ?? -1, where);
  assert.ok(batch.verifyChecksum(), where);
  let index = 0;
  for (const record of batch.records()) {
    const wanted = want.records[index++]!;
    assert.equal(record.offset, wanted.o, where);
    assert.equal(record.timestamp, wanted.t, where);
    assert.equal(text(record.key), wanted.k, where);
    assert.equal(value(record.value, wanted.v), wanted.v, where);
    const headers = record.headers.map((header) => [header.key, text(header.value)]);
    assert.deepEqual(headers, wanted.h ?? [], where);
  }
  assert.equal(index, want.records.length, where);
}

/** Reads the whole log, a little at a time, and compares every record. */
function checkRecords(log: Log, want: ExpectedPartition): void {
  const { logEndOffset } = log;
  const wanted = want.batches.filter((batch) => batch.lastOffset >= log.logStartOffset);
  let index = 0;
  for (let offset = log.logStartOffset; offset < logEndOffset;) {
    const limits = { maxBytes: 50_000, upToOffset: logEndOffset, minOneBatch: true };
    const result = log.read(offset, limits);
    assert.equal(result.errorCode, 0);
    if (result.sizeBytes === 0) break;
    for (const batch of batchesIn(Buffer.concat(result.chunks))) {
      if (batch.lastOffset < log.logStartOffset) continue;
      checkBatch(batch, wanted[index++]!);
    }
    offset = result.nextOffset;
    result.release?.();
  }
  assert.equal(index, wanted.length, "all batches");
}

function checkAnswers(log: Log, answers: Answers): void {
  const { earliest, latest, lastStable, maxTimestamp } = answers.offsets;
  assert.equal(log.logStartOffset, earliest?.[log.name], "earliest");
  assert.equal(log.logEndOffset, latest?.[log.name], "latest");
  assert.equal(log.lastStableOffset, lastStable?.[log.name], "lastStable");
  assert.equal(log.maxTimestamp()?.offset ?? -1, maxTimestamp?.[log.name], "maxTimestamp");
  const producers = [...(answers.activeProducers[log.name] ?? [])];
  // Every load drops producers whose last record is older than a day; Kafka's too.
  const kept = producers.filter(({ producerId }) => producerId !== 0);
  const byId = (a: ActiveProducerFact, b: ActiveProducerFact): number =>
    a.producerId - b.producerId;
  assert.deepEqual([...log.activeProducers()].sort(byId), kept.sort(byId));
}

function checkPartition(log: Log, want: ExpectedPartition): void {
  assert.equal(log.topicId, want.topicId);
  assert.equal(log.logEndOffset, want.endOffset);
  const bases = log.segments.map((segment) => segment.baseOffset);
  assert.deepEqual(bases, want.segments);
  const epochs = log.leaderEpochs.entries.map(
    ({ epoch, startOffset }) => `${epoch} ${startOffset}`,
  );
  // An epoch in which nothing was written is not known any more after loading.
  const known = want.leaderEpochs.filter((line) => Number(line.split(" ")[1]) < want.endOffset);
  assert.deepEqual(epochs, known);
  const aborted = log.abortedTransactions(0, log.logEndOffset);
  assert.deepEqual(
    aborted,
    want.abortedTransactions.map(({ segment: _segment, ...transaction }) => transaction),
  );
  checkRecords(log, want);
}

function entriesOf(log: Log, name: string): number[][] {
  const base = Number(name.slice(0, 20));
  const segment = log.segments.find(({ baseOffset }) => baseOffset === base)!;
  const index = name.endsWith(".index") ? segment.offsetIndex : segment.timeIndex;
  return Array.from({ length: index.file.count }, (_, n) => {
    if (index instanceof OffsetIndex) {
      const entry = index.entry(n);
      return [entry.offset - base, entry.position];
    }
    const entry = index.entry(n);
    return [entry.timestamp, entry.offset - base];
  });
}

/** Every file below a folder with its content. */
function contents(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const file = path.join(folder, name);
    if (!fs.statSync(file).isFile()) continue;
    const bytes = fs.readFileSync(file);
    const lines = name.endsWith("-checkpoint") ? bytes.toString().split("\n").sort() : undefined;
    files.set(name, lines?.join("\n") ?? createHash("sha256").update(bytes).digest("hex"));
  }
  return files;
}

test("a directory that Kafka closed opens with all that Kafka says of it", async (t) => {
  const tree = expected.trees.clean;
  const folder = unpack(t, "clean");
  const { "directory.id": id, "cluster.id": clusterId } = tree.metaProperties;
  assert.deepEqual(readMetaProperties(nodePlatform.disk, folder), {
    version: 1,
    nodeId: 1,
    directoryId: id,
    clusterId,
  });
  const manager = open(t, folder, tree);
  assert.equal(manager.clusterId, clusterId);
  assert.equal(manager.previousBrokerEpoch, 12);
  await load(manager, tree);
  assert.deepEqual(
    [...manager.logs()].map((log) => log.name).sort(),
    Object.keys(tree.partitions).sort(),
  );
  for (const log of manager.logs()) {
    const want = tree.partitions[log.name]!;
    checkPartition(log, want);
    checkAnswers(log, tree.admin);
    for (const [name, { entries }] of Object.entries(want.indexes)) {
      assert.deepEqual(entriesOf(log, name), entries, `${log.name} ${name}`);
    }
    for (const [name, entries] of Object.entries(want.producerSnapshots)) {
      const file = path.join(folder, log.name, name);
      assert.deepEqual(decodeProducerSnapshot(fs.readFileSync(file), file), entries);
    }
  }
});

test("opening and closing a directory that Kafka closed leaves every byte as it was", async (t) => {
  const tree = expected.trees.clean;
  const folder = unpack(t, "clean");
  const before = contents(folder);
  const manager = open(t, folder, tree);
  await load(manager, tree);
  await manager.close({ brokerEpoch: 12 });
  const after = contents(folder);
  for (const [name, content] of before) assert.equal(after.get(name), content, name);
  assert.deepEqual([...after.keys()], [...before.keys()]);
});

test("a directory that Kafka was killed on recovers as Kafka recovers it", async (t) => {
  const tree = expected.trees.killed;
  const folder = unpack(t, "killed");
  const manager = open(t, folder, tree);
  assert.equal(manager.previousBrokerEpoch, -1);
  await load(manager, tree);
  for (const log of manager.logs()) {
    checkPartition(log, tree.partitions[log.name]!);
    log.advanceHighWatermark(log.logEndOffset);
    checkAnswers(log, expected.killedAfterRecovery);
    const names = fs.readdirSync(log.folder);
    assert.deepEqual(
      names.filter((name) => name.endsWith(".snapshot")).sort(),
      expected.killedAfterRecovery.producerSnapshots[log.name],
    );
    assert.ok(!names.some((name) => name.endsWith(".deleted")));
  }
});

test("an index that is built anew is the one that Kafka wrote", async (t) => {
  const tree = expected.trees.clean;
  const folder = unpack(t, "clean");
  for (const [name, want] of Object.entries(tree.partitions)) {
    const topic = name.slice(0, name.lastIndexOf("-"));
    for (const base of want.segments) {
      const place = {
        disk: nodePlatform.disk,
        openFiles: new OpenFiles(),
        logger: silentLogger,
        folder: path.join(folder, name),
        config: configOf(tree, topic),
      };
      const segment = new LogSegment(place, base, { createdMs: 0, rollJitterMs: 0 });
      segment.loadFile(fs.statSync(segment.file.path).size);
      segment.rebuildIndexes();
      segment.finish();
      for (const index of [segment.offsetIndex, segment.timeIndex]) {
        const { fileSize } = want.indexes[path.basename(index.file.path)]!;
        assert.equal(fs.statSync(index.file.path).size, fileSize, index.file.path);
        const entries = want.indexes[path.basename(index.file.path)]!.entries;
        assert.equal(index.file.count, entries.length);
        for (const [n, entry] of entries.entries()) {
          const got = index.entry(n);
          const found =
            index instanceof TimeIndex && "timestamp" in got
              ? [got.timestamp, got.offset - base]
              : [got.offset - base, "position" in got ? got.position : -1];
          assert.deepEqual(found, entry, `${name} ${base}`);
        }
      }
      segment.close();
    }
  }
});

test("the metadata log is read through at every start", (t) => {
  const tree = expected.trees.killed;
  const folder = unpack(t, "killed");
  const manager = open(t, folder, tree);
  const log = manager.openMetadataLog({ config: logConfig({ segmentIndexBytes: 10_485_760 }) });
  assert.equal(log.logEndOffset, tree.metadataLog.endOffset);
  assert.equal(log.latestEpoch, 2);
});
