import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TopicMismatch } from "../../src/client/admin/ensure.ts";
import { KafkaError } from "../../src/client/errors.ts";
import { topic } from "../../src/client/topics/topic.ts";
import { startAdmin, until, type AdminScene } from "./admin-scene.ts";
import { skipOnMoldau, uniqueName } from "./target.ts";

let scene: AdminScene;

before(async () => {
  scene = await startAdmin();
});

after(() => scene.close());

test("topics are created together, and what is wrong with one is told for that one", async (t) => {
  const { admin } = scene;
  const [plain, assigned] = [uniqueName("plain"), uniqueName("assigned")];
  t.after(() => admin.deleteTopics([plain, assigned]));
  const [broker] = (await admin.describeCluster()).brokers;
  const id = broker?.id ?? 0;
  const outcomes = await admin.createTopics([
    {
      name: plain,
      partitions: 3,
      configs: { "retention.ms": 86_400_000, "cleanup.policy": "compact" },
    },
    { name: assigned, assignments: [[id], [id]] },
    { name: "no name/of a topic" },
    { name: uniqueName("bad"), configs: { "retention.ms": "soon" } },
    { name: uniqueName("bad"), replicationFactor: 99 },
  ]);
  assert.deepEqual(
    outcomes.map(({ error }) => error?.code),
    [
      undefined,
      undefined,
      "INVALID_TOPIC_EXCEPTION",
      "INVALID_CONFIG",
      "INVALID_REPLICATION_FACTOR",
    ],
  );
  const created = outcomes[0]?.value;
  assert.equal(created?.partitions, 3);
  assert.equal(created.replicationFactor, 1);
  assert.match(created.topicId ?? "", /^[\w-]{22}$/);
  const policy = created.configs?.find(({ name }) => name === "cleanup.policy");
  assert.deepEqual([policy?.value, policy?.source, policy?.isDefault], ["compact", "topic", false]);
  const described = await admin.describeTopic(assigned);
  assert.deepEqual(
    described.partitions.map(({ partition, leader, replicas, isr }) => [
      partition,
      leader,
      replicas,
      isr,
    ]),
    [
      [0, id, [id], [id]],
      [1, id, [id], [id]],
    ],
  );
});

test("a topic that is only checked is not created; one that is there is refused", async (t) => {
  const { admin } = scene;
  const name = uniqueName("checked");
  t.after(() => admin.deleteTopics([name]));
  const checked = await admin.createTopic({ name, partitions: 2 }, { validateOnly: true });
  assert.equal(checked.partitions, 2);
  await assert.rejects(admin.describeTopic(name), { code: "UNKNOWN_TOPIC_OR_PARTITION" });
  await admin.createTopic({ name });
  await assert.rejects(admin.createTopic({ name }), (thrown) => {
    assert.ok(thrown instanceof KafkaError);
    assert.equal(thrown.code, "TOPIC_ALREADY_EXISTS");
    assert.equal(thrown.context.topic, name);
    return true;
  });
});

test("topics are found by name and by id, and listed without Kafka's own", async (t) => {
  const { admin } = scene;
  const name = await scene.topic(t, 2);
  const byName = await admin.describeTopic(name, { includeAuthorizedOperations: true });
  assert.equal(byName.partitions.length, 2);
  assert.ok(byName.authorizedOperations?.includes("alterConfigs"));
  const topicId = byName.topicId ?? "";
  const byId = await admin.describeTopic({ topicId });
  assert.equal(byId.name, name);
  assert.equal(byId.authorizedOperations, null);
  const outcomes = await admin.describeTopics([
    { topicId: "AAAAAAAAAAAAAAAAAAAAAw" },
    "nothing",
    name,
  ]);
  assert.deepEqual(
    outcomes.map(({ error }) => error?.code),
    ["UNKNOWN_TOPIC_ID", "UNKNOWN_TOPIC_OR_PARTITION", undefined],
  );
  await admin.alterGroupOffsets(uniqueName("group"), [{ topic: name, partition: 0, offset: 0 }]);
  const listed = await admin.listTopics();
  assert.equal(listed.find((one) => one.name === name)?.partitions.length, 2);
  assert.ok(listed.every(({ isInternal }) => !isInternal));
  const all = await admin.listTopics({ includeInternal: true });
  assert.ok(all.some((one) => one.name === "__consumer_offsets" && one.isInternal));
  assert.deepEqual(
    all.map((one) => one.name),
    all.map((one) => one.name).sort(),
  );
});

