import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../../protocol/error-code.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { SimRandom } from "../../simulator/sim-random.ts";
import { REQUEST_TIMEOUT_MS, type Cluster } from "../cluster/cluster.ts";
import { startFakeLogs, type FakeFates, type FakeLogCluster } from "./fake-logs.fixture.ts";
import { Producer } from "./producer.ts";
import type { ProducerOptions } from "./options.ts";

/** Codes that a broker may say before it appends, and that pass. */
const refusals = [
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
];
/** Codes that it may say although it appended. */
const falseAnswers = [
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.KAFKA_STORAGE_ERROR,
];

/** Faults by chance, as many as `badness` says, until `end`. */
class RandomFates implements FakeFates {
  isOver = false;
  readonly #random: SimRandom;
  readonly #badness: number;
  readonly #lateMs: number;
  readonly #isOpen: boolean;

  /** `isOpen`: what is not acknowledged was not written, ever. */
  constructor(random: SimRandom, badness: number, lateMs: number, isOpen: boolean) {
    this.#isOpen = isOpen;
    this.#lateMs = lateMs;
    this.#random = random;
    this.#badness = badness;
  }

  request(): ReturnType<FakeFates["request"]> {
    const random = this.#random;
    const delayMs = random.chance(0.2) ? random.between(0, 50) : 0;
    if (this.isOver || this.#isOpen || !random.chance(this.#badness)) return { delayMs };
    // Later than anybody waits: it is done all the same, when others have taken its place.
    if (random.chance(0.2)) return { delayMs: this.#lateMs };
    return { delayMs, request: random.pick(["lost", "unanswered"] as const) };
  }

  partition(): ReturnType<FakeFates["partition"]> {
    const random = this.#random;
    if (this.isOver || !random.chance(this.#badness)) return {};
    return this.#isOpen || random.chance(0.5)
      ? { refusal: random.pick(refusals) }
      : { falseAnswer: random.pick(falseAnswers) };
  }
}

interface World {
  readonly world: SimWorld;
  readonly logs: FakeLogCluster;
  readonly cluster: Cluster;
  readonly random: SimRandom;
}

async function startWorld(seed: number): Promise<World> {
  const world = new SimWorld({ seed });
  const started = await startFakeLogs(world);
  return { world, ...started, random: new SimRandom(seed, "test") };
}

interface Sent {
  readonly value: string;
  readonly partition: number;
  outcome: { partition: number; offset: number } | Error | undefined;
}

/** Sends records at random times, some awaited and some posted; gives what became of those that were awaited. */
async function sendMany(
  { world, random }: World,
  producer: Producer,
  count: number,
): Promise<{ readonly sent: Sent[]; readonly posted: Set<string> }> {
  const sent: Sent[] = [];
  const posted = new Set<string>();
  for (let i = 0; i < count;) {
    const burst = Math.min(random.between(1, 30), count - i);
    const end = i + burst;
    for (; i < end; i++) {
      const partition = random.below(3);
      const value = `${i} ${"x".repeat(random.below(40))}`;
      if (random.chance(0.3)) {
        posted.add(value);
        producer.post("t", { value, partition });
      }
      const one: Sent = { value, partition, outcome: undefined };
      sent.push(one);
      if (posted.has(value)) continue;
      producer.send("t", { value, partition }).then(
        (metadata) => (one.outcome = metadata),
        (thrown: Error) => (one.outcome = thrown),
      );
    }
    await world.clock.advance(random.between(0, 100));
  }
  return { sent, posted };
}

/** Everything acknowledged is there once and where it was said to be; nothing is there twice; order is kept. */
function checkLogs(
  logs: FakeLogCluster,
  sent: readonly Sent[],
  posted: ReadonlySet<string>,
  lost: ReadonlySet<string>,
): void {
  for (let partition = 0; partition < 3; partition++) {
    const { records } = logs.log("t", partition);
    const values = records.map(({ value }) => value!);
    assert.equal(new Set(values).size, values.length, "no record is in the log twice");
    const numbers = values.map((value) => Number(value.split(" ")[0]));
    for (let i = 1; i < numbers.length; i++) {
      assert.ok(numbers[i]! > numbers[i - 1]!, `the order is kept: ${numbers.join(" ")}`);
    }
    const offsets = new Map(records.map(({ value, offset }) => [value, offset]));
    for (const { value, partition: wanted, outcome } of sent) {
      if (wanted !== partition) continue;
      if (posted.has(value)) {
        assert.ok(offsets.has(value) || lost.has(value), `${value} was posted and is there`);
        continue;
      }
      assert.ok(outcome !== undefined, `${value} was settled`);
      if (outcome instanceof Error) {
        const mayBe = outcome.message.includes("may have been written");
        if (!mayBe) assert.ok(!offsets.has(value), `${value} was not written: ${outcome.message}`);
      } else {
        assert.equal(outcome.partition, partition);
        if (outcome.offset >= 0) assert.equal(offsets.get(value), outcome.offset);
        else assert.ok(offsets.has(value));
      }
    }
  }
}

async function runFaults(seed: number, options: ProducerOptions, badness: number): Promise<void> {
  const scene = await startWorld(seed);
  const { world, logs, cluster, random } = scene;
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const isOpen = options.idempotent === false;
  const fates = new RandomFates(random.fork("fates"), badness, requestTimeoutMs + 10, isOpen);
  logs.fates = fates;
  if (random.chance(0.3)) logs.log("t", random.below(3)).batchBytesMax = random.between(200, 500);
  const lost = new Set<string>();
  const producer = new Producer(cluster, {
    batchBytes: random.pick([300, 1_000, 65_536]),
    compression: random.pick(["none", "none", "gzip"]),
    ...(random.chance(0.3) ? { lingerMs: random.below(30) } : {}),
    onError: (_error, records) => {
      for (const { value } of records) lost.add(Buffer.from(value!).toString());
    },
    ...options,
  });
  let moves = random.below(20);
  const nemesis = (): void => {
    if (moves-- > 0) {
      logs.moveLeader("t", random.below(3));
      world.clock.setTimer(random.between(1, 500), nemesis);
    }
  };
  nemesis();
  const { sent, posted } = await sendMany(scene, producer, random.between(50, 400));
  fates.isOver = true;
  await world.clock.wait(producer.flush());
  checkLogs(logs, sent, posted, lost);
  // Brokers come to the end of what they are late with.
  await world.clock.advance(20 * requestTimeoutMs);
  await world.clock.wait(producer.send("t", { value: "999999 last", partition: 0 }));
  // What was given up on its way is kept until it is answered.
  await world.clock.advance(2 * requestTimeoutMs);
  assert.equal(producer.bufferedBytes, 0, "all memory is given back");
  assert.equal(logs.log("t", 0).records.at(-1)?.value, "999999 last");
  await world.clock.wait(producer.close());
  cluster.close();
}

const SEEDS = Number(process.env["PRODUCER_SEEDS"] ?? 40);
const FIRST_SEED = Number(process.env["PRODUCER_SEED"] ?? 1);

test("records are written once and in order, whatever brokers and connections do", async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      await runFaults(seed, {}, seed % 3 === 0 ? 0.5 : 0.15);
    } catch (thrown) {
      throw new Error(`seed ${seed}`, { cause: thrown });
    }
  }
});

test("records that come too late are given up, and what follows them is written once and in order", async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      await runFaults(seed, { deliveryTimeoutMs: 600, requestTimeoutMs: 400 }, 0.4);
    } catch (thrown) {
      throw new Error(`seed ${seed}`, { cause: thrown });
    }
  }
});

test("without idempotence records keep their order, and are there once if brokers are open about it", async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      await runFaults(seed, { idempotent: false }, 0.3);
    } catch (thrown) {
      throw new Error(`seed ${seed}`, { cause: thrown });
    }
  }
});
