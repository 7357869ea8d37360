import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after, before, test } from "node:test";
import * as v from "valibot";
import { Admin } from "../../src/client/admin/admin.ts";
import { Cluster } from "../../src/client/cluster/cluster.ts";
import { Consumer } from "../../src/client/consumer/consumer.ts";
import type { RecordOf } from "../../src/client/consumer/topic-selection.ts";
import type { ProducerBatchTrace, RequestTrace } from "../../src/client/diagnostics/channels.ts";
import { KafkaError } from "../../src/client/errors.ts";
import type { FailedRecord } from "../../src/client/producer/failed-records.ts";
import type { ProducerOptions } from "../../src/client/producer/options.ts";
import type { RawRecord } from "../../src/client/producer/producer-record.ts";
import { Producer } from "../../src/client/producer/producer.ts";
import { json } from "../../src/client/topics/codec.ts";
import { topic } from "../../src/client/topics/topic.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { startTarget, uniqueName, type Target } from "./target.ts";

let target: Target;
let cluster: Cluster;
let admin: Admin;

before(async () => {
  target = await startTarget();
  cluster = await Cluster.connect({ platform: nodePlatform, bootstrap: [target.bootstrap] });
  admin = new Admin(cluster);
});

after(async () => {
  cluster.close();
  await target.close();
});

async function makeTopic(
  about: string,
  partitions = 1,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = uniqueName(about);
  await createTopic(name, partitions, config);
  return name;
}

async function createTopic(
  name: string,
  partitions: number,
  configs: Readonly<Record<string, string>>,
): Promise<void> {
  const [created] = await admin.createTopics([{ name, partitions, replicationFactor: 1, configs }]);
  if (created?.error !== undefined) throw created.error;
}

async function readAll(name: string): Promise<RecordOf<string>[]> {
  const consumer = new Consumer(cluster, name, { until: "end" });
  const records: RecordOf<string>[] = [];
  for await (const record of consumer) records.push(record);
  await consumer.close();
  return records;
}

async function textsIn(name: string): Promise<string[]> {
  return (await readAll(name)).map(({ value }) => String(value));
}

test("a typed topic takes what its codecs take, and comes back as they give it", async () => {
  const name = await makeTopic("typed");
  const orders = topic(name, {
    key: "string",
    value: json(v.object({ id: v.string(), total: v.number() })),
    headers: { source: "string", trace: "string?" },
  });
  const producer = new Producer(cluster);
  const { partition, offset } = await producer.send(orders, {
    key: "k",
    value: { id: "a", total: 3 },
    headers: { source: "shop", trace: undefined, extra: Buffer.from([1, 2]) },
  });
  assert.deepEqual([partition, offset], [0, 0]);
  await producer.send(orders, { value: { id: "b", total: 4 }, headers: { source: "shop" } });
  const consumer = new Consumer(cluster, orders, { until: "end" });
  const seen = [];
  for await (const { key, value, headers } of consumer) {
    seen.push([key, value.id, value.total, headers.text("source"), headers.get("extra")]);
  }
  await consumer.close();
  assert.deepEqual(seen, [
    ["k", "a", 3, "shop", Buffer.from([1, 2])],
    [null, "b", 4, "shop", undefined],
  ]);
  await producer.close();
});

