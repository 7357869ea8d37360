import assert from "node:assert/strict";
import { tracingChannel } from "node:diagnostics_channel";
import { after, test } from "node:test";
import * as api from "@opentelemetry/api";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { Cluster } from "../cluster/cluster.ts";
import { loadTracing } from "../diagnostics/open-telemetry.ts";
import { Consumer } from "./consumer.ts";
import { ModelCluster } from "./model-cluster.fixture.ts";

/** A span that keeps its name and how it ended. */
class NotedSpan implements api.Span {
  readonly name: string;
  readonly links: number;
  isOpen = true;
  status = "unset";

  constructor(name: string, { links = [] }: api.SpanOptions) {
    this.name = name;
    this.links = links.length;
  }

  spanContext = (): api.SpanContext => ({
    traceId: "1".padStart(32, "0"),
    spanId: "1".padStart(16, "0"),
    traceFlags: api.TraceFlags.SAMPLED,
  });
  isRecording = (): boolean => this.isOpen;
  recordException = (): void => undefined;
  addEvent = (): this => this;
  addLink = (): this => this;
  addLinks = (): this => this;
  updateName = (): this => this;
  setAttributes = (): this => this;
  setAttribute = (): this => this;

  setStatus({ code }: api.SpanStatus): this {
    this.status = code === api.SpanStatusCode.ERROR ? "error" : "ok";
    return this;
  }

  end(): void {
    this.isOpen = false;
  }
}

const spans: NotedSpan[] = [];

async function start(values: readonly string[]) {
  const world = new SimWorld({ seed: 1 });
  const { clock } = world;
  const hosts = [{ host: "b1", network: world.host("b1").start().platform.network }];
  const model = await clock.wait(ModelCluster.start(clock, hosts));
  model.addTopic("t", 1)[0]!.append(values);
  const { platform } = world.host("client").start();
  const { bootstrap } = model;
  const cluster = await clock.wait(Cluster.connect({ platform, bootstrap, clientId: "c" }));
  return { clock, cluster, consume: () => new Consumer(cluster, "t", { until: "end" }) };
}

after(() => {
  api.trace.disable();
  api.context.disable();
});

test("a span for each record that is processed, one for a batch, the active one in forEach", async () => {
  const { clock, consume, cluster } = await start(["a", "b", "c"]);
  api.trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan(name, options = {}) {
        const span = new NotedSpan(name, options);
        spans.push(span);
        return span;
      },
      startActiveSpan: () => assert.fail("no span is made active behind the program's back"),
    }),
  });
  await loadTracing();
  const records = consume();
  const open: number[] = [];
  await clock.wait(
    (async () => {
      for await (const _ of records) open.push(spans.filter(({ isOpen }) => isOpen).length);
    })(),
  );
  assert.deepEqual(open, [1, 1, 1]);
  assert.deepEqual(
    spans.map(({ name, isOpen }) => [name, isOpen]),
    [1, 2, 3].map(() => ["process t", false]),
  );
  spans.length = 0;
  const batches = consume();
  await clock.wait(
    (async () => {
      for await (const batch of batches.batches()) assert.equal(batch.length, 3);
    })(),
  );
  assert.equal(spans.length, 1);
  spans.length = 0;
  const each = consume();
  const failing = each.forEach(({ offset }) => {
    if (offset === 1) throw new Error("no");
  });
  await assert.rejects(clock.wait(failing), { message: "no" });
  assert.deepEqual(
    spans.map(({ status }) => status),
    ["unset", "error"],
  );
  await clock.wait(Promise.all([records.close(), batches.close(), each.close()]));
  cluster.close();
});

test("fetches are told through the diagnostics channel, with what they brought", async () => {
  const { clock, consume, cluster } = await start(["a", "b"]);
  const told: { bytes?: number; partitions?: number; clientId?: string }[] = [];
  const channel = tracingChannel("moldau:client:consumer:fetch");
  const subscribers = {
    start: () => undefined,
    end: () => undefined,
    asyncStart: () => undefined,
    asyncEnd: (trace: unknown) => void told.push(trace as { bytes: number }),
    error: () => undefined,
  };
  channel.subscribe(subscribers);
  const consumer = consume();
  assert.equal((await clock.wait(consumer.poll(1_000))).length, 2);
  channel.unsubscribe(subscribers);
  await clock.wait(consumer.close());
  cluster.close();
  const [first] = told;
  assert.ok((first?.bytes ?? 0) > 60);
  assert.deepEqual([first?.partitions, first?.clientId], [1, "c"]);
});

test("what a consumer counts: records, bytes, fetches, lag", async () => {
  const { clock, consume, cluster } = await start(["a", "b"]);
  const consumer = consume();
  const [metrics] = cluster.metrics.consumers;
  await clock.wait(consumer.poll(1_000));
  await clock.wait(consumer.poll(1_000));
  assert.equal(metrics?.recordsConsumed, 2);
  assert.ok((metrics?.bytesConsumed ?? 0) > 60);
  assert.ok((metrics?.fetchLatencyMs.count ?? 0) > 0);
  assert.equal(metrics?.assignedPartitions, 1);
  await clock.wait(consumer.close());
  assert.equal(cluster.metrics.consumers.size, 0);
  cluster.close();
});
