import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ConsumerRecord } from "../../src/client/consumer/consumer-record.ts";
import { RecordDecodeError } from "../../src/client/consumer/topic-decoder.ts";
import { SchemaError, type Codec } from "../../src/client/topics/codec.ts";
import { json } from "../../src/client/topics/codec.ts";
import { topic } from "../../src/client/topics/topic.ts";
import type { Kafka } from "../../src/client/kafka.ts";
import * as v from "valibot";
import { ConsumerScene } from "./consumer-scene.ts";
import { uniqueName } from "./target.ts";

let scene: ConsumerScene;
let kafka: Kafka;

before(async () => {
  scene = await ConsumerScene.open();
  kafka = scene.kafka;
});

after(() => scene.close());

const Order = v.object({ id: v.string(), total: v.number() });

/** Compiles only where both types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T => true as T;

async function sendRaw(name: string, values: readonly (string | null)[]): Promise<void> {
  const producer = kafka.producer();
  await producer.sendAll(
    name,
    values.map((value, i) => ({ key: `k${i}`, value, headers: { source: "test" } })),
  );
  await producer.close();
}

test("keys, values and declared headers come as the topic's codecs give them", async () => {
  const orders = topic(await scene.makeTopic(), {
    key: "string",
    value: json(Order),
    headers: { source: "string", traceparent: "string?" },
  });
  const producer = kafka.producer();
  await producer.send(orders, {
    key: "a",
    value: { id: "a", total: 3 },
    headers: { source: "shop", extra: "more" },
  });
  await producer.send(orders, { value: { id: "b", total: 4 }, headers: { source: "shop" } });
  await producer.close();
  const consumer = kafka.consume(orders, { until: "end" });
  const totals: number[] = [];
  for await (const record of consumer) {
    holds<Same<typeof record.key, string | null>>();
    holds<Same<typeof record.value, { id: string; total: number }>>();
    totals.push(record.value.total);
    const { source, traceparent } = record.header;
    holds<Same<typeof source, string>>();
    assert.deepEqual([source, traceparent], ["shop", undefined]);
    if (record.key === "a") assert.equal(record.headers.text("extra"), "more");
    assert.equal(record.keyBytes?.toString() ?? null, record.key);
    assert.deepEqual(JSON.parse(record.valueBytes!.toString()), record.value);
  }
  assert.deepEqual(totals, [3, 4]);
  await consumer.close();
});

test("records of several topics are told apart by their topic", async () => {
  const orders = topic("orders-of-several", { key: "string", value: json<{ total: number }>() });
  const mails = topic("mails-of-several", { key: "string", value: "string" });
  for (const name of [orders.name, mails.name, "raw-of-several"]) {
    await kafka.admin.createTopics([{ name, partitions: 1, replicationFactor: 1 }]);
  }
  const key = uniqueName("several");
  const producer = kafka.producer();
  await producer.send(orders, { key, value: { total: 7 } });
  await producer.send(mails, { key, value: "hello" });
  await producer.send("raw-of-several", { key, value: "bytes" });
  await producer.close();
  const consumer = kafka.consume([orders, mails, "raw-of-several"], { until: "end" });
  const seen: string[] = [];
  for await (const record of consumer) {
    if (record.keyBytes?.toString() !== key) continue;
    switch (record.topic) {
      case "orders-of-several":
        seen.push(`order ${record.value.total}`);
        break;
      case "mails-of-several":
        holds<Same<typeof record.value, string>>();
        seen.push(`mail ${record.value}`);
        break;
      case "raw-of-several":
        holds<Same<typeof record.value, Buffer | null>>();
        seen.push(`raw ${String(record.value)}`);
    }
  }
  assert.deepEqual(seen.sort(), ["mail hello", "order 7", "raw bytes"]);
  await consumer.close();
});

test("a record that cannot be decoded ends the loop, which stands at it again until it is passed", async () => {
  const orders = topic(await scene.makeTopic(), { key: "string", value: json(Order) });
  await sendRaw(orders.name, ['{"id":"a","total":1}', "{broken", '{"id":1}', null]);
  const consumer = kafka.consume(orders);
  const place = { topic: orders.name, partition: 0 };
  const next = async () => {
    for await (const record of consumer) return record;
    return assert.fail("the loop has no end");
  };
  assert.equal((await next()).value.id, "a");
  for (const offset of [1, 1, 2, 3]) {
    consumer.seek(place, offset);
    await assert.rejects(next(), (thrown: unknown) => {
      assert.ok(thrown instanceof RecordDecodeError);
      assert.equal(thrown.code, "DECODE_FAILED");
      assert.deepEqual(thrown.context, { ...place, offset });
      assert.equal(thrown.part, "value");
      assert.equal(thrown.record.keyBytes?.toString(), `k${offset}`);
      assert.equal(thrown.retriable, false);
      if (offset === 2) assert.ok(thrown.cause instanceof SchemaError);
      return true;
    });
    assert.equal(consumer.position(place), offset);
  }
  await consumer.close();
});

test("records that cannot be decoded are skipped where that is wanted", async () => {
  const orders = topic(await scene.makeTopic(), { value: json(Order) });
  await sendRaw(orders.name, ["no", '{"id":"a","total":1}', "no", "no", '{"id":"b","total":2}']);
  const group = uniqueName("group");
  const consumer = kafka.consume(orders, { until: "end", onDecodeError: "skip", group });
  const ids: string[] = [];
  for await (const { value } of consumer) ids.push(value.id);
  assert.deepEqual(ids, ["a", "b"]);
  await consumer.close();
  assert.deepEqual(await scene.committed(group), [5]);
});

test("dead letters hold the record and where it is from, before its offset counts as done", async () => {
  const orders = topic(await scene.makeTopic(), { value: json(Order) });
  const deadLetter = await scene.makeTopic();
  await sendRaw(orders.name, ['{"id":"a","total":1}', "{broken", '{"id":"b","total":2}']);
  const group = uniqueName("group");
  const consumer = kafka.consume(orders, { until: "end", group, onDecodeError: { deadLetter } });
  const ids: string[] = [];
  for await (const batch of consumer.batches()) ids.push(...batch.map(({ value }) => value.id));
  assert.deepEqual(ids, ["a", "b"]);
  await consumer.close();
  assert.deepEqual(await scene.committed(group), [3]);
  const letters: ConsumerRecord[] = [];
  const reader = kafka.consume(deadLetter, { until: "end" });
  for await (const letter of reader) letters.push(letter);
  await reader.close();
  assert.equal(letters.length, 1);
  const [letter] = letters;
  assert.deepEqual([String(letter?.key), String(letter?.value)], ["k1", "{broken"]);
  const text = (name: string) => letter?.headers.text(name);
  assert.equal(text("source"), "test");
  assert.equal(text("moldau.deadletter.topic"), orders.name);
  assert.equal(text("moldau.deadletter.partition"), "0");
  assert.equal(text("moldau.deadletter.offset"), "1");
  assert.equal(text("moldau.deadletter.part"), "value");
  assert.match(text("moldau.deadletter.error") ?? "", /JSON/);
  assert.ok(Number(text("moldau.deadletter.timestamp")) > 0);
});

test("a dead letter that cannot be stored ends the loop, and its record is not done", async () => {
  const orders = topic(await scene.makeTopic(), { value: json(Order) });
  await sendRaw(orders.name, ['{"id":"a","total":1}', "{broken"]);
  const group = uniqueName("group");
  const deadLetter = await scene.makeTopic(1, { "max.message.bytes": "1" });
  const consumer = kafka.consume(orders, { until: "end", group, onDecodeError: { deadLetter } });
  await assert.rejects(
    (async () => {
      for await (const _ of consumer);
    })(),
    { code: "MESSAGE_TOO_LARGE" },
  );
  await consumer.close();
  assert.deepEqual(await scene.committed(group), [1]);
});

test("codecs that work asynchronously are waited for, in every kind of loop", async () => {
  const slow: Codec<string> = {
    name: "slow",
    encode: (value) => Buffer.from(value),
    async decode(bytes) {
      await new Promise((resolve) => setImmediate(resolve));
      if (bytes.toString() === "bad") throw new Error("bad");
      return `slow ${bytes.toString()}`;
    },
  };
  const letters = topic(await scene.makeTopic(), { key: slow, value: slow });
  await sendRaw(letters.name, ["a", "bad", "b", "c"]);
  const expected = ["slow a", "slow b", "slow c"];
  const options = { until: "end", onDecodeError: "skip" } as const;
  const byRecord: string[] = [];
  const first = kafka.consume(letters, options);
  for await (const { value, key } of first) {
    byRecord.push(value);
    assert.ok(key?.startsWith("slow k"));
  }
  assert.deepEqual(byRecord, expected);
  const byBatch: string[] = [];
  const second = kafka.consume(letters, options);
  for await (const batch of second.batches()) byBatch.push(...batch.map(({ value }) => value));
  assert.deepEqual(byBatch, expected);
  const byCall: string[] = [];
  const third = kafka.consume(letters, options);
  await third.forEach(({ value }) => byCall.push(value), { concurrency: "key" });
  assert.deepEqual(byCall, expected);
  const strict = kafka.consume(letters, { until: "end" });
  await assert.rejects(
    strict.forEach(() => undefined),
    { code: "DECODE_FAILED" },
  );
  await Promise.all([first, second, third, strict].map((consumer) => consumer.close()));
});

test("tombstones are values of compacted topics alone", async () => {
  const compacted = topic(await scene.makeTopic(1, { "cleanup.policy": "compact" }), {
    key: "string",
    value: "string",
    config: { "cleanup.policy": "compact" },
  });
  await sendRaw(compacted.name, ["a", null]);
  const consumer = kafka.consume(compacted, { until: "end" });
  const values: (string | null)[] = [];
  for await (const { value } of consumer) values.push(value);
  assert.deepEqual(values, ["a", null]);
  await consumer.close();
});
