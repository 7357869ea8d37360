// What the simulator found in the client, each with a clock that nobody waits for.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { KafkaError } from "../../src/client/errors.ts";
import { topic } from "../../src/client/topics/topic.ts";
import { testBroker, type TestBroker } from "../../src/testing/test-broker.ts";

const TOPIC = "orders";

async function started(t: TestContext, clock: "virtual" | "manual"): Promise<TestBroker> {
  const broker = await testBroker({ clock });
  t.after(() => broker.close());
  return broker;
}

function numbered(count: number): { value: string }[] {
  return Array.from({ length: count }, (_, index) => ({ value: `${index}` }));
}

test("a member reads partitions that are added, as soon as it was told to look for them", async (t) => {
  const broker = await started(t, "virtual");
  await broker.topic(TOPIC).create({ partitions: 1 });
  const kafka = await broker.connect();
  const consumer = kafka.consume(TOPIC, { group: "billing", metadataMaxAgeMs: 1000 });
  await consumer.ready();
  const began = broker.clock.nowMs();
  await kafka.admin.createPartitions(TOPIC, 2);
  const reading = consumer.poll(60_000);
  await broker.topic(TOPIC).produce({ value: "new", partition: 1 });
  assert.equal((await reading)[0]?.value?.toString(), "new");
  assert.ok(broker.clock.nowMs() - began < 10_000);
});

test("what was gathered for a batch is not handed out after a seek", async (t) => {
  const broker = await started(t, "manual");
  await broker.topic(TOPIC).create({ partitions: 1 });
  await broker.topic(TOPIC).produce(...numbered(5));
  const consumer = (await broker.connect()).consume(TOPIC);
  const batches = consumer.batches({ withinMs: 1000 });
  const first = batches.next();
  await broker.clock.advance(500);
  consumer.seek({ topic: TOPIC, partition: 0 }, 3);
  await broker.clock.advance(200);
  await broker.topic(TOPIC).produce({ value: "5" });
  await broker.clock.advance(2000);
  const batch = await first;
  const value: readonly { readonly offset: number }[] = batch.value ?? [];
  assert.deepEqual(
    value.map(({ offset }) => offset),
    [3, 4, 5],
  );
});

test("what was gathered for a batch is not handed out after the end", async (t) => {
  const broker = await started(t, "manual");
  await broker.topic(TOPIC).create({ partitions: 1 });
  await broker.topic(TOPIC).produce(...numbered(5));
  const consumer = (await broker.connect()).consume(TOPIC);
  const first = consumer.batches({ withinMs: 1000 }).next();
  await broker.clock.advance(500);
  const closed = consumer.close();
  await broker.clock.advance(2000);
  assert.equal((await first).done, true);
  await closed;
});

test("a partition that was added after the producer asked for the topic is found", async (t) => {
  const broker = await started(t, "manual");
  await broker.topic(TOPIC).create({ partitions: 1 });
  const near = await broker.connect({ clientId: "near" });
  const far = await broker.connect({ clientId: "far" });
  broker.faults.delay({ ms: 100, client: "far" });
  const producer = far.producer();
  const sends = [producer.send(TOPIC, { value: "before", partition: 0 })];
  await broker.clock.advance(150);
  await near.admin.createPartitions(TOPIC, 2);
  sends.push(producer.send(TOPIC, { value: "after", partition: 1 }));
  await broker.clock.advance(5000);
  const sent = await Promise.all(sends);
  assert.deepEqual(
    sent.map(({ partition }) => partition),
    [0, 1],
  );
  const missing = assert.rejects(producer.send(TOPIC, { value: "nowhere", partition: 2 }), {
    code: "UNKNOWN_TOPIC_OR_PARTITION",
    retriable: false,
  });
  await broker.clock.advance(5000);
  await missing;
});

test("work that waits for another of its key is not begun once its partition has gone", async (t) => {
  const broker = await started(t, "virtual");
  await broker.topic(TOPIC).create({ partitions: 1 });
  await broker.topic(TOPIC).produce(...numbered(5).map((record) => ({ ...record, key: "same" })));
  const consumer = (await broker.connect()).consume(TOPIC);
  const begun: number[] = [];
  let closed: Promise<void> | undefined;
  await consumer.forEach(
    async ({ offset }) => {
      begun.push(offset);
      await broker.clock.advance(100);
      closed ??= consumer.close();
    },
    { concurrency: "key" },
  );
  await closed;
  assert.deepEqual(begun, [0]);
});

test("a record that was being decoded is not handed out after a seek", async (t) => {
  const broker = await started(t, "virtual");
  const slow = topic(TOPIC, {
    value: {
      name: "slow",
      encode: (value: string) => Buffer.from(value),
      decode: async (bytes: Buffer) => {
        await broker.clock.advance(1000);
        return bytes.toString();
      },
    },
  });
  await broker.topic(slow).create({ partitions: 1 });
  await broker.topic(slow).produce(...numbered(5));
  const consumer = (await broker.connect()).consume(slow);
  await consumer.ready();
  const first = consumer.poll(60_000, { max: 1 });
  while (consumer.position({ topic: TOPIC, partition: 0 }) !== 1) await broker.clock.advance(10);
  consumer.seek({ topic: TOPIC, partition: 0 }, 3);
  assert.deepEqual(
    (await first).map(({ offset }) => offset),
    [3],
  );
});

