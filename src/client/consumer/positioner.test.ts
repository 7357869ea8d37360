import assert from "node:assert/strict";
import { test } from "node:test";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { Cluster } from "../cluster/cluster.ts";
import { AssignedPartition } from "./assigned-partition.ts";
import { resolveOptions } from "./consumer-options.ts";
import { ModelCluster } from "./model-cluster.fixture.ts";
import { Positioner } from "./positioner.ts";
import type { ReadingContext } from "./reading-context.ts";
import { RecordBuffer } from "./record-buffer.ts";

test("whoever asks for a place while a search ends is heard", async () => {
  const world = new SimWorld({ seed: 1 });
  const { clock } = world;
  const { network } = world.host("b1").start().platform;
  const model = await clock.wait(ModelCluster.start(clock, [{ host: "b1", network }]));
  model.addTopic("t", 1);
  const { platform } = world.host("client").start();
  const { bootstrap } = model;
  const cluster = await clock.wait(Cluster.connect({ platform, bootstrap }));
  const metrics = cluster.metrics.addConsumer(undefined, undefined);
  const place = { topic: "t", partition: 0 };
  const partition = new AssignedPartition(place, undefined, { offset: 3 });
  let times = 0;
  const context: ReadingContext = {
    cluster,
    channel: "consumer",
    options: resolveOptions({}, undefined),
    metrics,
    partitions: new Map([[partition.name, partition]]),
    buffer: new RecordBuffer({ onFilled: () => undefined, onDrained: () => undefined }, metrics),
    closing: new AbortController().signal,
    isFailing: false,
    fail: (thrown) => assert.fail(String(thrown)),
    wantLeaders: () => undefined,
    wantPlaces: () => positioner.wake(),
    wantRecords() {
      // A fetcher looks soon, and may find that the place has to be judged under another leader.
      if (times++ > 0) return;
      queueMicrotask(() => {
        partition.wanted = { kind: "start" };
        context.wantPlaces();
      });
    },
  };
  const positioner = new Positioner(context, () => undefined);
  positioner.wake();
  await clock.advance(100);
  assert.equal(partition.wanted, undefined);
  assert.equal(partition.position, 3);
  cluster.close();
});
