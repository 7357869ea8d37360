import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import {
  getTelemetrySubscriptionsRequest,
  getTelemetrySubscriptionsResponse,
  type GetTelemetrySubscriptionsResponseInput,
} from "../../protocol/messages/get-telemetry-subscriptions.ts";
import { metadataRequest, metadataResponse } from "../../protocol/messages/metadata.ts";
import {
  pushTelemetryRequest,
  pushTelemetryResponse,
  type PushTelemetryRequest,
} from "../../protocol/messages/push-telemetry.ts";
import { codecId, codecOfId, decompress } from "../../records/compression.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { Cluster, type ClusterOptions } from "../cluster/cluster.ts";
import { FakeBroker } from "../cluster/fake-broker.fixture.ts";

const INSTANCE = "BBBBBBBBBBBBBBBBBBBBBQ";

interface Push extends PushTelemetryRequest {
  readonly atMs: number;
  /** Values by name, with the labels of resource and point behind it. */
  readonly values: ReadonlyMap<string, number>;
}

interface Scene {
  readonly world: SimWorld;
  readonly broker: FakeBroker;
  readonly pushes: Push[];
  readonly asked: string[];
  readonly subscription: {
    -readonly [
      K in keyof GetTelemetrySubscriptionsResponseInput
    ]: GetTelemetrySubscriptionsResponseInput[K];
  };
  pushError: number;
  connect(options?: Partial<ClusterOptions>): Promise<Cluster>;
}

async function start(): Promise<Scene> {
  const world = new SimWorld({ seed: 5 });
  const broker = await FakeBroker.start(world.host("b").start().platform.network, "b");
  const scene: Scene = {
    world,
    broker,
    pushes: [],
    asked: [],
    pushError: ErrorCode.NONE,
    subscription: {
      clientInstanceId: INSTANCE,
      subscriptionId: 11,
      acceptedCompressionTypes: [codecId("zstd"), codecId("gzip")],
      pushIntervalMs: 10_000,
      telemetryMaxBytes: 1_000_000,
      deltaTemporality: true,
      requestedMetrics: [""],
    },
    connect(options = {}) {
      const { platform } = world.host("client").start();
      const bootstrap = ["b:9092"];
      return world.clock.wait(Cluster.connect({ platform, bootstrap, clientId: "c", ...options }));
    },
  };
  broker.serve(metadataRequest, metadataResponse, () => ({
    clusterId: "x",
    brokers: [{ nodeId: 1, host: "b", port: 9092 }],
  }));
  broker.serve(
    getTelemetrySubscriptionsRequest,
    getTelemetrySubscriptionsResponse,
    ({ clientInstanceId }) => {
      scene.asked.push(clientInstanceId);
      return scene.subscription;
    },
  );
  broker.serve(pushTelemetryRequest, pushTelemetryResponse, (body) => {
    const metrics = decompress(codecOfId(body.compressionType), body.metrics);
    const push = { ...body, atMs: world.clock.nowMs(), values: valuesIn(metrics) };
    scene.pushes.push(push);
    return { errorCode: scene.pushError };
  });
  return scene;
}

