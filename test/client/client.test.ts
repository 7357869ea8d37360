import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Admin } from "../../src/client/admin/admin.ts";
import { Cluster } from "../../src/client/cluster/cluster.ts";
import { connect } from "../../src/client/connect.ts";
import type { ConsumerRecord } from "../../src/client/consumer/consumer-record.ts";
import { Consumer } from "../../src/client/consumer/consumer.ts";
import { listOffsets, OffsetSpec } from "../../src/client/consumer/list-offsets.ts";
import { Producer } from "../../src/client/producer/producer.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { startTestBroker, type TestBroker } from "./broker.ts";

let broker: TestBroker;
let cluster: Cluster;
let admin: Admin;

before(async () => {
  broker = await startTestBroker();
  cluster = broker.cluster;
  admin = new Admin(cluster);
});

after(() => broker.close());

async function makeTopic(name: string, partitions = 1): Promise<void> {
  const [created] = await admin.createTopics([{ name, partitions, replicationFactor: 1 }]);
  assert.equal(created?.error, undefined);
}

function partitionsOf(topic: string, count: number) {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}

async function readAll(topic: string): Promise<ConsumerRecord[]> {
  const consumer = new Consumer(cluster, topic, { until: "end" });
  const records: ConsumerRecord[] = [];
  for await (const record of consumer) records.push(record);
  await consumer.close();
  return records;
}

test("what is sent comes back once and in order, with every codec", async () => {
  await makeTopic("codecs", 3);
  const perCodec = 2_000;
  for (const compression of ["none", "gzip", "snappy", "lz4", "zstd"] as const) {
    const producer = new Producer(cluster, { compression });
    const sent = Array.from({ length: perCodec }, (_, i) =>
      producer.send("codecs", {
        key: `key-${i % 50}`,
        value: `${compression} ${i}`,
        headers: { i: String(i) },
      }),
    );
    await producer.close();
    const acknowledged = await Promise.all(sent);
    assert.equal(
      new Set(acknowledged.map((one) => `${one.partition}@${one.offset}`)).size,
      perCodec,
    );
  }
  const records = await readAll("codecs");
  assert.equal(records.length, 5 * perCodec);
  const lastByKey = new Map<string, number>();
  for (const { key, value, headers } of records) {
    const [codec, number] = value!.toString().split(" ");
    assert.equal(headers.text("i"), number);
    const name = `${codec} ${key!.toString()}`;
    assert.ok(Number(number) > (lastByKey.get(name) ?? -1), "the records of a key are in order");
    lastByKey.set(name, Number(number));
  }
});

test("records without a key fill one partition after the other", async () => {
  await makeTopic("sticky", 4);
  const producer = new Producer(cluster);
  const value = Buffer.alloc(1_000);
  const sent = Array.from({ length: 1_000 }, () => producer.send("sticky", { key: null, value }));
  await producer.close();
  const used = new Set((await Promise.all(sent)).map(({ partition }) => partition));
  assert.equal(used.size, 4);
});

test("a record that is too large fails alone; the ones beside it are written", async () => {
  const [created] = await admin.createTopics([
    {
      name: "small",
      partitions: 1,
      replicationFactor: 1,
      configs: { "max.message.bytes": "10000" },
    },
  ]);
  assert.equal(created?.error, undefined);
  const producer = new Producer(cluster, { lingerMs: 50 });
  const values = [100, 9_000, 20_000, 9_000, 100].map((size) => Buffer.alloc(size, 1));
  const outcomes = await Promise.allSettled(
    values.map((value) => producer.send("small", { key: null, value, partition: 0 })),
  );
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
  const [, , refused] = outcomes;
  assert.ok(refused?.status === "rejected");
  assert.equal((refused.reason as { code: string }).code, "MESSAGE_TOO_LARGE");
  await producer.send("small", { key: null, value: Buffer.from("after") });
  await producer.close();
  const lengths = (await readAll("small")).map(({ value }) => value?.length);
  assert.deepEqual(lengths, [100, 9_000, 9_000, 100, 5]);
});

