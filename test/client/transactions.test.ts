import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { Cluster } from "../../src/client/cluster/cluster.ts";
import { clientError } from "../../src/client/errors.ts";
import { Consumer } from "../../src/client/consumer/consumer.ts";
import { TransactionalProducer } from "../../src/client/producer/transactional-producer.ts";
import { nodePlatform } from "../../src/platform/node/platform.ts";
import { onKafka, skipOnMoldau, startTarget, uniqueName, type Target } from "./target.ts";

let target: Target;
let cluster: Cluster;

before(async () => {
  target = await startTarget(["auto.create.topics.enable=true"]);
  cluster = await connect();
});

after(async () => {
  cluster.close();
  await target.close();
});

function connect(): Promise<Cluster> {
  return Cluster.connect({ platform: nodePlatform, bootstrap: [target.bootstrap] });
}

/** A new topic of one partition. */
async function makeTopic(about: string): Promise<string> {
  const name = uniqueName(about);
  await cluster.topic(name, { create: true });
  return name;
}

async function valuesIn(
  topic: string,
  isolation: "read_committed" | "read_uncommitted",
): Promise<string[]> {
  const consumer = new Consumer(cluster, topic, { isolation, until: "end" });
  const values: string[] = [];
  for await (const { value } of consumer) values.push(String(value));
  await consumer.close();
  return values;
}

/**
 * What is committed, once it is so many records: a commit is answered when it is decided, which the partitions
 * learn a little later.
 */
async function committed(topic: string, count: number): Promise<string[]> {
  const giveUpMs = Date.now() + 30_000;
  for (;;) {
    const values = await valuesIn(topic, "read_committed");
    if (values.length >= count) return values;
    assert.ok(Date.now() < giveUpMs, `${count} records are visible, not ${values.join(" ")}`);
  }
}

/** Both versions of the protocol where they are served, for tests that hold for both. */
function inBothVersions(
  name: string,
  run: (version: 1 | 2, t: TestContext) => Promise<void>,
): void {
  for (const version of [1, 2] as const) {
    test(`${name} (version ${version})`, async (t) => {
      if (!skipOnMoldau(t, "transactions")) await run(version, t);
    });
  }
}

function producerOf(
  id: string,
  version: 1 | 2,
  options = {},
  own = cluster,
): TransactionalProducer {
  return new TransactionalProducer(own, id, options, version);
}

inBothVersions("records become visible with the commit, all at once", async (version) => {
  const topic = await makeTopic("commit");
  const producer = producerOf(topic, version);
  for (let round = 0; round < 3; round++) {
    await producer.transaction(async (tx) => {
      await tx.send(topic, { value: `${round} a` });
      tx.post(topic, { value: `${round} b` });
      await tx.sendAll(topic, [{ value: `${round} c` }, { value: `${round} d` }]);
      const visible = await committed(topic, round * 4);
      assert.equal(visible.length, round * 4, "nothing of an open transaction is seen");
      const written = await valuesIn(topic, "read_uncommitted");
      assert.equal(written.length, round * 4 + 4);
    });
    assert.equal((await committed(topic, round * 4 + 4)).length, round * 4 + 4);
  }
  const values = await committed(topic, 12);
  assert.deepEqual(values.slice(0, 5), ["0 a", "0 b", "0 c", "0 d", "1 a"]);
  await producer.close();
});

inBothVersions("what is aborted is never seen, and what follows is", async (version) => {
  const topic = await makeTopic("abort");
  const producer = producerOf(topic, version);
  const failure = new Error("no");
  const failing = producer.transaction(async (tx) => {
    await tx.send(topic, { value: "aborted" });
    throw failure;
  });
  await assert.rejects(failing, failure);
  const byHand = await producer.begin();
  await byHand.send(topic, { value: "aborted by hand" });
  await byHand.abort();
  await assert.rejects(byHand.send(topic, { value: "x" }), { code: "INVALID_TXN_STATE" });
  await producer.transaction((tx) => tx.send(topic, { value: "committed" }));
  assert.deepEqual(await committed(topic, 1), ["committed"]);
  assert.equal((await valuesIn(topic, "read_uncommitted")).length, 3);
  // One in which nothing happens, either way.
  await producer.transaction(() => undefined);
  await (await producer.begin()).abort();
  await producer.transaction((tx) => tx.send(topic, { value: "at last" }));
  assert.deepEqual(await committed(topic, 2), ["committed", "at last"]);
  await producer.close();
});

