import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { startFakeLogs, topicId, type FakeLogCluster } from "./fake-logs.fixture.ts";
import type { ProducerOptions } from "./options.ts";
import { Producer } from "./producer.ts";

interface Scene {
  readonly world: SimWorld;
  readonly logs: FakeLogCluster;
  readonly cluster: Cluster;
  /** Runs the world until the promise settles. */
  wait<T>(promise: Promise<T>): Promise<T>;
}

async function startScene(): Promise<Scene> {
  const world = new SimWorld({ seed: 1 });
  const started = await startFakeLogs(world);
  return { world, ...started, wait: (promise) => world.clock.wait(promise) };
}

/** Runs a test with a producer of a new world; both end with it. */
async function withProducer(
  options: ProducerOptions,
  run: (scene: Scene, producer: Producer) => Promise<void>,
): Promise<void> {
  const scene = await startScene();
  const producer = new Producer(scene.cluster, options);
  await run(scene, producer);
  await scene.wait(producer.close({ drainMs: 0 }));
  scene.cluster.close();
}

/** Requests of an API that all brokers got. */
function asked({ logs }: Scene, api: string): number {
  return logs.brokers.flatMap((broker) => broker.asked).filter((name) => name === api).length;
}

const inPartition = (values: readonly string[], partition = 0) =>
  values.map((value) => ({ value, partition }));

test("without a right that it needs a producer fails for good", async () => {
  await withProducer({}, async ({ logs, wait }, producer) => {
    logs.identityError = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
    const code = "CLUSTER_AUTHORIZATION_FAILED";
    await assert.rejects(wait(producer.send("t", { value: "v" })), { code });
    await assert.rejects(wait(producer.send("t", { value: "v" })), { code });
    assert.throws(() => producer.post("t", { value: "v" }), { code });
  });
});

test("an identity that is not there yet is asked for until it is", async () => {
  await withProducer({}, async (scene, producer) => {
    const { logs, world, wait } = scene;
    logs.identityError = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    const sent = producer.send("t", { value: "v" });
    await world.clock.advance(3_000);
    assert.ok(asked(scene, "InitProducerId") > 2);
    logs.identityError = ErrorCode.NONE;
    assert.equal((await wait(sent)).offset, 0);
  });
});

test("brokers that know no producer ids are written to without, unless somebody wants them", async () => {
  await withProducer({}, async ({ logs, wait }, producer) => {
    for (const broker of logs.brokers) broker.limit(ApiKey.INIT_PRODUCER_ID, undefined);
    assert.equal((await wait(producer.send("t", { value: "v" }))).offset, 0);
  });
  await withProducer({ idempotent: true }, async ({ logs, wait }, producer) => {
    for (const broker of logs.brokers) broker.limit(ApiKey.INIT_PRODUCER_ID, undefined);
    await assert.rejects(wait(producer.send("t", { value: "v" })), { code: "UNSUPPORTED_API" });
  });
});

test("a leader that lost records gets what follows under another epoch", async () => {
  await withProducer({}, async ({ logs, wait }, producer) => {
    await wait(producer.sendAll("t", inPartition(["a", "b"])));
    await wait(producer.sendAll("t", inPartition(["c", "d"])));
    logs.log("t", 0).truncateTo(2);
    const sent = await wait(producer.sendAll("t", inPartition(["e", "f"])));
    assert.deepEqual(
      sent.map(({ offset }) => offset),
      [2, 3],
    );
    await wait(producer.sendAll("t", inPartition(["g"])));
    const values = logs.log("t", 0).records.map(({ value }) => value);
    assert.deepEqual(values, ["a", "b", "e", "f", "g"]);
  });
});

test("a record that is refused for itself does not cost the ones behind it their places", async () => {
  await withProducer({ batchBytes: 200 }, async (scene, producer) => {
    const { logs, wait } = scene;
    await wait(producer.send("t", { value: "first", partition: 0 }));
    logs.log("t", 0).batchBytesMax = 400;
    const large = "x".repeat(500);
    const values = ["a".repeat(90), large, "b".repeat(90), "c".repeat(90), large, "d".repeat(90)];
    const sent = values.map((value) => producer.send("t", { value, partition: 0 }));
    const settled = await wait(Promise.allSettled(sent));
    assert.deepEqual(
      settled.map(({ status }) => status[0]),
      ["f", "r", "f", "f", "r", "f"],
    );
    const kept = logs.log("t", 0).records.map(({ value }) => value?.[0]);
    assert.deepEqual(kept, ["f", "a", "b", "c", "d"]);
  });
});

test("a leader that comes with the answer is taken at once", async () => {
  await withProducer({}, async (scene, producer) => {
    const { logs, world, wait } = scene;
    await wait(producer.send("t", { value: "a", partition: 0 }));
    await wait(producer.send("t", { value: "b", partition: 1 }));
    logs.moveLeader("t", 0);
    const questions = asked(scene, "Metadata");
    const startedMs = world.clock.monotonicMs();
    assert.equal((await wait(producer.send("t", { value: "c", partition: 0 }))).offset, 1);
    assert.equal(asked(scene, "Metadata"), questions);
    assert.ok(world.clock.monotonicMs() - startedMs < 50, "there is no pause");
  });
});