test("more partitions than fit into an answer come in pages", async (t) => {
  const { admin } = scene;
  const names = [await scene.topic(t, 7), await scene.topic(t, 5)];
  const outcomes = await admin.describeTopics(names, { partitionsPerAnswer: 3 });
  assert.deepEqual(
    outcomes.map(({ value }) => value?.partitions.map(({ partition }) => partition)),
    [
      [0, 1, 2, 3, 4, 5, 6],
      [0, 1, 2, 3, 4],
    ],
  );
});

test("topics are deleted by name and by id", async (t) => {
  const { admin } = scene;
  const [one, other] = [await scene.topic(t), await scene.topic(t)];
  const { topicId } = await admin.describeTopic(other);
  const outcomes = await admin.deleteTopics([one, { topicId: topicId ?? "" }, "nothing"]);
  assert.deepEqual(
    outcomes.map(({ name, error }) => [name, error?.code]),
    [
      [one, undefined],
      [topicId, undefined],
      ["nothing", "UNKNOWN_TOPIC_OR_PARTITION"],
    ],
  );
  await until(async () => {
    const names = (await admin.listTopics()).map(({ name }) => name);
    return !names.includes(one) && !names.includes(other);
  });
});

test("partitions are added, and never taken away", async (t) => {
  const { admin } = scene;
  const [one, other] = [await scene.topic(t, 2), await scene.topic(t)];
  await admin.createPartitions(one, 4, { validateOnly: true });
  assert.equal((await admin.describeTopic(one)).partitions.length, 2);
  await admin.createPartitions(one, 4);
  assert.equal((await admin.describeTopic(one)).partitions.length, 4);
  const outcomes = await admin.createPartitionsOf([
    { topic: one, count: 3 },
    { topic: other, count: 2 },
    { topic: "nothing", count: 2 },
  ]);
  assert.deepEqual(
    outcomes.map(({ error }) => error?.code),
    ["INVALID_PARTITIONS", undefined, "UNKNOWN_TOPIC_OR_PARTITION"],
  );
  const offsets = await admin.topicOffsets(one);
  assert.deepEqual(
    offsets.map(({ latest }) => latest),
    [0, 0, 0, 0],
  );
});

async function fill(name: string, timestamps: readonly number[]): Promise<void> {
  const producer = scene.kafka.producer();
  for (const timestamp of timestamps) {
    await producer.send(name, { value: `at ${timestamp}`, partition: 0, timestamp });
  }
  await producer.close();
}

test("offsets are found by place and by time", async (t) => {
  const { admin } = scene;
  const name = await scene.topic(t, 2);
  const start = Date.now() - 60_000;
  await fill(name, [start, start + 30_000, start + 10_000]);
  const at = [
    "earliest",
    "latest",
    "maxTimestamp",
    { timestamp: start + 5_000 },
    { timestamp: start + 90_000 },
  ] as const;
  const outcomes = await admin.listOffsets(
    at.map((place) => ({ topic: name, partition: 0, at: place })),
  );
  assert.deepEqual(
    outcomes.map(({ value }) => [value?.offset, value?.timestamp]),
    [
      [0, null],
      [3, null],
      [1, start + 30_000],
      [1, start + 30_000],
      [null, null],
    ],
  );
  assert.deepEqual(await admin.topicOffsets(name), [
    { topic: name, partition: 0, earliest: 0, latest: 3 },
    { topic: name, partition: 1, earliest: 0, latest: 0 },
  ]);
  const [, unknown] = await admin.topicOffsetsOf([name, "nothing"]);
  assert.equal(unknown?.error?.code, "UNKNOWN_TOPIC_OR_PARTITION");
});

