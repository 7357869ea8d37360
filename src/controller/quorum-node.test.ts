import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { BrokerConfig } from "../config/broker-config.ts";
import { loadNodeConfig } from "../config/node-config.ts";
import type { ClusterRecord } from "../metadata/cluster-record.ts";
import { decodeClusterRecord } from "../metadata/record-codec.ts";
import type { Disk, DiskFile } from "../platform/disk.ts";
import { nodePlatform } from "../platform/node/platform.ts";
import type { Platform } from "../platform/platform.ts";
import { readControlRecords, type ControlRecord } from "../raft/control-records.ts";
import { batchesIn } from "../records/record-batch.ts";
import { LogManager } from "../storage/log-manager.ts";
import { storageSettingsOf } from "../storage/storage-settings.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { bootstrapContent, writeBootstrapSnapshot, type InitialQuorum } from "./format.ts";
import { QuorumNode } from "./quorum-node.ts";

const CLUSTER_ID = "kqRcYTpmTYqc3Vb-Q2Zt0A";

interface Running {
  readonly node: QuorumNode;
  readonly logManager: LogManager;
}

interface Setup {
  readonly platform?: Platform;
  readonly quorum?: InitialQuorum;
  readonly settings?: readonly string[];
  readonly onFatal?: (error: Error) => void;
}

function folderFor(t: TestContext): string {
  const folder = fs.mkdtempSync(join(tmpdir(), "quorum-node-"));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

function configFor(folder: string, settings: readonly string[] = []): BrokerConfig {
  const set = ["metadata.max.idle.interval.ms=0", ...settings];
  return loadNodeConfig({ dataDirectory: folder, flags: { set } }).config;
}

async function start(folder: string, setup: Setup = {}): Promise<Running> {
  const platform = setup.platform ?? nodePlatform;
  const config = configFor(folder, setup.settings);
  const logManager = LogManager.open({
    platform,
    logger: silentLogger,
    settings: storageSettingsOf(config),
    nodeId: config.nodeId,
    format: {
      clusterId: CLUSTER_ID,
      prepare: ({ path, id }) => {
        const self = { nodeId: config.nodeId, directoryId: id! };
        const quorum = setup.quorum ?? { kind: "static" };
        writeBootstrapSnapshot(platform, path, self, quorum, bootstrapContent({}));
      },
    },
  });
  const endpoint = { host: "127.0.0.1", port: 9092, securityProtocol: 0 };
  const node = QuorumNode.open({
    platform,
    logger: silentLogger,
    config,
    logManager,
    brokerListeners: [{ name: "PLAINTEXT", ...endpoint }],
    controllerListeners: [{ name: "CONTROLLER", ...endpoint, port: 9093 }],
    onFatal: setup.onFatal ?? ((error) => assert.fail(error)),
  });
  await node.unfence();
  return { node, logManager };
}

async function stop({ node, logManager }: Running): Promise<void> {
  const { brokerEpoch } = node;
  await node.close();
  // Only what was loaded completely gets the mark of a clean end.
  for (const directory of logManager.directories()) directory.isLoaded = true;
  await logManager.close({ brokerEpoch });
}

/** Ends a node as a crash would, apart from the locks. */
async function abandon({ node, logManager }: Running): Promise<void> {
  node.abandon();
  await logManager.close({ clean: false });
}

async function createTopic({ node }: Running, name: string, partitions = 1): Promise<string> {
  const response = await node.controller.createTopics({
    topics: [
      { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] },
    ],
    timeoutMs: 0,
    validateOnly: false,
  });
  assert.equal(response.topics[0]?.errorMessage, null);
  return response.topics[0].topicId;
}

type StoredBatch = readonly (ClusterRecord | ControlRecord)[];

function storedBatches(folder: string): StoredBatch[] {
  const path = join(folder, "__cluster_metadata-0", "00000000000000000000.log");
  return [...batchesIn(fs.readFileSync(path))].map((batch) =>
    batch.isControl
      ? readControlRecords(batch)
      : [...batch.records()].map(({ value }) => decodeClusterRecord(value!)),
  );
}

/** `RegisterBrokerRecord 4`, batch by batch; repeated kinds in a row once. */
function outline(batches: readonly StoredBatch[]): string[] {
  return batches.map((records) => {
    const names = records.map((record) =>
      "version" in record ? `${record.kind} ${record.version}` : record.kind,
    );
    return names.filter((name, i) => name !== names[i - 1]).join(", ");
  });
}

