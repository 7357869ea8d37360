// @platformatic/kafka at work: suite, cross-write, cross-read, create, feed, member.
/* oxlint-disable max-lines-per-function -- a list of tests, read from top to bottom */
import { Admin, Consumer, Producer, sleep } from "@platformatic/kafka";
import {
  check,
  codecs,
  crossBaseMs,
  crossRecord,
  crossRecords,
  crossTopic,
  emit,
  equal,
  eventually,
  main,
  paced,
  sample,
  Suite,
} from "./common.mjs";

const name = "platformatic";
let base;
let admin;

function open(bootstrap) {
  base = {
    clientId: "interop",
    bootstrapBrokers: [bootstrap],
    timeout: 15_000,
    metadataMaxAge: 1000,
  };
  admin = new Admin(base);
}

async function create(topic, partitions = 1, configs = []) {
  await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs });
}

const asMessage = (topic) => (record) => ({
  topic,
  partition: 0,
  key: record.key ?? undefined,
  value: record.value ?? undefined,
  headers: new Map((record.headers ?? []).map(([key, value]) => [Buffer.from(key), value])),
  ...(record.timestamp === undefined ? {} : { timestamp: BigInt(record.timestamp) }),
});

async function produce(topic, records, options = {}) {
  const producer = new Producer({ ...base, autocreateTopics: false });
  try {
    return await producer.send({ messages: records.map(asMessage(topic)), acks: -1, ...options });
  } finally {
    await producer.close();
  }
}

const text = (...values) => values.map((value) => ({ value: Buffer.from(String(value)) }));

async function read(
  topic,
  count,
  { groupId = `${topic}.read.${Date.now()}`, offset, ...options } = {},
) {
  const consumer = new Consumer({
    ...base,
    groupId,
    sessionTimeout: 6000,
    heartbeatInterval: 500,
    maxWaitTime: 100,
  });
  const messages = [];
  try {
    const stream = await consumer.consume({
      topics: [topic],
      autocommit: false,
      mode: offset === undefined ? "earliest" : "manual",
      ...(offset === undefined
        ? {}
        : { offsets: [{ topic, partition: 0, offset: BigInt(offset) }] }),
      ...options,
    });
    stream.on("data", (message) => messages.push(message));
    const failed = new Promise((_, reject) => stream.on("error", reject));
    await Promise.race([
      eventually(`${count} records of ${topic}`, () => messages.length >= count, 30_000),
      failed,
    ]);
    await stream.close();
  } finally {
    await consumer.close(true);
  }
  return messages.slice(0, count);
}

const content = (message) => ({
  key: message.key ?? null,
  value: message.value ?? null,
  headers: [...message.headers].map(([key, value]) => [String(key), value]),
  timestamp: Number(message.timestamp),
});

/** The ends of partition 0. */
async function offsetAt(topic, timestamp) {
  const topics = [
    { name: topic, partitions: [{ partitionIndex: 0, timestamp: BigInt(timestamp) }] },
  ];
  const [found] = await admin.listOffsets({ topics });
  return Number(found.partitions[0].offset);
}

