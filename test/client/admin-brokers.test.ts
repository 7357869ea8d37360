import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { RequestTrace } from "../../src/client/diagnostics/channels.ts";
import { connect, valuesOf, type Admin, type Kafka } from "../../src/index.ts";
import { until } from "./admin-scene.ts";
import { rackOf, readClusterTarget, type ClusterNode } from "./cluster-target.ts";
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

test(
  "a consumer reads from the replica in its rack, and nothing is left out",
  options,
  async () => {
    const [first, second] = nodes();
    const name = uniqueName("near");
    await admin.createTopic({ name, assignments: [[first.id, second.id]] });
    const clientId = uniqueName("reader");
    const fetched = new Map<number, number>();
    const listener = (message: unknown): void => {
      const trace = message as RequestTrace;
      if (trace.clientId !== clientId || trace.api !== "Fetch") return;
      fetched.set(trace.nodeId, (fetched.get(trace.nodeId) ?? 0) + 1);
    };
    subscribe("tracing:moldau:client:request:asyncEnd", listener);
    const near = await connect(first.bootstrap, { clientId, rack: rackOf(second.id) });
    const producer = kafka.producer();
    const consumer = near.consume(name);
    const seen: number[] = [];
    const reading = consumer.forEach(({ value }) => void seen.push(Number(value)));
    let sent = 0;
    const sendAndSee = async (): Promise<void> => {
      await producer.send(name, { value: String(sent++) });
      await until(async () => seen.length === sent);
    };
    await until(async () => {
      await sendAndSee();
      return (fetched.get(second.id) ?? 0) > 0;
    });
    const fromLeader = fetched.get(first.id) ?? 0;
    for (let i = 0; i < 10; i++) await sendAndSee();
    assert.equal(fetched.get(first.id) ?? 0, fromLeader);
    assert.deepEqual(
      seen,
      Array.from({ length: sent }, (_, i) => i),
    );
    await consumer.close();
    await reading;
    unsubscribe("tracing:moldau:client:request:asyncEnd", listener);
    await producer.close();
    await near.close();
    await admin.deleteTopic(name);
  },
);

/** The id of the directory in which a controller keeps the metadata log. */
function metadataDirectoryId({ logDirs }: ClusterNode): string {
  const folder = logDirs.find((path) => existsSync(join(path, "__cluster_metadata-0"))) ?? "";
  const properties = readFileSync(join(folder, "meta.properties"), "utf8");
  return /^directory\.id=(.+)$/m.exec(properties)?.[1]?.trim() ?? "";
}

test("a controller becomes a voter of the quorum, and an observer again", options, async () => {
  const [first, second] = nodes();
  const voter = { voterId: second.id, directoryId: metadataDirectoryId(second) };
  const endpoint = { name: "CONTROLLER", host: "127.0.0.1", port: second.controllerPort };
  const voters = async () => {
    const quorum = await admin.describeMetadataQuorum();
    return quorum.voters.map(({ replicaId }) => replicaId);
  };
  assert.deepEqual(await voters(), [first.id]);
  const clusterId = (await admin.describeCluster()).clusterId ?? undefined;
  const adding = { ...voter, endpoints: [endpoint] };
  const elsewhere = { clusterId: "AAAAAAAAAAAAAAAAAAAAAA" };
  await assert.rejects(admin.addRaftVoter(adding, elsewhere), { code: "INCONSISTENT_CLUSTER_ID" });
  await admin.addRaftVoter(adding, { clusterId });
  await until(async () => (await voters()).length === 2);
  const quorum = await admin.describeMetadataQuorum();
  assert.deepEqual(await voters(), [first.id, second.id]);
  const described = quorum.voters.find(({ replicaId }) => replicaId === second.id);
  assert.equal(described?.directoryId, voter.directoryId);
  assert.deepEqual(described.endpoints, [endpoint]);
  await assert.rejects(admin.addRaftVoter(adding), { code: "DUPLICATE_VOTER" });
  await admin.removeRaftVoter(voter, { clusterId });
  await until(async () => (await voters()).length === 1);
  assert.deepEqual(await voters(), [first.id]);
  await assert.rejects(admin.removeRaftVoter(voter), { code: "VOTER_NOT_FOUND" });
});

