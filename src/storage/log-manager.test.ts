import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { nodePlatform } from "../platform/node/platform.ts";
import { SimWorld } from "../simulator/sim-platform.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { LogManager } from "./log-manager.ts";
import type { Log } from "./log.ts";
import { LogDirectoryError } from "./storage-error.ts";
import {
  batchOf,
  logConfig,
  openManager,
  settings,
  temporaryFolder,
  TOPIC_ID,
} from "./storage-kit.test.ts";

const client = { origin: "client", nowMs: 1_700_000_000_000 } as const;
const place = { topic: "orders", partition: 0 };
const other = { topic: "orders", partition: 1 };
const config = logConfig();

function fails(code: string): (error: unknown) => boolean {
  return (error) => error instanceof LogDirectoryError && error.code === code;
}

function readText(...parts: readonly string[]): string {
  return fs.readFileSync(path.join(...parts), "utf8");
}

function append(log: Log, count = 1): void {
  assert.equal(log.appendAsLeader(batchOf(count), 0, client).errorCode, 0);
}

test("a new directory is formatted, and refused to another node and without formatting", async (t) => {
  const folder = temporaryFolder(t);
  assert.throws(
    () =>
      LogManager.open({
        platform: nodePlatform,
        logger: silentLogger,
        settings: settings(folder),
        nodeId: 1,
      }),
    fails("LOG_DIRECTORY_UNFORMATTED"),
  );
  const manager = openManager(t, folder);
  assert.match(
    readText(folder, "meta.properties"),
    /^#\n#.*\nnode\.id=1\ndirectory\.id=[\w-]{22}\nversion=1\ncluster\.id=kqRcYTpmTYqc3Vb-Q2Zt0A\n$/,
  );
  await manager.close();
  assert.throws(() => openManager(t, folder, { nodeId: 2 }), fails("LOG_DIRECTORY_FOREIGN"));
  const again = openManager(t, folder, { format: { clusterId: "another" } });
  assert.equal(again.clusterId, "kqRcYTpmTYqc3Vb-Q2Zt0A");
});

test("a directory that a process has is refused before anything in it is touched", (t) => {
  const folder = temporaryFolder(t);
  const world = new SimWorld({ seed: 1 });
  const platform = { ...world.host("a").start().platform };
  const open = (): LogManager =>
    LogManager.open({
      platform,
      logger: silentLogger,
      settings: settings(folder),
      nodeId: 1,
      format: { clusterId: "c" },
    });
  open();
  assert.throws(open, fails("LOG_DIRECTORY_LOCKED"));
});

test("two directories with one id are refused", async (t) => {
  const folder = temporaryFolder(t);
  const logDirs = [path.join(folder, "a"), path.join(folder, "b")];
  const both = { settings: { ...settings(logDirs[0]!), logDirs } };
  await openManager(t, folder, both).close();
  fs.copyFileSync(
    path.join(logDirs[0]!, "meta.properties"),
    path.join(logDirs[1]!, "meta.properties"),
  );
  assert.throws(() => openManager(t, folder, both), fails("LOG_DIRECTORY_FOREIGN"));
});

test("a new partition has Kafka's files", async (t) => {
  const folder = temporaryFolder(t);
  const manager = openManager(t, folder);
  await manager.loadLogs(() => undefined);
  manager.createLog(place, {
    topicId: TOPIC_ID,
    config: logConfig({ segmentIndexBytes: 10_485_760 }),
  });
  const partition = path.join(folder, "orders-0");
  const sizes = Object.fromEntries(
    fs.readdirSync(partition).map((name) => [name, fs.statSync(path.join(partition, name)).size]),
  );
  assert.deepEqual(sizes, {
    "00000000000000000000.index": 10_485_760,
    "00000000000000000000.log": 0,
    "00000000000000000000.timeindex": 10_485_756,
    "leader-epoch-checkpoint": 0,
    "partition.metadata": 43,
  });
  assert.equal(readText(partition, "partition.metadata"), `version: 0\ntopic_id: ${TOPIC_ID}`);
  for (const name of ["recovery-point-offset", "log-start-offset", "replication-offset"]) {
    assert.equal(readText(folder, `${name}-checkpoint`), "");
  }
});