test("what a codec refuses is told with the topic, and the records around it go", async () => {
  const name = await makeTopic("refused");
  const strict = topic(name, {
    value: json(v.object({ n: v.number() })),
    headers: { h: "string" },
  });
  const producer = new Producer(cluster);
  const wrong = { value: { n: "three" as unknown as number }, headers: { h: "1" } };
  const [first, second, third] = await Promise.allSettled([
    producer.send(strict, { value: { n: 1 }, headers: { h: "1" } }),
    producer.send(strict, wrong),
    producer.send(strict, { value: { n: 3 }, headers: { h: "1" } }),
  ]);
  assert.deepEqual(
    [first.status, second.status, third.status],
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.ok(second.status === "rejected" && second.reason instanceof KafkaError);
  assert.equal(second.reason.code, "ENCODE_FAILED");
  assert.equal(second.reason.context.topic, name);
  assert.match(second.reason.message, /value cannot be encoded: n: /);
  assert.throws(() => producer.post(strict, wrong), { code: "ENCODE_FAILED" });
  const missing = { value: { n: 1 }, headers: {} as { h: string } };
  await assert.rejects(producer.send(strict, missing), /headers cannot be encoded.*"h"/);
  await assert.rejects(producer.send(name, { value: 3 as unknown as string }), {
    code: "ENCODE_FAILED",
  });
  await producer.close();
  assert.deepEqual(await textsIn(name), ['{"n":1}', '{"n":3}']);
});

test("a schema that takes its time keeps its place among the records", async () => {
  const name = await makeTopic("slow-schema");
  const slow = topic(name, {
    value: json({
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value: unknown) => {
          if (value === "quick") return { value };
          const result = value === "wrong" ? { issues: [{ message: "it is wrong" }] } : { value };
          return new Promise((resolve) => setTimeout(resolve, 20, result));
        },
      },
    }),
  });
  const producer = new Producer(cluster);
  const outcomes = await Promise.allSettled([
    producer.send(slow, { value: "slow 1" }),
    producer.send(slow, { value: "quick" }),
    producer.send(name, { value: "raw" }),
    producer.send(slow, { value: "wrong" }),
    producer.send(slow, { value: "slow 2" }),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "fulfilled", "fulfilled", "rejected", "fulfilled"],
  );
  await producer.close();
  assert.deepEqual(await textsIn(name), ['"slow 1"', '"quick"', "raw", '"slow 2"']);
});

test("text and bytes are written as they are, and null is null", async () => {
  const name = await makeTopic("raw");
  const producer = new Producer(cluster);
  await producer.sendAll(name, [
    { key: "grüße 👋", value: "é".repeat(500) },
    { key: new Uint8Array([0, 255]), value: new Uint8Array(0) },
    {
      key: null,
      value: null,
      headers: [
        ["h", "1"],
        ["h", null],
      ],
    },
    { value: "x", timestamp: 1_600_000_000_000 },
  ]);
  await producer.close();
  const records = await readAll(name);
  assert.equal(String(records[0]!.key), "grüße 👋");
  assert.equal(String(records[0]!.value), "é".repeat(500));
  assert.deepEqual([...records[1]!.key!], [0, 255]);
  assert.equal(records[1]!.value?.length, 0);
  assert.deepEqual([records[2]!.key, records[2]!.value], [null, null]);
  assert.deepEqual(records[2]!.headers.getAll("h"), [Buffer.from("1"), null]);
  assert.equal(records[3]!.timestamp, 1_600_000_000_000);
  const wrongTime = producer.send(name, { value: "x", timestamp: 1.5 });
  await assert.rejects(wrongTime, { code: "CLOSED" });
});

test("a broker that stamps records says when it did", async () => {
  const name = await makeTopic("stamped", 1, { "message.timestamp.type": "LogAppendTime" });
  const producer = new Producer(cluster);
  const before = Date.now();
  const { timestamp } = await producer.send(name, { value: "v", timestamp: 1_000 });
  assert.ok(timestamp >= before - 1_000 && timestamp <= Date.now() + 1_000);
  await producer.close();
});

test("every codec and level can be read", async () => {
  const name = await makeTopic("levels");
  const all = [
    { compression: "gzip", compressionLevel: 9 },
    { compression: "gzip", compressionLevel: 1 },
    { compression: "zstd", compressionLevel: 19 },
    { compression: "zstd", compressionLevel: -7 },
    { compression: "lz4" },
    { compression: "snappy" },
  ] as const;
  for (const options of all) {
    const producer = new Producer(cluster, options);
    const { compression } = options;
    for (let i = 0; i < 200; i++) producer.post(name, { value: `${compression} ${i % 3}` });
    await producer.close();
    assert.ok(producer.metrics.bytesSent < 3_000, `${compression} makes it smaller`);
  }
  assert.equal((await textsIn(name)).length, 200 * all.length);
  const none = { compression: "none", compressionLevel: 3 } as const;
  assert.throws(() => new Producer(cluster, none), { code: "INVALID_ARGUMENT" });
  assert.throws(() => new Producer(cluster, { compression: "zstd", compressionLevel: 23 }), {
    code: "INVALID_ARGUMENT",
  });
  // As programs that no compiler has looked at have them.
  for (const mistaken of ['{ "compression": "brotli" }', '{ "acks": 5 }', '{ "lingerMs": -1 }']) {
    const options: ProducerOptions = JSON.parse(mistaken);
    assert.throws(() => new Producer(cluster, options), { code: "INVALID_ARGUMENT" });
  }
  const odd: RawRecord = JSON.parse('{ "value": "x", "headers": { "count": 5 } }');
  const producer = new Producer(cluster);
  await assert.rejects(producer.send(name, odd), {
    code: "ENCODE_FAILED",
    message: `topic ${name}: the headers cannot be encoded: text, bytes or null are wanted, not number`,
  });
  await producer.close();
});

