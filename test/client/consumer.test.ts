import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ConsumeOptions } from "../../src/client/consumer/consumer-options.ts";
import type { ConsumerRecord } from "../../src/client/consumer/consumer-record.ts";
import type { Kafka } from "../../src/client/kafka.ts";
import { ConsumerScene, FIRST_TIMESTAMP, take, textOf, turn, values } from "./consumer-scene.ts";
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
