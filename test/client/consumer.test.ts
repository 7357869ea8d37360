import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ConsumeOptions } from "../../src/client/consumer/consumer-options.ts";
import type { ConsumerRecord } from "../../src/client/consumer/consumer-record.ts";
import type { Kafka } from "../../src/client/kafka.ts";
import {
  ConsumerScene,
  eventually,
  FIRST_TIMESTAMP,
  take,
  textOf,
  turn,
  values,
} from "./consumer-scene.ts";
import { uniqueName } from "./target.ts";

let scene: ConsumerScene;
let kafka: Kafka;

before(async () => {
  scene = await ConsumerScene.open();
  kafka = scene.kafka;
});

after(() => scene.close());

test("reading begins at every place that can be named", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  assert.deepEqual(await scene.readAll(topic), values(0, 10));
  assert.deepEqual(await scene.readAll(topic, { from: "earliest" }), values(0, 10));
  assert.deepEqual(await scene.readAll(topic, { from: "latest" }), []);
  assert.deepEqual(await scene.readAll(topic, { from: { offset: 7 } }), values(7, 10));
  assert.deepEqual(await scene.readAll(topic, { from: { last: 3 } }), values(7, 10));
  assert.deepEqual(await scene.readAll(topic, { from: { last: 30 } }), values(0, 10));
  const time = FIRST_TIMESTAMP + 4_500;
  assert.deepEqual(await scene.readAll(topic, { from: { time } }), values(5, 10));
  assert.deepEqual(await scene.readAll(topic, { from: { time: new Date(time) } }), values(5, 10));
  assert.deepEqual(await scene.readAll(topic, { from: { time: Date.now() } }), []);
  const durationMs = Date.now() - time;
  assert.deepEqual(await scene.readAll(topic, { from: { durationMs } }), values(5, 10));
  const offsets = [{ topic, partition: 0, offset: 4 }];
  assert.deepEqual(await scene.readAll(topic, { from: { offsets } }), values(4, 10));
  await assert.rejects(scene.readAll(topic, { from: "none" }), { code: "NO_OFFSET" });
});

test("partitions that `from` does not name begin at their earliest record", async () => {
  const topic = await scene.makeTopic(2);
  await scene.produce(topic, 10, { partitions: 2 });
  const offsets = [{ topic, partition: 1, offset: 3 }];
  const texts = await scene.readAll(topic, { from: { offsets } });
  assert.deepEqual(texts.sort(), ["v0", "v2", "v4", "v6", "v7", "v8", "v9"]);
  assert.deepEqual((await scene.readAll(topic, { partitions: [1] })).length, 5);
  await assert.rejects(scene.readAll(topic, { partitions: [2] }), {
    code: "UNKNOWN_TOPIC_OR_PARTITION",
    retriable: false,
  });
});

test("an offset that is not in the log fails, or goes on where it was said to", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 3);
  const beyond: ConsumeOptions = { from: { offset: 99 } };
  const strict = kafka.consume(topic, beyond);
  await assert.rejects(take(strict, 1), { code: "OFFSET_OUT_OF_RANGE", retriable: false });
  await assert.rejects(take(strict, 1), { code: "OFFSET_OUT_OF_RANGE" });
  strict.seek({ topic, partition: 0 }, 2);
  assert.deepEqual(await take(strict, 1), ["v2"]);
  await strict.close();
  const lenient = kafka.consume(topic, { ...beyond, onOutOfRange: "earliest" });
  assert.deepEqual(await take(lenient, 3), values(0, 3));
  await lenient.close();
});

test("a topic that is not there ends the loop with an error that says so", async () => {
  await assert.rejects(take(kafka.consume(uniqueName("absent")), 1), {
    code: "UNKNOWN_TOPIC_OR_PARTITION",
    retriable: false,
  });
});

