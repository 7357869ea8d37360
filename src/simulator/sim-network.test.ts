import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection, Receiver } from "../platform/network.ts";
import { ANY_HOST, type NetworkConditions } from "./sim-network.ts";
import { SimWorld } from "./sim-platform.ts";
import { SimTrace } from "./sim-trace.ts";

/** What one end has seen. */
class Ear implements Receiver {
  readonly buffer: Uint8Array;
  received_: Buffer = Buffer.alloc(0);
  pieces = 0;
  closes = 0;
  error: Error | undefined;

  constructor(bufferBytes = 5000) {
    this.buffer = new Uint8Array(bufferBytes);
  }

  receiveBuffer(): Uint8Array {
    return this.buffer;
  }

  received(length: number): void {
    this.pieces++;
    this.received_ = Buffer.concat([this.received_, this.buffer.subarray(0, length)]);
  }

  closed(error?: Error): void {
    this.closes++;
    this.error = error;
  }
}

async function connected(seed: number, conditions: Partial<NetworkConditions> = {}) {
  const world = new SimWorld({ seed, network: conditions, trace: new SimTrace({ recentMax: 50 }) });
  const server = world.host("broker").start();
  const client = world.host("client").start();
  const accepted: Connection[] = [];
  await server.platform.network.listen({ host: "0.0.0.0", port: 9092 }, (connection) => {
    accepted.push(connection);
  });
  const near = await world.clock.wait(
    client.platform.network.connect({ host: "broker", port: 9092, timeoutMs: 1000 }),
  );
  return { world, near, far: accepted[0]! };
}

function payload(size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 0xff));
}

test("bytes arrive in order, in pieces of their own, in the receiver's buffer", async () => {
  for (let seed = 0; seed < 10; seed++) {
    const { world, near, far } = await connected(seed);
    assert.deepEqual([far.remoteAddress, far.localPort, near.remotePort], ["client", 9092, 9092]);
    const ear = new Ear();
    const back = new Ear();
    far.start(ear);
    near.start(back);
    const sent = payload(300_000);
    let done = 0;
    near.write([sent.subarray(0, 10), sent.subarray(10, 200_000)], () => done++);
    near.write([sent.subarray(200_000)], () => done++);
    far.write([Buffer.from("hello")]);
    assert.equal(near.pendingWriteBytes, 300_000);
    await world.clock.run();
    assert.ok(ear.received_.equals(sent));
    assert.ok(ear.pieces > 60);
    assert.equal(back.received_.toString(), "hello");
    assert.deepEqual([done, near.pendingWriteBytes], [2, 0]);
  }
});

test("a paused receiver fills the window, and then the sender waits", async () => {
  const { world, near, far } = await connected(1, { windowBytes: 10_000 });
  const ear = new Ear();
  far.start(ear);
  near.start(new Ear());
  far.pause();
  let done = false;
  near.write([payload(50_000)], () => {
    done = true;
  });
  await world.clock.run();
  assert.deepEqual([near.pendingWriteBytes, done, ear.received_.length], [40_000, false, 0]);
  far.resume();
  await world.clock.run();
  assert.deepEqual([near.pendingWriteBytes, done], [0, true]);
  assert.ok(ear.received_.equals(payload(50_000)));
});

test("an end comes after all that was written, and closes both sides once", async () => {
  const { world, near, far } = await connected(2);
  const [ear, back] = [new Ear(), new Ear()];
  far.start(ear);
  near.start(back);
  far.write([payload(20_000)]);
  near.write([payload(70_000)]);
  near.end();
  near.write([Buffer.from("too late")]);
  await world.clock.run();
  assert.ok(ear.received_.equals(payload(70_000)));
  assert.ok(back.received_.equals(payload(20_000)));
  assert.deepEqual([ear.closes, back.closes, ear.error, back.error], [1, 1, undefined, undefined]);
  assert.equal(world.network.connections().length, 0);
});

test("a destroyed connection is gone at once here, and there when the news arrives", async () => {
  const { world, near, far } = await connected(3);
  const [ear, back] = [new Ear(), new Ear()];
  far.start(ear);
  near.start(back);
  let done = 0;
  near.write([payload(10)], () => done++);
  near.destroy();
  near.write([payload(10)], () => done++);
  await world.clock.run();
  assert.deepEqual([ear.closes, back.closes, done], [1, 1, 2]);
  const late = new Ear();
  near.start(late);
  assert.equal(late.closes, 1);
});

