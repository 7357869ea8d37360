import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "../../src/client/connect.ts";
import type { ConsumeOptions } from "../../src/client/consumer/consumer-options.ts";
import type { ConsumerRecord } from "../../src/client/consumer/consumer-record.ts";
import type { Consumer } from "../../src/client/consumer/consumer.ts";
import type { Rebalance } from "../../src/client/consumer/rebalance-events.ts";
import type { Kafka } from "../../src/client/kafka.ts";
import { silentLogger, type LogFields, type Logger } from "../../src/telemetry/logger.ts";
import { ConsumerScene, eventually, take, textOf, turn, values } from "./consumer-scene.ts";
import { skipOnMoldau, uniqueName } from "./target.ts";

let scene: ConsumerScene;
let kafka: Kafka;

before(async () => {
  scene = await ConsumerScene.open();
  kafka = scene.kafka;
});

after(() => scene.close());

const quick = { heartbeatIntervalMs: 50, fetchWaitMs: 50 } as const;

/** Reads in the background until the consumer is closed. */
function readInto(
  consumer: Consumer<string>,
  into: string[],
  work: (record: ConsumerRecord) => unknown = turn,
): Promise<void> {
  return consumer.forEach(async (record) => {
    await work(record);
    into.push(textOf(record));
  });
}

test("members share a topic and hand partitions over without a record twice or none", async () => {
  const topic = await scene.makeTopic(4);
  const group = uniqueName("group");
  const options: ConsumeOptions = { group, ...quick };
  const seen: string[] = [];
  const first = kafka.consume(topic, options);
  const reading = [readInto(first, seen)];
  const producing = (async () => {
    for (let i = 0; i < 40; i++) await scene.produce(topic, 10, { partitions: 4, from: i * 10 });
  })();
  await eventually("the first member reads", () => seen.length > 20);
  const second = kafka.consume(topic, options);
  reading.push(readInto(second, seen));
  await eventually("they share", () => second.assignment.length === 2);
  const third = kafka.consume(topic, options);
  reading.push(readInto(third, seen));
  await eventually("three share", () => third.assignment.length > 0);
  await first.close();
  await producing;
  await eventually("all is read", () => seen.length >= 400);
  await Promise.all([second.close(), third.close()]);
  await Promise.all(reading);
  const numbers = seen.map((text) => Number(text.slice(1))).sort((a, b) => a - b);
  assert.deepEqual(
    numbers,
    Array.from({ length: 400 }, (_, i) => i),
  );
  assert.deepEqual(await scene.committed(group), [100, 100, 100, 100]);
});

test("a member that is to come to an end says that a topic is missing; others wait for it, and the log says so", async () => {
  const topic = uniqueName("missing");
  const ending = kafka.consume(topic, { group: uniqueName("group"), until: "end", ...quick });
  await assert.rejects(take(ending, 1), { code: "UNKNOWN_TOPIC_OR_PARTITION" });
  await ending.close();

  const warnings: string[] = [];
  const warn = (message: string, fields?: LogFields): void => {
    warnings.push(`${message} ${String(fields?.["topic"])}`);
  };
  const logger: Logger = { ...silentLogger, warn, child: () => logger };
  const own = await connect(scene.target.bootstrap, { logger });
  const waiting = own.consume(topic, { group: uniqueName("group"), ...quick });
  const taken = take(waiting, 1);
  await eventually("it is said", () => warnings.length > 0);
  assert.deepEqual(warnings, [`there is no such topic yet; it is read once it is made ${topic}`]);
  await kafka.admin.createTopic({ name: topic, partitions: 1 });
  await scene.produce(topic, 1);
  assert.deepEqual(await taken, values(0, 1));
  await waiting.close();
  await own.close();
});

for (const assignor of ["range", "roundrobin", "sticky"] as const) {
  test(`a group whose members know ${assignor} alone is joined without a word about assignors`, async () => {
    const topic = await scene.makeTopic(4);
    const group = uniqueName("group");
    const seen: string[] = [];
    const of = { group, ...quick };
    const other = kafka.consume(topic, { ...of, groupProtocol: "classic", assignors: [assignor] });
    const reading = [readInto(other, seen)];
    await eventually("the other reads all", () => other.assignment.length === 4);
    const own = kafka.consume(topic, of);
    reading.push(readInto(own, seen));
    await eventually("they share", () => own.assignment.length === 2);
    await scene.produce(topic, 200, { partitions: 4 });
    await eventually("both have read", () => seen.length === 200);
    const third = kafka.consume(topic, of);
    reading.push(readInto(third, seen));
    await eventually("three share", () => third.assignment.length > 0);
    await other.close();
    await eventually("its part is read on", () => {
      return own.assignment.length === 2 && third.assignment.length === 2;
    });
    await scene.produce(topic, 200, { partitions: 4, from: 200 });
    await eventually("all is read", () => seen.length >= 400);
    await Promise.all([own.close(), third.close()]);
    await Promise.all(reading);
    const numbers = seen.map((text) => Number(text.slice(1))).sort((a, b) => a - b);
    assert.deepEqual(
      numbers,
      Array.from({ length: 400 }, (_, i) => i),
    );
    assert.deepEqual(await scene.committed(group), [100, 100, 100, 100]);
  });
}

