import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  createTopicsRequest,
  createTopicsResponse,
} from "../../protocol/messages/create-topics.ts";
import { topic } from "../topics/topic.ts";
import type { ConfigType } from "./config-values.ts";
import { isSameValue, TopicMismatch } from "./ensure.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { FakeCluster } from "./fake-cluster.fixture.ts";

test("values that mean the same to Kafka are no difference", () => {
  const same: readonly (readonly [type: ConfigType, found: string | null, wanted: string])[] = [
    ["long", "1000", "1e3"],
    ["double", "0.50", "0.5"],
    ["boolean", "true", "TRUE"],
    ["list", "compact,delete", "delete, compact"],
    ["string", "producer", " producer"],
    ["list", null, ""],
  ];
  for (const [type, value, wanted] of same) assert.ok(isSameValue({ type, value }, wanted), wanted);
  assert.ok(!isSameValue({ type: "list", value: "compact" }, "compact,delete"));
  assert.ok(!isSameValue({ type: "long", value: "1" }, "10"));
  assert.ok(!isSameValue({ type: "string", value: null }, "x"));
});

async function scene(): Promise<FakeCluster> {
  const fake = await FakeCluster.start(new SimWorld({ seed: 1 }), 1);
  fake.broker(1).limit(ApiKey.DESCRIBE_TOPIC_PARTITIONS, undefined);
  return fake;
}

test("a topic that another program creates at the same time is compared", async () => {
  const fake = await scene();
  const admin = await fake.admin();
  fake.broker(1).serve(createTopicsRequest, createTopicsResponse, ({ topics }) => {
    // The broker that is asked learns of it a little later.
    fake.world.clock.setTimer(200, () => fake.leaders.set("orders", [1, 1]));
    return {
      topics: topics.map(({ name }) => ({ name, errorCode: ErrorCode.TOPIC_ALREADY_EXISTS })),
    };
  });
  const ensured = await fake.run(admin.ensure(topic("orders", { partitions: 2 })));
  assert.equal(ensured.result, "unchanged");
  await assert.rejects(
    fake.run(admin.ensure(topic("orders", { partitions: 3, replicationFactor: 3 }))),
    (thrown) => {
      assert.ok(thrown instanceof TopicMismatch);
      assert.deepEqual(thrown.differences, [
        { what: "partitions", wanted: 3, found: 2 },
        { what: "replicationFactor", wanted: 3, found: 2 },
      ]);
      assert.equal(thrown.code, "TOPIC_MISMATCH");
      assert.match(thrown.message, /partitions 2 instead of 3; replicationFactor 2 instead of 3/);
      return true;
    },
  );
});

test("partitions that are too many are a difference that nothing mends", async () => {
  const fake = await scene();
  const admin = await fake.admin();
  fake.leaders.set("orders", [1, 1, 1]);
  await assert.rejects(
    fake.run(admin.ensure(topic("orders", { partitions: 2 }), { grow: true, alter: true })),
    (thrown) => thrown instanceof TopicMismatch && /cannot lose/.test(thrown.remedy ?? ""),
  );
  assert.deepEqual(fake.asked("CreatePartitions"), [0]);
});

test("what is refused when it is created is thrown as it is", async () => {
  const fake = await scene();
  const admin = await fake.admin();
  fake.broker(1).serve(createTopicsRequest, createTopicsResponse, ({ topics }) => ({
    topics: topics.map(({ name }) => ({
      name,
      errorCode: ErrorCode.POLICY_VIOLATION,
      errorMessage: "no",
    })),
  }));
  await assert.rejects(fake.run(admin.ensure(topic("orders"))), { code: "POLICY_VIOLATION" });
});
