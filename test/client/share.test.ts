import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "../../src/client/connect.ts";
import { RecordDecodeError } from "../../src/client/consumer/topic-decoder.ts";
import { isKafkaError, type KafkaError } from "../../src/client/errors.ts";
import type { Kafka } from "../../src/client/kafka.ts";
import type { ShareConsumer } from "../../src/client/share/share-consumer.ts";
import { ShareRecord } from "../../src/client/share/share-record.ts";
import { json } from "../../src/client/topics/codec.ts";
import { topic as declare } from "../../src/client/topics/topic.ts";
import { ConsumerScene, eventually, textOf, values } from "./consumer-scene.ts";
import { configureShareGroup } from "./share-group.ts";
import { onKafka, skipOnMoldau, uniqueName } from "./target.ts";

const WHAT = "share groups";
let scene: ConsumerScene;
/** The shortest lock that the broker allows. */
let lockMs = 0;
/** Clients of members, each with connections of its own. */
const clients: Kafka[] = [];

before(async () => {
  scene = await ConsumerScene.open();
  if (!onKafka) return;
  const settings = await scene.kafka.admin.describeConfigs({ type: "broker", name: "1" });
  const shortest = settings.find(({ name }) => name === "group.share.min.record.lock.duration.ms");
  lockMs = Number(shortest?.value);
});

after(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await scene.close();
});

/** A share group that begins at the oldest record. */
async function makeGroup(configs: Readonly<Record<string, string | number>> = {}): Promise<string> {
  const group = uniqueName("share");
  await configureShareGroup(scene.kafka, group, configs);
  return group;
}

async function newClient(): Promise<Kafka> {
  const client = await connect(scene.target.bootstrap, { clientId: "share" });
  clients.push(client);
  return client;
}

/** Records of the group that nobody is done with. */
async function lagOf(group: string): Promise<number> {
  const { lag } = await scene.kafka.admin.groupLag(group);
  return lag ?? -1;
}

/** The next so many records, of which nothing is said: the group is to be an explicit one. */
async function takeHeld(
  share: ShareConsumer<string>,
  count: number,
): Promise<ShareRecord<Buffer | null, Buffer | null>[]> {
  const taken: ShareRecord<Buffer | null, Buffer | null>[] = [];
  for await (const record of share) {
    taken.push(record);
    if (taken.length === count) break;
  }
  return taken;
}

/** What a call rejects with. */
async function refusalOf(call: Promise<unknown>): Promise<KafkaError> {
  try {
    await call;
  } catch (thrown) {
    assert.ok(isKafkaError(thrown));
    return thrown;
  }
  assert.fail("it was taken");
}

test("a broker without share groups says so", async (t) => {
  if (onKafka) return t.skip("Apache Kafka has them");
  const share = scene.kafka.share("t", { group: "g" });
  const error = await refusalOf(share.ready());
  assert.equal(error.code, "UNSUPPORTED_API");
  await share.close();
});

for (const members of [1, 2, 4]) {
  test(`${members} members get each record once`, async (t) => {
    if (skipOnMoldau(t, WHAT)) return;
    const topic = await scene.makeTopic(2);
    const group = await makeGroup();
    const seen: string[] = [];
    const shares = await Promise.all(
      Array.from({ length: members }, async () =>
        (await newClient()).share(topic, { group, maxRecords: 20 }),
      ),
    );
    await Promise.all(shares.map((share) => share.ready()));
    const reading = shares.map((share) =>
      share.forEach(
        async (record) => {
          seen.push(textOf(record));
          assert.equal(record.deliveryCount, 1);
          await record.accept();
        },
        { concurrency: 3 },
      ),
    );
    await eventually("all have partitions", () => shares.every((one) => one.assignment.length > 0));
    await scene.produce(topic, 1_000, { partitions: 2 });
    await eventually("all are seen", () => seen.length >= 1_000);
    await eventually("the group is done", async () => (await lagOf(group)) === 0);
    await Promise.all(shares.map((share) => share.close()));
    await Promise.all(reading);
    assert.deepEqual(seen.toSorted(), values(0, 1_000).toSorted());
  });
}

test("a record counts as accepted when the next one is asked for, and the last one on close", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic();
  await scene.produce(topic, 50);
  const group = await makeGroup();
  const closing = new AbortController();
  const share = scene.kafka.share(topic, { group, signal: closing.signal });
  const seen: string[] = [];
  for await (const record of share) {
    seen.push(textOf(record));
    if (seen.length === 50) closing.abort();
  }
  await share.close();
  assert.deepEqual(seen, values(0, 50));
  await eventually("all are done", async () => (await lagOf(group)) === 0);
  const described = await scene.kafka.admin.describeGroup({ group, type: "Share" });
  assert.equal(described.state, "Empty");
});