/** Produce requests that are sent while `work` runs. */
async function countRequests(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const listener = (message: unknown): void => {
    if ((message as RequestTrace).api === "Produce") count++;
  };
  subscribe("tracing:moldau:client:request:start", listener);
  try {
    await work();
  } finally {
    unsubscribe("tracing:moldau:client:request:start", listener);
  }
  return count;
}

test("what is sent in one tick is one request, also from continuations of it", async () => {
  const name = await makeTopic("tick", 3);
  const producer = new Producer(cluster);
  await producer.send(name, { value: "connects" });
  const together = await countRequests(() =>
    Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        producer.send(name, { value: String(i), partition: i % 3 }),
      ),
    ),
  );
  assert.equal(together, 1);
  const later = async (hops: number): Promise<void> => {
    for (let i = 0; i < hops; i++) await Promise.resolve();
    await producer.send(name, { value: "later", partition: 0 });
  };
  assert.equal(await countRequests(() => Promise.all([1, 5, 9, 30].map(later))), 1);
  // Many at a time, again and again: each answer is followed by one request of all of them.
  const rounds = 20;
  const busy = await countRequests(() =>
    Promise.all(
      Array.from({ length: 30 }, async () => {
        for (let i = 0; i < rounds; i++) await producer.send(name, { value: "v", partition: 1 });
      }),
    ),
  );
  assert.equal(busy, rounds);
  await producer.close();
});

