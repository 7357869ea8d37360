import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "../../src/client/connect.ts";
import type { ConsumeOptions } from "../../src/client/consumer/consumer-options.ts";
import type { Kafka } from "../../src/client/kafka.ts";
import { ConsumerScene, eventually, take, textOf, turn, values } from "./consumer-scene.ts";
import { uniqueName } from "./target.ts";

let scene: ConsumerScene;
let kafka: Kafka;

before(async () => {
  scene = await ConsumerScene.open();
  kafka = scene.kafka;
});

after(() => scene.close());

/**
 * Reads as a member of the group until `count` records were handed out, waits until `storedIs` holds of what
 * the group has stored, and dies: nothing is committed or told any more.
 */
async function readAndCrash(
  topic: string,
  options: ConsumeOptions & { readonly group: string },
  count: number,
  storedIs: (offset: number | undefined) => boolean,
): Promise<void> {
  const own = await connect(scene.target.bootstrap);
  const consumer = own.consume(topic, options);
  const iterator = consumer[Symbol.asyncIterator]();
  for (let i = 0; i < count; i++) await iterator.next();
  await eventually("what is done is stored", async () =>
    storedIs((await scene.committed(options.group))[0]),
  );
  own.cluster.close();
  await consumer.close();
}

test("a record is stored as done when the next one is asked for, and not before", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  const group = uniqueName("group");
  const sessionTimeoutMs = 6_000;
  // Six were handed out, five are done: the sixth is processed again.
  await readAndCrash(topic, { group, sessionTimeoutMs }, 6, (offset) => offset === 5);
  await turn();
  assert.deepEqual(await scene.committed(group), [5]);
});

test("with an interval of its own the group hears sooner", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  for (const everyMs of [0, 20]) {
    const group = uniqueName("group");
    const consumer = kafka.consume(topic, { group, commit: { everyMs } });
    for await (const { offset } of consumer) {
      if (offset < 4) continue;
      const before = performance.now();
      await eventually("stored", async () => (await scene.committed(group))[0] === 4);
      assert.ok(performance.now() - before < 900);
      break;
    }
    await consumer.close();
    assert.deepEqual(await scene.committed(group), [4]);
  }
});

test("a busy loop commits once an interval, not once a record", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 2_000);
  const group = uniqueName("group");
  const own = await connect(scene.target.bootstrap);
  const consumer = own.consume(topic, { group, until: "end" });
  for await (const _ of consumer);
  const [metrics] = own.cluster.metrics.consumers;
  assert.ok(metrics !== undefined && metrics.commitLatencyMs.count <= 3);
  await own.close();
  assert.deepEqual(await scene.committed(group), [2_000]);
});

test("the end of the iteration and close() store what is done; the record of a `break` is not", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  const group = uniqueName("group");
  const left = kafka.consume(topic, { group });
  assert.deepEqual(await take(left, 4), values(0, 4));
  await left.close();
  assert.deepEqual(await scene.committed(group), [3]);
  assert.deepEqual(await scene.readAll(topic, { group }), values(3, 10));
  assert.deepEqual(await scene.committed(group), [10]);
});

test("a loop that goes on behind another counts its records as done", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  const group = uniqueName("group");
  const consumer = kafka.consume(topic, { group });
  assert.deepEqual(await take(consumer, 4), values(0, 4));
  assert.deepEqual(await take(consumer, 1), values(4, 5));
  await consumer.close();
  assert.deepEqual(await scene.committed(group), [4]);
});

test("manual commits are all there is, and hold the record that is worked on", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  const group = uniqueName("group");
  const consumer = kafka.consume(topic, { group, commit: "manual" });
  for await (const record of consumer) {
    if (record.offset === 2) await consumer.commit();
    if (record.offset === 6) break;
  }
  await consumer.close();
  assert.deepEqual(await scene.committed(group), [3]);
  const given = kafka.consume(topic, { group, commit: "manual" });
  assert.deepEqual(await take(given, 1), values(3, 4));
  await given.commit([{ topic, partition: 0, offset: 8 }]);
  await given.close();
  assert.deepEqual(await scene.committed(group), [8]);
});

test("the records of a batch are done together", async () => {
  const topic = await scene.makeTopic(2);
  await scene.produce(topic, 20, { partitions: 2 });
  const group = uniqueName("group");
  const consumer = kafka.consume(topic, { group });
  let count = 0;
  for await (const batch of consumer.batches({ max: 6 })) {
    count += batch.length;
    if (count >= 12) break;
  }
  await consumer.close();
  const offsets = await scene.committed(group);
  assert.equal(offsets[0]! + offsets[1]!, count - 6);
});