test("a record at which a loop is left is delivered again, counted, and so is one whose work fails", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic();
  await scene.produce(topic, 3);
  const share = scene.kafka.share(topic, { group: await makeGroup(), maxRecords: 1 });
  const seen: string[] = [];
  const see = (record: ShareRecord): void => {
    seen.push(`${textOf(record)} ${record.deliveryCount}`);
  };
  for await (const record of share) {
    see(record);
    break;
  }
  const failing = share.forEach((record) => {
    see(record);
    if (record.deliveryCount === 2) throw new Error("no");
  });
  await assert.rejects(failing, /^Error: no$/);
  for await (const [record] of share.batches({ max: 1 })) {
    see(record!);
    if (textOf(record!) === "v0") break;
  }
  await share.close();
  assert.ok(seen.includes("v0 1") && seen.includes("v0 2") && seen.includes("v0 3"), seen.join());
});

test("what is released comes again, what is rejected does not, and each is answered once", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic();
  await scene.produce(topic, 6);
  const group = await makeGroup();
  const share = scene.kafka.share(topic, { group });
  const counts = new Map<string, number>();
  for await (const record of share) {
    const text = textOf(record);
    counts.set(text, record.deliveryCount);
    if (text === "v1" && record.deliveryCount === 1) await record.release();
    else if (text === "v2") await record.reject();
    else {
      await record.accept();
      assert.equal((await refusalOf(record.release())).code, "INVALID_RECORD_STATE");
    }
    if (record.deliveryCount === 2) break;
  }
  assert.deepEqual(Object.fromEntries(counts), { v0: 1, v1: 2, v2: 1, v3: 1, v4: 1, v5: 1 });
  await eventually("the group is done", async () => (await lagOf(group)) === 0);
  await share.close();
});

test("a record that is released too often is not delivered any more", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic();
  await scene.produce(topic, 2);
  const group = await makeGroup({ "share.delivery.count.limit": 2 });
  const share = scene.kafka.share(topic, { group });
  const seen: string[] = [];
  for await (const record of share) {
    seen.push(`${textOf(record)} ${record.deliveryCount}`);
    if (textOf(record) === "v0") await record.release();
    else await record.accept();
    if (record.deliveryCount === 2) break;
  }
  assert.deepEqual(seen, ["v0 1", "v1 1", "v0 2"]);
  await eventually("the group is done", async () => (await lagOf(group)) === 0);
  await share.close();
});

test("a lock that runs out gives the record to another; one that is renewed does not", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic();
  await scene.produce(topic, 3);
  const group = await makeGroup({ "share.record.lock.duration.ms": lockMs });
  const slow = (await newClient()).share(topic, { group, acknowledge: "explicit" });
  const [late, renewed, done] = await takeHeld(slow, 3);
  assert.ok(late !== undefined && renewed !== undefined && done !== undefined);
  assert.ok(late.lockRemainingMs > 0 && late.lockRemainingMs <= lockMs);
  await done.accept();
  const lease = renewed.lease();
  t.after(() => lease.end());
  const quick = (await newClient()).share(topic, { group, acknowledge: "explicit" });
  const [again] = await takeHeld(quick, 1);
  assert.ok(again !== undefined);
  assert.equal(textOf(again), textOf(late));
  assert.equal(again.deliveryCount, 2);
  assert.equal(lease.signal.aborted, false);
  // They go together, and the one that cannot be must not keep the other from being accepted.
  const [lateRefusal, renewedOutcome] = await Promise.allSettled([late.accept(), renewed.accept()]);
  assert.equal(renewedOutcome.status, "fulfilled");
  assert.ok(lateRefusal.status === "rejected" && isKafkaError(lateRefusal.reason));
  assert.equal(lateRefusal.reason.code, "INVALID_RECORD_STATE");
  assert.equal(lateRefusal.reason.context.offset, late.offset);
  await again.accept();
  assert.equal(late.lockRemainingMs, 0);
  await eventually("the group is done", async () => (await lagOf(group)) === 0);
  await Promise.all([slow.close(), quick.close()]);
});

test("records of a member that is killed come to another", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  const group = await makeGroup();
  const client = await newClient();
  const killed = client.share(topic, { group, acknowledge: "explicit" });
  const held = await takeHeld(killed, 10);
  await held[0]?.accept();
  client.cluster.close();
  const share = scene.kafka.share(topic, { group });
  const seen: string[] = [];
  for await (const record of share) {
    seen.push(`${textOf(record)} ${record.deliveryCount}`);
    await record.accept();
    if (seen.length === 9) break;
  }
  assert.deepEqual(
    seen.toSorted(),
    values(1, 10).map((text) => `${text} 2`),
  );
  const lost = await refusalOf(held[1]!.accept());
  assert.ok(["CONNECTION_CLOSED", "CLOSED"].includes(lost.code), lost.code);
  await Promise.all([killed.close(), share.close()]);
});