inBothVersions("a second producer with the same id fences the first", async (version) => {
  const topic = await makeTopic("fence");
  const first = producerOf(topic, version);
  const open = await first.begin();
  await open.send(topic, { value: "of the first" });
  const second = producerOf(topic, version);
  await second.transaction((tx) => tx.send(topic, { value: "of the second" }));
  await assert.rejects(open.send(topic, { value: "too late" }), { code: "INVALID_PRODUCER_EPOCH" });
  assert.equal(first.fatalError, undefined, "it may have been too slow only");
  await assert.rejects(open.abort(), { code: "PRODUCER_FENCED", fatal: true });
  assert.ok(first.fatalError !== undefined);
  await assert.rejects(
    first.transaction((tx) => tx.send(topic, { value: "x" })),
    { code: "PRODUCER_FENCED" },
  );
  await first.close();
  const third = producerOf(topic, version);
  await third.transaction((tx) => tx.send(topic, { value: "of the third" }));
  let runs = 0;
  const fenced = second.transaction(async (tx) => {
    runs++;
    await tx.send(topic, { value: "too late as well" });
  });
  await assert.rejects(fenced, { code: "PRODUCER_FENCED", fatal: true });
  assert.equal(runs, 1);
  await Promise.all([second.close(), third.close()]);
  assert.deepEqual(await committed(topic, 2), ["of the second", "of the third"]);
});

inBothVersions("offsets of a group go with the transaction", async (version) => {
  const source = await makeTopic("source");
  const sink = await makeTopic("sink");
  const group = uniqueName("group");
  const producer = producerOf(sink, version);
  await producer.transaction((tx) =>
    tx.sendAll(
      source,
      Array.from({ length: 10 }, (_, i) => ({ value: String(i) })),
    ),
  );
  const consumer = new Consumer(cluster, source, { group, commit: "manual" });
  let count = 0;
  for await (const { value } of consumer) {
    count++;
    if (count === 3) {
      // Of a member that its group has moved on without.
      const stale = await producer.begin();
      const metadata = { ...consumer.groupMetadata(), memberId: "somebody-else" };
      const offsets = [{ topic: source, partition: 0, offset: 9, leaderEpoch: -1 }];
      await assert.rejects(stale.commitOffsets({ metadata, offsets }), {
        code: "UNKNOWN_MEMBER_ID",
      });
      await assert.rejects(stale.commit(), { code: "TRANSACTION_ABORTED" });
      await stale.abort();
    }
    if (count === 5) {
      await assert.rejects(
        producer.transaction(async (tx) => {
          await tx.send(sink, { value: "taken back" });
          await tx.commitOffsets(consumer);
          throw new Error("no");
        }),
        /no/,
      );
    }
    await producer.transaction(async (tx) => {
      await tx.send(sink, { value: `from ${String(value)}` });
      await tx.commitOffsets({
        metadata: consumer.groupMetadata(),
        offsets: [{ topic: source, partition: 0, offset: count, leaderEpoch: -1 }],
      });
    });
    if (count === 7) break;
  }
  await consumer.close();
  const rest = new Consumer(cluster, source, { group, commit: "manual", until: "end" });
  const left: string[] = [];
  for await (const { value } of rest) left.push(String(value));
  await rest.close();
  assert.deepEqual(left, ["7", "8", "9"]);
  const written = await committed(sink, 7);
  assert.deepEqual(
    written,
    Array.from({ length: 7 }, (_, i) => `from ${i}`),
  );
  await producer.close();
});

