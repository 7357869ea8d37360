import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogConfig } from "../config/log-config.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { SimWorld, type SimHost } from "../simulator/sim-platform.ts";
import { SimTrace } from "../simulator/sim-trace.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { LogManager } from "./log-manager.ts";
import type { Log } from "./log.ts";
import { OfflineDirectoryError } from "./storage-error.ts";
import { batchOf, logConfig, settings, TOPIC_ID } from "./storage-kit.test.ts";

const client = { origin: "client", nowMs: 1_700_000_000_000 } as const;
const place = { topic: "orders", partition: 0 };

class Node {
  readonly events: string[] = [];
  readonly world = new SimWorld({
    seed: 7,
    trace: new SimTrace({ watch: (line) => this.events.push(line) }),
  });
  readonly host: SimHost = this.world.host("a");
  readonly failures: string[] = [];
  manager!: LogManager;
  log!: Log;

  async open(changes: Partial<LogConfig> = {}, logDirs = ["/data"]): Promise<void> {
    const config = logConfig(changes);
    this.manager = LogManager.open({
      platform: this.host.start().platform,
      logger: silentLogger,
      settings: { ...settings("/data"), logDirs },
      nodeId: 1,
      format: { clusterId: "c" },
      onDirectoryFailure: (directory) => this.failures.push(directory.path),
    });
    await this.world.clock.wait(this.manager.loadLogs(() => config));
    this.log =
      this.manager.logOf(place) ?? this.manager.createLog(place, { topicId: TOPIC_ID, config });
  }

  append(count = 1): number {
    return this.log.appendAsLeader(batchOf(count, { valueBytes: 2000 }), 0, client).errorCode;
  }

  read(): number {
    const { log } = this;
    const limits = { maxBytes: 1, upToOffset: log.logEndOffset, minOneBatch: true };
    return log.read(log.logStartOffset, limits).errorCode;
  }
}

test("a full disk refuses appends, serves reads, and takes appends again when there is room", async () => {
  const node = new Node();
  await node.open();
  assert.equal(node.append(), ErrorCode.NONE);
  const before = node.log.sizeBytes;
  const { disk } = node.host;
  const { capacityBytes } = disk;
  disk.capacityBytes = disk.usedBytes + 4096;
  assert.equal(node.append(8), ErrorCode.KAFKA_STORAGE_ERROR);
  assert.equal(node.log.logEndOffset, 1);
  assert.equal(disk.status(node.log.segments[0]!.file.path)?.sizeBytes, before);
  assert.equal(node.read(), ErrorCode.NONE);
  assert.deepEqual(node.failures, []);
  disk.capacityBytes = capacityBytes;
  assert.equal(node.append(8), ErrorCode.NONE);
  assert.equal(node.log.logEndOffset, 9);
  await node.world.clock.wait(node.manager.close());
});

test("a disk that is full when a segment is rolled is no end either", async () => {
  const node = new Node();
  await node.open({ segmentBytes: 5000 });
  assert.equal(node.append(2), ErrorCode.NONE);
  node.host.disk.faults.plan({ operation: "truncate", path: ".log", skip: 1, kind: "full" });
  assert.equal(node.append(2), ErrorCode.KAFKA_STORAGE_ERROR);
  assert.equal(node.append(2), ErrorCode.NONE);
  assert.equal(node.log.segments.length, 2);
  assert.equal(node.read(), ErrorCode.NONE);
});

test("a write error takes the directory offline, and nothing of it is served", async () => {
  const node = new Node();
  await node.open();
  node.append();
  node.host.disk.faults.plan({ operation: "write", path: ".log" });
  assert.equal(node.append(), ErrorCode.KAFKA_STORAGE_ERROR);
  assert.deepEqual(node.failures, ["/data"]);
  assert.ok(node.log.isOffline);
  assert.equal(node.append(), ErrorCode.KAFKA_STORAGE_ERROR);
  assert.equal(node.read(), ErrorCode.KAFKA_STORAGE_ERROR);
  await node.world.clock.wait(node.manager.close({ brokerEpoch: 3 }));
  assert.equal(node.host.disk.status("/data/.kafka_cleanshutdown"), undefined);
});