test("a member that closes sends what is accepted and releases what it holds", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic();
  await scene.produce(topic, 6);
  const group = await makeGroup();
  const first = (await newClient()).share(topic, { group, acknowledge: "explicit" });
  const held = await takeHeld(first, 4);
  const accepting = held.slice(0, 2).map((record) => record.accept());
  await first.close();
  await Promise.all(accepting);
  assert.equal((await refusalOf(held[3]!.accept())).code, "CLOSED");
  const second = scene.kafka.share(topic, { group });
  const seen: string[] = [];
  for await (const record of second) {
    seen.push(textOf(record));
    await record.accept();
    if (seen.length === 4) break;
  }
  assert.deepEqual(seen.toSorted(), values(2, 6));
  await second.close();
});

test("records of a partition that goes to another member are done with where they are", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic(2);
  const group = await makeGroup();
  await scene.produce(topic, 10, { partitions: 2 });
  const first = (await newClient()).share(topic, { group, acknowledge: "explicit" });
  const held = await takeHeld(first, 10);
  assert.equal(new Set(held.map(({ partition }) => partition)).size, 2);
  const second = (await newClient()).share(topic, { group, acknowledge: "explicit" });
  await second.ready();
  await eventually("they share", () => {
    return first.assignment.length === 1 && second.assignment.length === 1;
  });
  // The next question tells the broker that the partition is not asked for any more.
  await scene.produce(topic, 10, { partitions: 2, from: 10 });
  const more = await takeHeld(first, 5);
  await Promise.all([...held, ...more].map((record) => record.accept()));
  const others = await takeHeld(second, 5);
  await Promise.all(others.map((record) => record.accept()));
  const all = [...held, ...more, ...others];
  assert.deepEqual(all.map(textOf).toSorted(), values(0, 20).toSorted());
  assert.ok(all.every(({ deliveryCount }) => deliveryCount === 1));
  await eventually("the group is done", async () => (await lagOf(group)) === 0);
  await Promise.all([first.close(), second.close()]);
});

test("records of aborted transactions are not delivered where the group reads what is committed", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic();
  const id = uniqueName("tx");
  const writer = scene.kafka.transactionalProducer(id);
  const write = (value: string, isKept: boolean): Promise<void> =>
    writer
      .transaction(async (transaction) => {
        await transaction.send(topic, { value });
        if (!isKept) throw new Error("aborted");
      })
      .catch((thrown: Error) => assert.match(String(thrown.message), /aborted/));
  await write("kept-1", true);
  await write("aborted", false);
  await write("kept-2", true);
  await scene.produce(topic, 1);
  const levels = { read_committed: 3, read_uncommitted: 4 };
  for (const [level, count] of Object.entries(levels)) {
    const group = await makeGroup({ "share.isolation.level": level });
    const share = scene.kafka.share(topic, { group });
    const seen: string[] = [];
    for await (const record of share) {
      seen.push(textOf(record));
      await record.accept();
      if (seen.length === count) break;
    }
    assert.equal(seen.includes("aborted"), level === "read_uncommitted");
    // Markers are locked like records, and there is nobody who could accept them.
    await share.close();
    await eventually("the group is done", async () => (await lagOf(group)) === 0);
  }
});

test("records of all codecs are read", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic();
  const codecs = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
  for (const compression of codecs) {
    const producer = scene.kafka.producer({ compression });
    await producer.sendAll(
      topic,
      values(0, 20).map((value) => ({ value: `${compression} ${value} ${"x".repeat(100)}` })),
    );
    await producer.close();
  }
  const share = scene.kafka.share(topic, { group: await makeGroup() });
  const seen = new Map<string, number>();
  for await (const batch of share.batches({ max: 30, withinMs: 100 })) {
    assert.ok(batch.length <= 30);
    for (const record of batch) {
      const [codec = ""] = textOf(record).split(" ");
      seen.set(codec, (seen.get(codec) ?? 0) + 1);
    }
    if ([...seen.values()].reduce((sum, count) => sum + count, 0) === 100) break;
  }
  await share.close();
  assert.deepEqual(
    Object.fromEntries(seen),
    Object.fromEntries(codecs.map((codec) => [codec, 20])),
  );
});

test("an answer is bound by records where that is wanted, and the rest is for others", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic();
  await scene.produce(topic, 10);
  const group = await makeGroup();
  const options = { group, acknowledge: "explicit", maxRecords: 3 } as const;
  const first = (await newClient()).share(topic, { ...options, acquireMode: "record_limit" });
  const held = await takeHeld(first, 3);
  const second = (await newClient()).share(topic, options);
  const others = await takeHeld(second, 7);
  const all = [...held, ...others];
  assert.deepEqual(all.map(textOf).toSorted(), values(0, 10));
  assert.ok(all.every(({ deliveryCount }) => deliveryCount === 1));
  await Promise.all(all.map((record) => record.accept()));
  await Promise.all([first.close(), second.close()]);
});