test("a proper stop leaves checkpoints, snapshots, trimmed indexes and the mark", async (t) => {
  const folder = temporaryFolder(t);
  const manager = openManager(t, folder);
  await manager.loadLogs(() => undefined);
  const log = manager.createLog(place, { topicId: TOPIC_ID, config });
  manager.createLog(other, { topicId: TOPIC_ID, config });
  append(log, 3);
  append(log, 3);
  log.advanceHighWatermark(6);
  log.advanceLogStartOffset(2);
  await manager.close({ brokerEpoch: 12 });
  assert.equal(readText(folder, ".kafka_cleanshutdown"), '{"version":0,"brokerEpoch":12}');
  assert.equal(
    readText(folder, "recovery-point-offset-checkpoint"),
    "0\n2\norders 0 6\norders 1 0\n",
  );
  assert.equal(readText(folder, "log-start-offset-checkpoint"), "0\n1\norders 0 2\n");
  assert.equal(readText(folder, "replication-offset-checkpoint"), "0\n2\norders 0 6\norders 1 0\n");
  assert.ok(!fs.existsSync(path.join(folder, ".lock")));
  const names = fs.readdirSync(path.join(folder, "orders-0"));
  assert.ok(names.includes("00000000000000000006.snapshot"));
  assert.equal(fs.statSync(path.join(folder, "orders-0/00000000000000000000.index")).size, 0);
  assert.equal(fs.statSync(path.join(folder, "orders-0/00000000000000000000.timeindex")).size, 12);
});

test("garbage behind the records is cut, after a proper stop too", async (t) => {
  const folder = temporaryFolder(t);
  let manager = openManager(t, folder);
  await manager.loadLogs(() => undefined);
  append(manager.createLog(place, { topicId: TOPIC_ID, config }), 5);
  await manager.close();
  const file = path.join(folder, "orders-0/00000000000000000000.log");
  const { size } = fs.statSync(file);
  fs.appendFileSync(file, Buffer.alloc(100, 0x5a));
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  manager = openManager(t, folder, { logger });
  await manager.loadLogs(() => config);
  assert.equal(manager.logOf(place)?.logEndOffset, 5);
  assert.equal(fs.statSync(file).size, size);
  assert.ok(warnings.some((line) => line.includes("cut 100 bytes")));
});

test("a segment whose index is missing is recovered; a missing time index is no reason", async (t) => {
  const folder = temporaryFolder(t);
  const small = logConfig({ segmentBytes: 400, indexIntervalBytes: 100 });
  let manager = openManager(t, folder);
  await manager.loadLogs(() => undefined);
  const log = manager.createLog(place, { topicId: TOPIC_ID, config: small });
  for (let i = 0; i < 20; i++) append(log, 2);
  await manager.close();
  const bases = log.segments.map((segment) => String(segment.baseOffset).padStart(20, "0"));
  const index = path.join(folder, "orders-0", `${bases[1]}.index`);
  const before = fs.readFileSync(index);
  fs.rmSync(index);
  fs.rmSync(path.join(folder, "orders-0", `${bases[2]}.timeindex`));
  manager = openManager(t, folder);
  await manager.loadLogs(() => small);
  assert.deepEqual(fs.readFileSync(index), before);
  const again = manager.logOf(place)!;
  assert.equal(again.logEndOffset, 40);
  const timestamp = again.segments[2]!.maxTimestamp.timestamp;
  assert.equal(again.offsetForTimestamp(timestamp)?.timestamp, timestamp);
});

test("an index that does not fit its records is built anew when it is used", async (t) => {
  const folder = temporaryFolder(t);
  const small = logConfig({ segmentBytes: 2000, indexIntervalBytes: 100 });
  let manager = openManager(t, folder);
  await manager.loadLogs(() => undefined);
  const log = manager.createLog(place, { topicId: TOPIC_ID, config: small });
  for (let i = 0; i < 40; i++) append(log, 2);
  await manager.close();
  const index = path.join(folder, "orders-0/00000000000000000000.index");
  const before = fs.readFileSync(index);
  const bad = Buffer.from(before);
  bad.writeInt32BE(bad.readInt32BE(12) + 7, 12);
  fs.writeFileSync(index, bad);
  manager = openManager(t, folder);
  await manager.loadLogs(() => small);
  const limits = { maxBytes: 1, upToOffset: 80, minOneBatch: true };
  const result = manager.logOf(place)!.read(5, limits);
  assert.equal(result.errorCode, 0);
  assert.equal(result.nextOffset, 6);
  assert.deepEqual(fs.readFileSync(index), before);
});