test("what comes and goes is told, to any number of loops", async () => {
  const topic = await scene.makeTopic(2);
  const group = uniqueName("group");
  const first = kafka.consume(topic, { group, ...quick });
  const told: Rebalance[] = [];
  const listening = (async () => {
    for await (const change of first.rebalances()) told.push(change);
  })();
  const reading = readInto(first, []);
  await eventually("all is assigned", () => first.assignment.length === 2);
  const second = kafka.consume(topic, { group, ...quick });
  const readingToo = readInto(second, []);
  await eventually("they share", () => second.assignment.length === 1);
  await second.close();
  await eventually("all is back", () => first.assignment.length === 2);
  await first.close();
  await Promise.all([listening, reading, readingToo]);
  const numbers = told.filter(({ partitions }) => partitions.length > 0);
  assert.deepEqual([...new Set(numbers.map(({ kind }) => kind))].sort(), ["assigned", "revoked"]);
  assert.equal(numbers[0]?.kind, "assigned");
  assert.equal(numbers.at(-1)?.kind, "revoked");
});

test("a partition goes when the record that is worked on is done, and its offset is stored", async () => {
  const topic = await scene.makeTopic(1);
  await scene.produce(topic, 10);
  const group = uniqueName("group");
  const options: ConsumeOptions = {
    group,
    ...quick,
    assignors: ["range"],
    groupProtocol: "classic",
  };
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  // Members sort by id, and the ids by the client's: the second one gets the only partition.
  const first = kafka.consume(topic, { ...options, instanceId: "b" });
  const seen: string[] = [];
  const reading = readInto(first, seen, ({ offset }) => (offset === 3 ? gate : undefined));
  await eventually("it works on the fourth record", () => seen.length === 3);
  const second = kafka.consume(topic, { ...options, instanceId: "a" });
  const taken: string[] = [];
  const readingToo = readInto(second, taken);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual([seen.length, taken.length], [3, 0]);
  release();
  await eventually("the other goes on", () => seen.length + taken.length >= 10);
  assert.deepEqual([...seen, ...taken], values(0, 10));
  await Promise.all([first.close(), second.close()]);
  await Promise.all([reading, readingToo]);
});

test("a pattern in a group reads what it finds, also what is made later", async () => {
  const prefix = uniqueName("grouped");
  const make = async (name: string): Promise<void> => {
    await kafka.admin.createTopic({ name, partitions: 1, replicationFactor: 1 });
    const producer = kafka.producer();
    await producer.send(name, { value: name });
    await producer.close();
  };
  await make(`${prefix}-a`);
  const group = uniqueName("group");
  const pattern = new RegExp(`^${prefix}-`);
  const consumer = kafka.consume(pattern, { group, ...quick, metadataMaxAgeMs: 100 });
  const seen: string[] = [];
  for await (const { value } of consumer) {
    seen.push(String(value));
    if (seen.length === 1) await make(`${prefix}-b`);
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen, [`${prefix}-a`, `${prefix}-b`]);
  await consumer.close();
});

test("read committed leaves out what was aborted; offsets go with the transaction or not at all", async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  const source = await scene.makeTopic();
  const target = await scene.makeTopic();
  await scene.produce(source, 10);
  const group = uniqueName("group");
  const consumer = kafka.consume(source, { group, commit: "manual" });
  const id = uniqueName("tx");
  let count = 0;
  for await (const record of consumer) {
    count++;
    const isBad = record.offset === 4 && count === 5;
    const working = kafka.transaction(id, async (tx) => {
      await tx.send(target, { value: `${textOf(record)} done` });
      await tx.commitOffsets(consumer);
      if (isBad) throw new Error("no");
    });
    if (isBad) {
      await assert.rejects(working, { message: "no" });
      consumer.seek(record, record.offset);
      continue;
    }
    await working;
    if (record.offset === 9) break;
  }
  await consumer.close();
  assert.equal(count, 11);
  assert.deepEqual(await scene.committed(group), [10]);
  const done = values(0, 10).map((value) => `${value} done`);
  assert.deepEqual(await scene.readAll(target), done);
  const all = await scene.readAll(target, { isolation: "read_uncommitted" });
  assert.equal(all.length, 11);
  assert.equal(all.filter((value) => value === "v4 done").length, 2);
});

test("records of an open transaction are waited for", async (t) => {
  if (skipOnMoldau(t, "transactions")) return;
  const topic = await scene.makeTopic();
  const consumer = kafka.consume(topic, { fetchWaitMs: 50 });
  let reading: Promise<string[]> | undefined;
  await kafka.transaction(uniqueName("tx"), async (tx) => {
    await tx.send(topic, { value: "late" });
    assert.deepEqual(await consumer.poll(200), []);
    reading = take(consumer, 1);
  });
  assert.deepEqual(await reading, ["late"]);
  await consumer.close();
});