test("places in remote storage are none where there is no remote storage", async (t) => {
  if (skipOnMoldau(t, "remote storage")) return;
  const { admin } = scene;
  const name = await scene.topic(t);
  const at = ["earliestLocal", "latestTiered", "earliestPendingUpload"] as const;
  const outcomes = await admin.listOffsets(
    at.map((place) => ({ topic: name, partition: 0, at: place })),
  );
  assert.deepEqual(
    outcomes.map(({ value }) => value?.offset),
    [0, null, null],
  );
});

test("records are deleted up to an offset, and to the end", async (t) => {
  const { admin } = scene;
  const name = await scene.topic(t, 2);
  await fill(
    name,
    [1, 2, 3, 4].map((i) => Date.now() + i),
  );
  const [first] = await admin.deleteRecords([{ topic: name, partition: 0, before: 2 }]);
  assert.equal(first?.value?.lowWatermark, 2);
  const outcomes = await admin.deleteRecords([
    { topic: name, partition: 0, before: "end" },
    { topic: name, partition: 1, before: 5 },
    { topic: name, partition: 9, before: 0 },
  ]);
  assert.deepEqual(
    outcomes.map(({ name: of, value, error }) => [of, value?.lowWatermark, error?.code]),
    [
      [`${name}-0`, 4, undefined],
      [`${name}-1`, undefined, "OFFSET_OUT_OF_RANGE"],
      [`${name}-9`, undefined, "UNKNOWN_TOPIC_OR_PARTITION"],
    ],
  );
  assert.equal((await admin.topicOffsets(name))[0]?.earliest, 4);
});

test("a declared topic is created, found as it is, and mended only when that is allowed", async (t) => {
  const { admin } = scene;
  const name = uniqueName("declared");
  t.after(() => admin.deleteTopics([name]));
  const declared = topic(name, {
    partitions: 2,
    replicationFactor: 1,
    config: { "cleanup.policy": "compact,delete", "retention.ms": 3_600_000 },
  });
  assert.equal((await admin.ensure(declared)).result, "created");
  const again = await Promise.all([admin.ensure(declared), admin.ensure(declared)]);
  assert.deepEqual(
    again.map(({ result }) => result),
    ["unchanged", "unchanged"],
  );
  const other = topic(name, {
    partitions: 3,
    config: { "cleanup.policy": "delete, compact", "retention.ms": 7_200_000 },
  });
  await assert.rejects(admin.ensure(other), (thrown) => {
    assert.ok(thrown instanceof TopicMismatch);
    assert.equal(thrown.topic, name);
    assert.deepEqual(thrown.differences, [
      { what: "partitions", wanted: 3, found: 2 },
      { what: "retention.ms", wanted: "7200000", found: "3600000" },
    ]);
    return true;
  });
  await assert.rejects(admin.ensure(other, { grow: true }), TopicMismatch);
  assert.equal((await admin.describeTopic(name)).partitions.length, 2, "nothing was changed");
  const mended = await admin.ensure(other, { grow: true, alter: true });
  assert.equal(mended.result, "altered");
  assert.equal(mended.differences.length, 2);
  assert.equal((await admin.describeTopic(name)).partitions.length, 3);
  await until(async () => (await admin.ensure(other)).result === "unchanged");
});

test("programs that declare the same topic at once do not get into each other's way", async (t) => {
  const { admin } = scene;
  const name = uniqueName("race");
  t.after(() => admin.deleteTopics([name]));
  const declared = topic(name, { partitions: 2 });
  const ensured = await Promise.all([1, 2, 3, 4, 5].map(() => admin.ensure(declared)));
  const results = ensured.map(({ result }) => result).sort();
  assert.deepEqual(results, ["created", "unchanged", "unchanged", "unchanged", "unchanged"]);
});