test("a batch waits for its linger time, or for a flush", async () => {
  const name = await makeTopic("linger");
  const producer = new Producer(cluster, { lingerMs: 60_000 });
  const sent = producer.sendAll(name, [{ value: "a" }, { value: "b" }]);
  const requests = await countRequests(async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  assert.equal(requests, 0);
  await producer.flush();
  assert.equal((await sent).length, 2);
  await producer.close();
  const quick = new Producer(cluster, { lingerMs: 30 });
  const startedMs = performance.now();
  await quick.send(name, { value: "c" });
  assert.ok(performance.now() - startedMs >= 29);
  await quick.close();
});

test("keys go where Kafka's own producer sends them, and a program's partitioner decides otherwise", async () => {
  const name = await makeTopic("keys", 7);
  // What org.apache.kafka.clients.producer.internals.BuiltInPartitioner says, of 7.
  const golden: Readonly<Record<string, number>> = {
    "": 2,
    "21": 3,
    foobar: 0,
    abc: 4,
    grüße: 5,
    "👋": 2,
    "0123456789abcdef": 6,
  };
  const producer = new Producer(cluster);
  for (const [key, partition] of Object.entries(golden)) {
    assert.equal((await producer.send(name, { key, value: "v" })).partition, partition, key);
    const bytes = Buffer.from(key);
    assert.equal((await producer.send(name, { key: bytes, value: "v" })).partition, partition);
  }
  assert.equal((await producer.send(name, { key: "abc", value: "v", partition: 5 })).partition, 5);
  await producer.close();
  const own = new Producer(cluster, {
    partitioner: ({ key, partitionCount }) => (key === null ? partitionCount : key.length % 7),
  });
  assert.equal((await own.send(name, { key: "four", value: "v" })).partition, 4);
  await assert.rejects(own.send(name, { value: "v" }), {
    code: "UNKNOWN_TOPIC_OR_PARTITION",
    retriable: false,
  });
  await own.close();
});

test("records without a key fill all partitions alike", async () => {
  const name = await makeTopic("sticky", 5);
  const producer = new Producer(cluster, { batchBytes: 4_000 });
  for (let i = 0; i < 5_000; i++) {
    if (!producer.post(name, { value: "v".repeat(100) })) await producer.ready();
  }
  await producer.close();
  const counts = new Map<number, number>();
  for (const { partition } of await readAll(name)) {
    counts.set(partition, (counts.get(partition) ?? 0) + 1);
  }
  assert.equal(counts.size, 5);
  for (const count of counts.values()) assert.ok(count > 700 && count < 1_300, `${count}`);
});

test("posted records that fail reject the next flush, or go to whoever asked for them", async () => {
  const name = await makeTopic("posts", 1, { "max.message.bytes": "5000" });
  const producer = new Producer(cluster);
  producer.post(name, { value: "fits" });
  producer.post(name, { value: "x".repeat(6_000) });
  producer.post(name, { value: "y".repeat(6_000) });
  await assert.rejects(producer.flush(), (thrown: KafkaError) => {
    assert.equal(thrown.code, "MESSAGE_TOO_LARGE");
    assert.match(thrown.message, /^2 posted records were not delivered/);
    return true;
  });
  await producer.flush();
  await producer.close();
  const lost: FailedRecord[] = [];
  const listening = new Producer(cluster, {
    onError: (error, records) => {
      assert.equal((error as KafkaError).code, "MESSAGE_TOO_LARGE");
      assert.deepEqual([records.topic, records.partition, records.count], [name, 0, 1]);
      lost.push(...records);
    },
  });
  const large = "z".repeat(6_000);
  listening.post(name, { key: "k", value: large, headers: { h: "1" }, timestamp: 7 });
  const awaited = listening.send(name, { value: "beside it" });
  await listening.flush();
  assert.equal((await awaited).offset, 1);
  assert.equal(lost.length, 1);
  const [record] = lost;
  assert.equal(Buffer.from(record!.key!).toString(), "k");
  assert.equal(Buffer.from(record!.value!).toString(), large);
  assert.deepEqual([record!.timestamp, record!.headers[0]?.key], [7, "h"]);
  await listening.close();
});

test("there is a bound for records that wait: post throws, send waits, streams are held back", async () => {
  const name = await makeTopic("bounded");
  const producer = new Producer(cluster, { bufferBytes: 200_000, requestBytesMax: 50_000 });
  const value = Buffer.alloc(1_000);
  let taken = 0;
  assert.throws(
    () => {
      for (; taken < 10_000; taken++) producer.post(name, { value });
    },
    { code: "BUFFER_FULL", retriable: true },
  );
  assert.ok(taken > 100 && taken < 250, `${taken}`);
  assert.ok(producer.bufferedBytes <= 200_000);
  const waiting = Array.from({ length: 1_000 }, () => producer.send(name, { value }));
  assert.throws(() => producer.post(name, { value }), { code: "BUFFER_FULL" });
  await producer.ready();
  producer.post(name, { value });
  await Promise.all(waiting);
  await producer.flush();
  assert.equal(producer.bufferedBytes, 0);
  assert.equal((await readAll(name)).length, taken + 1_001);
  await producer.close();
});

test("a send that finds no room for too long is refused", async () => {
  const name = await makeTopic("blocked");
  const producer = new Producer(cluster, {
    bufferBytes: 1,
    requestBytesMax: 20_000,
    batchBytes: 20_000,
    lingerMs: 100_000,
    blockTimeoutMs: 200,
  });
  await assert.rejects(producer.send(uniqueName("absent"), { value: "v" }), {
    code: "UNKNOWN_TOPIC_OR_PARTITION",
  });
  await assert.rejects(producer.send(name, { value: Buffer.alloc(21_000) }), {
    code: "MESSAGE_TOO_LARGE",
  });
  // Whoever waits for room ends the lingering of the others.
  const values = Array.from({ length: 20 }, () =>
    producer.send(name, { value: Buffer.alloc(9_000) }),
  );
  await producer.flush();
  await Promise.all(values);
  await producer.close();
});

test("a pipeline of Node ends when all its records are acknowledged", async () => {
  const name = await makeTopic("pipeline", 2);
  const producer = new Producer(cluster, { bufferBytes: 500_000, requestBytesMax: 100_000 });
  const source = Readable.from(
    (function* () {
      for (let i = 0; i < 20_000; i++) yield { key: String(i), value: `${i} ${"x".repeat(80)}` };
    })(),
  );
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, producer.bufferedBytes)), 1);
  await pipeline(source, producer.writable(name));
  clearInterval(watch);
  assert.equal(producer.bufferedBytes, 0);
  assert.ok(most <= 500_000);
  assert.equal((await readAll(name)).length, 20_000);
  const failing = pipeline(Readable.from([{ value: "v" }, 3]), producer.writable(name));
  await assert.rejects(failing, { code: "INVALID_ARGUMENT" });
  const large = [{ value: Buffer.alloc(90_000) }, { value: Buffer.alloc(120_000) }];
  await assert.rejects(pipeline(Readable.from(large), producer.writable(name)), {
    code: "MESSAGE_TOO_LARGE",
  });
  await producer.close();
});

