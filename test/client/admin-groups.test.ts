import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startAdmin, until, type AdminScene } from "./admin-scene.ts";
import { joinShareGroup, joinStreamsGroup } from "./raw-members.ts";
import { skipOnMoldau, uniqueName } from "./target.ts";

let scene: AdminScene;

before(async () => {
  scene = await startAdmin();
});

after(() => scene.close());

async function produce(topic: string, count: number): Promise<void> {
  const producer = scene.kafka.producer();
  for (let i = 0; i < count; i++) await producer.send(topic, { value: `${i}`, partition: 0 });
  await producer.close();
}

/** A member of a group that reads until it is closed. */
async function member(topic: string, group: string, protocol: "classic" | "consumer") {
  const { length } = (await scene.admin.describeTopic(topic)).partitions;
  const consumer = scene.kafka.consume(topic, {
    group,
    groupProtocol: protocol,
    commit: "manual",
    heartbeatIntervalMs: 100,
  });
  const reading = (async () => {
    for await (const record of consumer) assert.ok(record.offset >= 0);
  })();
  await until(async () => {
    const [described] = await scene.admin.describeGroups([group]);
    const { state, members = [] } = described?.value ?? {};
    return state === "Stable" && members[0]?.assignment.length === length;
  });
  return {
    async close() {
      await consumer.close();
      await reading;
    },
  };
}

test("offsets of a group without members are set, read and removed", async (t) => {
  const { admin } = scene;
  const topic = await scene.topic(t, 3);
  const group = uniqueName("offsets");
  const set = await admin.alterGroupOffsets(group, [
    { topic, partition: 0, offset: 5, metadata: "by hand", leaderEpoch: 0 },
    { topic, partition: 1, offset: 7 },
    { topic: "nothing", partition: 0, offset: 1 },
  ]);
  assert.deepEqual(
    set.map(({ name, error }) => [name, error?.code]),
    [
      [`${topic}-0`, undefined],
      [`${topic}-1`, undefined],
      ["nothing-0", "UNKNOWN_TOPIC_OR_PARTITION"],
    ],
  );
  assert.deepEqual(await admin.groupOffsets(group), [
    { topic, partition: 0, offset: 5, leaderEpoch: 0, metadata: "by hand" },
    { topic, partition: 1, offset: 7, leaderEpoch: null, metadata: "" },
  ]);
  const partitions = [
    { topic, partition: 1 },
    { topic, partition: 2 },
  ];
  const some = await admin.groupOffsets(group, { partitions });
  assert.deepEqual(
    some.map(({ partition }) => partition),
    [1],
  );
  const removed = await admin.deleteGroupOffsets(group, [{ topic, partition: 0 }]);
  assert.equal(removed[0]?.error, undefined);
  assert.equal((await admin.groupOffsets(group)).length, 1);
  const [nobody] = await admin.deleteGroupOffsets(uniqueName("nobody"), [{ topic, partition: 0 }]);
  assert.equal(nobody?.error?.code, "GROUP_ID_NOT_FOUND");
  await admin.deleteGroup(group);
  assert.deepEqual(await admin.groupOffsets(group), []);
});

test("groups are listed by state and type, and removed together", async (t) => {
  const { admin } = scene;
  const topic = await scene.topic(t);
  const groups = [uniqueName("a"), uniqueName("b")];
  for (const group of groups) {
    await admin.alterGroupOffsets(group, [{ topic, partition: 0, offset: 0 }]);
  }
  const listed = await admin.listGroups({ states: ["Empty"], types: ["Classic"] });
  for (const group of groups) {
    const found = listed.find((one) => one.group === group);
    assert.deepEqual([found?.type, found?.state], ["Classic", "Empty"]);
  }
  const stable = await admin.listGroups({ states: ["Stable"] });
  assert.ok(!stable.some(({ group }) => groups.includes(group)));
  const shares = await admin.listGroups({ types: ["Share"] });
  assert.ok(!shares.some(({ group }) => groups.includes(group)));
  const missing = uniqueName("nobody");
  const outcomes = await admin.deleteGroups([...groups, missing]);
  assert.deepEqual(
    outcomes.map(({ error }) => error?.code),
    [undefined, undefined, "GROUP_ID_NOT_FOUND"],
  );
  await assert.rejects(admin.deleteGroup(missing), { code: "GROUP_ID_NOT_FOUND" });
  await assert.rejects(admin.describeGroup(missing), { code: "GROUP_ID_NOT_FOUND" });
});

