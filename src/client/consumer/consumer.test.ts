import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKey } from "../../protocol/apis.ts";
import { ErrorCode } from "../../protocol/error-code.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { Consumer } from "./consumer.ts";
import type { ConsumeOptions } from "./consumer-options.ts";
import { ModelCluster } from "./model-cluster.fixture.ts";
import { RecordDecodeError } from "./topic-decoder.ts";
import { topic } from "../topics/topic.ts";
import { Cluster, type ClusterOptions } from "../cluster/cluster.ts";

interface Scene {
  readonly model: ModelCluster;
  readonly cluster: Cluster;
  consume(options?: ConsumeOptions): Consumer<"t">;
  /** Runs the world until the promise settles. */
  wait<T>(promise: Promise<T>): Promise<T>;
  end(...consumers: Consumer<"t">[]): Promise<void>;
}

/** A model of a cluster in a world of its own, and a client of it. */
async function startModel(
  brokers: number,
  options: Partial<ClusterOptions> = {},
): Promise<{ readonly world: SimWorld; readonly model: ModelCluster; readonly cluster: Cluster }> {
  const world = new SimWorld({ seed: 1 });
  const hosts = Array.from({ length: brokers }, (_, index) => {
    const host = `b${index + 1}`;
    return { host, network: world.host(host).start().platform.network };
  });
  const model = await world.clock.wait(ModelCluster.start(world.clock, hosts));
  const { platform } = world.host("client").start();
  const { bootstrap } = model;
  const cluster = await world.clock.wait(Cluster.connect({ platform, bootstrap, ...options }));
  return { world, model, cluster };
}

async function start(
  brokers = 1,
  partitions = 1,
  options: Partial<ClusterOptions> = {},
): Promise<Scene> {
  const { world, model, cluster } = await startModel(brokers, options);
  model.addTopic("t", partitions);
  const { clock } = world;
  return {
    model,
    cluster,
    consume: (consumeOptions = {}) => new Consumer(cluster, "t", consumeOptions),
    wait: (promise) => clock.wait(promise),
    async end(...consumers) {
      await clock.wait(Promise.all(consumers.map((consumer) => consumer.close())));
      cluster.close();
    },
  };
}

/** The values of the next so many records. */
async function take(consumer: Consumer<"t">, count: number): Promise<string[]> {
  const taken: string[] = [];
  for await (const { value } of consumer) {
    taken.push(String(value));
    if (taken.length === count) break;
  }
  return taken;
}

test("records are read in order across batches, codecs, gaps, markers and old formats", async () => {
  const { model, consume, wait, end } = await start();
  const log = model.log("t");
  log.appendLegacy("zero", 0);
  log.appendLegacy("one", 1);
  for (const compression of ["none", "gzip", "snappy", "lz4", "zstd"] as const) {
    log.append([`${compression} a`, `${compression} b`], { compression, gap: 2 });
  }
  log.appendEmpty(3);
  log.append(["kept"], { producerId: 7 });
  log.append(["lost"], { producerId: 8 });
  log.append(["plain"]);
  log.endTransaction(8, "aborted");
  log.endTransaction(7, "committed");
  const committed = consume({ until: "end" });
  const read = await wait(take(committed, Infinity));
  assert.deepEqual(read, [...log.visible(true).values()]);
  assert.equal(read.includes("lost"), false);
  const all = consume({ until: "end", isolation: "read_uncommitted" });
  assert.deepEqual(await wait(take(all, Infinity)), [...log.visible(false).values()]);
  await end(committed, all);
});

test("records of old formats have the times they were written with", async () => {
  const { model, consume, wait, end } = await start();
  model.log("t").appendLegacy("a", 0);
  model.log("t").appendLegacy("b", 1);
  const consumer = consume({ until: "end" });
  const records = await wait(consumer.poll(1_000));
  assert.deepEqual(
    records.map(({ offset, timestamp, timestampType }) => [offset, timestamp, timestampType]),
    [
      [0, -1, "NoTimestampType"],
      [1, 5_000, "CreateTime"],
    ],
  );
  await end(consumer);
});

test("a consumer of committed records stops before what a transaction has open", async () => {
  const { model, consume, wait, end } = await start();
  const log = model.log("t");
  log.append(["before"]);
  log.append(["open"], { producerId: 7 });
  log.append(["behind"]);
  const consumer = consume();
  assert.deepEqual(await wait(take(consumer, 1)), ["before"]);
  assert.deepEqual(await wait(consumer.poll(2_000)), []);
  assert.equal(consumer.lag().total, 0);
  log.endTransaction(7, "committed");
  model.changed();
  assert.deepEqual(await wait(take(consumer, 2)), ["open", "behind"]);
  await end(consumer);
});