async function suite({ bootstrap }) {
  open(bootstrap);
  const tests = new Suite();
  const stamp = Date.now() % 1_000_000;
  const topicOf = (what) => `platformatic.${what}.${stamp}`;

  tests.test("creates a topic and describes it", async () => {
    const topic = topicOf("create");
    await create(topic, 3, [{ name: "retention.ms", value: "7200000" }]);
    const metadata = await admin.metadata({ topics: [topic] });
    const found = metadata.topics.get(topic);
    equal(
      found.partitions.map((p) => p.leader),
      [1, 1, 1],
      "leaders",
    );
    const again = await create(topic).catch((error) => error);
    check(
      /TOPIC_ALREADY_EXISTS|already exists/i.test(flat(again)),
      `a second creation: ${flat(again)}`,
    );
  });
  const roundTrip = async (topic, options) => {
    await create(topic);
    const records = Array.from({ length: 300 }, (_, i) => sample(i));
    await produce(topic, records, options);
    const messages = await read(topic, 300);
    equal(messages.map(content), records, "records");
  };
  for (const codec of codecs) {
    tests.test(`round trip with ${codec}: headers, null keys, null values`, () =>
      roundTrip(topicOf(`codec.${codec}`), codec === "none" ? {} : { compression: codec }),
    );
  }
  for (const acks of [0, 1, -1]) {
    tests.test(`produces with acks=${acks}`, () => roundTrip(topicOf(`acks${acks}`), { acks }));
  }
  tests.test("idempotent producing keeps order and counts", async () => {
    const topic = topicOf("idempotent");
    await create(topic);
    const producer = new Producer({ ...base, idempotent: true });
    for (let batch = 0; batch < 50; batch += 1) {
      const values = Array.from({ length: 20 }, (_, i) => batch * 20 + i);
      await producer.send({ messages: text(...values).map(asMessage(topic)) });
    }
    await producer.close();
    const messages = await read(topic, 1000);
    equal(
      messages.map((m) => Number(String(m.value))),
      Array.from({ length: 1000 }, (_, i) => i),
      "values",
    );
  });
  tests.test("a record of 1 MB goes through, a larger one is refused", async () => {
    const topic = topicOf("large");
    await create(topic);
    const value = Buffer.alloc(1_000_000, "0123456789");
    await produce(topic, [{ value }]);
    const [message] = await read(topic, 1);
    check(message.value.equals(value), "the value came back changed");
    const refused = await produce(topic, [{ value: Buffer.alloc(1_200_000) }]).catch(
      (error) => error,
    );
    check(/MESSAGE_TOO_LARGE|larger than the max/i.test(flat(refused)), `error: ${flat(refused)}`);
  });
  tests.test("finds offsets by time, earliest, latest; starts at a given offset", async () => {
    const topic = topicOf("time");
    await create(topic, 1, [{ name: "retention.ms", value: "-1" }]);
    for (let batch = 0; batch < 10; batch += 1) {
      const records = Array.from({ length: 10 }, (_, i) => batch * 10 + i).map((n) => ({
        value: Buffer.from(String(n)),
        timestamp: crossBaseMs + n * 1000,
      }));
      await produce(topic, records);
    }
    equal(await offsetAt(topic, crossBaseMs + 42_000), 42, "exact");
    equal(await offsetAt(topic, crossBaseMs + 41_001), 42, "between");
    equal(await offsetAt(topic, -2), 0, "earliest");
    equal(await offsetAt(topic, -1), 100, "latest");
    const messages = await read(topic, 3, { offset: 77 });
    equal(
      messages.map((m) => String(m.value)),
      ["77", "78", "79"],
      "from the offset",
    );
  });
  tests.test(
    "alters and describes configs, adds partitions, deletes records and the topic",
    async () => {
      const topic = topicOf("admin");
      await create(topic);
      const topicResource = 2;
      const resource = { resourceType: topicResource, resourceName: topic };
      const configs = [{ name: "max.message.bytes", configOperation: 0, value: "65536" }];
      await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs }] });
      await eventually("the altered config", async () => {
        const [described] = await admin.describeConfigs({
          resources: [{ ...resource, configurationKeys: null }],
        });
        return described.configs.find((c) => c.name === "max.message.bytes").value === "65536";
      });
      await admin.createPartitions({ topics: [{ name: topic, count: 3, assignments: null }] });
      await eventually("three partitions", async () => {
        const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
        return metadata.topics.get(topic).partitionsCount === 3;
      });
      await produce(topic, text(...Array.from({ length: 20 }, (_, i) => i)));
      const deleted = await admin.deleteRecords({
        topics: [{ name: topic, partitions: [{ partition: 0, offset: 12n }] }],
      });
      equal(deleted[0].partitions[0].lowWatermark, 12n, "low watermark");
      await admin.deleteTopics({ topics: [topic] });
      await eventually(
        "the end of the topic",
        async () => !(await admin.listTopics()).includes(topic),
      );
    },
  );
  tests.test("groups: commits, lists, describes, alters and deletes offsets, deletes", async () => {
    const topic = topicOf("groups");
    const groupId = `${topic}.group`;
    await create(topic);
    await produce(topic, text(...Array.from({ length: 30 }, (_, i) => i)));
    const consumer = new Consumer({
      ...base,
      groupId,
      sessionTimeout: 6000,
      heartbeatInterval: 500,
    });
    const stream = await consumer.consume({ topics: [topic], autocommit: false, mode: "earliest" });
    let seen = 0;
    stream.on("data", () => (seen += 1));
    await eventually("30 records", () => seen === 30);
    await consumer.commit({ offsets: [{ topic, partition: 0, offset: 10n, leaderEpoch: 0 }] });
    const group = (await admin.describeGroups({ groups: [groupId] })).get(groupId);
    equal([group.state.toUpperCase(), group.members.size], ["STABLE", 1], "state and members");
    await stream.close();
    await consumer.close(true);
    const committed = async () => {
      const [found] = await admin.listConsumerGroupOffsets({ groups: [groupId] });
      return found.topics[0]?.partitions[0]?.committedOffset;
    };
    equal(await committed(), 10n, "offset");
    const after = await read(topic, 1, { groupId, mode: "committed" });
    equal(after[0].offset, 10n, "after the committed offset");
    const partitionOffsets = [{ partition: 0, offset: 3n }];
    await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] });
    equal(await committed(), 3n, "altered offset");
    await admin.deleteConsumerGroupOffsets({
      groupId,
      topics: [{ name: topic, partitionIndexes: [0] }],
    });
    equal(await committed(), undefined, "deleted offset");
    await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] });
    check((await admin.listGroups()).has(groupId), "not listed");
    await admin.deleteGroups({ groups: [groupId] });
    check(!(await admin.listGroups()).has(groupId), "still listed");
  });
  tests.test("describes log directories", async () => {
    const topic = topicOf("dirs");
    await create(topic);
    const described = await admin.describeLogDirs({ topics: [{ name: topic, partitions: [0] }] });
    equal(described[0].results[0].topics[0].name, topic, "topic");
  });
  await tests.run();
}

