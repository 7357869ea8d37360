// kafkajs at work: suite, cross-write, cross-read, create, feed, member.
/* oxlint-disable max-lines-per-function -- a list of tests, read from top to bottom */
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import kafkajs from "kafkajs";
import SnappyCodec from "kafkajs-snappy";
import lz4 from "lz4-napi";
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

const { Kafka, CompressionTypes, CompressionCodecs, ConfigResourceTypes, Partitioners, logLevel } =
  kafkajs;
const name = "kafkajs";

CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec;
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder) => lz4.compressFrame(encoder.buffer),
  decompress: async (buffer) => lz4.decompressFrame(buffer),
});
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder) => zstdCompressSync(encoder.buffer),
  decompress: async (buffer) => zstdDecompressSync(buffer),
});
const compressionOf = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

let kafka;
let admin;

async function open(bootstrap) {
  kafka = new Kafka({
    clientId: "interop",
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 1000 },
  });
  admin = kafka.admin();
  await admin.connect();
}

async function create(topic, numPartitions = 1, configEntries = []) {
  const topics = [{ topic, numPartitions, replicationFactor: 1, configEntries }];
  check(await admin.createTopics({ topics, waitForLeaders: true }), `${topic} existed`);
}

const asMessage = (record) => ({
  ...record,
  timestamp: String(record.timestamp),
  headers: Object.fromEntries(record.headers),
});

async function produce(topic, messages, { compression = "none", acks = -1, ...options } = {}) {
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    ...options,
  });
  await producer.connect();
  try {
    const [result] = await producer.send({
      topic,
      messages: messages.map((message) => ({ partition: 0, ...message })),
      compression: compressionOf[compression],
      acks,
    });
    return result;
  } finally {
    await producer.disconnect();
  }
}

/** Reads `count` records through a group of its own. */
async function read(topic, count, { seek, groupId = `${topic}.read.${Date.now()}`, onReady } = {}) {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, maxWaitTimeInMs: 100 });
  const messages = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message, partition }) => {
        messages.push({ ...message, partition });
      },
    });
    if (seek !== undefined) consumer.seek({ topic, partition: 0, offset: String(seek) });
    if (onReady !== undefined) {
      await joined;
      await onReady();
    }
    await eventually(`${count} records of ${topic}`, () => messages.length >= count, 30_000);
  } finally {
    await consumer.disconnect();
  }
  return messages.slice(0, count);
}

const content = (message) => ({
  key: message.key,
  value: message.value,
  headers: Object.entries(message.headers ?? {}),
  timestamp: Number(message.timestamp),
});