test("one session for each broker: requests name only what changed", async () => {
  const { model, consume, wait, end } = await start(2, 4);
  const consumer = consume();
  for (let i = 0; i < 4; i++) model.log("t", i).append([`v${i}`]);
  await wait(take(consumer, 4));
  await wait(consumer.poll(2_000));
  model.fetches = [];
  model.log("t", 0).append(["next"]);
  model.changed();
  assert.deepEqual(await wait(take(consumer, 1)), ["next"]);
  await wait(consumer.poll(2_000));
  const named = model.fetches.map(({ request }) =>
    request.topics.flatMap(({ partitions }) => partitions.map(({ partition }) => partition)),
  );
  assert.ok(named.flat().every((partition) => partition === 0));
  assert.equal(named.flat().length, 1);
  await end(consumer);
});

test("a session that the broker has forgotten, or sees another epoch of, is made anew", async () => {
  const { model, consume, wait, end } = await start(1, 2);
  const consumer = consume();
  model.log("t", 0).append(["a"]);
  assert.deepEqual(await wait(take(consumer, 1)), ["a"]);
  model.forgetSessions();
  model.log("t", 1).append(["b"]);
  model.changed();
  assert.deepEqual(await wait(take(consumer, 1)), ["b"]);
  for (const code of [
    ErrorCode.INVALID_FETCH_SESSION_EPOCH,
    ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
    ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ]) {
    let left = 3;
    model.faults = { fetch: () => (left-- > 0 ? code : undefined) };
    model.log("t", 0).append([`after ${code}`]);
    model.changed();
    assert.deepEqual(await wait(take(consumer, 1)), [`after ${code}`]);
  }
  await end(consumer);
});

test("a leader that moves is followed: by the hint in the error, or by metadata", async () => {
  for (const givesHints of [true, false]) {
    const { model, consume, wait, end } = await start(3);
    model.givesHints = givesHints;
    const consumer = consume();
    const log = model.log("t");
    for (let i = 0; i < 6; i++) {
      log.append([`v${i}`]);
      model.changed();
      assert.deepEqual(await wait(take(consumer, 1)), [`v${i}`]);
      log.moveTo((log.leaderId % 3) + 1);
      model.changed();
    }
    await end(consumer);
  }
});

test("records that were truncated under another leader are a typed error, or reading goes on where logs part", async () => {
  for (const onOutOfRange of ["fail", "earliest"] as const) {
    const { model, consume, wait, end } = await start(2);
    const log = model.log("t");
    const consumer = consume({ onOutOfRange });
    log.append(["a", "b"]);
    log.moveTo(1);
    log.append(["c", "d"]);
    assert.deepEqual(await wait(take(consumer, 4)), ["a", "b", "c", "d"]);
    log.truncateTo(2, 2);
    log.append(["C", "D", "E"]);
    model.changed();
    if (onOutOfRange === "earliest") {
      assert.deepEqual(await wait(take(consumer, 3)), ["C", "D", "E"]);
    } else {
      await assert.rejects(wait(take(consumer, 1)), { code: "LOG_TRUNCATED", retriable: false });
      await assert.rejects(wait(take(consumer, 1)), { code: "LOG_TRUNCATED" });
      consumer.seek({ topic: "t", partition: 0 }, 2);
      assert.deepEqual(await wait(take(consumer, 1)), ["C"]);
    }
    await end(consumer);
  }
});

test("what was fetched ahead and is truncated is dropped without a word: nobody has seen it", async () => {
  const { model, cluster, consume, wait, end } = await start(2);
  const log = model.log("t");
  const consumer = consume({ onOutOfRange: "fail" });
  log.append(["a"]);
  log.moveTo(1);
  log.append(["b"]);
  log.append(["c"]);
  assert.deepEqual(await wait(take(consumer, 1)), ["a"]);
  log.truncateTo(1, 2);
  log.append(["B"]);
  model.changed();
  await wait(cluster.deadline().wait(1_000));
  assert.deepEqual(await wait(take(consumer, 1)), ["B"]);
  await end(consumer);
});