const FIRST_START = [
  "leader-change",
  "BeginTransactionRecord 0, FeatureLevelRecord 0, ConfigRecord 0, EndTransactionRecord 0",
  "RegisterControllerRecord 0",
  "RegisterBrokerRecord 4",
  "BrokerRegistrationChangeRecord 3",
  "BrokerRegistrationChangeRecord 0",
];

test("a first start, a clean stop and the next start write what Apache Kafka writes", async (t) => {
  const folder = folderFor(t);
  const first = await start(folder);
  const started = storedBatches(folder);
  assert.deepEqual(outline(started), FIRST_START);
  const registration = started[3]?.[0];
  assert.ok(registration?.kind === "RegisterBrokerRecord");
  assert.equal(registration.value.brokerEpoch, 11);
  assert.equal(registration.value.fenced, true);
  await createTopic(first, "orders", 2);
  await stop(first);
  const stopped = storedBatches(folder).slice(started.length + 1);
  assert.deepEqual(outline(stopped), [
    "BrokerRegistrationChangeRecord 1, PartitionChangeRecord 2",
    "BrokerRegistrationChangeRecord 0",
  ]);
  const left = stopped[0]?.[1];
  assert.ok(left?.kind === "PartitionChangeRecord");
  assert.deepEqual(
    [left.value.isr, left.value.leader, left.value.eligibleLeaderReplicas, left.value.lastKnownElr],
    [[], -1, [1], [1]],
  );

  const second = await start(folder);
  const restarted = storedBatches(folder).slice(started.length + 1 + stopped.length);
  assert.deepEqual(outline(restarted), [
    "leader-change",
    "RegisterControllerRecord 0",
    "RegisterBrokerRecord 4",
    "BrokerRegistrationChangeRecord 0, PartitionChangeRecord 2",
  ]);
  const back = restarted[3]?.[1];
  assert.ok(back?.kind === "PartitionChangeRecord");
  assert.deepEqual(
    [back.value.isr, back.value.leader, back.value.eligibleLeaderReplicas, back.value.lastKnownElr],
    [[1], 1, [], []],
  );
  assert.equal(second.node.image.partition("orders", 1)?.leaderEpoch, 2);
  assert.equal(second.node.image.partition("orders", 1)?.leaderRecovering, false);
  await stop(second);
});

test("after a crash the old incarnation is fenced and its partitions are recovered", async (t) => {
  const folder = folderFor(t);
  const first = await start(folder);
  await createTopic(first, "orders");
  const before = storedBatches(folder).length;
  await abandon(first);
  const second = await start(folder);
  const batches = storedBatches(folder).slice(before);
  assert.deepEqual(outline(batches), [
    "leader-change",
    "RegisterControllerRecord 0",
    "PartitionChangeRecord 2, BrokerRegistrationChangeRecord 0",
    "PartitionChangeRecord 2, RegisterBrokerRecord 4",
    "BrokerRegistrationChangeRecord 0, PartitionChangeRecord 2",
  ]);
  const unclean = batches[3]?.[0];
  assert.ok(unclean?.kind === "PartitionChangeRecord");
  assert.deepEqual(unclean.value.eligibleLeaderReplicas, []);
  const elected = batches[4]?.[1];
  assert.ok(elected?.kind === "PartitionChangeRecord");
  assert.equal(elected.value.leaderRecoveryState, 1);
  assert.equal(second.node.image.partition("orders", 0)?.leader, 1);
  await stop(second);
});

test("the election is in quorum-state, one epoch further at every start", async (t) => {
  const folder = folderFor(t);
  for (let epoch = 1; epoch <= 3; epoch++) {
    const running = await start(folder);
    const path = join(folder, "__cluster_metadata-0", "quorum-state");
    assert.equal(
      fs.readFileSync(path, "utf8"),
      `{"clusterId":"","leaderId":1,"leaderEpoch":${epoch},"votedId":-1,"appliedOffset":0,` +
        `"currentVoters":[{"voterId":1}],"data_version":0}`,
    );
    await stop(running);
  }
});