test("batches hold what is there, and wait for more where they are told to", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 25);
  const consumer = kafka.consume(topic);
  const sizes: number[] = [];
  for await (const batch of consumer.batches({ max: 10 })) {
    sizes.push(batch.length);
    if (sizes.length === 3) break;
  }
  assert.deepEqual(sizes, [10, 10, 5]);
  const gathering = consumer.batches({ max: 4, withinMs: 10_000 }).next();
  for (let i = 0; i < 4; i++) await scene.produce(topic, 1, { from: 25 + i });
  const { value } = await gathering;
  assert.deepEqual(value?.map(textOf), values(25, 29));
  await consumer.close();
});

test("forEach works on several records and keeps the order it promises", async () => {
  const topic = await scene.makeTopic(3);
  await scene.produce(topic, 210, { partitions: 3 });
  for (const concurrency of [1, 8, "partition", "key"] as const) {
    const consumer = kafka.consume(topic, { until: "end" });
    const lanes = new Map<string, number>();
    const seen = new Set<string>();
    let atWork = 0;
    let most = 0;
    await consumer.forEach(
      async (record) => {
        most = Math.max(most, ++atWork);
        const lane = concurrency === "key" ? `${record.partition} ${String(record.key)}` : "all";
        const name = concurrency === "partition" ? `${record.partition}` : lane;
        assert.ok(concurrency === 8 || !seen.has(name), "one of a lane at a time");
        seen.add(name);
        await turn();
        const number = Number(textOf(record).slice(1));
        if (concurrency !== 8 && concurrency !== 1) {
          assert.ok(number > (lanes.get(name) ?? -1), "lanes keep their order");
        }
        lanes.set(name, number);
        seen.delete(name);
        atWork--;
      },
      { concurrency },
    );
    assert.equal(atWork, 0);
    assert.equal(most > 1, concurrency !== 1);
    if (concurrency === "partition") assert.ok(most <= 3);
    await consumer.close();
  }
});

test("forEach rejects with the first failure when all that was begun has ended", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 20);
  const group = uniqueName("group");
  const consumer = kafka.consume(topic, { group });
  const ended: string[] = [];
  const work = async (record: ConsumerRecord): Promise<void> => {
    await turn();
    if (record.offset === 5) throw new Error("no");
    await turn();
    ended.push(textOf(record));
  };
  await assert.rejects(consumer.forEach(work, { concurrency: 4 }), { message: "no" });
  assert.ok(ended.length >= 7);
  await consumer.close();
  // What ended behind the failure is processed again: there is no gap in what is stored.
  assert.deepEqual(await scene.readAll(topic, { group }), values(5, 20));
});

test("poll gives what is there, and nothing after its time", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 5);
  const consumer = kafka.consume(topic);
  const first = await consumer.poll(5_000, { max: 3 });
  assert.deepEqual(first.map(textOf), values(0, 3));
  assert.deepEqual((await consumer.poll(5_000)).map(textOf), values(3, 5));
  assert.deepEqual(await consumer.poll(20), []);
  const stop = new AbortController();
  const waiting = consumer.poll(60_000, { signal: stop.signal });
  stop.abort();
  assert.deepEqual(await waiting, []);
  await consumer.close();
  await assert.rejects(consumer.poll(10), { code: "CLOSED" });
});

test("streams of both kinds give the records and end with them", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 50);
  const node = kafka.consume(topic, { until: "end" });
  const texts: string[] = [];
  for await (const record of node.readable({ highWaterMark: 4 })) {
    texts.push(textOf(record as ConsumerRecord));
  }
  assert.deepEqual(texts, values(0, 50));
  await node.close();
  const web = kafka.consume(topic, { until: "end" });
  const webTexts: string[] = [];
  for await (const record of web.readableStream()) webTexts.push(textOf(record));
  assert.deepEqual(webTexts, values(0, 50));
  await web.close();
});