test("a log start that moves past the position is followed as the options say", async () => {
  const { model, consume, wait, end } = await start();
  const log = model.log("t");
  for (let i = 0; i < 10; i++) log.append([`v${i}`]);
  const options = { from: { offset: 2 }, fetchPartitionMaxBytes: 1 } as const;
  log.deleteBefore(5);
  const strict = consume(options);
  await assert.rejects(wait(take(strict, 1)), { code: "OFFSET_OUT_OF_RANGE" });
  const lenient = consume({ ...options, onOutOfRange: "earliest" });
  assert.deepEqual(await wait(take(lenient, 2)), ["v5", "v6"]);
  const newest = consume({ ...options, onOutOfRange: "latest" });
  assert.deepEqual(await wait(newest.poll(1_000)), []);
  log.append(["new"]);
  model.changed();
  assert.deepEqual(await wait(take(newest, 1)), ["new"]);
  await end(strict, lenient, newest);
});

test("damaged bytes are fetched again, and are an error when they stay damaged", async () => {
  const { model, consume, wait, end } = await start();
  const log = model.log("t");
  log.append(["a"]);
  log.append(["b"]);
  let times = 2;
  model.faults = {
    damage: (bytes) => {
      if (times-- <= 0 || bytes.length === 0) return bytes;
      const damaged = Buffer.from(bytes);
      damaged[damaged.length - 2]! ^= 0xff;
      return damaged;
    },
  };
  const consumer = consume();
  assert.deepEqual(await wait(take(consumer, 2)), ["a", "b"]);
  times = Infinity;
  log.append(["c"]);
  model.changed();
  await assert.rejects(wait(take(consumer, 1)), {
    code: "CORRUPT_MESSAGE",
    context: { topic: "t", partition: 0, offset: 2 },
  });
  times = 0;
  log.append(["d"]);
  consumer.seek({ topic: "t", partition: 0 }, 3);
  assert.deepEqual(await wait(take(consumer, 1)), ["d"]);
  await end(consumer);
});

test("errors of partitions that pass are waited out, those that do not end the loop", async () => {
  const { model, consume, wait, end } = await start(2);
  const consumer = consume();
  const passing = [
    ErrorCode.KAFKA_STORAGE_ERROR,
    ErrorCode.REPLICA_NOT_AVAILABLE,
    ErrorCode.UNKNOWN_LEADER_EPOCH,
    ErrorCode.UNKNOWN_SERVER_ERROR,
    ErrorCode.OFFSET_NOT_AVAILABLE,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ErrorCode.UNKNOWN_TOPIC_ID,
    ErrorCode.FENCED_LEADER_EPOCH,
    ErrorCode.CORRUPT_MESSAGE,
    ErrorCode.REQUEST_TIMED_OUT,
  ];
  for (const code of passing) {
    let left = 4;
    model.faults = { partition: () => (left-- > 0 ? code : undefined) };
    model.log("t").append([`v${code}`]);
    model.changed();
    assert.deepEqual(await wait(take(consumer, 1)), [`v${code}`]);
  }
  model.faults = { partition: () => ErrorCode.TOPIC_AUTHORIZATION_FAILED };
  model.log("t").append(["secret"]);
  model.changed();
  await assert.rejects(wait(take(consumer, 1)), { code: "TOPIC_AUTHORIZATION_FAILED" });
  await end(consumer);
});

test("a broker that hangs up or does not answer is asked again", async () => {
  const { model, consume, wait, end } = await start();
  const consumer = consume();
  for (const fault of ["lost", "unanswered"] as const) {
    let left = 5;
    model.faults = { fetch: () => (left-- > 0 ? fault : undefined) };
    model.log("t").append([fault]);
    model.changed();
    assert.deepEqual(await wait(take(consumer, 1)), [fault]);
  }
  await end(consumer);
});

test("a replica nearby is read from when the leader says so, and the leader again when it cannot go on", async () => {
  const { model, consume, wait, end } = await start(2, 1, { rack: "r2" });
  const log = model.log("t");
  log.replicas.add(2);
  model.preferredReplica = (_topic, _partition, rack) => (rack === "r2" ? 2 : -1);
  const consumer = consume();
  log.append(["a"]);
  assert.deepEqual(await wait(take(consumer, 1)), ["a"]);
  assert.equal(model.fetches.at(-1)?.nodeId, 2);
  log.append(["b"]);
  model.changed();
  assert.deepEqual(await wait(take(consumer, 1)), ["b"]);
  assert.equal(model.fetches.at(-1)?.nodeId, 2);
  log.replicas.delete(2);
  model.preferredReplica = undefined;
  log.append(["c"]);
  model.changed();
  assert.deepEqual(await wait(take(consumer, 1)), ["c"]);
  assert.equal(model.fetches.at(-1)?.nodeId, 1);
  await end(consumer);
});