test("a folder that is not assigned here is kept as a stray one", async (t) => {
  const folder = temporaryFolder(t);
  let manager = openManager(t, folder);
  await manager.loadLogs(() => undefined);
  append(manager.createLog(place, { topicId: TOPIC_ID, config }));
  append(manager.createLog(other, { topicId: TOPIC_ID, config }));
  await manager.close();
  fs.rmSync(path.join(folder, "orders-1/partition.metadata"));
  manager = openManager(t, folder);
  await manager.loadLogs(({ partition }) => {
    assert.equal(partition, 0, "only folders with a topic id are asked for");
    return undefined;
  });
  assert.deepEqual([...manager.logs()], []);
  const strays = fs.readdirSync(folder).filter((name) => name.endsWith("-stray"));
  assert.match(strays.join(), /^orders-0\.[0-9a-f]{32}-stray,orders-1\.[0-9a-f]{32}-stray$/);
  assert.ok(fs.statSync(path.join(folder, strays[0]!, "00000000000000000000.log")).size > 0);
  await manager.close();
  manager = openManager(t, folder);
  await manager.loadLogs(() => assert.fail("a stray folder is nobody's"));
});

test("folders that are no partition, or one twice, stop the start", async (t) => {
  const folder = temporaryFolder(t);
  let manager = openManager(t, folder);
  await manager.loadLogs(() => undefined);
  manager.createLog(place, { topicId: TOPIC_ID, config });
  await manager.close();
  fs.mkdirSync(path.join(folder, "lost+found"));
  fs.mkdirSync(path.join(folder, "something"));
  manager = openManager(t, folder);
  await assert.rejects(
    manager.loadLogs(() => config),
    fails("LOG_FOLDER_UNKNOWN"),
  );
  await manager.close({ clean: false });
  fs.rmdirSync(path.join(folder, "something"));
  fs.cpSync(path.join(folder, "orders-0"), path.join(folder, "orders-00"), { recursive: true });
  manager = openManager(t, folder);
  await assert.rejects(
    manager.loadLogs(() => config),
    fails("LOG_FOLDER_TWICE"),
  );
});

test("a deleted partition is put aside at once and removed after a while, or the next start", async () => {
  const world = new SimWorld({ seed: 1 });
  const host = world.host("a");
  const open = async (): Promise<LogManager> => {
    const manager = LogManager.open({
      platform: host.start().platform,
      logger: silentLogger,
      settings: settings("/data"),
      nodeId: 1,
      format: { clusterId: "c" },
    });
    await world.clock.wait(manager.loadLogs(() => config));
    return manager;
  };
  let manager = await open();
  append(manager.createLog(place, { topicId: TOPIC_ID, config }));
  manager.deleteLog(place);
  assert.equal(manager.logOf(place), undefined);
  const folders = (): string[] => host.disk.list("/data").filter((name) => name.startsWith("ord"));
  assert.match(folders().join(), /^orders-0\.[0-9a-f]{32}-delete$/);
  append(manager.createLog(place, { topicId: TOPIC_ID, config }));
  await world.clock.advance(59_000);
  assert.equal(folders().length, 2);
  await world.clock.advance(2000);
  assert.deepEqual(folders(), ["orders-0"]);
  manager.deleteLog(place);
  manager = await open();
  await world.clock.advance(61_000);
  assert.deepEqual(folders(), []);
  await world.clock.wait(manager.close());
});

