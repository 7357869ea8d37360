import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect } from "../client/connect.ts";
import { topic } from "../client/topics/topic.ts";
import { testBroker, type TestBroker, type TestBrokerOptions } from "./test-broker.ts";

/** A broker that is closed after the test, however that ends. */
async function started(t: TestContext, options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = await testBroker(options);
  t.after(() => broker.close());
  return broker;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

const orders = topic("orders", { key: "string", value: "json", partitions: 3 });
/** A start takes 2 ms; this much only on a machine that has to do other things. */
const READY_MS_MAX = 200;
const HOUR_MS = 3_600_000;

test("a broker in memory holds what it is given, decoded by the topic", async (t) => {
  const broker = await started(t);
  const view = await broker.topic(orders).create();
  const sent = await view.produce(
    { key: "a", value: { total: 1 }, partition: 2, headers: { trace: "t1" }, timestamp: 1000 },
    { key: "a", value: { total: 2 }, partition: 2 },
    { value: { total: 3 }, partition: 0 },
  );
  assert.deepEqual(
    sent.map(({ partition, offset }) => [partition, offset]),
    [
      [2, 0],
      [2, 1],
      [0, 0],
    ],
  );
  const records = await view.records();
  assert.deepEqual(
    records.map(({ partition, offset, key, value }) => [partition, offset, key, value]),
    [
      [0, 0, null, { total: 3 }],
      [2, 0, "a", { total: 1 }],
      [2, 1, "a", { total: 2 }],
    ],
  );
  assert.deepEqual([records[1]?.headers.text("trace"), records[1]?.timestamp], ["t1", 1000]);
});

test("a topic by its name is bytes, and null", async (t) => {
  const broker = await started(t);
  const view = await broker.topic("raw").create({ partitions: 1 });
  await view.produce({ key: Buffer.from("k"), value: null }, { value: Buffer.from("v") });
  const records = await view.records();
  assert.deepEqual(
    records.map(({ key, value }) => [key?.toString(), value?.toString()]),
    [
      ["k", undefined],
      [undefined, "v"],
    ],
  );
});

test("brokers of one process have nothing in common", async () => {
  const brokers = await Promise.all([1, 2, 3].map(() => testBroker()));
  await Promise.all(
    brokers.map((broker, index) => broker.topic(orders).create({ partitions: index + 1 })),
  );
  const counts = await Promise.all(
    brokers.map(async (broker) => {
      const kafka = await broker.connect();
      return (await kafka.cluster.topic("orders")).partitions.length;
    }),
  );
  assert.deepEqual(counts, [1, 2, 3]);
  assert.equal(new Set(brokers.map(({ clusterId }) => clusterId)).size, 3);
  await Promise.all(brokers.map((broker) => broker.close()));
});

test("a broker is ready in milliseconds", async () => {
  const times: number[] = [];
  for (let i = 0; i < 10; i++) {
    const began = performance.now();
    const broker = await testBroker();
    await broker.connect();
    times.push(performance.now() - began);
    await broker.close();
  }
  assert.ok(Math.min(...times) < READY_MS_MAX, times.join(" "));
});

test("nothing is left open by a broker that is closed, however it was used", async () => {
  const before = process.getActiveResourcesInfo().sort();
  const uses = [{}, { network: "tcp" }, { disk: "directory" }, { clock: "virtual" }] as const;
  for (const options of uses) {
    const broker = await testBroker(options);
    await broker.connect();
    await broker.topic(orders).create();
    await broker.faults.kill();
    await broker.faults.start();
    await broker.close();
    assert.equal(broker.isRunning, false);
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(process.getActiveResourcesInfo().sort(), before);
});

test("settings are those of the broker; those of the options are refused with a remedy", async (t) => {
  const broker = await started(t, {
    settings: { "num.partitions": 7, "log.segment.bytes": 1_048_576 },
  });
  await broker.topic("some").create();
  const kafka = await broker.connect();
  assert.equal((await kafka.cluster.topic("some")).partitions.length, 7);
  await broker.close();
  await assert.rejects(testBroker({ settings: { listeners: "PLAINTEXT://:1" } }), {
    code: "INVALID_CONFIG",
    remedy: /network, port/,
  });
  await assert.rejects(testBroker({ settings: { "num.partitions": "many" } }), {
    name: "ConfigError",
  });
});

test("with tcp any client finds the broker, and nobody while it is stopped", async (t) => {
  const broker = await started(t, { network: "tcp" });
  await broker.topic(orders).create();
  const [host, port] = broker.bootstrap.split(":");
  assert.ok(host === "127.0.0.1" && Number(port) > 0);
  const kafka = await connect(broker.bootstrap, { clientId: "other" });
  assert.equal((await kafka.cluster.topic("orders")).partitions.length, 3);
  await broker.faults.stop();
  await assert.rejects(connect(broker.bootstrap, { timeoutMs: 300 }), { code: "BOOTSTRAP_FAILED" });
  await broker.faults.start();
  const again = await connect(broker.bootstrap);
  assert.equal((await again.cluster.topic("orders")).partitions.length, 3);
  await again.close();
  await kafka.close();
});

test("a virtual clock and clients of others do not go together", async () => {
  await assert.rejects(testBroker({ network: "tcp", clock: "virtual" }), { code: "REAL_CLOCK" });
});

test("a directory that is named is kept, and the next broker goes on in it", async () => {
  const path = mkdtempSync(join(tmpdir(), "moldau-kept-"));
  const first = await testBroker({ disk: "directory", path });
  await first.topic(orders).create();
  await first.topic(orders).produce({ value: 1 });
  const { clusterId } = first;
  await first.close();
  assert.ok(readdirSync(path).includes("meta.properties"));
  const second = await testBroker({ disk: "directory", path });
  assert.equal(second.clusterId, clusterId);
  assert.equal((await second.topic(orders).records()).length, 1);
  await second.close();
  rmSync(path, { recursive: true });
});

test("with a virtual clock nothing waits", async (t) => {
  const broker = await started(t, { clock: "virtual", startMs: 1_700_000_000_000 });
  const kafka = await broker.connect();
  const began = performance.now();
  await kafka.cluster.deadline({ timeoutMs: HOUR_MS }).wait(HOUR_MS);
  assert.ok(broker.clock.nowMs() >= 1_700_000_000_000 + HOUR_MS);
  assert.ok(performance.now() - began < 10_000);
});

test("with a manual clock time passes by advance alone", async (t) => {
  const broker = await started(t, { clock: "manual" });
  const view = await broker.topic(orders).create();
  await view.produce({ value: 1 });
  assert.equal((await view.records()).length, 1);
  const kafka = await broker.connect();
  const deadline = kafka.cluster.deadline({ timeoutMs: HOUR_MS });
  let isOver = false;
  const over = deadline.wait(HOUR_MS).then(() => {
    isOver = true;
  });
  await broker.clock.advance(HOUR_MS - 1);
  assert.equal(isOver, false);
  await broker.clock.advance(1);
  await over;
});

test("on the machine's clock time cannot be advanced", async (t) => {
  const broker = await started(t);
  await assert.rejects(broker.clock.advance(1), { code: "REAL_CLOCK" });
});

test("what the broker says is kept", async (t) => {
  const broker = await started(t);
  await broker.topic(orders).create();
  broker.faults.failWrite();
  const lost = broker.topic(orders).produce({ value: 1 });
  await until(() => !broker.isRunning);
  assert.ok(broker.log.some((line) => line.includes("error")));
  assert.ok(broker.log.every((line) => !line.endsWith("\n")));
  const refused = assert.rejects(lost);
  await broker.close();
  await refused;
});

test("a topic of a broker that does not run cannot be looked into", async (t) => {
  const broker = await started(t);
  await broker.faults.stop();
  await assert.rejects(broker.topic(orders).records(), { code: "BROKER_STOPPED" });
});

test("a client may not go by the broker's name", async (t) => {
  const broker = await started(t);
  await assert.rejects(broker.connect({ clientId: "broker" }), { code: "NAME_TAKEN" });
});
