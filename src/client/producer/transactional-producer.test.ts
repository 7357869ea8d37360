import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../../protocol/error-code.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { SimRandom } from "../../simulator/sim-random.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { KafkaError } from "../errors.ts";
import { startFakeLogs, type FakeLogCluster } from "./fake-logs.fixture.ts";
import { FakeTransactions, type CoordinatorFate } from "./fake-transactions.fixture.ts";
import {
  TransactionalProducer,
  type TransactionalProducerOptions,
} from "./transactional-producer.ts";

interface Scene {
  readonly world: SimWorld;
  readonly logs: FakeLogCluster;
  readonly cluster: Cluster;
  readonly transactions: FakeTransactions;
  wait<T>(promise: Promise<T>): Promise<T>;
}

/** The coordinator is set up before the client connects, so that it sees the level of the feature. */
async function startScene(seed: number, level: 1 | 2): Promise<Scene> {
  const world = new SimWorld({ seed });
  let transactions: FakeTransactions | undefined;
  const started = await startFakeLogs(world, 2, (logs) => {
    transactions = new FakeTransactions(logs, world.clock, level);
  });
  assert.ok(transactions !== undefined);
  return { world, ...started, transactions, wait: (promise) => world.clock.wait(promise) };
}

/** Values in the logs with that fate. */
function valuesOf(logs: FakeLogCluster, fate: string): string[] {
  const values: string[] = [];
  for (let partition = 0; partition < 3; partition++) {
    for (const record of logs.log("t", partition).records) {
      if (record.fate === fate) values.push(record.value ?? "");
    }
  }
  return values;
}

const refusals = [
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
];

interface Attempted {
  readonly name: string;
  /** Values of the attempt that was last. */
  values: string[];
  outcome: "committed" | "aborted" | "unknown";
}

/** Transactions one after the other, with faults of brokers and of the program. */
async function runTransactions(seed: number, level: 1 | 2): Promise<void> {
  const scene = await startScene(seed, level);
  const { world, logs, transactions, cluster, wait } = scene;
  const random = new SimRandom(seed, "test");
  let isBad = true;
  transactions.fate = (): CoordinatorFate => {
    const markerMs = random.below(30);
    const delayMs = random.chance(0.3) ? random.below(20) : 0;
    if (!isBad || !random.chance(0.25)) return { markerMs, delayMs };
    if (random.chance(0.4)) return { markerMs, refusal: random.pick(refusals) };
    return { markerMs, delayMs, request: random.pick(["lost", "unanswered"] as const) };
  };
  logs.fates = {
    request: () =>
      isBad && random.chance(0.1)
        ? { request: random.pick(["lost", "unanswered"] as const) }
        : { delayMs: random.below(10) },
    partition: () =>
      isBad && random.chance(0.1) ? { refusal: ErrorCode.NOT_ENOUGH_REPLICAS } : {},
  };
  const make = () => new TransactionalProducer(cluster, "id", { batchBytes: 300 });
  let producer = make();
  const all: Attempted[] = [];
  for (let i = 0; i < 15; i++) {
    const attempted: Attempted = { name: `${i}`, values: [], outcome: "unknown" };
    all.push(attempted);
    const failure = random.chance(0.2) ? new Error("of the program") : undefined;
    const count = random.between(0, 20);
    const done = producer.transaction(async (tx) => {
      attempted.values = [];
      for (let n = 0; n < count; n++) {
        const value = `${i} ${tx.attempt} ${n} ${"x".repeat(random.below(60))}`;
        attempted.values.push(value);
        const record = { value, partition: random.below(3) };
        if (random.chance(0.5)) tx.post("t", record);
        else await tx.send("t", record);
      }
      if (failure !== undefined) throw failure;
    });
    try {
      await wait(done);
      attempted.outcome = "committed";
    } catch (thrown) {
      const isUnknown = thrown instanceof KafkaError && thrown.message.includes("is not known");
      attempted.outcome = isUnknown ? "unknown" : "aborted";
      if (thrown !== failure) assert.ok(thrown instanceof KafkaError, String(thrown));
      if (producer.fatalError !== undefined) {
        await wait(producer.close());
        producer = make();
      }
    }
    if (random.chance(0.2)) logs.moveLeader("t", random.below(3));
  }
  isBad = false;
  await wait(producer.transaction((tx) => tx.send("t", { value: "last" })));
  await wait(producer.close());
  await world.clock.advance(1_000);
  check(logs, all);
  assert.equal(producer.metrics.bufferedBytes, 0);
  cluster.close();
}