test("leaders are elected, where there is something to elect", async (t) => {
  if (skipOnMoldau(t, "elections that are asked for")) return;
  const { admin } = scene;
  const name = await scene.topic(t);
  const outcomes = await admin.electLeaders("preferred", [
    { topic: name, partition: 0 },
    { topic: name, partition: 7 },
  ]);
  assert.deepEqual(
    outcomes.map(({ value, error }) => [value?.elected, error?.code]),
    [
      [false, undefined],
      [undefined, "UNKNOWN_TOPIC_OR_PARTITION"],
    ],
  );
  assert.deepEqual(await admin.electLeaders("preferred", null), []);
});

test("reassignments are begun, cancelled and listed", async (t) => {
  if (skipOnMoldau(t, "reassignments")) return;
  const { admin } = scene;
  const name = await scene.topic(t, 3);
  const [partition] = (await admin.describeTopic(name)).partitions;
  const outcomes = await admin.alterPartitionReassignments([
    { topic: name, partition: 0, replicas: partition?.replicas ?? [] },
    { topic: name, partition: 1, replicas: null },
    { topic: name, partition: 2, replicas: [4711] },
  ]);
  assert.deepEqual(
    outcomes.map(({ error }) => error?.code),
    [undefined, "NO_REASSIGNMENT_IN_PROGRESS", "INVALID_REPLICA_ASSIGNMENT"],
  );
  assert.deepEqual(await admin.listPartitionReassignments([{ topic: name, partition: 0 }]), []);
  assert.ok(Array.isArray(await admin.listPartitionReassignments()));
});

test("log directories tell their volumes and what is in them", async (t) => {
  const { admin } = scene;
  const name = await scene.topic(t, 2);
  await fill(name, [Date.now()]);
  const [outcome, missing] = await admin.describeLogDirs([scene.cluster.controllerId, 4711]);
  assert.equal(missing?.error?.code, "BROKER_NOT_AVAILABLE");
  const [dir] = outcome?.value?.logDirs ?? [];
  assert.ok(dir !== undefined && dir.error === undefined);
  assert.ok((dir.totalBytes ?? 0) > (dir.usableBytes ?? 0));
  const replica = dir.replicas.find((one) => one.topic === name && one.partition === 0);
  assert.ok((replica?.sizeBytes ?? 0) > 0);
  assert.equal(replica?.isFuture, false);
  const sizes = await admin.replicaSizes({ partitions: [{ topic: name, partition: 0 }] });
  assert.deepEqual(
    sizes.map(({ topic: of, logDir, sizeBytes }) => [of, logDir, sizeBytes]),
    [[name, dir.path, replica?.sizeBytes]],
  );
  const brokerId = outcome?.value?.brokerId ?? 0;
  const places = await admin.describeReplicaLogDirs([
    { topic: name, partition: 1, brokerId },
    { topic: name, partition: 9, brokerId },
  ]);
  assert.deepEqual(
    places.map(({ value }) => value),
    [
      { current: { path: dir.path, offsetLag: 0 }, future: null },
      { current: null, future: null },
    ],
  );
});

test("a replica is not moved to a directory that the broker does not have", async (t) => {
  if (skipOnMoldau(t, "moves between log directories")) return;
  const { admin } = scene;
  const name = await scene.topic(t);
  const brokerId = scene.cluster.controllerId;
  const [moved] = await admin.alterReplicaLogDirs([
    { topic: name, partition: 0, brokerId, path: "/nowhere" },
  ]);
  assert.equal(moved?.error?.code, "LOG_DIR_NOT_FOUND");
  assert.equal(moved.brokerId, brokerId);
});

test("a call ends with its signal and with its deadline", async () => {
  const { admin } = scene;
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(admin.listTopics({ signal }), { code: "CANCELLED" });
  await assert.rejects(admin.describeTopics(["a"], { signal }), { code: "CANCELLED" });
  await assert.rejects(admin.deleteGroups(["a"], { signal }), { code: "CANCELLED" });
});