test("segments go by time, by size and below the start of the log; files after a delay", async () => {
  const world = new SimWorld({ seed: 1, startMs: 1_700_000_100_000 });
  const host = world.host("a");
  const manager = LogManager.open({
    platform: host.start().platform,
    logger: silentLogger,
    settings: settings("/data"),
    nodeId: 1,
    format: { clusterId: "c" },
  });
  await world.clock.wait(manager.loadLogs(() => config));
  const log = manager.createLog(place, {
    topicId: TOPIC_ID,
    config: logConfig({ segmentBytes: 300 }),
  });
  const fill = (): void => {
    for (let i = 0; i < 10; i++) append(log, 2);
  };
  const bases = (): number[] => log.segments.map((segment) => segment.baseOffset);
  fill();
  assert.deepEqual(bases(), [0, 4, 8, 12, 16]);
  log.config = logConfig({ segmentBytes: 300, retentionMs: 1000 });
  assert.equal(log.deleteOldSegments(world.clock.nowMs()), 0, "nothing above the high watermark");
  log.advanceHighWatermark(10);
  assert.equal(log.deleteOldSegments(world.clock.nowMs()), 2);
  assert.equal(log.logStartOffset, 8);
  const deleted = (): string[] =>
    host.disk.list("/data/orders-0").filter((name) => name.endsWith(".deleted"));
  assert.equal(deleted().length, 7);
  await world.clock.advance(61_000);
  assert.deepEqual(deleted(), []);
  log.advanceHighWatermark(20);
  log.config = logConfig({ segmentBytes: 300, retentionMs: -1, retentionBytes: 400 });
  assert.equal(log.deleteOldSegments(world.clock.nowMs()), 1);
  assert.deepEqual(bases(), [12, 16]);
  log.config = logConfig({ segmentBytes: 300, delete: false, compact: true });
  log.advanceLogStartOffset(17);
  assert.equal(log.deleteOldSegments(world.clock.nowMs()), 1);
  assert.deepEqual(bases(), [16]);
  assert.equal(log.logStartOffset, 17);
  log.config = logConfig({ segmentBytes: 300, retentionMs: 0 });
  assert.equal(log.deleteOldSegments(world.clock.nowMs() + 10), 1);
  assert.deepEqual(bases(), [20]);
  assert.equal(log.logEndOffset, 20);
  append(log);
});

test("checkpoints are written while the node runs", async () => {
  const world = new SimWorld({ seed: 1 });
  const host = world.host("a");
  const manager = LogManager.open({
    platform: host.start().platform,
    logger: silentLogger,
    settings: settings("/data"),
    nodeId: 1,
    format: { clusterId: "c" },
  });
  await world.clock.wait(manager.loadLogs(() => config));
  const log = manager.createLog(place, { topicId: TOPIC_ID, config });
  append(log, 4);
  log.advanceHighWatermark(4);
  await world.clock.advance(6000);
  const checkpoint = (name: string): string =>
    host.disk.readFile(`/data/${name}-offset-checkpoint`).toString();
  assert.equal(checkpoint("replication"), "0\n1\norders 0 4\n");
  assert.equal(checkpoint("recovery-point"), "0\n1\norders 0 0\n");
  await world.clock.wait(log.flush());
  await world.clock.advance(6000);
  assert.equal(checkpoint("recovery-point"), "0\n1\norders 0 0\n", "without its indexes");
  await world.clock.wait(log.flush({ complete: true }));
  await world.clock.advance(6000);
  assert.equal(checkpoint("recovery-point"), "0\n1\norders 0 4\n");
});

test("the metadata log has full-size indexes after a stop, and is cut behind its sound batches", async (t) => {
  const folder = temporaryFolder(t);
  let manager = openManager(t, folder);
  let log = manager.openMetadataLog({ config });
  const result = log.appendAsLeader(batchOf(3), 2, { origin: "raft", nowMs: 0 });
  assert.equal(result.errorCode, 0);
  await manager.close();
  const base = path.join(folder, "__cluster_metadata-0", "00000000000000000000");
  assert.equal(fs.statSync(`${base}.index`).size, config.segmentIndexBytes);
  assert.ok(!fs.existsSync(path.join(folder, ".kafka_cleanshutdown")));
  fs.appendFileSync(`${base}.log`, "rubbish");
  manager = openManager(t, folder);
  log = manager.openMetadataLog({ config });
  assert.equal(log.logEndOffset, 3);
  assert.equal(log.latestEpoch, 2);
  assert.equal(log.topicId, "AAAAAAAAAAAAAAAAAAAAAQ");
});