test("a stream of the Web holds its source back, and closes when all is acknowledged", async () => {
  const name = await makeTopic("web");
  const numbers = topic(name, { value: "int32" });
  const producer = new Producer(cluster);
  const writer = producer.writableStream(numbers).getWriter();
  for (let i = 0; i < 3_000; i++) {
    await writer.ready;
    void writer.write({ value: i });
  }
  await writer.close();
  const consumer = new Consumer(cluster, numbers, { until: "end" });
  let next = 0;
  for await (const { value } of consumer) assert.equal(value, next++);
  assert.equal(next, 3_000);
  await consumer.close();
  const whole = topic(name, { value: json(v.number()) });
  const broken = producer.writableStream(whole).getWriter();
  const wrong = broken.write({ value: "three" as unknown as number });
  await assert.rejects(wrong, { code: "ENCODE_FAILED" });
  await assert.rejects(broken.closed, { code: "ENCODE_FAILED" });
  await producer.close();
});

test("batches that are too large for the topic are split until they fit", async () => {
  const name = await makeTopic("split", 1, { "max.message.bytes": "3000" });
  const producer = new Producer(cluster, { lingerMs: 20 });
  const sent = await producer.sendAll(
    name,
    Array.from({ length: 300 }, (_, i) => ({ value: `${i} ${"x".repeat(90)}` })),
  );
  await producer.send(name, { value: "300 last" });
  await producer.close();
  assert.deepEqual(
    sent.map(({ offset }) => offset),
    Array.from({ length: 300 }, (_, i) => i),
  );
  const texts = await textsIn(name);
  assert.deepEqual(
    texts.map((text) => Number(text.split(" ")[0])),
    Array.from({ length: 301 }, (_, i) => i),
  );
});

test("records that a broker points at fail alone; the others of their batch are written", async () => {
  const name = await makeTopic("compacted", 1, { "cleanup.policy": "compact" });
  const lost: string[] = [];
  const producer = new Producer(cluster, {
    onError: (_error, records) => {
      for (const { value } of records) lost.push(String(value));
    },
  });
  const keyed = (value: string) => producer.send(name, { key: "k", value });
  producer.post(name, { value: "posted without a key" });
  const settled = await Promise.allSettled([
    keyed("1"),
    producer.send(name, { value: "without a key" }),
    keyed("2"),
    keyed("3"),
  ]);
  await keyed("4");
  await producer.close();
  assert.deepEqual(
    settled.map((one) => (one.status === "fulfilled" ? one.value.offset : one.reason.code)),
    [0, "INVALID_RECORD", 1, 2],
  );
  assert.deepEqual(lost, ["posted without a key"]);
  assert.deepEqual(await textsIn(name), ["1", "2", "3", "4"]);
});

test("a call ends with its signal; what was written by then stays", async () => {
  const name = await makeTopic("signals");
  const producer = new Producer(cluster, { lingerMs: 60_000 });
  const stop = new AbortController();
  const sent = producer.send(name, { value: "may be written" }, { signal: stop.signal });
  const flushed = new AbortController();
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(sent, { code: "CANCELLED", cause: reason });
  await assert.rejects(producer.send(name, { value: "x" }, { signal: stop.signal }), {
    code: "CANCELLED",
  });
  const unknown = producer.send(uniqueName("absent"), { value: "x" }, { signal: flushed.signal });
  flushed.abort();
  await assert.rejects(unknown, { code: "CANCELLED" });
  await assert.rejects(producer.flush({ signal: AbortSignal.abort() }), { code: "CANCELLED" });
  await producer.flush();
  assert.deepEqual(await textsIn(name), ["may be written"]);
  await producer.close();
});

test("close sends what is there, unless it has no time for it", async () => {
  const name = await makeTopic("closing");
  const drained = new Producer(cluster, { lingerMs: 60_000 });
  drained.post(name, { value: "drained" });
  await drained.close();
  await assert.rejects(drained.send(name, { value: "x" }), { code: "CLOSED" });
  assert.throws(() => drained.post(name, { value: "x" }), { code: "CLOSED" });
  const dropped = new Producer(cluster, { lingerMs: 60_000 });
  const sent = dropped.send(name, { value: "dropped" });
  dropped.post(name, { value: "dropped as well" });
  await assert.rejects(dropped.close({ drainMs: 0 }), { code: "CLOSED" });
  await assert.rejects(sent, { code: "CLOSED" });
  const disposed = new Producer(cluster);
  disposed.post(name, { value: "disposed" });
  await disposed[Symbol.asyncDispose]();
  assert.deepEqual(await textsIn(name), ["drained", "disposed"]);
});

