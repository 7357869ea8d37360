import assert from "node:assert/strict";
import { test } from "node:test";
import type { Platform } from "../platform/platform.ts";
import { SimWorld } from "./sim-platform.ts";

/**
 * A server that appends what it receives to a file and answers each byte when it is synced; a client
 * that sends bytes and counts the answers.
 */
async function serve(platform: Platform): Promise<void> {
  const { disk, network } = platform;
  disk.makeDirectory("/data");
  disk.syncDirectory("/");
  const file = disk.open("/data/log", "write");
  disk.syncDirectory("/data");
  const buffer = Buffer.alloc(64);
  await network.listen({ host: "0.0.0.0", port: 9092 }, (connection) => {
    connection.start({
      receiveBuffer: () => buffer,
      received(length) {
        file.write(buffer, 0, length, file.size());
        void file.datasync().then(() => connection.write([Buffer.alloc(length)]));
      },
      closed: () => undefined,
    });
  });
}

async function runOnce(
  seed: number,
): Promise<{ hash: string; acknowledged: number; kept: Buffer }> {
  const world = new SimWorld({ seed });
  const broker = world.host("broker");
  await world.clock.wait(serve(broker.start().platform));
  const client = world.host("client").start().platform;
  const connection = await world.clock.wait(
    client.network.connect({ host: "broker", port: 9092, timeoutMs: 1000 }),
  );
  let acknowledged = 0;
  const buffer = Buffer.alloc(64);
  connection.start({
    receiveBuffer: () => buffer,
    received: (length) => {
      acknowledged += length;
    },
    closed: () => undefined,
  });
  for (let i = 0; i < 200; i++) {
    client.clock.setTimer(i, () => connection.write([Buffer.from([i])]));
  }
  await world.clock.advance(world.random.between(20, 250));
  broker.losePower();
  await world.clock.run();
  const kept = broker.disk.readFile("/data/log");
  return { hash: world.trace.hash(), acknowledged, kept };
}

test("what was acknowledged after a sync is there after the power failed", async () => {
  let unfinished = 0;
  for (let seed = 0; seed < 20; seed++) {
    const { acknowledged, kept } = await runOnce(seed);
    assert.ok(kept.length >= acknowledged, `seed ${seed}: ${kept.length} of ${acknowledged}`);
    for (let i = 0; i < acknowledged; i++) assert.equal(kept[i], i);
    if (acknowledged < 200) unfinished++;
  }
  assert.ok(unfinished > 10);
});

test("the same seed gives the same history, another seed another", async () => {
  const hashes = new Set<string>();
  for (const seed of [1, 2, 3]) {
    const first = await runOnce(seed);
    const second = await runOnce(seed);
    assert.deepEqual(first, second);
    hashes.add(first.hash);
  }
  assert.equal(hashes.size, 3);
});

test("a host keeps its disk from one process to the next", async () => {
  const world = new SimWorld({ seed: 1 });
  const host = world.host("broker");
  const first = host.start();
  first.platform.disk.makeDirectory("/data");
  first.platform.disk.open("/data/a", "create").close();
  let fired = false;
  first.platform.clock.setTimer(10, () => {
    fired = true;
  });
  const second = host.start();
  assert.notEqual(first.platform.random.below(2 ** 32), second.platform.random.below(2 ** 32));
  await world.clock.run();
  assert.equal(fired, false);
  assert.deepEqual(second.platform.disk.list("/data"), ["a"]);
  assert.equal(world.host("broker"), host);
});