test("a classic group tells its members, what they read, and how far behind they are", async (t) => {
  const { admin } = scene;
  const topic = await scene.topic(t, 2);
  await produce(topic, 3);
  const group = uniqueName("classic");
  await admin.alterGroupOffsets(group, [{ topic, partition: 0, offset: 1 }]);
  const reader = await member(topic, group, "classic");
  const described = await admin.describeGroup(group, { includeAuthorizedOperations: true });
  assert.equal(described.type, "Classic");
  assert.equal(described.protocolType, "consumer");
  assert.equal(described.coordinator, scene.target.bootstrap);
  assert.ok(described.authorizedOperations?.includes("read"));
  const [only] = described.members;
  assert.deepEqual(only?.assignment, [
    { topic, partition: 0 },
    { topic, partition: 1 },
  ]);
  assert.equal(only.host, "127.0.0.1");
  assert.ok("topics" in only && only.topics.includes(topic));
  const lag = await admin.groupLag(group);
  assert.equal(lag.lag, 2);
  assert.deepEqual(
    lag.partitions.map(({ partition, committed, end, lag: behind, member: who }) => [
      partition,
      committed,
      end,
      behind,
      who?.memberId,
    ]),
    [
      [0, 1, 3, 2, only.memberId],
      [1, null, 0, null, only.memberId],
    ],
  );
  await assert.rejects(admin.deleteGroup(group), { code: "NON_EMPTY_GROUP" });
  const [refused] = await admin.alterGroupOffsets(group, [{ topic, partition: 0, offset: 0 }]);
  assert.equal(refused?.error?.code, "UNKNOWN_MEMBER_ID");
  const [subscribed] = await admin.deleteGroupOffsets(group, [{ topic, partition: 0 }]);
  assert.equal(subscribed?.error?.code, "GROUP_SUBSCRIBED_TO_TOPIC");
  await reader.close();
  await until(async () => (await admin.describeGroup(group)).state === "Empty");
  await admin.deleteGroup(group);
});

test("members of a classic group are removed", async (t) => {
  const { admin } = scene;
  const topic = await scene.topic(t);
  const group = uniqueName("removed");
  const reader = await member(topic, group, "classic");
  const before = (await admin.describeGroup(group)).members[0]?.memberId;
  const [unknown] = await admin.removeMembers(group, [{ instanceId: "nobody" }]);
  assert.equal(unknown?.error?.code, "UNKNOWN_MEMBER_ID");
  const removed = await admin.removeMembers(group, "all", { reason: "a test" });
  assert.deepEqual(
    removed.map(({ name, error }) => [name, error]),
    [[before, undefined]],
  );
  // The member comes back under another id.
  await until(async () => {
    const { members } = await admin.describeGroup(group);
    return members.length === 1 && members[0]?.memberId !== before;
  });
  await reader.close();
  await until(async () => (await admin.describeGroup(group)).state === "Empty");
  assert.deepEqual(await admin.removeMembers(group, "all"), []);
});

test("lag of many groups is reckoned together, and of one that is not there it is nothing", async (t) => {
  const { admin } = scene;
  const topic = await scene.topic(t, 2);
  await produce(topic, 4);
  const groups = [uniqueName("lag"), uniqueName("lag")];
  for (const [offset, group] of groups.entries()) {
    await admin.alterGroupOffsets(group, [
      { topic, partition: 0, offset },
      { topic, partition: 1, offset: 0 },
    ]);
  }
  const lags = await admin.groupLagOf([...groups, uniqueName("nobody")]);
  assert.deepEqual(
    lags.map(({ value }) => [value?.lag, value?.partitions.length]),
    [
      [4, 2],
      [3, 2],
      [0, 0],
    ],
  );
  await admin.deleteGroups(groups);
});

