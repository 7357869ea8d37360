import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect, valuesOf, type Admin, type Kafka } from "../../src/index.ts";
import { until } from "./admin-scene.ts";
import { readClusterTarget, type ClusterNode } from "./cluster-target.ts";
import { uniqueName } from "./target.ts";

/** Three brokers, of which the last one is ended by the last test. */
const target = readClusterTarget();
const options = { skip: target === undefined && "runs in npm run interop -- client-cluster" };
let kafka: Kafka;
let admin: Admin;

before(async () => {
  if (target === undefined) return;
  kafka = await connect(target.nodes.map(({ bootstrap }) => bootstrap));
  ({ admin } = kafka);
});

after(() => kafka?.close());

function nodes(): readonly [ClusterNode, ClusterNode, ClusterNode] {
  const [first, second, third] = target?.nodes ?? [];
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  return [first, second, third];
}

test("every broker is described, and asked for what it has", options, async () => {
  const ids = nodes().map(({ id }) => id);
  await until(async () => (await admin.describeCluster()).brokers.length === ids.length);
  const { brokers, controllers } = await admin.describeCluster();
  assert.deepEqual(
    brokers.map(({ id }) => id),
    ids,
  );
  assert.deepEqual(
    controllers?.map(({ id }) => id),
    [ids[0]],
  );
  const logDirs = await admin.describeLogDirs();
  assert.deepEqual(
    valuesOf(logDirs).map((one) => [one.brokerId, one.logDirs.map(({ path }) => path).sort()]),
    nodes().map(({ id, logDirs: paths }) => [id, [...paths].sort()]),
  );
  const configs = await admin.describeConfigsOf(
    ids.map((id) => ({ type: "broker", name: String(id) })),
  );
  const own = configs.map(({ value }) => value?.find(({ name }) => name === "node.id")?.value);
  assert.deepEqual(own, ids.map(String));
  const quorum = await admin.describeMetadataQuorum();
  assert.deepEqual(
    quorum.observers.map(({ replicaId }) => replicaId),
    ids.slice(1),
  );
});

test("partitions are asked for at the brokers that lead them", options, async () => {
  const [first, second, third] = nodes();
  const name = uniqueName("led");
  const assignments = [[first.id], [second.id], [third.id], [first.id]];
  await admin.createTopic({ name, assignments });
  const producer = kafka.producer();
  for (const [partition] of assignments.entries()) {
    for (let i = 0; i <= partition; i++) await producer.send(name, { value: `${i}`, partition });
  }
  await producer.close();
  const offsets = await admin.topicOffsets(name);
  assert.deepEqual(
    offsets.map(({ latest }) => latest),
    [1, 2, 3, 4],
  );
  const deleted = await admin.deleteRecords(
    assignments.map((_, partition) => ({ topic: name, partition, before: "end" })),
  );
  assert.deepEqual(
    valuesOf(deleted).map(({ lowWatermark }) => lowWatermark),
    [1, 2, 3, 4],
  );
  const sizes = await admin.replicaSizes({
    partitions: assignments.map((_, partition) => ({ topic: name, partition })),
  });
  assert.deepEqual(sizes.map(({ brokerId }) => brokerId).sort(), [
    first.id,
    first.id,
    second.id,
    third.id,
  ]);
  await admin.deleteTopic(name);
});

test(
  "groups are found at all coordinators, and asked for in one request to each",
  options,
  async () => {
    const name = uniqueName("topic");
    await admin.createTopic({ name });
    const groups = Array.from({ length: 30 }, (_, i) => `${name}-${i}`);
    for (const group of groups) {
      await admin.alterGroupOffsets(group, [{ topic: name, partition: 0, offset: 0 }]);
    }
    const listed = (await admin.listGroups()).filter(({ group }) => groups.includes(group));
    assert.equal(listed.length, groups.length);
    const coordinators = new Set(listed.map(({ coordinatorId }) => coordinatorId));
    assert.equal(coordinators.size, nodes().length);
    const described = valuesOf(await admin.describeGroups(listed));
    assert.deepEqual(
      described.map(({ coordinatorId }) => coordinatorId),
      listed.map(({ coordinatorId }) => coordinatorId),
    );
    const lags = valuesOf(await admin.groupLagOf(groups));
    assert.ok(lags.every(({ partitions }) => partitions.length === 1));
    valuesOf(await admin.deleteGroups(groups));
    await admin.deleteTopic(name);
  },
);