test("a broker that asks for rest gets some", async () => {
  await withProducer({}, async ({ logs, world, wait }, producer) => {
    logs.throttleTimeMs = 700;
    await wait(producer.send("t", { value: "a", partition: 0 }));
    const startedMs = world.clock.monotonicMs();
    await wait(producer.send("t", { value: "b", partition: 0 }));
    assert.ok(world.clock.monotonicMs() - startedMs >= 700);
    assert.equal(producer.metrics.throttleTimeMs.max, 700);
  });
});

test("records for a topic that was deleted are given up after a while, before their time", async () => {
  await withProducer({}, async ({ logs, world, wait }, producer) => {
    await wait(producer.send("t", { value: "a" }));
    logs.topics.delete("t");
    const startedMs = world.clock.monotonicMs();
    await assert.rejects(wait(producer.send("t", { value: "b" })), {
      code: "UNKNOWN_TOPIC_OR_PARTITION",
    });
    const tookMs = world.clock.monotonicMs() - startedMs;
    assert.ok(tookMs > 4_000 && tookMs < 20_000, `${tookMs}`);
  });
});

test("a topic that is made anew under its name is written to from its beginning", async () => {
  await withProducer({}, async ({ logs, wait }, producer) => {
    await wait(producer.sendAll("t", inPartition(["old 0", "old 1"])));
    logs.addTopic("t", 3, topicId("another"));
    const sent = await wait(producer.sendAll("t", inPartition(["new 0", "new 1"])));
    assert.deepEqual(
      sent.map(({ offset }) => offset),
      [0, 1],
    );
  });
});

test("records for partitions that a topic has no more are given up", async () => {
  await withProducer({}, async ({ logs, wait }, producer) => {
    await wait(producer.send("t", { value: "old", partition: 2 }));
    logs.addTopic("t", 1, topicId("another"));
    const gone = producer.send("t", { value: "gone", partition: 2 });
    await assert.rejects(wait(gone), { code: "UNKNOWN_TOPIC_OR_PARTITION", retriable: false });
    for (let i = 0; i < 10; i++) {
      assert.equal((await wait(producer.send("t", { key: `${i}`, value: "v" }))).partition, 0);
    }
  });
});

test("a partition that nobody leads is waited for; the others are written to", async () => {
  await withProducer({ deliveryTimeoutMs: 10_000 }, async ({ logs, world, wait }, producer) => {
    logs.log("t", 0).leaderId = -1;
    const waiting = producer.send("t", { value: "waits", partition: 0 });
    await wait(producer.send("t", { value: "goes", partition: 1 }));
    for (let i = 0; i < 20; i++) {
      assert.notEqual((await wait(producer.send("t", { value: "any" }))).partition, 0);
    }
    await world.clock.advance(2_000);
    logs.log("t", 0).leaderId = 2;
    assert.equal((await wait(waiting)).offset, 0);
    logs.log("t", 0).leaderId = -1;
    logs.log("t", 0).leaderEpoch++;
    await assert.rejects(wait(producer.send("t", { value: "late", partition: 0 })), {
      code: "TIMED_OUT",
    });
  });
});

test("partitions that have much to send do not keep others from sending", async () => {
  const options = { requestBytesMax: 1_000, batchBytes: 900, inFlightRequestsMax: 1 };
  await withProducer(options, async ({ logs, wait }, producer) => {
    logs.fates = { request: () => ({ delayMs: 10 }), partition: () => ({}) };
    const values = Array.from({ length: 40 }, (_, i) => `${i} ${"x".repeat(800)}`);
    const busy = producer.sendAll("t", inPartition(values, 0));
    const calm = producer.send("t", { value: "calm", partition: 2 });
    await wait(calm);
    assert.ok(logs.log("t", 0).records.length < 10, "it did not wait for the busy one");
    await wait(busy);
  });
});

test("at most five requests are on their way to a broker, and one of a partition without idempotence", async () => {
  for (const [options, most] of [
    [{}, 5],
    [{ inFlightRequestsMax: 2 }, 2],
    [{ idempotent: false }, 1],
  ] as const) {
    await withProducer({ ...options, batchBytes: 100 }, async (scene, producer) => {
      const { logs, world, wait } = scene;
      await wait(producer.send("t", { value: "connects", partition: 0 }));
      const before = asked(scene, "Produce");
      logs.fates = { request: () => ({ delayMs: 1_000 }), partition: () => ({}) };
      const values = Array.from({ length: 20 }, () => "x".repeat(60));
      const sent = producer.sendAll("t", inPartition(values));
      await world.clock.advance(500);
      assert.equal(asked(scene, "Produce") - before, most);
      await wait(sent);
    });
  }
});

test("memory is used again, and records come out as they went in", async () => {
  await withProducer({ batchBytes: 2_000, bufferBytes: 20_000 }, async (scene, producer) => {
    const { logs, world, wait } = scene;
    const values: string[] = [];
    for (let i = 0; i < 400; i++) {
      const value = `${i} ${String.fromCharCode(97 + (i % 26)).repeat(i % 300)}`;
      values.push(value);
      if (!producer.post("t", { value, partition: 0 })) await wait(producer.ready());
      if (i % 50 === 0) await world.clock.advance(3);
    }
    await wait(producer.flush());
    assert.deepEqual(
      logs.log("t", 0).records.map(({ value }) => value),
      values,
    );
    assert.equal(producer.bufferedBytes, 0);
  });
});