test("a consumer group tells its epochs and assignments", async (t) => {
  if (skipOnMoldau(t, "consumer groups (KIP-848)")) return;
  const { admin } = scene;
  const topic = await scene.topic(t, 2);
  const group = uniqueName("consumer");
  const reader = await member(topic, group, "consumer");
  const described = await admin.describeGroup(group);
  assert.ok(described.type === "Consumer");
  assert.ok(described.groupEpoch > 0);
  assert.equal(described.assignor, "uniform");
  const [only] = described.members;
  assert.deepEqual(only?.topics, [topic]);
  assert.equal(only.isClassic, false);
  assert.equal(only.assignment.length, 2);
  assert.deepEqual(only.targetAssignment, only.assignment);
  const listed = await admin.listGroups({ types: ["Consumer"] });
  assert.ok(listed.some((one) => one.group === group && one.protocolType === "consumer"));
  assert.equal((await admin.describeGroup({ group, type: "Consumer" })).type, "Consumer");
  await assert.rejects(admin.describeGroup({ group, type: "Share" }), {
    code: "GROUP_ID_NOT_FOUND",
  });
  await reader.close();
  await until(async () => (await admin.describeGroup(group)).state === "Empty");
  await admin.deleteGroup(group);
});

test("a share group tells its members and where it is, which can be set and removed", async (t) => {
  if (skipOnMoldau(t, "share groups")) return;
  const { admin, cluster } = scene;
  const topic = await scene.topic(t, 2);
  await produce(topic, 3);
  const group = uniqueName("share");
  const raw = await joinShareGroup(cluster, group, "BBBBBBBBBBBBBBBBBBBBBA", topic);
  await until(async () => {
    await raw.beat();
    const [described] = await admin.describeGroups([group]);
    return described?.value?.members[0]?.assignment.length === 2;
  });
  const described = await admin.describeGroup({ group, type: "Share" });
  assert.ok(described.type === "Share");
  assert.equal(described.protocolType, "share");
  assert.deepEqual(described.members[0]?.topics, [topic]);
  const [busy] = await admin.alterShareGroupOffsets(group, [
    { topic, partition: 0, startOffset: 1 },
  ]);
  assert.equal(busy?.error?.code, "NON_EMPTY_GROUP");
  await raw.leave();
  const set = await admin.alterShareGroupOffsets(group, [
    { topic, partition: 0, startOffset: 1 },
    { topic: "nothing", partition: 0, startOffset: 1 },
  ]);
  assert.deepEqual(
    set.map(({ error }) => error?.code),
    [undefined, "UNKNOWN_TOPIC_OR_PARTITION"],
  );
  await until(async () => {
    const [offsets] = await admin.shareGroupOffsetsOf([group]);
    const first = offsets?.value?.find(({ partition }) => partition === 0);
    return first?.startOffset === 1 && first.lag === 2;
  });
  const lag = await admin.groupLag(group);
  assert.equal(lag.lag, 2);
  assert.equal(lag.description?.type, "Share");
  const removed = await admin.deleteShareGroupOffsets(group, [topic, "nothing"]);
  assert.deepEqual(
    removed.map(({ name, error }) => [name, error?.code]),
    [
      [topic, undefined],
      ["nothing", "UNKNOWN_TOPIC_OR_PARTITION"],
    ],
  );
  await admin.deleteGroup(group);
});

test("a streams group tells its topology, its tasks and who works on them", async (t) => {
  if (skipOnMoldau(t, "streams groups")) return;
  const { admin, cluster } = scene;
  const topic = await scene.topic(t, 2);
  const group = uniqueName("streams");
  const raw = await joinStreamsGroup(cluster, group, "one", topic);
  await until(async () => {
    await raw.beat();
    const [described] = await admin.describeGroups([group]);
    return described?.value?.members[0]?.assignment.length === 2;
  });
  const described = await admin.describeGroup(group, { includeTopology: true });
  assert.ok(described.type === "Streams");
  assert.equal(described.topologyEpoch, 1);
  assert.deepEqual(
    described.subtopologies.map(({ subtopologyId, sourceTopics }) => [subtopologyId, sourceTopics]),
    [["0", [topic]]],
  );
  assert.equal(described.topologyStatus, "notStored");
  assert.equal(described.topology, null);
  const [only] = described.members;
  assert.deepEqual(only?.tasks.active, [
    { subtopologyId: "0", partition: 0 },
    { subtopologyId: "0", partition: 1 },
  ]);
  assert.deepEqual(only.assignment, [
    { topic, partition: 0 },
    { topic, partition: 1 },
  ]);
  assert.deepEqual(only.clientTags, { zone: "a" });
  assert.equal(only.userEndpoint, null);
  await raw.leave();
  await until(async () => (await admin.describeGroup(group)).state === "Empty");
  await admin.alterGroupOffsets(group, [{ topic, partition: 0, offset: 0 }]);
  assert.equal((await admin.groupOffsets(group)).length, 1);
  await admin.deleteGroup(group);
});