/** What was committed is there once, and all of it; nothing else is. */
function check(logs: FakeLogCluster, all: readonly Attempted[]): void {
  assert.deepEqual(valuesOf(logs, "open"), []);
  const committed = valuesOf(logs, "committed");
  const left = new Set(committed);
  assert.equal(left.size, committed.length, "nothing is committed twice");
  for (const { name, values, outcome } of all) {
    const there = values.filter((value) => left.has(value));
    for (const value of values) left.delete(value);
    const all = there.length === values.length;
    if (outcome === "committed") assert.ok(all, `transaction ${name} is whole`);
    if (outcome === "aborted") assert.equal(there.length, 0, `transaction ${name} is not there`);
    if (outcome === "unknown")
      assert.ok(all || there.length === 0, `${name} is whole or not there`);
  }
  assert.deepEqual([...left], ["last"], "nothing of an attempt that was given up is committed");
}

const SEEDS = Number(process.env["PRODUCER_SEEDS"] ?? 15);
const FIRST_SEED = Number(process.env["PRODUCER_SEED"] ?? 1);

for (const level of [1, 2] as const) {
  test(`transactions are whole or not there, whatever brokers do (version ${level})`, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      try {
        await runTransactions(seed, level);
      } catch (thrown) {
        throw new Error(`seed ${seed}`, { cause: thrown });
      }
    }
  });
}

/** Runs a test with a producer of a new world. */
async function withProducer(
  level: 1 | 2,
  options: TransactionalProducerOptions,
  run: (scene: Scene, producer: TransactionalProducer) => Promise<void>,
): Promise<void> {
  const scene = await startScene(1, level);
  const producer = new TransactionalProducer(scene.cluster, "id", options);
  await run(scene, producer);
  await scene.wait(producer.close());
  scene.cluster.close();
}

/** Requests of an API that all brokers got. */
function asked({ logs }: Scene, api: string): number {
  return logs.brokers.flatMap((broker) => broker.asked).filter((name) => name === api).length;
}

test("a commit without an answer in time is not known, and ends the producer", async () => {
  await withProducer(2, { blockTimeoutMs: 500 }, async ({ transactions, wait }, producer) => {
    const done = producer.transaction(async (tx) => {
      await tx.send("t", { value: "v" });
      transactions.fate = () => ({ request: "lost" });
    });
    await assert.rejects(wait(done), (thrown: KafkaError) => {
      assert.match(thrown.message, /whether the transaction was committed is not known/);
      return thrown.fatal && thrown.code === "TIMED_OUT";
    });
    assert.equal(producer.fatalError?.message.includes("not known"), true);
  });
});

test("partitions are added together, and only in version 1", async () => {
  for (const [level, requests] of [
    [1, 1],
    [2, 0],
  ] as const) {
    await withProducer(level, {}, async (scene, producer) => {
      await scene.wait(
        producer.transaction(async (tx) => {
          await tx.sendAll(
            "t",
            [0, 1, 2].map((partition) => ({ value: "v", partition })),
          );
          await tx.send("t", { value: "v", partition: 1 });
        }),
      );
      assert.equal(asked(scene, "AddPartitionsToTxn"), requests);
      assert.equal(asked(scene, "EndTxn"), 1);
    });
  }
});

test("a transaction in which nothing is sent asks nobody", async () => {
  await withProducer(2, {}, async (scene, producer) => {
    const { wait } = scene;
    assert.equal(await wait(producer.transaction(() => 7)), 7);
    await assert.rejects(
      wait(
        producer.transaction(() => {
          throw new Error("no");
        }),
      ),
      /no/,
    );
    assert.equal(asked(scene, "EndTxn"), 0);
  });
});

test("after sequences were lost version 1 goes on under another epoch", async () => {
  await withProducer(1, {}, async (scene, producer) => {
    const { logs, wait } = scene;
    logs.log("t", 0).batchBytesMax = 500;
    const large = producer.transaction((tx) =>
      tx.send("t", { value: "x".repeat(600), partition: 0 }),
    );
    await assert.rejects(wait(large), { code: "MESSAGE_TOO_LARGE" });
    await wait(producer.transaction((tx) => tx.send("t", { value: "fits", partition: 0 })));
    assert.equal(asked(scene, "InitProducerId"), 2);
    assert.deepEqual(valuesOf(logs, "committed"), ["fits"]);
  });
});

test("one transaction at a time is begun by hand", async () => {
  await withProducer(2, {}, async ({ wait, logs }, producer) => {
    const first = await wait(producer.begin());
    await assert.rejects(producer.begin(), { code: "INVALID_TXN_STATE" });
    first.post("t", { value: "a" });
    await wait(first.commit());
    assert.equal(first.isOver, true);
    await assert.rejects(first.commit(), { code: "INVALID_TXN_STATE" });
    assert.throws(() => first.post("t", { value: "b" }), { code: "INVALID_TXN_STATE" });
    const second = await wait(producer.begin());
    second.post("t", { value: "dropped with its producer" });
    await wait(producer.close());
    await assert.rejects(producer.begin(), { code: "CLOSED" });
    assert.deepEqual(valuesOf(logs, "committed"), ["a"]);
  });
});

test("options that contradict what transactions need are refused", async () => {
  const { cluster } = await startScene(1, 2);
  assert.throws(() => new TransactionalProducer(cluster, ""), { code: "INVALID_ARGUMENT" });
  cluster.close();
});
