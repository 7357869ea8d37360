import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Kafka } from "../client/kafka.ts";
import { topic } from "../client/topics/topic.ts";
import { testBroker, type TestBroker, type TestBrokerOptions } from "./test-broker.ts";

const orders = topic("orders", { value: "json", partitions: 1 });
const synced = topic("synced", { value: "json", config: { "flush.messages": 1 } });
const disks = ["memory", "directory"] as const;

async function started(t: TestContext, options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = await testBroker(options);
  t.after(() => broker.close());
  return broker;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Asks for something that the broker answers at once; gives how long that took by its clock. */
async function asked(broker: TestBroker, kafka: Kafka): Promise<number> {
  const began = broker.clock.nowMs();
  await kafka.cluster.metadataOf(["orders"]);
  return broker.clock.nowMs() - began;
}

for (const disk of disks) {
  test(`what was written is there after a stop, a kill and a restart (${disk})`, async (t) => {
    const broker = await started(t, { disk });
    const view = await broker.topic(orders).create();
    await view.produce({ value: 1 });
    await broker.faults.stop();
    assert.equal(broker.isRunning, false);
    await broker.faults.start();
    await view.produce({ value: 2 });
    await broker.faults.kill();
    await broker.faults.start();
    await view.produce({ value: 3 });
    await broker.faults.restart();
    const values = (await view.records()).map(({ value }) => value);
    assert.deepEqual(values, [1, 2, 3]);
  });

  test(`a full disk takes nothing until there is room again (${disk})`, async (t) => {
    const broker = await started(t, { disk });
    const view = await broker.topic(orders).create();
    await view.produce({ value: 1 });
    broker.faults.diskFull();
    const waiting = view.produce({ value: 2 });
    await broker.settle();
    assert.equal((await view.records()).length, 1);
    broker.faults.heal();
    await waiting;
    const values = (await view.records()).map(({ value }) => value);
    assert.deepEqual(values, [1, 2]);
  });

  test(`a device that fails to sync ends the broker, which is no surprise (${disk})`, async (t) => {
    const broker = await started(t, { disk });
    await broker.topic(synced).create({ partitions: 1 });
    broker.faults.failSync();
    broker
      .topic(synced)
      .produce({ value: 1 })
      .catch(() => undefined);
    await until(() => !broker.isRunning);
    broker.faults.heal();
    await broker.faults.start();
    assert.ok(broker.isRunning);
  });
}

test("a loss of power takes what was not synced, or a part of it, and nothing else", async (t) => {
  let lost = 0;
  for (let seed = 0; seed < 10; seed++) {
    const broker = await started(t, { seed });
    const safe = await broker.topic(synced).create({ partitions: 1 });
    const risky = await broker.topic(orders).create();
    await safe.produce({ value: 1 });
    await risky.produce({ value: 1 });
    await broker.faults.losePower();
    await broker.faults.start();
    assert.equal((await safe.records()).length, 1);
    lost += 1 - (await risky.records()).length;
  }
  assert.ok(lost > 0);
});

test("a directory of the machine does not lose power", async (t) => {
  const broker = await started(t, { disk: "directory" });
  await assert.rejects(broker.faults.losePower(), { code: "NOT_IN_MEMORY" });
});

test("latency is added in both directions, for all or for one", async (t) => {
  const broker = await started(t, { clock: "virtual" });
  const near = await broker.connect({ clientId: "near" });
  const far = await broker.connect({ clientId: "far" });
  broker.faults.delay({ ms: 100 });
  broker.faults.delay({ ms: 1000, client: "far" });
  assert.deepEqual([await asked(broker, near), await asked(broker, far)], [200, 2000]);
  broker.faults.heal();
  assert.deepEqual([await asked(broker, near), await asked(broker, far)], [0, 0]);
});

test("a slow link carries so many bytes a second", async (t) => {
  const broker = await started(t, { clock: "virtual" });
  const kafka = await broker.connect();
  await asked(broker, kafka);
  broker.faults.slow({ bytesPerSecond: 100 });
  const tookMs = await asked(broker, kafka);
  assert.ok(tookMs > 500 && tookMs < 5000, String(tookMs));
});

test("a cut link carries nothing, and its connections go on when it is healed", async (t) => {
  const broker = await started(t, { clock: "virtual" });
  const cut = await broker.connect({ clientId: "cut", requestTimeoutMs: 3000 });
  const other = await broker.connect({ clientId: "other" });
  broker.faults.cut({ client: "cut" });
  assert.equal(await asked(broker, other), 0);
  await assert.rejects(cut.cluster.metadataOf(["orders"], { timeoutMs: 5000 }));
  broker.faults.cut();
  const waiting = asked(broker, other);
  await broker.clock.advance(2000);
  broker.faults.heal();
  assert.ok((await waiting) >= 2000);
  await asked(broker, cut);
});

test("a connection that is reset is made anew", async (t) => {
  const broker = await started(t, { clock: "virtual" });
  const kafka = await broker.connect();
  broker.faults.reset();
  await asked(broker, kafka);
});

test("clients find the broker again after it was away", async (t) => {
  const broker = await started(t, { clock: "virtual" });
  const kafka = await broker.connect();
  await broker.faults.kill();
  const waiting = kafka.cluster.metadataOf(["orders"]);
  await broker.clock.advance(500);
  await broker.faults.start();
  await waiting;
});

test("an answer can be an error, as often as is said, for all or for one client", async (t) => {
  const broker = await started(t, { clock: "virtual" });
  await broker.topic(orders).create();
  const [one, other] = [
    await broker.connect({ clientId: "one" }),
    await broker.connect({ clientId: "other" }),
  ];
  const codeOf = async (kafka: Kafka): Promise<number | undefined> =>
    (await kafka.cluster.metadataOf(["orders"]))[0]?.errorCode;
  broker.faults.answer("Metadata", "LEADER_NOT_AVAILABLE", { client: "one", times: 2 });
  const codes = [await codeOf(one), await codeOf(other), await codeOf(one), await codeOf(one)];
  assert.deepEqual(codes, [5, 0, 5, 0]);
  broker.faults.answer("Metadata", "LEADER_NOT_AVAILABLE", { times: Infinity });
  assert.deepEqual([await codeOf(one), await codeOf(other)], [5, 5]);
  assert.equal((await broker.topic(orders).records()).length, 0, "whoever looks is spared");
  broker.faults.heal();
  assert.deepEqual([await codeOf(one), await codeOf(other)], [0, 0]);
});

test("a fault that cannot be is refused by name", async (t) => {
  const broker = await started(t);
  assert.throws(() => broker.faults.answer("DescribeProducers", "NOT_CONTROLLER"), {
    code: "NO_ERROR_ANSWER",
  });
  // @ts-expect-error there is no such API
  assert.throws(() => broker.faults.loseAnswer("Shout"), { code: "NO_SUCH_API" });
});

test("settled means that what was sent has arrived and was answered", async (t) => {
  for (const clock of ["real", "manual"] as const) {
    const broker = await started(t, { clock });
    const kafka = await broker.connect();
    let isAnswered = false;
    void asked(broker, kafka).then(() => {
      isAnswered = true;
    });
    await broker.settle();
    assert.equal(isAnswered, true);
  }
});