test("what poll gave is done when it is called again", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  const group = uniqueName("group");
  const consumer = kafka.consume(topic, { group });
  await consumer.poll(5_000, { max: 4 });
  await consumer.poll(5_000, { max: 4 });
  await consumer.close();
  assert.deepEqual(await scene.committed(group), [4]);
});

test("forEach stores what is done without a gap, whatever ends first", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  const group = uniqueName("group");
  const consumer = kafka.consume(topic, { group, commit: { everyMs: 0 } });
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const done: number[] = [];
  const running = consumer.forEach(
    async ({ offset }) => {
      if (offset === 3) await gate;
      done.push(offset);
    },
    { concurrency: 4 },
  );
  await eventually("all but one are done", () => done.length === 9);
  await eventually("stored", async () => (await scene.committed(group))[0] === 3);
  await consumer.commit();
  assert.deepEqual(await scene.committed(group), [3]);
  release();
  await eventually("all is stored", async () => (await scene.committed(group))[0] === 10);
  await consumer.close();
  await running;
});

test("a stream's record is done when it has left the stream and another is asked for", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 20);
  for (const kind of ["node", "web"] as const) {
    const group = uniqueName("group");
    const consumer = kafka.consume(topic, { group });
    const stream = kind === "node" ? consumer.readable() : consumer.readableStream();
    let count = 0;
    for await (const record of stream) {
      assert.equal((record as { offset: number }).offset, count);
      if (++count === 5) break;
    }
    await consumer.close();
    // A stream of Node asks for more before it hands over what it holds.
    assert.deepEqual(await scene.committed(group), [kind === "node" ? 3 : 4]);
  }
});

test("after a seek back what is stored goes back; without one it never does", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  const group = uniqueName("group");
  const consumer = kafka.consume(topic, { group });
  await take(consumer, 8);
  await consumer.commit();
  assert.deepEqual(await scene.committed(group), [8]);
  consumer.seek({ topic, partition: 0 }, 2);
  assert.deepEqual(await take(consumer, 3), values(2, 5));
  await consumer.close();
  assert.deepEqual(await scene.committed(group), [4]);
});

test("a member that has read nothing leaves its place to the next one", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 5);
  const group = uniqueName("group");
  const early = kafka.consume(topic, { group, from: "latest" });
  await early.ready();
  await early.close();
  await scene.produce(topic, 3, { from: 5 });
  assert.deepEqual(await scene.readAll(topic, { group, from: "latest" }), values(5, 8));
});

test("offsets for a transaction are only given by a consumer that does not commit itself", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 5);
  const group = uniqueName("group");
  const consumer = kafka.consume(topic, { group, commit: "manual" });
  for await (const { offset } of consumer) if (offset === 2) break;
  const [position] = consumer.positionsToCommit();
  assert.deepEqual(
    { ...position, leaderEpoch: 0 },
    { topic, partition: 0, offset: 3, leaderEpoch: 0 },
  );
  const { memberId, generationId } = consumer.groupMetadata();
  assert.ok(memberId !== "" && generationId > 0);
  await consumer.close();
  const automatic = kafka.consume(topic, { group });
  assert.throws(() => automatic.positionsToCommit(), { code: "INVALID_ARGUMENT" });
  const alone = kafka.consume(topic);
  assert.throws(() => alone.groupMetadata(), { code: "INVALID_ARGUMENT" });
  await assert.rejects(alone.commit(), { code: "INVALID_ARGUMENT" });
});

test("the signal ends the loop after its record, stores it and leaves the group", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  const group = uniqueName("group");
  const stop = new AbortController();
  const consumer = kafka.consume(topic, { group, signal: stop.signal });
  const texts: string[] = [];
  for await (const record of consumer) {
    texts.push(textOf(record));
    if (record.offset === 3) stop.abort();
    await turn();
  }
  assert.deepEqual(texts, values(0, 4));
  assert.ok(consumer.isClosed);
  assert.deepEqual(await scene.committed(group), [4]);
  const { members } = await kafka.admin.describeGroup(group);
  assert.equal(members.length, 0);
});

test("close waits for the record that is worked on if it is told to", async () => {
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  for (const drainMs of [0, 10_000]) {
    const group = uniqueName("group");
    const consumer = kafka.consume(topic, { group });
    let closing: Promise<void> | undefined;
    for await (const { offset } of consumer) {
      if (offset === 3) closing = consumer.close({ drainMs });
      if (drainMs === 0) await closing;
      else await turn();
    }
    await closing;
    assert.deepEqual(await scene.committed(group), [drainMs === 0 ? 3 : 4]);
  }
});