test("paused partitions give nothing, and go on where they were", async () => {
  const topic = await scene.makeTopic(2);
  await scene.produce(topic, 20, { partitions: 2 });
  const consumer = kafka.consume(topic);
  await consumer.ready();
  consumer.pause([{ topic, partition: 0 }]);
  assert.deepEqual(consumer.paused, [{ topic, partition: 0 }]);
  const odd = await take(consumer, 10);
  assert.ok(odd.every((value) => Number(value.slice(1)) % 2 === 1));
  assert.deepEqual(await consumer.poll(20), []);
  consumer.resume();
  assert.deepEqual(consumer.paused, []);
  const even = await take(consumer, 4);
  assert.deepEqual(even, ["v0", "v2", "v4", "v6"]);
  // Paused in the middle of what was fetched.
  consumer.pause();
  assert.deepEqual(await consumer.poll(20), []);
  consumer.resume();
  assert.deepEqual(await take(consumer, 2), ["v8", "v10"]);
  assert.throws(() => consumer.pause([{ topic, partition: 2 }]), { code: "INVALID_ARGUMENT" });
  await consumer.close();
});

test("positions can be looked at and moved: to offsets, times and both ends", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  const place = { topic, partition: 0 };
  const consumer = kafka.consume(topic);
  await consumer.ready();
  assert.equal(consumer.position(place), 0);
  assert.deepEqual(await take(consumer, 3), values(0, 3));
  assert.equal(consumer.position(place), 3);
  assert.deepEqual(consumer.lag(), {
    total: 7,
    partitions: [{ ...place, position: 3, end: 10, lag: 7 }],
  });
  consumer.seek(place, 8);
  assert.equal(consumer.position(place), 8);
  assert.deepEqual(await take(consumer, 2), values(8, 10));
  assert.equal(consumer.lag().total, 0);
  assert.ok(consumer.atEnd);
  const found = await consumer.seekToTime(FIRST_TIMESTAMP + 5_500);
  assert.deepEqual(found, [{ ...place, offset: 6 }]);
  assert.deepEqual(await take(consumer, 1), values(6, 7));
  await consumer.seekToBeginning();
  assert.deepEqual(await take(consumer, 1), values(0, 1));
  assert.deepEqual(await consumer.seekToEnd(), [{ ...place, offset: 10 }]);
  await scene.produce(topic, 1, { from: 10 });
  assert.deepEqual(await take(consumer, 1), values(10, 11));
  assert.deepEqual(await consumer.seekToTime(Date.now()), [{ ...place, offset: 11 }]);
  assert.throws(() => consumer.seek(place, -1), { code: "INVALID_ARGUMENT" });
  assert.throws(() => consumer.seek({ topic, partition: 1 }, 0), { code: "INVALID_ARGUMENT" });
  await consumer.close();
});

test("records that are deleted in the middle are left out", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 20);
  const options = { fetchPartitionMaxBytes: 1, prefetchPartitionBytes: 1 };
  const consumer = kafka.consume(topic, { until: "end", ...options });
  assert.deepEqual(await take(consumer, 1), ["v0"]);
  await scene.produce(topic, 5, { from: 20 });
  await kafka.admin.deleteRecords([{ topic, partition: 0, before: 22 }]);
  const late = kafka.consume(topic, { from: { offset: 3 }, onOutOfRange: "earliest" });
  assert.deepEqual(await take(late, 3), values(22, 25));
  await consumer.close();
  await late.close();
});

test("all partitions of a topic are read, also those that are added meanwhile", async () => {
  const topic = await scene.makeTopic(1);
  const consumer = kafka.consume(topic, { from: "latest", metadataMaxAgeMs: 50 });
  await consumer.ready();
  await kafka.admin.createPartitions(topic, 2);
  await scene.produce(topic, 2, { partitions: 2 });
  assert.deepEqual((await take(consumer, 2)).sort(), ["v0", "v1"]);
  assert.equal(consumer.assignment.length, 2);
  await consumer.close();
});

test("a pattern reads the topics that it finds, also those that are made later", async () => {
  const prefix = uniqueName("pattern");
  const make = async (name: string, value: string): Promise<void> => {
    await kafka.admin.createTopic({ name, partitions: 1, replicationFactor: 1 });
    const producer = kafka.producer();
    await producer.send(name, { value });
    await producer.close();
  };
  await make(`${prefix}.a`, "a");
  await make(`other.${prefix}`, "none of these");
  const consumer = kafka.consume(new RegExp(`^${prefix}\\.`), { metadataMaxAgeMs: 50 });
  const seen: string[] = [];
  for await (const record of consumer) {
    seen.push(`${record.topic} ${textOf(record)}`);
    if (seen.length === 1) await make(`${prefix}.b`, "b");
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen, [`${prefix}.a a`, `${prefix}.b b`]);
  await consumer.close();
});