test("a static member that was forgotten joins again and is not fenced by itself", async (t) => {
  const broker = await started(t, "virtual");
  await broker.topic(TOPIC).create({ partitions: 1 });
  const consumer = (await broker.connect()).consume(TOPIC, {
    group: "billing",
    instanceId: "till-1",
    sessionTimeoutMs: 6000,
    heartbeatIntervalMs: 100,
  });
  await consumer.ready();
  broker.faults.answer("Heartbeat", "REBALANCE_IN_PROGRESS");
  broker.faults.answer("JoinGroup", "UNKNOWN_MEMBER_ID", { times: 3 });
  await broker.clock.advance(3000);
  await broker.topic(TOPIC).produce({ value: "new" });
  assert.equal((await consumer.poll(60_000)).length, 1);
});

test("loops end with a consumer that is closed while it joins its group; calls say that it is closed", async (t) => {
  const broker = await started(t, "manual");
  await broker.topic(TOPIC).create({ partitions: 1 });
  const kafka = await broker.connect({ clientId: "far" });
  broker.faults.delay({ ms: 1000, client: "far" });
  for (let waitMs = 0; waitMs < 12_000; waitMs += 700) {
    const consumer = kafka.consume(TOPIC, { group: `billing-${waitMs}` });
    const loop = consumer.forEach(() => undefined);
    const commit = consumer.commit().catch((thrown: unknown) => thrown);
    const ready = consumer.ready().catch((thrown: unknown) => thrown);
    await broker.clock.advance(waitMs);
    const closed = consumer.close();
    await broker.clock.advance(20_000);
    await Promise.all([loop, closed]);
    for (const outcome of [await commit, await ready]) {
      if (outcome === undefined) continue;
      assert.ok(outcome instanceof KafkaError && outcome.code === "CLOSED", String(outcome));
    }
  }
});

test("a member whose group the coordinator has lost joins again and goes on", async (t) => {
  const broker = await started(t, "virtual");
  await broker.topic(TOPIC).create({ partitions: 1 });
  const kafka = await broker.connect();
  const consumer = kafka.consume(TOPIC, { group: "billing", commit: { everyMs: 100 } });
  await broker.topic(TOPIC).produce({ value: "0" });
  broker.faults.answer("OffsetCommit", "GROUP_ID_NOT_FOUND");
  assert.equal((await consumer.poll(60_000)).length, 1);
  const next = consumer.poll(60_000);
  await broker.clock.advance(5000);
  await broker.topic(TOPIC).produce({ value: "1" });
  const values = (await next).map(({ value }) => value?.toString());
  while (!values.includes("1")) {
    for (const { value } of await consumer.poll(60_000)) values.push(value?.toString());
  }
  await consumer.poll(0);
  await consumer.close();
  const [stored] = await kafka.admin.groupOffsets("billing");
  assert.equal(stored?.offset, 2);
});

test("batches whose answers a restart took are not written twice", async (t) => {
  const broker = await started(t, "manual");
  await broker.topic(TOPIC).create({ partitions: 1 });
  const kafka = await broker.connect({ clientId: "far" });
  broker.faults.delay({ ms: 100, client: "far" });
  const producer = kafka.producer({ batchBytes: 1, lingerMs: 0 });
  const sends = [producer.send(TOPIC, { value: "0" })];
  await broker.clock.advance(2000);
  for (const { value } of numbered(5)) sends.push(producer.send(TOPIC, { value }));
  await broker.clock.advance(150);
  broker.faults.cut({ client: "far" });
  assert.equal((await broker.topic(TOPIC).records()).length, 6);
  broker.faults.reset();
  await broker.faults.restart();
  broker.faults.heal();
  await broker.clock.advance(60_000);
  await Promise.all(sends);
  assert.equal((await broker.topic(TOPIC).records()).length, 6);
});

test("partitions that are added while a static leader is away are read when it is back", async (t) => {
  const broker = await started(t, "virtual");
  await broker.topic(TOPIC).create({ partitions: 1 });
  const options = { group: "billing", instanceId: "till-1", sessionTimeoutMs: 60_000 };
  const first = (await broker.connect()).consume(TOPIC, options);
  await first.ready();
  await first.close();
  const kafka = await broker.connect();
  await kafka.admin.createPartitions(TOPIC, 2);
  const second = kafka.consume(TOPIC, options);
  await second.ready();
  await broker.topic(TOPIC).produce({ value: "new", partition: 1 });
  const began = broker.clock.nowMs();
  while ((await second.poll(1000)).length === 0) {
    assert.ok(broker.clock.nowMs() - began < 30_000);
  }
});

test("a member goes on from an offset that was committed under an earlier leader", async (t) => {
  const broker = await started(t, "virtual");
  await broker.topic(TOPIC).create({ partitions: 1 });
  await broker.topic(TOPIC).produce(...numbered(3));
  const options = { group: "billing" };
  const first = (await broker.connect({ clientId: "one" })).consume(TOPIC, options);
  assert.equal((await first.poll(60_000)).length, 3);
  await first.commit();
  await first.close();
  await broker.faults.restart();
  await broker.topic(TOPIC).produce({ value: "3" });
  const kafka = await broker.connect({ clientId: "two" });
  // The leader is known before the offset is, so that nothing else makes the consumer look again.
  await kafka.cluster.topic(TOPIC);
  const second = kafka.consume(TOPIC, options);
  assert.deepEqual(
    (await second.poll(2000)).map(({ offset }) => offset),
    [3],
  );
});

test("a loop that begins while no broker answers waits for one", async (t) => {
  const broker = await started(t, "virtual");
  await broker.topic(TOPIC).create({ partitions: 1 });
  await broker.topic(TOPIC).produce({ value: "0" });
  const kafka = await broker.connect({ requestTimeoutMs: 1000 });
  await broker.faults.kill();
  const consumer = kafka.consume(TOPIC);
  const first = consumer.poll(300_000);
  await broker.clock.advance(120_000);
  await broker.faults.start();
  assert.equal((await first).length, 1);
});