function flat(error) {
  const parts = [error?.message, error?.apiId, ...(error?.errors ?? []).map(flat)];
  return [...parts, error?.cause === undefined ? "" : flat(error.cause)].filter(Boolean).join("; ");
}

async function crossWrite({ bootstrap }) {
  open(bootstrap);
  for (const codec of codecs) {
    const topic = crossTopic(name, codec);
    await create(topic, 1, [{ name: "retention.ms", value: "-1" }]);
    const records = Array.from({ length: crossRecords }, (_, i) => crossRecord(name, codec, i));
    await produce(topic, records, codec === "none" ? {} : { compression: codec });
  }
}

async function crossRead({ bootstrap, writers }) {
  open(bootstrap);
  const tests = new Suite();
  for (const writer of writers) {
    tests.test(`reads what ${writer} wrote`, async () => {
      for (const codec of codecs) {
        const messages = await read(crossTopic(writer, codec), crossRecords);
        messages.forEach((message, i) =>
          equal(content(message), crossRecord(writer, codec, i), `${codec} record ${i}`),
        );
      }
    });
  }
  await tests.run();
}

async function feed({ bootstrap, topic, count, rate }) {
  open(bootstrap);
  const producer = new Producer({ ...base, acks: -1 });
  await paced(count, rate, (i) =>
    producer.send({
      messages: [{ topic, key: Buffer.from(String(i)), value: Buffer.from(`record ${i}`) }],
    }),
  );
  await producer.close();
}

async function member({ bootstrap, topic, group }) {
  open(bootstrap);
  const consumer = new Consumer({
    ...base,
    groupId: group,
    sessionTimeout: 6000,
    heartbeatInterval: 500,
    rebalanceTimeout: 6000,
    maxWaitTime: 200,
  });
  process.on("SIGTERM", () => {
    consumer.close(true).finally(() => process.exit(0));
  });
  consumer.on("consumer:group:join", ({ assignments }) => {
    const own = (assignments ?? []).find((assignment) => assignment.topic === topic);
    emit("assigned", own?.partitions.length ?? 0);
  });
  for (;;) {
    try {
      const stream = await consumer.consume({
        topics: [topic],
        mode: "committed",
        fallbackMode: "earliest",
        autocommit: false,
      });
      for await (const message of stream) {
        emit("record", message.partition, message.offset);
        await message.commit();
      }
    } catch (error) {
      emit("error", flat(error));
      await sleep(200);
    }
  }
}

await main({
  suite,
  "cross-write": crossWrite,
  "cross-read": crossRead,
  create: async ({ bootstrap, topic, count }) => {
    open(bootstrap);
    await create(topic, count);
  },
  feed,
  member,
});