inBothVersions("a transaction that is too slow is aborted by its coordinator", async (version) => {
  const topic = await makeTopic("slow");
  const producer = producerOf(topic, version, { transactionTimeoutMs: 1_000 });
  const open = await producer.begin();
  await open.send(topic, { value: "slow" });
  const markers = async () => (await valuesIn(topic, "read_committed")).length;
  const other = producerOf(uniqueName("other"), version);
  await other.transaction((tx) => tx.send(topic, { value: "visible once the slow one is over" }));
  const started = Date.now();
  while ((await markers()) === 0) assert.ok(Date.now() - started < 40_000, "it is aborted");
  await assert.rejects(open.send(topic, { value: "more" }), { code: "INVALID_PRODUCER_EPOCH" });
  await open.abort();
  await producer.transaction((tx) => tx.send(topic, { value: "in time" }));
  await Promise.all([producer.close(), other.close()]);
  const values = await committed(topic, 2);
  assert.deepEqual(values, ["visible once the slow one is over", "in time"]);
});

inBothVersions("a record that fails breaks the transaction, not the producer", async (version) => {
  const topic = await makeTopic("broken");
  const producer = producerOf(topic, version, { requestBytesMax: 8 * 1024 * 1024 });
  const tx = await producer.begin();
  await tx.send(topic, { value: "before" });
  const large = Buffer.alloc(4 * 1024 * 1024);
  await assert.rejects(tx.send(topic, { value: large }), { code: "MESSAGE_TOO_LARGE" });
  await assert.rejects(tx.send(topic, { value: "after" }), { code: "TRANSACTION_ABORTED" });
  await assert.rejects(tx.commit(), { code: "TRANSACTION_ABORTED" });
  await tx.abort();
  await assert.rejects(
    producer.transaction((next) => void next.post(topic, { value: large })),
    { code: "TRANSACTION_ABORTED" },
  );
  await producer.transaction((next) => next.send(topic, { value: "fine" }));
  assert.deepEqual(await committed(topic, 1), ["fine"]);
  await producer.close();
});

inBothVersions("transactions of one id wait for one another", async (version) => {
  const topic = await makeTopic("turns");
  const producer = producerOf(topic, version);
  const order: string[] = [];
  await Promise.all(
    ["a", "b", "c"].map((name) =>
      producer.transaction(async (tx) => {
        order.push(`${name} begins`);
        await tx.send(topic, { value: name });
        order.push(`${name} ends`);
      }),
    ),
  );
  assert.deepEqual(
    order,
    ["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
  assert.deepEqual(await committed(topic, 3), ["a", "b", "c"]);
  await producer.close();
});

inBothVersions("many records to many partitions are one transaction", async (version) => {
  const topics = await Promise.all([makeTopic("many"), makeTopic("many"), makeTopic("many")]);
  const producer = producerOf(uniqueName("many"), version, { batchBytes: 2_000 });
  await producer.transaction(async (tx) => {
    for (let i = 0; i < 3_000; i++) {
      if (!tx.post(topics[i % 3]!, { key: String(i), value: "v".repeat(50) })) await tx.ready();
    }
  });
  for (const topic of topics) {
    assert.equal((await committed(topic, 1_000)).length, 1_000);
  }
  await producer.close();
});

test("the function is run again when what ended the transaction passes", async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  const topic = await makeTopic("retry");
  const producer = new TransactionalProducer(cluster, topic);
  const attempts: number[] = [];
  const result = await producer.transaction(async (tx) => {
    attempts.push(tx.attempt);
    await tx.send(topic, { value: `attempt ${tx.attempt}` });
    if (tx.attempt < 3) throw clientError("TIMED_OUT", "something that passes");
    return "done";
  });
  assert.equal(result, "done");
  assert.deepEqual(attempts, [1, 2, 3]);
  assert.deepEqual(await committed(topic, 1), ["attempt 3"]);
  const hopeless = producer.transaction(
    (tx) => {
      attempts.push(tx.attempt);
      throw clientError("TIMED_OUT", "something that never passes");
    },
    { attemptsMax: 2 },
  );
  await assert.rejects(hopeless, { code: "TIMED_OUT" });
  assert.deepEqual(attempts, [1, 2, 3, 1, 2]);
  await producer.close();
});

test("Moldau says that it has no transactions yet", { skip: onKafka }, async () => {
  const producer = new TransactionalProducer(cluster, "t", { blockTimeoutMs: 2_000 });
  await assert.rejects(producer.transaction(() => undefined));
  await producer.close();
});