test("a failed sync fails all who wait for it, and is never tried again", async () => {
  const node = new Node();
  await node.open({ flushMessages: 1 });
  node.append();
  await node.world.clock.wait(node.log.flush());
  const { recoveryPoint } = node.log;
  node.append();
  const first = node.log.flush();
  node.append();
  const second = node.log.flush();
  node.host.disk.faults.plan({ operation: "sync", path: ".log" });
  await assert.rejects(node.world.clock.wait(first), OfflineDirectoryError);
  await assert.rejects(node.world.clock.wait(second), OfflineDirectoryError);
  await assert.rejects(node.log.flush(), OfflineDirectoryError);
  assert.equal(node.log.recoveryPoint, recoveryPoint);
  assert.equal(node.append(), ErrorCode.KAFKA_STORAGE_ERROR);
});

test("appends that arrive together share one sync, and those meanwhile the next", async () => {
  const node = new Node();
  await node.open({ flushMessages: 1 });
  node.append();
  await node.world.clock.wait(node.log.flush());
  const { path } = node.log.segments[0]!.file;
  const syncs = (): number => node.events.filter((line) => line.includes(`synced ${path}`)).length;
  const before = syncs();
  const waiting: Promise<void>[] = [];
  for (let i = 0; i < 10; i++) {
    node.append();
    waiting.push(node.log.flush());
  }
  await node.world.clock.advance(0);
  for (let i = 0; i < 5; i++) {
    node.append();
    waiting.push(node.log.flush());
  }
  await node.world.clock.wait(Promise.all(waiting));
  assert.equal(syncs() - before, 2);
});

test("the other directories go on when one fails", async () => {
  const node = new Node();
  await node.open({}, ["/data", "/more"]);
  node.append();
  const other = node.manager.createLog(
    { topic: "other", partition: 0 },
    { topicId: TOPIC_ID, config: logConfig() },
  );
  assert.notEqual(other.directory, node.log.directory);
  node.host.disk.faults.plan({ operation: "write", path: `${node.log.directory.path}/orders` });
  assert.equal(node.append(), ErrorCode.KAFKA_STORAGE_ERROR);
  assert.equal(other.appendAsLeader(batchOf(1), 0, client).errorCode, ErrorCode.NONE);
  const third = node.manager.createLog(
    { topic: "third", partition: 0 },
    { topicId: TOPIC_ID, config: logConfig() },
  );
  assert.equal(third.directory, other.directory);
  await node.world.clock.wait(node.manager.close({ brokerEpoch: 3 }));
  assert.ok(node.host.disk.status(`${other.directory.path}/.kafka_cleanshutdown`) !== undefined);
});

test("flush.ms flushes without anybody asking", async () => {
  const node = new Node();
  await node.open({ flushMs: 1000 });
  node.append();
  await node.world.clock.advance(900);
  assert.equal(node.log.recoveryPoint, 0);
  await node.world.clock.advance(200);
  assert.equal(node.log.recoveryPoint, 1);
});

test("the unflushed ends of logs are kept within a bound in the background", async () => {
  const node = new Node();
  const config = logConfig();
  node.manager = LogManager.open({
    platform: node.host.start().platform,
    logger: silentLogger,
    settings: settings("/data"),
    nodeId: 1,
    format: { clusterId: "c" },
    bounds: { unflushedBytes: 100_000 },
  });
  await node.world.clock.wait(node.manager.loadLogs(() => config));
  const logs = [0, 1, 2].map((partition) =>
    node.manager.createLog({ topic: "t", partition }, { topicId: TOPIC_ID, config }),
  );
  for (let i = 0; i < 100; i++) {
    for (const log of logs) log.appendAsLeader(batchOf(1, { valueBytes: 2000 }), 0, client);
    await node.world.clock.advance(50);
    const unflushed = logs.reduce((sum, log) => sum + log.unflushedBytes, 0);
    assert.ok(unflushed < 110_000, `${unflushed} bytes are not on the device`);
  }
});

test("consumers that keep up are served without a read of the disk", async () => {
  const node = new Node();
  await node.open();
  const { log } = node;
  node.append();
  assert.equal(node.read(), ErrorCode.NONE);
  node.append();
  let offset = 1;
  const next = (): void => {
    const limits = { maxBytes: 100_000, upToOffset: log.logEndOffset, minOneBatch: true };
    const result = log.read(offset, limits);
    assert.equal(result.errorCode, ErrorCode.NONE);
    assert.ok(result.sizeBytes > 0);
    offset = result.nextOffset;
    result.release?.();
  };
  next();
  node.host.disk.faults.plan({ operation: "read", times: Infinity });
  for (let i = 0; i < 50; i++) {
    node.append(3);
    next();
    assert.equal(offset, log.logEndOffset);
  }
});
