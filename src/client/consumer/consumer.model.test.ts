import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../../protocol/error-code.ts";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { baseOffsetAt, batchSizeAt } from "../../records/record-batch.ts";
import { SimRandom } from "../../simulator/sim-random.ts";
import { Cluster } from "../cluster/cluster.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import { Consumer } from "./consumer.ts";
import { ModelCluster } from "./model-cluster.fixture.ts";

const SEEDS = 40;
const STEPS = 120;
const PARTITIONS = 4;
const BROKERS = 3;
const PREFETCH_BYTES = 40_000;
const BATCH_BYTES_MAX = 19_000;

const partitionErrors = [
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.UNKNOWN_SERVER_ERROR,
  ErrorCode.OFFSET_NOT_AVAILABLE,
];
const fetchErrors = [
  "lost",
  "unanswered",
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.REQUEST_TIMED_OUT,
] as const;
const codecs = ["none", "none", "gzip", "snappy", "lz4", "zstd"] as const;

/** One run: things happen to the cluster by chance while a program reads in its own ways. */
class Run {
  readonly model: ModelCluster;
  readonly cluster: Cluster;
  readonly random: SimRandom;
  readonly readCommitted: boolean;
  readonly consumer: Consumer<"t">;
  /** What was handed out, by partition: offsets and values in order. */
  readonly seen: [offset: number, value: string][][] = Array.from({ length: PARTITIONS }, () => []);
  mostBytes = 0;
  isOver = false;
  #values = 0;
  readonly #damages = new Map<string, number>();

  constructor(seed: number, model: ModelCluster, cluster: Cluster) {
    this.model = model;
    this.cluster = cluster;
    this.random = new SimRandom(seed, "test");
    this.readCommitted = this.random.chance(0.7);
    this.consumer = new Consumer(cluster, "t", {
      isolation: this.readCommitted ? "read_committed" : "read_uncommitted",
      prefetchMaxBytes: PREFETCH_BYTES,
      prefetchPartitionBytes: 12_000,
      fetchPartitionMaxBytes: 6_000,
      fetchMinBytes: this.random.chance(0.3) ? 500 : 1,
      metadataMaxAgeMs: 5_000,
    });
  }

  /** Something happens to the cluster. */
  step(): void {
    const { random, model } = this;
    const log = model.log("t", random.below(PARTITIONS));
    const dice = random.fraction();
    if (dice < 0.5) this.#append();
    else if (dice < 0.6) log.moveTo(random.between(1, BROKERS));
    else if (dice < 0.65) log.appendEmpty(random.between(1, 4));
    else if (dice < 0.75) {
      log.endTransaction(random.between(1, 2), random.chance(0.5) ? "committed" : "aborted");
    } else if (dice < 0.8) model.forgetSessions();
    else if (dice < 0.85) model.givesHints = random.chance(0.5);
    else if (dice < 0.9) {
      for (const connection of model.brokers.get(random.between(1, BROKERS))!.connections) {
        connection.destroy();
      }
    }
    model.changed();
  }