test("a standalone quorum brings its voters into the log with the first leader", async (t) => {
  const folder = folderFor(t);
  const endpoint = { name: "CONTROLLER", host: "127.0.0.1", port: 9093 };
  const setup: Setup = {
    quorum: { kind: "standalone", endpoints: [endpoint] },
    settings: ["controller.quorum.voters=", "controller.quorum.bootstrap.servers=127.0.0.1:9093"],
  };
  const first = await start(folder, setup);
  assert.deepEqual(outline(storedBatches(folder).slice(0, 1)), [
    "leader-change, kraft-version, voters",
  ]);
  assert.deepEqual(first.node.features().finalized.at(-1), { name: "kraft.version", level: 1 });
  const quorum = first.node.describeQuorum();
  assert.deepEqual(quorum.nodes, [{ nodeId: 1, listeners: [endpoint] }]);
  const state = fs.readFileSync(join(folder, "__cluster_metadata-0", "quorum-state"), "utf8");
  assert.equal(
    state,
    '{"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA",' +
      '"data_version":1}',
  );
  await stop(first);
  const before = storedBatches(folder).length;
  const second = await start(folder, setup);
  assert.deepEqual(outline(storedBatches(folder).slice(before)).slice(0, 1), ["leader-change"]);
  await stop(second);
});

test("listeners hear one delta of the past, then each change; a late one hears all", async (t) => {
  const folder = folderFor(t);
  const first = await start(folder);
  await createTopic(first, "kept");
  const gone = await createTopic(first, "gone");
  await first.node.controller.deleteTopics({
    topics: [{ name: null, topicId: gone }],
    topicNames: [],
    timeoutMs: 0,
  });
  await stop(first);
  const second = await start(folder);
  const heard: string[][] = [];
  second.node.onMetadata((_image, delta) => {
    heard.push([...delta.changedTopics.values()].map(({ name, created }) => `${name} ${created}`));
  });
  await createTopic(second, "new");
  assert.deepEqual(heard, [["kept true"], ["new true"]]);
  await stop(second);
});

test("a snapshot takes the place of the log before it", async (t) => {
  const folder = folderFor(t);
  const settings = ["metadata.log.max.record.bytes.between.snapshots=500"];
  const first = await start(folder, { settings });
  for (let i = 0; i < 10; i++) await createTopic(first, `topic-${i}`);
  await stop(first);
  const metadata = join(folder, "__cluster_metadata-0");
  const snapshots = fs.readdirSync(metadata).filter((name) => name.endsWith(".checkpoint"));
  assert.ok(snapshots.length > 1, "no snapshot was written");
  assert.equal(fs.statSync(join(metadata, snapshots.at(-1)!)).mode & 0o777, 0o400);
  assert.deepEqual(
    fs.readdirSync(metadata).filter((name) => name.endsWith(".part")),
    [],
  );
  // Without its records the log can only be right by the snapshot.
  const ids = new Map<string, string>();
  for (const topic of first.node.image.topicsByName.values()) ids.set(topic.name, topic.id);
  fs.rmSync(join(metadata, "00000000000000000000.log"));
  const second = await start(folder, { settings });
  const snapshotEnd = Number(snapshots.at(-1)!.slice(0, 20));
  assert.ok(second.node.image.provenance.offset >= snapshotEnd);
  for (const topic of second.node.image.topicsByName.values()) {
    assert.equal(ids.get(topic.name), topic.id);
  }
  await stop(second);
});

test("old snapshots go with the log they stood for, the newest stays", async (t) => {
  const folder = folderFor(t);
  const settings = [
    "metadata.log.max.record.bytes.between.snapshots=500",
    "metadata.max.retention.bytes=1",
  ];
  const { clock } = nodePlatform;
  const minutely: (() => void)[] = [];
  const setTimer: typeof clock.setTimer = (delayMs, fire) => {
    if (delayMs !== 60_000) return clock.setTimer(delayMs, fire);
    minutely.push(fire);
    return { cancel() {} };
  };
  const setup = { settings, platform: { ...nodePlatform, clock: { ...clock, setTimer } } };
  const first = await start(folder, setup);
  for (let i = 0; i < 10; i++) await createTopic(first, `topic-${i}`);
  const snapshots = (suffix: string): string[] =>
    fs
      .readdirSync(join(folder, "__cluster_metadata-0"))
      .filter((name) => name.endsWith(suffix) && !name.startsWith("0".repeat(20)));
  const before = snapshots(".checkpoint");
  assert.ok(before.length > 2);
  for (const fire of minutely.splice(0)) fire();
  assert.deepEqual(snapshots(".checkpoint"), before.slice(-1));
  assert.deepEqual(
    snapshots(".deleted"),
    before.slice(0, -1).map((name) => `${name}.deleted`),
  );
  for (const fire of minutely.splice(0)) fire();
  assert.deepEqual(snapshots(".deleted"), []);
  await createTopic(first, "after");
  await stop(first);
  const second = await start(folder, { settings });
  assert.equal(second.node.image.topicsById.size, 11);
  await stop(second);
});