test("what is asked for is pushed in the interval, after a while that differs between clients", async () => {
  const scene = await start();
  const cluster = await scene.connect({ rack: "r1" });
  await scene.world.clock.advance(60_000);
  assert.deepEqual(scene.asked, []);
  const producer = cluster.metrics.addProducer("tx");
  const startedMs = scene.world.clock.nowMs();
  producer.recordsSent = 30;
  producer.queueTimeMs.add(4);
  producer.queueTimeMs.add(8);
  await scene.world.clock.advance(16_000);
  assert.equal(scene.asked[0], "AAAAAAAAAAAAAAAAAAAAAA");
  assert.equal(cluster.clientInstanceId, INSTANCE);
  assert.equal(scene.pushes.length, 1);
  const [first] = scene.pushes;
  const waitedMs = first!.atMs - startedMs;
  assert.ok(waitedMs >= 5_000 && waitedMs <= 15_100, `${waitedMs} ms`);
  assert.deepEqual(
    [first?.clientInstanceId, first?.subscriptionId, first?.terminating, first?.compressionType],
    [INSTANCE, 11, false, codecId("zstd")],
  );
  const labels = " client_rack=r1 transactional_id=tx";
  const name = "org.apache.kafka.producer";
  assert.equal(first?.values.get(`${name}.record.send.total${labels}`), 30);
  assert.equal(first?.values.get(`${name}.record.queue.time.avg${labels}`), 6);
  assert.equal(first?.values.get(`${name}.record.queue.time.max${labels}`), 8);
  assert.equal(first?.values.get(`${name}.connection.creation.total client_rack=r1`), 1);
  producer.recordsSent = 50;
  await scene.world.clock.advance(10_000);
  const second = scene.pushes[1]!;
  assert.ok(Math.abs(second.atMs - first!.atMs - 10_000) < 100);
  assert.equal(second.values.get(`${name}.record.send.total${labels}`), 20);
  const rate = second.values.get(`${name}.record.send.rate${labels}`) ?? 0;
  assert.ok(Math.abs(rate - 2) < 0.1, `${rate} a second`);
  assert.equal(second.values.has(`${name}.record.queue.time.avg${labels}`), false);
  cluster.close();
});

test("only metrics with a wanted prefix are pushed; totals where totals are wanted", async () => {
  const scene = await start();
  scene.subscription.requestedMetrics = ["org.apache.kafka.consumer.fetch.manager.records"];
  scene.subscription.deltaTemporality = false;
  scene.subscription.acceptedCompressionTypes = [];
  const cluster = await scene.connect();
  cluster.metrics.addProducer();
  const consumer = cluster.metrics.addConsumer("g", "i");
  consumer.memberId = "m";
  consumer.recordsConsumed = 5;
  await scene.world.clock.advance(16_000);
  consumer.recordsConsumed = 9;
  await scene.world.clock.advance(10_000);
  assert.equal(scene.pushes[0]?.compressionType, codecId("none"));
  const names = [...scene.pushes[1]!.values.keys()].map((text) => text.split(" ")[0]).sort();
  assert.deepEqual(names, [
    "org.apache.kafka.consumer.fetch.manager.records.consumed.rate",
    "org.apache.kafka.consumer.fetch.manager.records.consumed.total",
    "org.apache.kafka.consumer.fetch.manager.records.lag.max",
  ]);
  const total =
    "org.apache.kafka.consumer.fetch.manager.records.consumed.total group_id=g group_instance_id=i group_member_id=m";
  assert.deepEqual(
    scene.pushes.map(({ values }) => values.get(total)),
    [5, 9],
  );
  cluster.close();
});

test("a closed client says its last word, of producers that were closed before too", async () => {
  const scene = await start();
  const cluster = await scene.connect();
  const producer = cluster.metrics.addProducer();
  await scene.world.clock.advance(1_000);
  producer.recordsSent = 7;
  cluster.metrics.remove(producer);
  await scene.world.clock.wait(cluster.shutdown());
  assert.deepEqual(
    scene.pushes.map(({ terminating, values }) => [
      terminating,
      values.get("org.apache.kafka.producer.record.send.total"),
    ]),
    [[true, 7]],
  );
});

test("a subscription that has changed is asked for anew; what got lost is told the next time", async () => {
  const scene = await start();
  const cluster = await scene.connect();
  const producer = cluster.metrics.addProducer();
  producer.recordsSent = 3;
  producer.queueTimeMs.add(9);
  scene.pushError = ErrorCode.UNKNOWN_SUBSCRIPTION_ID;
  await scene.world.clock.advance(15_100);
  assert.equal(scene.pushes.length, 1);
  assert.deepEqual(scene.asked, ["AAAAAAAAAAAAAAAAAAAAAA", INSTANCE]);
  scene.pushError = ErrorCode.NONE;
  scene.subscription.subscriptionId = 12;
  await scene.world.clock.advance(16_000);
  const last = scene.pushes[1]!;
  assert.equal(last.values.get("org.apache.kafka.producer.record.send.total"), 3);
  assert.equal(last.values.get("org.apache.kafka.producer.record.queue.time.max"), 9);
  cluster.close();
});