test("a topic that is not there is an error at once, unless it may be created", async () => {
  const careful = new Producer(cluster);
  await assert.rejects(careful.send("absent", { key: null, value: null }), {
    code: "UNKNOWN_TOPIC_OR_PARTITION",
  });
  await careful.close();
  const generous = new Producer(cluster, { createTopics: true });
  const { offset } = await generous.send("made", { key: null, value: Buffer.from("x") });
  assert.equal(offset, 0);
  await generous.close();
});

test("acks 0 and 1 are served too", async () => {
  await makeTopic("acks");
  for (const acks of [0, 1] as const) {
    const producer = new Producer(cluster, { acks });
    const { offset } = await producer.send("acks", { key: null, value: Buffer.from("v") });
    assert.equal(offset, acks === 0 ? -1 : 1);
    await producer.close();
  }
  assert.equal((await readAll("acks")).length, 2);
});

test("a timestamp finds the first record that is not older", async () => {
  await makeTopic("times");
  const producer = new Producer(cluster);
  for (const timestamp of [1_000, 2_000, 3_000]) {
    await producer.send("times", { key: null, value: Buffer.from("v"), timestamp });
  }
  await producer.close();
  const at = async (timestamp: number) =>
    (await listOffsets(cluster, partitionsOf("times", 1), timestamp))[0]?.offset;
  assert.deepEqual(
    [await at(1_500), await at(3_000), await at(3_001), await at(OffsetSpec.maxTimestamp)],
    [1, 2, -1, 2],
  );
});

test("a call ends with its deadline and with its signal", async () => {
  const stop = new AbortController();
  await makeTopic("quiet");
  const consumer = new Consumer(cluster, "quiet", { fetchWaitMs: 10_000 });
  const polled = consumer.poll(60_000, { signal: stop.signal });
  stop.abort();
  assert.deepEqual(await polled, []);
  await consumer.close();
  await assert.rejects(cluster.metadataOf(null, { signal: AbortSignal.abort() }), {
    code: "CANCELLED",
  });
});

test("a port that nobody listens at, and one that speaks something else, are told apart", async () => {
  const listener = await nodePlatform.network.listen(
    { host: "127.0.0.1", port: 0 },
    (connection) => {
      connection.start({
        receiveBuffer: () => new Uint8Array(1024),
        received: () => connection.write([Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")]),
        closed: () => undefined,
      });
    },
  );
  const connect = (port: number) =>
    Cluster.connect({ platform: nodePlatform, bootstrap: [`127.0.0.1:${port}`] });
  await assert.rejects(connect(listener.port), { code: "NOT_KAFKA" });
  await listener.close();
  await assert.rejects(connect(listener.port), { code: "BOOTSTRAP_FAILED" });
});

test("whoever names no broker, or names it wrongly, is told so", async () => {
  for (const nobody of [[], JSON.parse("null"), JSON.parse("{}")]) {
    await assert.rejects(connect(nobody), {
      code: "INVALID_ADDRESS",
      message: "no broker is named",
    });
  }
  for (const wrong of ["", "localhost:99999", "kafka://localhost:9092", "a:1,"]) {
    await assert.rejects(connect(wrong), { code: "INVALID_ADDRESS" });
  }
});

test("a broker that goes away is waited for, as long as the record may take", async () => {
  const own = await startTestBroker();
  const ownAdmin = new Admin(own.cluster);
  await ownAdmin.createTopics([{ name: "restart", partitions: 1, replicationFactor: 1 }]);
  const producer = new Producer(own.cluster, { deliveryTimeoutMs: 1_000 });
  await producer.send("restart", { key: null, value: Buffer.from("before") });
  await own.node.close();
  await assert.rejects(producer.send("restart", { key: null, value: null }), {
    retriable: true,
  });
  await producer.close();
  own.cluster.close();
});
