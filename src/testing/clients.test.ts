import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Kafka } from "../client/kafka.ts";
import { topic } from "../client/topics/topic.ts";
import { testBroker, type TestBroker, type TestBrokerOptions } from "./test-broker.ts";

const orders = topic("orders", { key: "string", value: "json", partitions: 1 });
const shared = topic("shared", { value: "int32", partitions: 4 });
const HOUR_MS = 3_600_000;

async function started(t: TestContext, options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = await testBroker({ clock: "virtual", ...options });
  t.after(() => broker.close());
  return broker;
}

async function valuesIn(broker: TestBroker): Promise<unknown[]> {
  return (await broker.topic(orders).records()).map(({ value }) => value);
}

/** Sends 1 to `count` without waiting for one before the next. */
function sendMany(kafka: Kafka, count: number): Promise<unknown> {
  const producer = kafka.producer();
  const sends = Array.from({ length: count }, (_, i) => producer.send(orders, { value: i + 1 }));
  return Promise.all(sends);
}

test("what a producer lingers over is sent at once by a virtual clock", async (t) => {
  const broker = await started(t);
  await broker.topic(orders).create();
  const producer = (await broker.connect()).producer({ lingerMs: HOUR_MS / 60 });
  const began = performance.now();
  await producer.send(orders, { key: "a", value: 1 });
  assert.ok(performance.now() - began < 5000);
  assert.deepEqual(await valuesIn(broker), [1]);
});

test("a refused produce request is sent again, and the order stays", async (t) => {
  const broker = await started(t);
  await broker.topic(orders).create();
  broker.faults.answer("Produce", "NOT_LEADER_OR_FOLLOWER", { times: 3 });
  await sendMany(await broker.connect(), 20);
  assert.deepEqual(
    await valuesIn(broker),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
});

test("a produce request that was carried out is not carried out twice", async (t) => {
  const broker = await started(t);
  await broker.topic(orders).create();
  broker.faults.answerAfter("Produce", "REQUEST_TIMED_OUT");
  broker.faults.loseAnswer("Produce");
  await sendMany(await broker.connect(), 5);
  assert.deepEqual(await valuesIn(broker), [1, 2, 3, 4, 5]);
});

test("a producer outlives a broker that is killed", async (t) => {
  const broker = await started(t);
  await broker.topic(orders).create();
  const kafka = await broker.connect();
  await sendMany(kafka, 3);
  await broker.faults.kill();
  const waiting = sendMany(kafka, 3);
  await broker.clock.advance(1000);
  await broker.faults.start();
  await waiting;
  assert.deepEqual(await valuesIn(broker), [1, 2, 3, 1, 2, 3]);
});

test("a consumer goes on after refused fetches, and stops where it is told", async (t) => {
  const broker = await started(t);
  await broker.topic(orders).create();
  await broker.topic(orders).produce({ value: 1 }, { value: 2 });
  const kafka = await broker.connect();
  const seen: unknown[] = [];
  for await (const { value } of kafka.consume(orders)) {
    seen.push(value);
    if (value === 1) broker.faults.answer("Fetch", "NOT_LEADER_OR_FOLLOWER", { times: 2 });
    if (value === 2) await broker.topic(orders).produce({ value: 3 });
    if (value === 3) break;
  }
  assert.deepEqual(seen, [1, 2, 3]);
});

test("a member that is cut off loses its partitions to the others when its session is over", async (t) => {
  const broker = await started(t);
  await broker.topic(shared).create();
  const options = { group: "billing", sessionTimeoutMs: 10_000 };
  const consumers = await Promise.all(
    ["one", "two"].map(async (clientId) => {
      const kafka = await broker.connect({ clientId });
      return kafka.consume(shared, options);
    }),
  );
  const seen: number[][] = consumers.map(() => []);
  const loops = consumers.map(async (consumer, index) => {
    for await (const { value } of consumer) if (value !== null) seen[index]?.push(value);
  });
  const [one, two] = consumers;
  while (one?.assignment.length !== 2 || two?.assignment.length !== 2) {
    await broker.clock.advance(100);
  }
  broker.faults.cut({ client: "one" });
  await broker.clock.advance(20_000);
  assert.equal(two.assignment.length, 4);
  await broker
    .topic(shared)
    .produce(...[0, 1, 2, 3].map((partition) => ({ value: partition, partition })));
  await broker.clock.advance(1000);
  assert.deepEqual(seen[1]?.toSorted(), [0, 1, 2, 3]);
  broker.faults.heal();
  await Promise.all(consumers.map((consumer) => consumer.close()));
  await Promise.all(loops);
});

test("offsets that were committed are there for the next member", async (t) => {
  const broker = await started(t);
  await broker.topic(orders).create();
  await broker.topic(orders).produce({ value: 1 }, { value: 2 }, { value: 3 });
  broker.faults.answer("OffsetCommit", "COORDINATOR_LOAD_IN_PROGRESS");
  broker.faults.answer("FindCoordinator", "COORDINATOR_NOT_AVAILABLE");
  const first = (await broker.connect()).consume(orders, { group: "billing" });
  for await (const { value } of first) if (value === 2) break;
  await first.close();
  const second = (await broker.connect()).consume(orders, { group: "billing" });
  const seen: unknown[] = [];
  for await (const { value } of second) {
    seen.push(value);
    if (value === 3) break;
  }
  assert.deepEqual(seen, [2, 3]);
});