test("a reset tells both sides, and delivers a beginning of what was sent at most", async () => {
  let short = 0;
  for (let seed = 0; seed < 30; seed++) {
    const { world, near, far } = await connected(seed, { resetProbability: 0.1 });
    const [ear, back] = [new Ear(), new Ear()];
    far.start(ear);
    near.start(back);
    near.write([payload(100_000)]);
    await world.clock.run();
    assert.ok(ear.received_.equals(payload(100_000).subarray(0, ear.received_.length)));
    if (ear.received_.length === 100_000) continue;
    short++;
    assert.deepEqual([ear.closes, back.closes], [1, 1]);
    assert.equal((ear.error as { code?: string } | undefined)?.code, "ECONNRESET");
  }
  assert.ok(short > 20);
});

test("connecting fails as it does in the world", async () => {
  const world = new SimWorld({ seed: 4 });
  const { network } = world.host("client").start().platform;
  const connect = (host: string, port: number) =>
    world.clock.wait(network.connect({ host, port, timeoutMs: 300 }));
  await assert.rejects(connect("broker", 9092), { name: "NetworkError", code: "ECONNREFUSED" });
  const listener = await network.listen({ host: "127.0.0.1", port: 0 }, () => undefined);
  await connect("localhost", listener.port);
  const taken = network.listen({ host: "0.0.0.0", port: listener.port }, () => undefined);
  await assert.rejects(taken, { name: "NetworkError", code: "EADDRINUSE" });
  await listener.close();
  await assert.rejects(connect("127.0.0.1", listener.port), { code: "ECONNREFUSED" });
  world.network.block("client", "broker");
  const before = world.clock.monotonicMs();
  await assert.rejects(connect("broker", 9092), { code: "ETIMEDOUT" });
  assert.equal(world.clock.monotonicMs() - before, 300);
});

test("a blocked link holds bytes back until it is open again", async () => {
  const { world, near, far } = await connected(5);
  const [ear, back] = [new Ear(), new Ear()];
  far.start(ear);
  near.start(back);
  world.network.block("client", "broker");
  near.write([Buffer.from("question")]);
  far.write([Buffer.from("news")]);
  await world.clock.advance(10_000);
  assert.deepEqual([ear.received_.toString(), back.received_.toString()], ["", "news"]);
  world.network.unblock("client", "broker");
  await world.clock.run();
  assert.equal(ear.received_.toString(), "question");
});

test("a killed process' peers are told, unless its power failed", async () => {
  for (const silently of [false, true]) {
    const { world, near, far } = await connected(6);
    const [ear, back] = [new Ear(), new Ear()];
    far.start(ear);
    near.start(back);
    near.write([payload(10)]);
    if (silently) world.host("broker").losePower();
    else world.host("broker").kill();
    await world.clock.run();
    assert.deepEqual([ear.closes, ear.received_.length], [0, 0], "nobody is there");
    assert.equal(back.closes, silently ? 0 : 1);
    const { network } = world.host("client").process!.platform;
    const again = network.connect({ host: "broker", port: 9092, timeoutMs: 100 });
    await assert.rejects(world.clock.wait(again), { code: "ECONNREFUSED" });
  }
});

test("a slow link carries so many bytes a second, all connections together", async () => {
  const { world, near, far } = await connected(7, { delayMs: [0, 0], splitProbability: 0 });
  const ear = new Ear();
  far.start(ear);
  near.start(new Ear());
  world.network.shape("client", "broker", { delayMs: [100, 100], bytesPerSecond: 10_000 });
  const before = world.clock.monotonicMs();
  near.write([payload(5000)]);
  await world.clock.advance(350);
  assert.ok(ear.received_.length >= 2000 && ear.received_.length <= 2500);
  await world.clock.run({ stop: () => ear.received_.length === 5000 });
  assert.equal(Math.round(world.clock.monotonicMs() - before), 600);
});

test("a link that is mended does not keep what is under way", async () => {
  const { world, near, far } = await connected(8, { delayMs: [1, 1], splitProbability: 0 });
  const ear = new Ear();
  far.start(ear);
  near.start(new Ear());
  world.network.shape("client", ANY_HOST, { delayMs: [60_000, 60_000] });
  near.write([payload(5000)]);
  await world.clock.advance(10);
  assert.equal(ear.received_.length, 0);
  world.network.clearLinks();
  await world.clock.advance(1);
  assert.equal(ear.received_.length, 5000);
});

test("a link of its own is not touched by what holds for every host", async () => {
  const { world, near, far } = await connected(9);
  const ear = new Ear();
  far.start(ear);
  near.start(new Ear());
  world.network.shape("client", "broker", {});
  world.network.block(ANY_HOST, "broker");
  assert.deepEqual(
    ["client", "other"].map((host) => world.network.isBlocked(host, "broker")),
    [false, true],
  );
  near.write([payload(10)]);
  await world.clock.run();
  assert.equal(ear.received_.length, 10);
});