async function suite({ bootstrap }) {
  await open(bootstrap);
  const tests = new Suite();
  const stamp = Date.now() % 1_000_000;
  const topicOf = (what) => `kafkajs.${what}.${stamp}`;

  tests.test("creates a topic and describes it", async () => {
    const topic = topicOf("create");
    await create(topic, 3, [{ name: "retention.ms", value: "7200000" }]);
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    equal(topics[0].partitions.length, 3, "partitions");
    equal(
      topics[0].partitions.map((p) => p.leader),
      [1, 1, 1],
      "leaders",
    );
    equal(await admin.createTopics({ topics: [{ topic }] }), false, "a second creation");
  });
  const roundTrip = async (topic, options) => {
    await create(topic);
    const records = Array.from({ length: 300 }, (_, i) => sample(i));
    const result = await produce(topic, records.map(asMessage), options);
    if (options.acks !== 0) equal(result.baseOffset, "0", "base offset");
    const messages = await read(topic, 300);
    equal(messages.map(content), records, "records");
  };
  for (const codec of codecs) {
    tests.test(`round trip with ${codec}: headers, null keys, null values`, () =>
      roundTrip(topicOf(`codec.${codec}`), { compression: codec }),
    );
  }
  for (const acks of [0, 1, -1]) {
    tests.test(`produces with acks=${acks}`, () => roundTrip(topicOf(`acks${acks}`), { acks }));
  }
  tests.test("idempotent producing keeps order and counts", async () => {
    const topic = topicOf("idempotent");
    await create(topic);
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    for (let batch = 0; batch < 50; batch += 1) {
      const messages = Array.from({ length: 20 }, (_, i) => ({
        value: `${batch * 20 + i}`,
        partition: 0,
      }));
      await producer.send({ topic, messages });
    }
    await producer.disconnect();
    const messages = await read(topic, 1000);
    equal(
      messages.map((m) => String(m.value)),
      Array.from({ length: 1000 }, (_, i) => `${i}`),
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
    const refused = await produce(topic, [{ value: Buffer.alloc(1_200_000) }]).catch((e) => e);
    equal(refused.type, "MESSAGE_TOO_LARGE", "error");
  });
  tests.test("finds offsets by time, earliest, latest; seeks", async () => {
    const topic = topicOf("time");
    await create(topic, 1, [{ name: "retention.ms", value: "-1" }]);
    for (let batch = 0; batch < 10; batch += 1) {
      const messages = Array.from({ length: 10 }, (_, i) => {
        const n = batch * 10 + i;
        return { value: `${n}`, timestamp: String(crossBaseMs + n * 1000) };
      });
      await produce(topic, messages);
    }
    const at = async (ms) =>
      Number((await admin.fetchTopicOffsetsByTimestamp(topic, ms))[0].offset);
    equal(await at(crossBaseMs + 42_000), 42, "exact");
    equal(await at(crossBaseMs + 41_001), 42, "between");
    const [ends] = await admin.fetchTopicOffsets(topic);
    equal([ends.low, ends.high], ["0", "100"], "earliest and latest");
    const messages = await read(topic, 3, { seek: 77 });
    equal(
      messages.map((m) => String(m.value)),
      ["77", "78", "79"],
      "after the seek",
    );
  });
  tests.test("a consumer at the end waits for what comes", async () => {
    const topic = topicOf("tail");
    await create(topic);
    const value = `late ${Date.now()}`;
    const [message] = await read(topic, 1, { onReady: () => produce(topic, [{ value }]) });
    equal(String(message.value), value, "value");
  });
  tests.test(
    "alters and describes configs, adds partitions, deletes records and the topic",
    async () => {
      const topic = topicOf("admin");
      await create(topic);
      const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
      const configEntries = [{ name: "max.message.bytes", value: "65536" }];
      await admin.alterConfigs({ resources: [{ ...resource, configEntries }] });
      await eventually("the altered config", async () => {
        const { resources } = await admin.describeConfigs({ resources: [resource] });
        const entry = resources[0].configEntries.find((e) => e.configName === "max.message.bytes");
        return entry.configValue === "65536";
      });
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
      await eventually("three partitions", async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        return topics[0].partitions.length === 3;
      });
      await produce(
        topic,
        Array.from({ length: 20 }, (_, i) => ({ value: `${i}` })),
      );
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "12" }] });
      const offsets = await admin.fetchTopicOffsets(topic);
      equal(offsets.find((o) => o.partition === 0).low, "12", "low watermark");
      await admin.deleteTopics({ topics: [topic] });
      await eventually(
        "the end of the topic",
        async () => !(await admin.listTopics()).includes(topic),
      );
    },
  );
  tests.test("groups: commits, lists, describes, sets and resets offsets, deletes", async () => {
    const topic = topicOf("groups");
    const groupId = `${topic}.group`;
    await create(topic);
    await produce(
      topic,
      Array.from({ length: 30 }, (_, i) => ({ value: `${i}` })),
    );
    const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    let seen = 0;
    await consumer.run({ autoCommit: false, eachMessage: async () => void (seen += 1) });
    await eventually("30 records", () => seen === 30);
    await consumer.commitOffsets([{ topic, partition: 0, offset: "10", metadata: "note" }]);
    const { groups } = await admin.describeGroups([groupId]);
    equal([groups[0].state, groups[0].members.length], ["Stable", 1], "state and members");
    await consumer.disconnect();
    const fetched = await admin.fetchOffsets({ groupId, topics: [topic] });
    equal(fetched[0].partitions[0], { partition: 0, offset: "10", metadata: "note" }, "offset");
    const [after] = await read(topic, 1, { groupId });
    equal(after.offset, "10", "after the committed offset");
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: "3" }] });
    equal((await read(topic, 1, { groupId }))[0].offset, "3", "after the set offset");
    check(
      (await admin.listGroups()).groups.some((g) => g.groupId === groupId),
      "not listed",
    );
    await admin.deleteGroups([groupId]);
    check(!(await admin.listGroups()).groups.some((g) => g.groupId === groupId), "still listed");
  });
  tests.test("describes the cluster", async () => {
    const cluster = await admin.describeCluster();
    equal([cluster.brokers.length, cluster.controller], [1, 1], "brokers and controller");
    check(cluster.clusterId.length === 22, "cluster id");
  });
  await tests.run();
}

async function crossWrite({ bootstrap }) {
  await open(bootstrap);
  for (const codec of codecs) {
    const topic = crossTopic(name, codec);
    await create(topic, 1, [{ name: "retention.ms", value: "-1" }]);
    const records = Array.from({ length: crossRecords }, (_, i) => crossRecord(name, codec, i));
    await produce(topic, records.map(asMessage), { compression: codec });
  }
}

async function crossRead({ bootstrap, writers }) {
  await open(bootstrap);
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
  await open(bootstrap);
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await paced(count, rate, (i) =>
    producer.send({ topic, messages: [{ key: String(i), value: `record ${i}` }] }),
  );
  await producer.disconnect();
}

async function member({ bootstrap, topic, group }) {
  await open(bootstrap);
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: 6000,
    heartbeatInterval: 500,
    maxWaitTimeInMs: 200,
  });
  process.on("SIGTERM", () => {
    consumer.disconnect().finally(() => process.exit(0));
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
    emit("assigned", (payload.memberAssignment[topic] ?? []).length),
  );
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch, resolveOffset, commitOffsetsIfNecessary, heartbeat }) => {
      for (const message of batch.messages) {
        emit("record", batch.partition, message.offset);
        resolveOffset(message.offset);
      }
      await commitOffsetsIfNecessary({
        topics: [
          {
            topic,
            partitions: [
              { partition: batch.partition, offset: String(BigInt(batch.lastOffset()) + 1n) },
            ],
          },
        ],
      });
      await heartbeat();
    },
  });
  await new Promise(() => undefined);
}

await main({
  suite,
  "cross-write": crossWrite,
  "cross-read": crossRead,
  create: async ({ bootstrap, topic, count }) => {
    await open(bootstrap);
    await create(topic, count);
  },
  feed,
  member,
});