test("a feature is set back and on again; a check alone changes nothing", options, async () => {
  const feature = "streams.version";
  const level = async () => {
    const { features } = await admin.describeFeatures();
    return features.find(({ name }) => name === feature)?.level ?? null;
  };
  assert.equal(await level(), 1);
  const down = { feature, level: 0 };
  const [refused] = await admin.updateFeatures([down]);
  assert.equal(refused?.error?.code, "INVALID_UPDATE_VERSION");
  const change = "safeDowngrade";
  valuesOf(await admin.updateFeatures([{ ...down, change }], { validateOnly: true }));
  assert.equal(await level(), 1);
  valuesOf(await admin.updateFeatures([{ ...down, change }]));
  await until(async () => (await level()) === null);
  valuesOf(await admin.updateFeatures([{ feature, level: 1 }]));
  await until(async () => (await level()) === 1);
});

test(
  "a replica that fell behind leads when nobody else can, if that is asked for",
  options,
  async () => {
    const [, second, third] = nodes();
    const name = uniqueName("unclean");
    await admin.createTopic({ name, assignments: [[second.id, third.id]] });
    const partition = { topic: name, partition: 0 };
    const found = async () => (await admin.describeTopic(name)).partitions[0];
    const brokers = async () => (await admin.describeCluster()).brokers.length;
    await until(async () => (await found())?.isr.length === 2);
    const producer = kafka.producer();
    await producer.send(name, { value: "both have it" });
    const consumer = kafka.consume(name, { onOutOfRange: "fail" });
    let read = 0;
    const reading = consumer.forEach(() => void read++);
    const ended = assert.rejects(reading, { code: "LOG_TRUNCATED" });
    process.kill(third.pid, "SIGSTOP");
    try {
      await until(async () => (await found())?.isr.length === 1, 60_000);
      // The first of them may be on its way in the answer to a fetch that waited.
      for (const value of ["perhaps both", "one alone", "one alone"]) {
        await producer.send(name, { value });
      }
      await until(async () => read === 4);
      process.kill(second.pid, "SIGSTOP");
      await until(async () => (await brokers()) === 1, 60_000);
      process.kill(third.pid, "SIGCONT");
      await until(async () => (await brokers()) === 2, 60_000);
      // Changes go through a broker that answers.
      await kafka.cluster.metadataOf([]);
      // Whoever may lose nothing waits for the one that has all.
      const [clean] = await admin.electLeaders("preferred", [partition]);
      assert.equal(clean?.error?.code, "PREFERRED_LEADER_NOT_AVAILABLE");
      assert.equal((await found())?.leader, null);
      const [elected] = await admin.electLeaders("unclean", [partition]);
      assert.equal(elected?.value?.elected, true);
      await until(async () => (await found())?.leader === third.id);
    } finally {
      process.kill(third.pid, "SIGCONT");
      process.kill(second.pid, "SIGCONT");
    }
    // One that slept takes records until it hears that it leads no more: it follows first.
    await until(async () => (await found())?.isr.length === 2, 60_000);
    // What only the other had is lost, and a producer goes on where the new leader is.
    const { offset } = await producer.send(name, { value: "after" });
    assert.ok(offset === 1 || offset === 2, `${offset}`);
    await producer.close();
    // Who has read what is lost is told so (KIP-320).
    await ended;
    await consumer.close();
    const [again] = await admin.electLeaders("unclean", [partition]);
    assert.equal(again?.value?.elected, false);
    await admin.deleteTopic(name);
    // What the two led before is theirs again, once they have caught up with it.
    const isAllElected = async () =>
      (await admin.electLeaders("preferred", null)).every(({ error }) => error === undefined);
    await until(isAllElected, 60_000);
  },
);

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
  await admin.unregisterController(third.id);
  await assert.rejects(admin.unregisterController(third.id), {
    code: "CONTROLLER_ID_NOT_REGISTERED",
  });
  valuesOf(await admin.deleteGroups(groups));
});