test("replicas move to another broker, and the preferred one leads again", options, async () => {
  const [first, second, third] = nodes();
  const name = uniqueName("moved");
  await admin.createTopic({ name, assignments: [[first.id, second.id]] });
  const partition = { topic: name, partition: 0 };
  const replicas = [third.id, second.id];
  const [begun] = await admin.alterPartitionReassignments([{ ...partition, replicas }]);
  assert.equal(begun?.error, undefined);
  await until(async () => (await admin.listPartitionReassignments([partition])).length === 0);
  // The broker that is asked may hear of the end a moment later.
  await until(async () => {
    const [moved] = (await admin.describeTopic(name)).partitions;
    return String(moved?.replicas) === String(replicas);
  });
  const other = [second.id, third.id];
  valuesOf(await admin.alterPartitionReassignments([{ ...partition, replicas: other }]));
  await until(async () => {
    const [found] = (await admin.describeTopic(name)).partitions;
    return String(found?.replicas) === String(other) && found?.isr.length === 2;
  });
  const [leads] = (await admin.describeTopic(name)).partitions;
  const [elected] = await admin.electLeaders("preferred", [partition]);
  assert.equal(elected?.value?.elected, leads?.leader !== second.id);
  await until(async () => (await admin.describeTopic(name)).partitions[0]?.leader === second.id);
  const refused = await admin.alterPartitionReassignments(
    [{ ...partition, replicas: [second.id] }],
    { allowReplicationFactorChange: false },
  );
  assert.equal(refused[0]?.error?.code, "INVALID_REPLICATION_FACTOR");
  await admin.deleteTopic(name);
});

test("a replica moves to another directory of its broker", options, async () => {
  const { id: brokerId, logDirs } = nodes()[2];
  const name = uniqueName("directory");
  await admin.createTopic({ name, assignments: [[brokerId]] });
  const replica = { topic: name, partition: 0, brokerId };
  const place = async () => {
    const [found] = valuesOf(await admin.describeReplicaLogDirs([replica]));
    return found?.current?.path;
  };
  await until(async () => (await place()) !== undefined);
  const before = await place();
  const path = logDirs.find((one) => one !== before) ?? "";
  const [moved] = await admin.alterReplicaLogDirs([{ ...replica, path }]);
  assert.equal(moved?.error, undefined);
  await until(async () => (await place()) === path);
  await admin.deleteTopic(name);
});

test("what a broker that ends coordinates and leads is asked for elsewhere", options, async () => {
  const [, second, third] = nodes();
  const name = uniqueName("survives");
  await admin.createTopic({ name, assignments: [[third.id, second.id]] });
  const groups = Array.from({ length: 12 }, (_, i) => `${name}-${i}`);
  // A coordinator of Kafka's that takes over answers as of its high watermark, which may be behind what
  // it has: the second commit tells the followers that the first one is committed.
  for (const group of [...groups, ...groups]) {
    await admin.alterGroupOffsets(group, [{ topic: name, partition: 0, offset: 0 }]);
  }
  const listed = (await admin.listGroups()).filter(({ group }) => groups.includes(group));
  assert.ok(listed.some(({ coordinatorId }) => coordinatorId === third.id));
  process.kill(third.pid, "SIGTERM");
  // While it goes: nothing is lost, and nothing fails.
  for (let round = 0; round < 20; round++) {
    const lags = valuesOf(await admin.groupLagOf(groups, { timeoutMs: 60_000 }));
    assert.ok(lags.every(({ partitions }) => partitions[0]?.end === 0));
  }
  await until(async () => (await admin.describeCluster()).brokers.length === 2, 60_000);
  const again = valuesOf(await admin.describeGroups(groups, { timeoutMs: 60_000 }));
  assert.ok(again.every(({ coordinatorId }) => coordinatorId !== third.id));
  assert.equal((await admin.describeTopic(name)).partitions[0]?.leader, second.id);
  const [gone] = await admin.describeLogDirs([third.id]);
  assert.equal(gone?.error?.code, "BROKER_NOT_AVAILABLE");
  const { brokers } = await admin.describeCluster({ includeFencedBrokers: true });
  assert.equal(brokers.find(({ id }) => id === third.id)?.isFenced, true);
  await admin.unregisterBroker(third.id);
  await until(async () => {
    const registered = await admin.describeCluster({ includeFencedBrokers: true });
    return registered.brokers.length === 2;
  });
  valuesOf(await admin.deleteGroups(groups));
});