  #append(): void {
    const { random, model } = this;
    const log = model.log("t", random.below(PARTITIONS));
    const filler = "x".repeat(random.chance(0.1) ? 3_000 : random.below(200));
    const values = Array.from(
      { length: random.between(1, 6) },
      () => `${this.#values++} ${filler}`,
    );
    log.append(values, {
      compression: random.pick(codecs),
      gap: random.chance(0.2) ? random.below(3) : 0,
      producerId: random.chance(0.3) ? random.between(1, 2) : undefined,
    });
  }

  /** Faults from now on, as many as `badness` says. */
  disturb(badness: number): void {
    const { random, model } = this;
    model.faults = {
      fetch: () => (random.chance(badness) ? random.pick(fetchErrors) : undefined),
      partition: () => (random.chance(badness) ? random.pick(partitionErrors) : undefined),
      damage: (bytes, partition) => {
        if (bytes.length === 0) return bytes;
        // Twice at one place is borne, more is an error.
        const place = `${partition} ${baseOffsetAt(bytes, 0)}`;
        const damages = this.#damages.get(place) ?? 0;
        if (damages === 2 || !random.chance(badness / 2)) return bytes;
        this.#damages.set(place, damages + 1);
        const damaged = Buffer.from(bytes);
        // What stands before byte 21 of a batch has no checksum.
        const end = batchSizeAt(bytes, 0);
        damaged[random.between(21, end - 1)]! ^= 1 << random.below(8);
        return damaged;
      },
    };
  }

  /** Reads until the run is over, in one way after the other. */
  async read(): Promise<void> {
    const { random, consumer } = this;
    while (!this.isOver) {
      const way = random.below(5);
      const count = random.between(1, 20);
      if (way === 0) await this.#iterate(count);
      else if (way === 1) for (const record of await consumer.poll(50)) this.#note(record);
      else if (way === 2) await this.#readBatches(count);
      else if (way === 3) await this.#workOnEach(count);
      else await this.#pauseSome();
    }
  }

  async #iterate(count: number): Promise<void> {
    let left = count;
    for await (const record of this.consumer) {
      this.#note(record);
      if (this.random.chance(0.1)) await this.#work();
      if (--left === 0 || this.isOver) break;
    }
  }

  async #readBatches(count: number): Promise<void> {
    const batches = this.consumer.batches({ max: count, withinMs: this.random.below(20) });
    for await (const batch of batches) {
      for (const record of batch) this.#note(record);
      await this.#work();
      if (this.random.chance(0.5) || this.isOver) break;
    }
  }

  /** One of each partition at a time, until so many were begun. */
  async #workOnEach(count: number): Promise<void> {
    const enough = new Error("enough");
    let begun = 0;
    const working = this.consumer.forEach(
      async (record) => {
        this.#note(record);
        if (this.random.chance(0.3)) await this.#work();
        if (++begun >= count || this.isOver) throw enough;
      },
      { concurrency: "partition" },
    );
    await working.catch((thrown: unknown) => {
      if (thrown !== enough) throw thrown;
    });
  }

  async #pauseSome(): Promise<void> {
    const { assignment } = this.consumer;
    const some = assignment.filter(() => this.random.chance(0.5));
    this.consumer.pause(some);
    for (const record of await this.consumer.poll(30)) {
      assert.ok(!some.some(({ partition }) => partition === record.partition), "paused");
      this.#note(record);
    }
    this.consumer.resume();
  }

  #work(): Promise<void> {
    return this.cluster.deadline().wait(this.random.below(30));
  }

  #note({ partition, offset, value }: ConsumerRecord): void {
    this.mostBytes = Math.max(this.mostBytes, this.consumer.bufferedBytes);
    this.seen[partition]!.push([offset, String(value)]);
  }

  /** Whether all there is has been read. */
  get isDone(): boolean {
    return this.seen.every(
      (seen, partition) =>
        seen.length >= this.model.log("t", partition).visible(this.readCommitted).size,
    );
  }
}

async function run(seed: number): Promise<void> {
  const world = new SimWorld({ seed });
  const { clock } = world;
  const hosts = Array.from({ length: BROKERS }, (_, index) => {
    const host = `b${index + 1}`;
    return { host, network: world.host(host).start().platform.network };
  });
  const model = await clock.wait(ModelCluster.start(clock, hosts));
  model.addTopic("t", PARTITIONS);
  const { platform } = world.host("client").start();
  const { bootstrap } = model;
  const cluster = await clock.wait(
    Cluster.connect({ platform, bootstrap, requestTimeoutMs: 2_000 }),
  );
  const scene = new Run(seed, model, cluster);
  const reading = scene.read();
  reading.catch(() => undefined);
  scene.disturb(scene.random.pick([0, 0.05, 0.3]));
  for (let step = 0; step < STEPS; step++) {
    scene.step();
    await clock.advance(scene.random.below(100));
  }
  model.faults = {};
  for (const producerId of [1, 2]) {
    for (const log of model.topics.get("t")!.logs) log.endTransaction(producerId, "committed");
  }
  model.changed();
  for (let i = 0; i < 600 && !scene.isDone; i++) await clock.advance(100);
  scene.isOver = true;
  await clock.wait(scene.consumer.close());
  await clock.wait(reading);
  cluster.close();
  for (const [partition, seen] of scene.seen.entries()) {
    const expected = [...model.log("t", partition).visible(scene.readCommitted)];
    const short = (records: readonly (readonly [number, string])[]): string =>
      records.map(([offset, value]) => `${offset}:${value.split(" ")[0]}`).join(" ");
    assert.equal(short(seen), short(expected), `seed ${seed}, partition ${partition}`);
  }
  // The first batch of an answer comes whole, whatever its size.
  const bound = PREFETCH_BYTES + BROKERS * BATCH_BYTES_MAX;
  assert.ok(scene.mostBytes <= bound, `${scene.mostBytes} bytes, seed ${seed}`);
}

test("each record is seen once and in order, whatever happens to leaders, sessions and connections", async () => {
  for (let seed = 1; seed <= SEEDS; seed++) await run(seed);
});