test("a topic that is deleted and made anew is read from its beginning", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 5);
  const consumer = kafka.consume(topic, { metadataMaxAgeMs: 100 });
  assert.deepEqual(await take(consumer, 5), values(0, 5));
  await kafka.admin.deleteTopic(topic);
  await eventually("the name is free", async () => {
    const [made] = await kafka.admin.createTopics([
      { name: topic, partitions: 1, replicationFactor: 1 },
    ]);
    return made?.error === undefined;
  });
  await scene.produce(topic, 3, { from: 100 });
  assert.deepEqual(await take(consumer, 3), values(100, 103));
  await consumer.close();
});

test("options that contradict each other are refused where they are written", () => {
  const wrong: ConsumeOptions[] = [
    { group: "g", partitions: [0] },
    { group: "" },
    { commit: "manual" },
    { partitions: [-1] },
    { from: { offset: -1 } },
    { from: { time: Number.NaN } },
    { fetchMinBytes: -1 },
  ];
  for (const options of wrong) {
    assert.throws(() => kafka.consume("t", options), { code: "INVALID_ARGUMENT" });
  }
  // As programs that no compiler has looked at have them.
  const mistaken: ConsumeOptions[] = JSON.parse(`[
    { "from": "yesterday" }, { "from": {} }, { "from": null }, { "until": "forever" }, { "onOutOfRange": "later" },
    { "group": "g", "commit": "always" }, { "isolation": "none" }, { "onDecodeError": "log" },
    { "group": "g", "groupProtocol": "new" }
  ]`);
  for (const options of mistaken) {
    assert.throws(() => kafka.consume("t", options), { code: "INVALID_ARGUMENT" });
  }
  assert.throws(() => kafka.consume("t", JSON.parse('{ "until": "forever" }')), {
    message: '`until` is "forever"; the words for it are "end"',
  });
  assert.throws(() => kafka.consume([]), { code: "INVALID_ARGUMENT" });
  assert.throws(() => kafka.consume(["t", "t"]), { code: "INVALID_ARGUMENT" });
  assert.throws(() => kafka.consume("no such name!"), { code: "INVALID_TOPIC_EXCEPTION" });
});

test("a second loop takes over, and the first is told", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 5);
  const consumer = kafka.consume(topic);
  const first = consumer[Symbol.asyncIterator]();
  await first.next();
  assert.deepEqual(await take(consumer, 1), ["v1"]);
  await assert.rejects(first.next(), { code: "CLOSED" });
  await consumer.close();
});

test("calls of next that do not wait for one another get one record each, in order", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  const consumer = kafka.consume(topic, { until: "end" });
  const iterator = consumer[Symbol.asyncIterator]();
  const results = await Promise.all(Array.from({ length: 12 }, () => iterator.next()));
  const texts = results.map(({ value }) => (value === undefined ? "end" : textOf(value)));
  assert.deepEqual(texts, [...values(0, 10), "end", "end"]);
  await consumer.close();
});

test("what a loop was given and did not come to is there for the next one", async () => {
  const topic = await scene.makeTopic(2);
  await scene.produce(topic, 40, { partitions: 2 });
  const consumer = kafka.consume(topic, { until: "end" });
  const seen = new Set<string>();
  for (const concurrency of [4, "partition", "key"] as const) {
    let count = 0;
    const working = consumer.forEach(
      async (record) => {
        seen.add(textOf(record));
        await turn();
        if (++count === 3) throw new Error("no");
      },
      { concurrency },
    );
    await assert.rejects(working, { message: "no" });
  }
  const stream = consumer.readable();
  for await (const record of stream) {
    seen.add(textOf(record as ConsumerRecord));
    break;
  }
  for await (const record of consumer) seen.add(textOf(record));
  assert.deepEqual([...seen].sort(), values(0, 40).sort());
  await consumer.close();
});