test("replies of a lost quorum fail, and the process is told to end", async (t) => {
  const folder = folderFor(t);
  const failing = failingDisk();
  const fatal: Error[] = [];
  const running = await start(folder, {
    platform: { ...nodePlatform, disk: failing.disk },
    onFatal: (error) => fatal.push(error),
  });
  await createTopic(running, "before");
  failing.fail();
  await assert.rejects(createTopic(running, "after"), /the metadata log/);
  assert.equal(fatal.length, 1);
  assert.equal(running.node.image.topic("after"), undefined);
  await assert.rejects(createTopic(running, "later"));
  await running.logManager.close({ clean: false });
});

test("a start waits for the device a few times, whatever the cluster holds", async (t) => {
  const folder = folderFor(t);
  const counting = failingDisk();
  const platform = { ...nodePlatform, disk: counting.disk };
  const first = await start(folder, { platform });
  const firstSyncs = counting.syncs.splice(0);
  await createTopic(first, "many", 1000);
  await stop(first);
  counting.syncs.splice(0);
  const second = await start(folder, { platform });
  const nextSyncs = counting.syncs.splice(0);
  await stop(second);
  // Formatting: two files and their names. The quorum: quorum-state and its name, the log, its producer
  // snapshot, its epochs, and the names in its folder. The next start: the mark of the clean stop.
  assert.ok(firstSyncs.length <= 14, firstSyncs.join("\n"));
  assert.ok(nextSyncs.length <= 10, nextSyncs.join("\n"));
});

test("the directories of the sample are opened, and everything in them leads again", async (t) => {
  const fixture = join(import.meta.dirname, "../../test/fixtures/data-directory");
  for (const tree of ["clean", "killed"]) {
    const folder = folderFor(t);
    const archive = join(fixture, "data-directory.tar.gz");
    execFileSync("tar", ["xzf", archive, "-C", folder, tree]);
    const running = await start(join(folder, tree));
    const { image } = running.node;
    assert.equal(image.topicsById.size, 6);
    for (const topic of image.topicsById.values()) {
      for (const partition of topic.partitions) {
        assert.deepEqual([partition.leader, partition.isr], [1, [1]]);
        assert.equal(partition.leaderRecovering, tree === "killed");
      }
    }
    const producerIds = await running.node.controller.allocateProducerIds();
    assert.equal(producerIds.firstProducerId, tree === "clean" ? 1000 : 2000);
    await abandon(running);
  }
});

/** The real disk; counts syncs, and fails them when told to. */
function failingDisk(): { readonly disk: Disk; readonly syncs: string[]; fail(): void } {
  const { disk } = nodePlatform;
  const syncs: string[] = [];
  let failed = false;
  const synced = (path: string): void => {
    syncs.push(path);
    if (failed) throw new Error("the device is gone");
  };
  const wrapped = (file: DiskFile): DiskFile => ({
    path: file.path,
    size: () => file.size(),
    read: (...args) => file.read(...args),
    readAsync: (...args) => file.readAsync(...args),
    write: (...args) => file.write(...args),
    truncate: (size) => file.truncate(size),
    async datasync() {
      synced(file.path);
      await file.datasync();
    },
    datasyncNow() {
      synced(file.path);
      file.datasyncNow();
    },
    close: () => file.close(),
  });
  return {
    syncs,
    fail: () => {
      failed = true;
    },
    disk: {
      ...disk,
      open: (path, mode) => wrapped(disk.open(path, mode)),
      syncDirectory(path) {
        synced(path);
        disk.syncDirectory(path);
      },
      async syncDirectoryAsync(path) {
        synced(path);
        await disk.syncDirectoryAsync(path);
      },
    },
  };
}