test("nothing is pushed that nobody wants, and nothing asked of brokers that do not serve it", async () => {
  const scene = await start();
  scene.subscription.requestedMetrics = [];
  const cluster = await scene.connect();
  cluster.metrics.addProducer();
  await scene.world.clock.advance(60_000);
  assert.ok(scene.asked.length >= 5);
  assert.deepEqual(scene.pushes, []);
  await scene.world.clock.wait(cluster.shutdown());
  assert.deepEqual(scene.pushes, []);
  scene.broker.limit(ApiKey.GET_TELEMETRY_SUBSCRIPTIONS, undefined);
  const other = await scene.connect();
  other.metrics.addConsumer();
  const before = scene.asked.length;
  await scene.world.clock.advance(60_000);
  assert.equal(scene.asked.length, before);
  other.close();
  const quiet = await scene.connect({ pushMetrics: false });
  quiet.metrics.addConsumer();
  await scene.world.clock.advance(60_000);
  assert.equal(scene.asked.length, before);
  quiet.close();
});

test("a broker that goes away for a while misses a push, not what was counted", async () => {
  const scene = await start();
  const cluster = await scene.connect({ requestTimeoutMs: 1_000 });
  const producer = cluster.metrics.addProducer();
  await scene.world.clock.advance(16_000);
  const before = scene.pushes.length;
  await scene.broker.stop();
  producer.recordsSent = 4;
  await scene.world.clock.advance(30_000);
  await scene.broker.listen();
  await scene.world.clock.advance(30_000);
  assert.ok(scene.pushes.length > before);
  const sent = scene.pushes.map(
    ({ values }) => values.get("org.apache.kafka.producer.record.send.total") ?? 0,
  );
  assert.equal(
    sent.reduce((sum, one) => sum + one, 0),
    4,
  );
  cluster.close();
});

/** Values by name and labels, of a MetricsData message. */
function valuesIn(bytes: Buffer): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const resourceMetrics of all(bytes, 1)) {
    const resource = all(resourceMetrics, 1).flatMap((one) => labelsIn(one, 1));
    for (const scopeMetrics of all(resourceMetrics, 2)) {
      for (const metric of all(scopeMetrics, 2)) {
        const name = all(metric, 1)[0]!.toString();
        const data = all(metric, 5)[0] ?? all(metric, 7)[0]!;
        const point = all(data, 1)[0]!;
        const labels = [...resource, ...labelsIn(point, 7)].map((label) => ` ${label}`).join("");
        const double = all(point, 4)[0];
        const value = double?.readDoubleLE() ?? Number(all(point, 6)[0]!.readBigInt64LE());
        values.set(`${name}${labels}`, value);
      }
    }
  }
  return values;
}

function labelsIn(message: Buffer, field: number): string[] {
  return all(message, field).map((keyValue) => {
    const text = all(all(keyValue, 2)[0]!, 1)[0];
    return `${all(keyValue, 1)[0]!.toString()}=${text!.toString()}`;
  });
}

/** The values of a field of a Protocol Buffers message, as bytes. */
function all(message: Buffer, wanted: number): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < message.length;) {
    const tag = varint();
    const wireType = tag & 7;
    const length = wireType === 2 ? varint() : wireType === 1 ? 8 : 0;
    if (wireType === 0) varint();
    if (tag >>> 3 === wanted) found.push(message.subarray(at, at + length));
    at += length;

    function varint(): number {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = message[at++]!;
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    }
  }
  return found;
}