test("a topic that is made anew is read from its beginning, or is an error for exact offsets", async () => {
  for (const from of ["latest", { offset: 0 }] as const) {
    const { model, consume, wait, end } = await start();
    const consumer = consume({ from, metadataMaxAgeMs: 1_000 });
    await wait(consumer.ready());
    for (let i = 0; i < 5; i++) model.log("t").append([`old ${i}`]);
    model.changed();
    assert.equal((await wait(take(consumer, 5))).length, 5);
    const before = model.topics.get("t")!.id;
    model.addTopic("t", 1);
    for (let i = 0; i < 8; i++) model.log("t").append([`new ${i}`]);
    model.changed();
    if (from === "latest") {
      assert.deepEqual(await wait(take(consumer, 2)), ["new 0", "new 1"]);
      // Brokers that lag behind go on telling of the old one for a while.
      const topic = model.topics.get("t")!;
      const { id } = topic;
      topic.id = before;
      assert.equal((await wait(take(consumer, 6))).length, 6);
      assert.equal((await wait(consumer.poll(5_000))).length, 0);
      topic.id = id;
      model.log("t").append(["later"]);
      model.changed();
      assert.deepEqual(await wait(take(consumer, 1)), ["later"]);
    } else {
      await assert.rejects(wait(take(consumer, 1)), { code: "INCONSISTENT_TOPIC_ID" });
    }
    await end(consumer);
  }
});

test("a topic that is deleted ends the loop when it has been gone for a while", async () => {
  const { model, consume, wait, end } = await start();
  const consumer = consume();
  model.log("t").append(["a"]);
  assert.deepEqual(await wait(take(consumer, 1)), ["a"]);
  model.topics.delete("t");
  model.changed();
  const beganMs = model.clock.monotonicMs();
  await assert.rejects(wait(take(consumer, 1)), {
    code: "UNKNOWN_TOPIC_OR_PARTITION",
    retriable: false,
  });
  const tookMs = model.clock.monotonicMs() - beganMs;
  assert.ok(tookMs >= 30_000 && tookMs < 40_000, `${tookMs}`);
  await end(consumer);
});

test("partitions and topics that are added are read from their beginning", async () => {
  const { world, model, cluster } = await startModel(2);
  model.addTopic("orders-a", 1);
  const { clock } = world;
  const consumer = new Consumer(cluster, /^orders-/, { from: "latest", metadataMaxAgeMs: 1_000 });
  await clock.wait(consumer.ready());
  model.log("orders-a").append(["a0"]);
  const { id } = model.topics.get("orders-a")!;
  const logs = model.addTopic("orders-b", 2);
  logs[1]!.append(["b1"]);
  model.addTopic("other", 1)[0]!.append(["not this"]);
  model.topics.get("orders-a")!.logs.push(...model.addTopic("spare", 1));
  assert.equal(model.topics.get("orders-a")!.id, id);
  model.log("orders-a", 1).append(["a1"]);
  model.changed();
  const seen: string[] = [];
  await clock.wait(
    (async () => {
      for await (const { value } of consumer) if (seen.push(String(value)) === 3) break;
    })(),
  );
  assert.deepEqual(seen.sort(), ["a0", "a1", "b1"]);
  await clock.wait(consumer.close());
  cluster.close();
});

test("what is fetched ahead stays within its bounds, however slow the program is", async () => {
  const { model, cluster, consume, wait, end } = await start(2, 6);
  const value = "x".repeat(1_000);
  for (let i = 0; i < 6; i++) {
    for (let n = 0; n < 200; n++) model.log("t", i).append([value]);
  }
  const prefetchMaxBytes = 60_000;
  const consumer = consume({
    until: "end",
    prefetchMaxBytes,
    prefetchPartitionBytes: 15_000,
    fetchPartitionMaxBytes: 10_000,
  });
  let most = 0;
  let count = 0;
  await wait(
    (async () => {
      for await (const _ of consumer) {
        count++;
        most = Math.max(most, consumer.bufferedBytes);
        if (count % 50 === 0) await cluster.deadline().wait(20);
      }
    })(),
  );
  assert.equal(count, 1_200);
  assert.ok(most <= prefetchMaxBytes, `${most}`);
  assert.ok(most > prefetchMaxBytes / 3, `${most}`);
  await end(consumer);
});