test("partitions that a topic gets later are shared as well", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic();
  const group = await makeGroup();
  const share = scene.kafka.share(topic, { group });
  const seen = new Set<number>();
  const reading = share.forEach(({ partition }) => seen.add(partition));
  await eventually("it has the partition", () => share.assignment.length === 1);
  await scene.kafka.admin.createPartitions(topic, 3);
  await eventually("it has all three", () => share.assignment.length === 3);
  await scene.produce(topic, 30, { partitions: 3 });
  await eventually("all are read", () => seen.size === 3);
  await share.close();
  await reading;
});

test("a topic that is deleted and made anew is shared again, and others meanwhile", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const [kept, remade] = [await scene.makeTopic(), await scene.makeTopic()];
  const share = scene.kafka.share([kept, remade], { group: await makeGroup() });
  const seen: string[] = [];
  const reading = share.forEach((record) => seen.push(`${record.topic} ${textOf(record)}`));
  const send = async (topic: string, value: string): Promise<void> => {
    const producer = scene.kafka.producer();
    await producer.send(topic, { value });
    await producer.close();
    await eventually(`${value} is read`, () => seen.includes(`${topic} ${value}`));
  };
  await send(kept, "1");
  await send(remade, "2");
  await scene.kafka.admin.deleteTopic(remade);
  await send(kept, "3");
  await eventually("it is gone", () => share.assignment.length === 1);
  await scene.kafka.admin.createTopic({ name: remade, partitions: 1, replicationFactor: 1 });
  await send(remade, "4");
  await send(kept, "5");
  await share.close();
  await reading;
  assert.equal(seen.length, 5);
});

test("a group of another kind does not take the member", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const topic = await scene.makeTopic();
  const group = uniqueName("no-share");
  const consumer = scene.kafka.consume(topic, { group });
  await consumer.ready();
  const share = scene.kafka.share(topic, { group });
  const error = await refusalOf(share.ready());
  assert.equal(error.retriable, false);
  await assert.rejects(async () => {
    for await (const record of share) assert.fail(textOf(record));
  }, isKafkaError);
  await share.close();
  await consumer.close();
});

const orders = (name: string) =>
  declare(name, { key: "string", value: json<{ readonly id: number }>(), partitions: 1 });

/** A typed topic whose record 1 is not what it should be. */
async function makeOrders() {
  const declared = orders(uniqueName("share-orders"));
  await scene.kafka.admin.ensure(declared);
  const producer = scene.kafka.producer();
  await producer.send(declared, { key: "a", value: { id: 0 } });
  await producer.send(declared.name, { key: "b", value: "{" });
  await producer.send(declared, { key: "c", value: { id: 2 } });
  await producer.close();
  return declared;
}

test("a record that cannot be decoded ends the iteration with itself, to be acknowledged", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const group = await makeGroup();
  const share = scene.kafka.share(await makeOrders(), { group });
  const seen: number[] = [];
  const errors: RecordDecodeError[] = [];
  while (errors.length < 2) {
    try {
      for await (const { value } of share) seen.push(value.id);
    } catch (thrown) {
      assert.ok(thrown instanceof RecordDecodeError && thrown.record instanceof ShareRecord);
      errors.push(thrown);
      // The first time nothing is said, so it is released when the next loop begins.
      if (errors.length === 2) await thrown.record.reject();
    }
  }
  const counts = errors.map(({ record }) =>
    record instanceof ShareRecord ? record.deliveryCount : 0,
  );
  assert.deepEqual(counts, [1, 2]);
  assert.deepEqual(seen, [0, 2]);
  await eventually("the group is done", async () => (await lagOf(group)) === 0);
  await share.close();
});

test("records that cannot be decoded are rejected, released or stored elsewhere, as the options say", async (t) => {
  if (skipOnMoldau(t, WHAT)) return;
  const dead = await scene.makeTopic();
  const policies = ["reject", "release", { deadLetter: dead }] as const;
  for (const onDecodeError of policies) {
    const limit = { "share.delivery.count.limit": 2 };
    const group = await makeGroup(limit);
    const share = scene.kafka.share(await makeOrders(), { group, onDecodeError });
    const seen: number[] = [];
    const reading = share.forEach(({ value }) => seen.push(value.id));
    await eventually("the others are read", () => seen.length === 2);
    await eventually("the group is done", async () => (await lagOf(group)) === 0);
    await share.close();
    await reading;
    assert.deepEqual(seen, [0, 2]);
  }
  assert.deepEqual(await scene.readAll(dead), ["{"]);
});
