import assert from "node:assert/strict";
import { test } from "node:test";
import { SimWorld } from "../../simulator/sim-platform.ts";
import { SimRandom } from "../../simulator/sim-random.ts";
import { Cluster } from "../cluster/cluster.ts";
import type { OffsetToCommit } from "../group/membership.ts";
import { topic } from "../topics/topic.ts";
import { Consumer } from "./consumer.ts";
import { FakeMembership } from "./fake-membership.fixture.ts";
import { ModelCluster } from "./model-cluster.fixture.ts";

interface Place {
  readonly partition: number;
  readonly offset: number;
}

const SEEDS = 30;
const LIVES = 6;
const PARTITIONS = 3;
const RECORDS = 60;

/** Decodes when others have run, or something else was asked for. */
const slow = topic("t", {
  value: {
    name: "slow",
    encode: (value: string) => Buffer.from(value),
    decode: async (bytes: Buffer) => {
      for (let i = bytes[0]! % 7; i > 0; i--) await Promise.resolve();
      return bytes.toString();
    },
  },
});

/**
 * Consumers that live one after the other, in one group: they are closed or crash, lose partitions and get
 * them back, and are done with records in all the ways there are. What the group has stored is never ahead of
 * what was done, and in the end everything was.
 */
class Lives {
  readonly model: ModelCluster;
  readonly cluster: Cluster;
  readonly clock: SimWorld["clock"];
  readonly random: SimRandom;
  /** Offsets that the program is done with, by partition. */
  readonly done: Set<number>[] = Array.from({ length: PARTITIONS }, () => new Set());
  stored: readonly OffsetToCommit[] = [];
  #member: FakeMembership | undefined;

  constructor(model: ModelCluster, cluster: Cluster, clock: SimWorld["clock"], seed: number) {
    this.model = model;
    this.cluster = cluster;
    this.clock = clock;
    this.random = new SimRandom(seed, "test");
  }

  /** One consumer, until it is closed or crashes. */
  async live(isLast: boolean): Promise<void> {
    const { random, clock } = this;
    const everyMs = random.pick([0, 50, 1_000]);
    const consumer: Consumer = new Consumer(
      this.cluster,
      random.chance(0.3) ? slow : "t",
      { group: "g", commit: { everyMs }, rebalanceTimeoutMs: 500, prefetchPartitionBytes: 2_000 },
      { createMembership: (_cluster, options, listener) => this.#join(options, listener) },
    );
    const life = { isOver: false };
    const working = this.#work(consumer, life).catch((thrown: unknown) => {
      if (!life.isOver) throw thrown;
    });
    working.catch(() => undefined);
    const turns = isLast ? 400 : random.between(3, 15);
    for (let turn = 0; turn < turns && !(isLast && this.#isDone); turn++) {
      await clock.advance(random.between(20, 300));
      if (random.chance(0.3)) await this.#rebalance();
    }
    life.isOver = true;
    const member = this.#member!;
    this.#check();
    // A crash: nothing of it reaches the group any more.
    if (!isLast && random.chance(0.5)) member.refusals.push(...Array(50).fill(new Error("dead")));
    await clock.wait(consumer.close().catch(() => undefined));
    await clock.wait(working);
    this.stored = member.stored;
    this.#check();
  }