test("what is damaged or refused behind records of a batch takes nothing from them", async () => {
  const { world, model, cluster } = await startModel(1);
  model.addTopic("t", 1);
  const log = model.log("t");
  const bad = topic("t", {
    value: {
      name: "picky",
      encode: (value: string) => Buffer.from(value),
      decode: (bytes: Buffer) => {
        if (bytes.toString() === "bad") throw new Error("bad");
        return bytes.toString();
      },
    },
  });
  log.append(["a", "b"]);
  log.append(["c"]);
  log.append(["d", "bad", "e"]);
  let times = 2;
  model.faults = {
    damage: (bytes) => {
      if (times <= 0 || bytes.length < 150) return bytes;
      times--;
      const damaged = Buffer.from(bytes);
      damaged[damaged.length - 2]! ^= 0xff;
      return damaged;
    },
  };
  const consumer = new Consumer(cluster, bad);
  const batches = consumer.batches({ max: 10, withinMs: 1_000 });
  const seen: string[] = [];
  for (;;) {
    const next = world.clock.wait(batches.next());
    const batch = await next.catch((thrown: unknown) => thrown);
    if (batch instanceof RecordDecodeError) break;
    const { value } = batch as IteratorResult<{ readonly value: string }[]>;
    seen.push(...value.map((record: { readonly value: string }) => record.value));
  }
  assert.deepEqual(seen, ["a", "b", "c", "d"]);
  assert.equal(consumer.position({ topic: "t", partition: 0 }), 4);
  await world.clock.wait(consumer.close());
  cluster.close();
});

test("brokers of every age are read from: without sessions, without ids, without hints", async () => {
  for (const version of [4, 6, 7, 9, 11, 12, 13, 15, 16, 17, 18]) {
    const { model, consume, wait, end } = await start(2, 2);
    model.givesHints = version >= 12;
    for (const broker of model.brokers.values()) broker.limit(ApiKey.FETCH, [4, version]);
    const consumer = consume();
    for (let i = 0; i < 4; i++) {
      model.log("t", i % 2).append([`v${i}`]);
      model.changed();
      assert.deepEqual(await wait(take(consumer, 1)), [`v${i}`], `version ${version}`);
      model.log("t", i % 2).moveTo((i % 2) + 1);
      model.changed();
    }
    const { request } = model.fetches.at(-1)!;
    assert.equal(request.sessionEpoch > 0, version >= 7);
    await end(consumer);
  }
});

test("partitions without a leader do not keep the others waiting, at the start and later", async () => {
  const { model, consume, wait, end } = await start(2, 3);
  model.log("t", 1).leaderId = -1;
  for (let i = 0; i < 3; i++) model.log("t", i).append([`a${i}`]);
  const consumer = consume();
  assert.deepEqual((await wait(take(consumer, 2))).sort(), ["a0", "a2"]);
  model.log("t", 1).moveTo(2);
  assert.deepEqual(await wait(take(consumer, 1)), ["a1"]);
  model.log("t", 1).moveTo(-1);
  model.changed();
  for (let i = 0; i < 3; i++) model.log("t", i).append([`b${i}`]);
  model.changed();
  assert.deepEqual((await wait(take(consumer, 2))).sort(), ["b0", "b2"]);
  model.log("t", 1).moveTo(1);
  assert.deepEqual(await wait(take(consumer, 1)), ["b1"]);
  await end(consumer);
});

test("a consumer without a way to its cluster waits, and ends with the client", async () => {
  const { model, cluster, consume, wait, end } = await start();
  const consumer = consume();
  model.log("t").append(["a"]);
  assert.deepEqual(await wait(take(consumer, 1)), ["a"]);
  await wait(Promise.all([...model.brokers.values()].map((broker) => broker.stop())));
  assert.deepEqual(await wait(consumer.poll(120_000)), []);
  await wait(Promise.all([...model.brokers.values()].map((broker) => broker.listen())));
  model.log("t").append(["b"]);
  assert.deepEqual(await wait(take(consumer, 1)), ["b"]);
  cluster.close();
  await assert.rejects(wait(take(consumer, 1)), { code: "CLOSED" });
  await end(consumer);
});