test("a topic that grows gets records into its new partitions", async () => {
  const name = await makeTopic("grows", 1);
  const producer = new Producer(cluster);
  await producer.send(name, { value: "v", partition: 0 });
  await assert.rejects(producer.send(name, { value: "v", partition: 2 }), {
    code: "UNKNOWN_TOPIC_OR_PARTITION",
    message: /the topic has 1 partition/,
  });
  await admin.createPartitions(name, 3);
  const grown = async () => {
    for (let tries = 0; ; tries++) {
      try {
        return await producer.send(name, { value: "v", partition: 2 });
      } catch (thrown) {
        if (tries > 50) throw thrown;
      }
    }
  };
  assert.equal((await grown()).partition, 2);
  const used = new Set<number>();
  for (let i = 0; i < 30; i++)
    used.add((await producer.send(name, { key: String(i), value: "v" })).partition);
  assert.equal(used.size, 3);
  await producer.close();
});

test("a topic that is made anew takes the records that follow", async () => {
  const name = await makeTopic("anew", 2);
  const producer = new Producer(cluster, { deliveryTimeoutMs: 20_000 });
  for (let i = 0; i < 5; i++) await producer.send(name, { value: `old ${i}`, partition: 0 });
  await admin.deleteTopics([name]);
  for (let tries = 0; ; tries++) {
    try {
      await createTopic(name, 2, {});
      break;
    } catch (thrown) {
      if (tries > 100) throw thrown;
    }
  }
  const results = await producer.sendAll(
    name,
    Array.from({ length: 10 }, (_, i) => ({ value: `new ${i}`, partition: 0 })),
  );
  assert.deepEqual(
    results.map(({ offset }) => offset),
    Array.from({ length: 10 }, (_, i) => i),
  );
  await producer.send(name, { value: "new 10", partition: 0 });
  await producer.close();
  assert.deepEqual(
    await textsIn(name),
    Array.from({ length: 11 }, (_, i) => `new ${i}`),
  );
});

test("without idempotence and with fewer acknowledgements records keep their order", async () => {
  for (const options of [{ acks: 0 }, { acks: 1 }, { acks: "all", idempotent: false }] as const) {
    const name = await makeTopic("acks");
    const producer = new Producer(cluster, { ...options, batchBytes: 1_000 });
    const sent = await producer.sendAll(
      name,
      Array.from({ length: 2_000 }, (_, i) => ({ value: String(i) })),
    );
    await producer.close();
    assert.equal(sent[1_999]?.offset, options.acks === 0 ? -1 : 1_999);
    let texts = await textsIn(name);
    for (let tries = 0; texts.length < 2_000 && tries < 100; tries++) texts = await textsIn(name);
    assert.deepEqual(
      texts,
      Array.from({ length: 2_000 }, (_, i) => String(i)),
    );
  }
  const both = { acks: 1, idempotent: true } as const;
  assert.throws(() => new Producer(cluster, both), { code: "INVALID_ARGUMENT" });
});

test("batches are told on their channel, and counted", async () => {
  const name = await makeTopic("traced");
  const traces: ProducerBatchTrace[] = [];
  const listener = (message: unknown): void => {
    const trace = message as ProducerBatchTrace;
    if (trace.topic === name) traces.push(trace);
  };
  subscribe("tracing:moldau:client:producer:batch:asyncEnd", listener);
  const producer = new Producer(cluster, { compression: "gzip" });
  await producer.sendAll(name, [{ value: "x".repeat(2_000) }, { value: "y" }]);
  await producer.close();
  unsubscribe("tracing:moldau:client:producer:batch:asyncEnd", listener);
  const [trace] = traces;
  assert.equal(traces.length, 1);
  assert.deepEqual(
    [trace?.partition, trace?.records, trace?.attempt, trace?.baseOffset, trace?.compression],
    [0, 2, 1, 0, "gzip"],
  );
  assert.ok(trace!.bytes < trace!.uncompressedBytes);
  const { recordsSent, recordsFailed, batchesSent } = producer.metrics;
  assert.deepEqual([recordsSent, recordsFailed, batchesSent], [2, 0, 1]);
});