  #join(
    options: FakeMembership["options"],
    listener: FakeMembership["listener"],
  ): Promise<FakeMembership> {
    const partitions = this.done.map((_, partition) => ({ topic: "t", partition }));
    this.#member = new FakeMembership(options, listener, partitions);
    this.#member.stored = [...this.stored];
    return Promise.resolve(this.#member);
  }

  /** Takes partitions away, in order or not, and gives them back. */
  async #rebalance(): Promise<void> {
    const { random, clock } = this;
    const member = this.#member;
    if (member === undefined || member.joins === 0) return;
    const some = member.assignment.filter(() => random.chance(0.5));
    await clock.wait(member.revoke(some, random.chance(0.7) ? "rebalance" : "lost"));
    this.#check();
    await clock.advance(random.below(100));
    await clock.wait(member.assign(some));
  }

  async #work(consumer: Consumer, life: { isOver: boolean }): Promise<void> {
    while (!life.isOver) {
      const way = this.random.below(5);
      if (way === 0) await this.#iterate(consumer, life);
      else if (way === 1) await this.#readBatches(consumer, life);
      else if (way === 2) await this.#each(consumer, life);
      else if (way === 3) await this.#stream(consumer, life);
      else {
        const records = await consumer.poll(100, { max: 5 });
        await this.#pause();
        for (const record of records) this.#finish(record);
      }
    }
  }

  async #iterate(consumer: Consumer, life: { readonly isOver: boolean }): Promise<void> {
    let left = this.random.between(1, 20);
    for await (const record of consumer) {
      if (this.random.chance(0.3)) await this.#pause();
      this.#finish(record);
      if (--left === 0 || life.isOver) break;
    }
  }

  async #readBatches(consumer: Consumer, life: { readonly isOver: boolean }): Promise<void> {
    let left = this.random.between(1, 5);
    for await (const batch of consumer.batches({ max: 4, withinMs: this.random.below(20) })) {
      if (this.random.chance(0.5)) await this.#pause();
      for (const record of batch) this.#finish(record);
      if (--left === 0 || life.isOver) break;
    }
  }

  async #each(consumer: Consumer, life: { readonly isOver: boolean }): Promise<void> {
    const enough = new Error("enough");
    let left = this.random.between(1, 20);
    const concurrency = this.random.pick([1, 4, "partition", "key"] as const);
    const work = async (record: Place): Promise<void> => {
      if (this.random.chance(0.5)) await this.#pause();
      this.#finish(record);
      if (--left <= 0 || life.isOver) throw enough;
    };
    await consumer.forEach(work, { concurrency }).catch((thrown: unknown) => {
      if (thrown !== enough) throw thrown;
    });
  }

  async #stream(consumer: Consumer, life: { readonly isOver: boolean }): Promise<void> {
    let left = this.random.between(1, 20);
    for await (const record of consumer.readable({ highWaterMark: 3 })) {
      if (this.random.chance(0.3)) await this.#pause();
      this.#finish(record as Place);
      if (--left === 0 || life.isOver) break;
    }
  }

  #pause(): Promise<void> {
    return this.cluster.deadline().wait(this.random.below(100));
  }

  #finish({ partition, offset }: Place): void {
    this.done[partition]!.add(offset);
  }

  get #isDone(): boolean {
    return this.done.every((done) => done.size === RECORDS);
  }

  /** Whatever the group has stored, all before it is done. */
  #check(): void {
    for (const { partition, offset } of this.#member?.stored ?? []) {
      for (let before = 0; before < offset; before++) {
        assert.ok(this.done[partition]!.has(before), `${partition}@${before} of ${offset} stored`);
      }
    }
  }
}

async function run(seed: number): Promise<void> {
  const world = new SimWorld({ seed });
  const { clock } = world;
  const hosts = [{ host: "b1", network: world.host("b1").start().platform.network }];
  const model = await clock.wait(ModelCluster.start(clock, hosts));
  for (const log of model.addTopic("t", PARTITIONS)) {
    for (let i = 0; i < RECORDS; i += 3) log.append(["a", "b", "c"].map((text) => `${text}${i}`));
  }
  const { platform } = world.host("client").start();
  const { bootstrap } = model;
  const cluster = await clock.wait(Cluster.connect({ platform, bootstrap }));
  const lives = new Lives(model, cluster, clock, seed);
  for (let life = 1; life <= LIVES; life++) await lives.live(life === LIVES);
  cluster.close();
  for (const [partition, done] of lives.done.entries()) {
    assert.equal(done.size, RECORDS, `partition ${partition}`);
  }
}

test("what is stored is never ahead of what is done, and nothing is left out", async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    await run(seed).catch((thrown: unknown) => {
      throw new Error(`seed ${seed}: ${String(thrown)}`, { cause: thrown });
    });
  }
});
